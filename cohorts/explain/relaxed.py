"""Event sets with their tests taken apart, to see which of them a record fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cohorts.engine.nodes import (
    AnyEvents,
    AnySpans,
    AnyTruth,
    CohortSpans,
    Events,
    EventTimes,
    Filter,
    FilteredEvents,
    ListedSpans,
    Node,
)
from cohorts.engine.time_plan import event_times
from cohorts.explain.model import COHORT, PATIENT_LIST


@dataclass(frozen=True)
class Relaxed:
    """An event set, and the sets that its single tests leave.

    Attributes
    ----------
    full : node
        Events that pass everything.
    own : node
        Those that pass the record's own tests; what must be found around them is not asked.
    base : node
        Records of the concept sets, untested.
    first : node, optional
        The first of them of each person, where that is asked.
    single : tuple of (Filter, node)
        Each test, and the records that pass it alone.
    nested : node, optional
        What must be found around each.
    """

    full: AnyEvents
    own: Events | AnySpans
    base: Events | AnySpans
    first: Events | AnySpans | None
    single: tuple[tuple[Filter, Events | AnySpans], ...]
    nested: AnyTruth | None

    @classmethod
    def of(cls, events: AnyEvents) -> Relaxed:
        """Take an event set apart."""
        nested = events.group if isinstance(events, FilteredEvents) else None
        own = events
        while isinstance(own, FilteredEvents):
            own = own.events
        base = replace(own, filters=(), first=False)
        return cls(
            full=events,
            own=own,
            base=base,
            first=replace(own, filters=()) if own.first else None,
            single=tuple((test, replace(base, filters=(test,))) for test in own.filters),
            nested=nested,
        )

    @property
    def times(self) -> EventTimes | None:
        """Times of day of the untested records; none where they have dates only."""
        return event_times(self.base)

    @property
    def domain(self) -> str:
        """Name of the domain of the records; `COHORT` or `PATIENT_LIST` for the rows of one, empty for merged spans."""
        if isinstance(self.own, CohortSpans):
            return PATIENT_LIST if isinstance(self.own.cohort, ListedSpans) else COHORT
        return self.own.domain if isinstance(self.own, Events) else ""

    def nodes(self) -> Iterator[Node]:
        """Nodes that must be evaluated."""
        yield from (self.full, self.own, self.base)
        if self.first is not None:
            yield self.first
        yield from (node for _, node in self.single)
