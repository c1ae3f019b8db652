"""The parts of a definition beside the nodes of its plan, as one tree: what there is to explain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cohorts.definition import CorrelatedCriterion, CriteriaGroup, Criterion, DemographicCriterion
from cohorts.engine.nodes import (
    AnyEvents,
    AnyTruth,
    Correlated,
    Demographic,
    EntryTimes,
    EventTimes,
    Filter,
    Group,
    NestedIndex,
    Node,
    TimedCorrelated,
)
from cohorts.explain.relaxed import Relaxed


@dataclass(frozen=True)
class GroupOutline:
    """A group and its members."""

    part: CriteriaGroup
    node: Group
    members: tuple[Outline, ...]

    def nodes(self) -> Iterator[Node]:
        """Nodes that must be evaluated."""
        yield self.node
        for member in self.members:
            yield from member.nodes()


@dataclass(frozen=True)
class CountOutline:
    """A criterion counted around the index event."""

    part: CorrelatedCriterion
    node: Correlated
    events: EventsOutline
    verdict: Correlated | Group

    @property
    def index_times(self) -> EntryTimes | EventTimes | None:
        """Times of day of the index events, where the windows are in hours."""
        return self.node.index_times if isinstance(self.node, TimedCorrelated) else None

    def nodes(self) -> Iterator[Node]:
        """Nodes that must be evaluated."""
        yield from (self.node, self.verdict)
        if self.index_times is not None:
            yield self.index_times
        yield from self.events.nodes()


@dataclass(frozen=True)
class PersonOutline:
    """A demographic criterion, and its single tests."""

    part: DemographicCriterion
    node: Demographic
    single: tuple[tuple[Filter, Demographic], ...]

    def nodes(self) -> Iterator[Node]:
        """Nodes that must be evaluated."""
        yield self.node
        yield from (node for _, node in self.single)


@dataclass(frozen=True)
class EventsOutline:
    """A criterion, its event set taken apart, and what must be found around each event."""

    part: Criterion
    relaxed: Relaxed
    nested: Outline | None

    def nodes(self) -> Iterator[Node]:
        """Nodes that must be evaluated."""
        yield from self.relaxed.nodes()
        if self.nested is not None:
            yield from self.nested.nodes()


AnyPart = CriteriaGroup | CorrelatedCriterion | DemographicCriterion
Outline = GroupOutline | CountOutline | PersonOutline


def outline_events(criterion: Criterion, node: AnyEvents) -> EventsOutline:
    """Lay a criterion beside its event set."""
    relaxed = Relaxed.of(node)
    nested = None
    if relaxed.nested is not None and criterion.correlated_criteria is not None:
        nested = outline_truth(criterion.correlated_criteria, relaxed.nested)
    return EventsOutline(criterion, relaxed, nested)


def outline_truth(part: AnyPart, node: AnyTruth) -> Outline:
    """Lay a part of a definition beside its node; a group of one member has that member's node."""
    if isinstance(part, CriteriaGroup):
        members: list[AnyPart] = [*part.criteria_list, *part.demographic_criteria_list, *part.groups]
        if len(members) == 1 and part.rule in ("ALL", "ANY") and not isinstance(node.index, NestedIndex):
            return outline_truth(members[0], node)
        assert isinstance(node, Group)
        return GroupOutline(part, node, tuple(outline_truth(m, n) for m, n in zip(members, node.members, strict=True)))
    if isinstance(part, CorrelatedCriterion):
        assert isinstance(node, Correlated | Group)
        counted = node.members[-1] if isinstance(node, Group) else node  # at least so many and at most so many
        assert isinstance(counted, Correlated)
        return CountOutline(part, counted, outline_events(part.criteria, counted.events), node)
    assert isinstance(node, Demographic)
    return PersonOutline(part, node, tuple((test, Demographic(node.index, (test,))) for test in node.filters))
