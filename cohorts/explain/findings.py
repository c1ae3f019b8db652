"""The tree of findings for one index event: every criterion met or not, with the rows that decided it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from cohorts.engine.domains import IN_UNIT, PERHAPS
from cohorts.engine.nodes import Comparison, Correlated, Filter, Node
from cohorts.explain.facts import EventRow, Facts, IndexRow, TimeRow
from cohorts.explain.model import Evidence, Finding, Miss, Record, Tested
from cohorts.explain.outline import CountOutline, EventsOutline, GroupOutline, Outline, PersonOutline
from cohorts.explain.records import InUnit, Key, Records
from cohorts.explain.relaxed import Relaxed
from cohorts.explain.windows import Window

_COMPARISONS: Final[tuple[Comparison, ...]] = ("exactly", "at_most", "at_least")

MOST_SHOWN: Final = 8
"""Records that count, shown of one criterion."""

MOST_NEAR: Final = 3
"""Records that nearly count, shown of one criterion."""


class Findings:
    """Makes findings out of what the engine found.

    Parameters
    ----------
    facts : Facts
        Rows of the evaluated nodes.
    records : Records
        The rows of the CDM behind them.
    """

    def __init__(self, facts: Facts, records: Records) -> None:
        self._facts = facts
        self._records = records
        self._passing: dict[tuple[str, int], frozenset[int]] = {}

    def of(self, outline: Outline, person: int, index: IndexRow) -> Finding:
        """Say what was found for one index event."""
        if isinstance(outline, GroupOutline):
            return self._group(outline, person, index)
        if isinstance(outline, CountOutline):
            return self._count(outline, person, index)
        return self._person(outline, person, index)

    def almost(self, outline: EventsOutline, person: int) -> tuple[Evidence, ...]:
        """Records of a criterion that fail its tests, the nearest first."""
        passing = self._ids(outline.relaxed.full, person)
        failing = [e for e in self._facts.events(outline.relaxed.base, person) if e.event_id not in passing]
        return self._nearest(outline, person, [(event, self._misses(outline, person, event)) for event in failing])

    def _group(self, outline: GroupOutline, person: int, index: IndexRow) -> Finding:
        members = tuple(self.of(member, person, index) for member in outline.members)
        node = outline.node
        required = {"ALL": len(members), "ANY": 1}.get(node.rule, node.count)
        return Finding(
            part=outline.part,
            met=self._facts.holds(node, person, index.event_id),
            comparison={"ALL": "all", "AT_MOST": "at_most"}.get(node.rule, "at_least"),  # type: ignore[arg-type]
            found=sum(member.met for member in members),
            required=required,
            members=members,
        )

    def _person(self, outline: PersonOutline, person: int, index: IndexRow) -> Finding:
        node = outline.node
        tested = tuple(
            Tested(
                self._facts.holds(single, person, index.event_id),
                self._failed(test, self._records.tested_of_index(node.index, test, (person, index.event_id))),
            )
            for test, single in outline.single
        )
        met = self._facts.holds(node, person, index.event_id)
        return Finding(outline.part, met, "all", sum(t.passed for t in tested), len(tested), tested=tested)

    def _count(self, outline: CountOutline, person: int, index: IndexRow) -> Finding:
        node, relaxed, asked = outline.node, outline.events.relaxed, outline.part.occurrence
        at = self._facts.times(outline.index_times, person, index.event_id)
        windows = [Window(window, index, at) for window in node.windows]
        times = relaxed.times if outline.index_times is not None else None

        def outside(event: EventRow) -> tuple[Miss, ...]:
            return _around(event, index, node, windows, self._facts.times(times, person, event.event_id))

        events = self._facts.events(relaxed.full, person)
        counted = [event for event in events if not outside(event)]
        found = len({e.count_value for e in counted if e.count_value is not None}) if node.distinct else len(counted)
        met = self._facts.holds(outline.verdict, person, index.event_id)
        near: tuple[Evidence, ...] = ()
        if not met and found < node.count:
            ids = {event.event_id for event in counted}
            others = [e for e in self._facts.events(relaxed.base, person) if e.event_id not in ids]
            missed = [(e, (*outside(e), *self._misses(outline.events, person, e))) for e in others]
            near = self._nearest(outline.events, person, missed)
        return Finding(
            part=outline.part,
            met=met,
            comparison=_COMPARISONS[asked.type],
            found=found,
            required=node.count,
            undecided=sum(self._is_undecided(outline.events, person, event) for event in counted),
            windows=tuple(window.shown for window in windows),
            counted=tuple(self._evidence(outline.events, person, e, ()) for e in counted[:MOST_SHOWN]),
            near=near,
        )

    def record(self, outline: EventsOutline, person: int, event: EventRow) -> Record:
        """Describe an event by its row, with the times of day and the value in the unit that the criterion asks for."""
        relaxed = outline.relaxed
        times = self._facts.times(relaxed.times, person, event.event_id)
        record = self._records.record(relaxed.domain, event, times)
        for test in relaxed.own.filters:
            found = self._in_unit(relaxed, test, (person, event.event_id))
            if found.converted is not None and found.unit != found.into_unit and found.value == record.value:
                return replace(
                    record,
                    converted=found.converted,
                    converted_unit_concept_id=found.into_unit,
                    converted_unit_name=self._records.name(found.into_unit),
                )
        return record

    # -- records ------------------------------------------------------------------------------------------------------
    def _misses(self, outline: EventsOutline, person: int, event: EventRow) -> tuple[Miss, ...]:
        """Tests of its own that a record fails."""
        relaxed = outline.relaxed
        misses = [
            self._missed(relaxed, test, (person, event.event_id))
            for test, single in relaxed.single
            if event.event_id not in self._ids(single, person)
        ]
        if relaxed.first is not None and event.event_id not in self._ids(relaxed.first, person):
            misses.append(Miss("not_first"))
        passes = event.event_id in self._ids(relaxed.own, person)
        if passes and event.event_id not in self._ids(relaxed.full, person):
            misses.append(Miss("nested"))
        return tuple(misses)

    def _missed(self, relaxed: Relaxed, test: Filter, key: Key) -> Miss:
        """Say how a record fails a test of its own."""
        if _unit_of(test) is None:
            return self._failed(test, self._records.tested(relaxed.base, relaxed.domain, test, key))
        found = self._in_unit(relaxed, test, key)
        plain = replace(test, target=_unit_of(test) or "", codes=None)
        if found.value is None or found.converted is not None:
            return self._failed(plain, found.converted)
        names = tuple(name for name in (self._records.name(found.unit),) if name and found.unit)
        return replace(self._failed(plain, found.value), kind="unit", names=names)

    def _is_undecided(self, outline: EventsOutline, person: int, event: EventRow) -> bool:
        """Whether the unit of a record that was let in all the same is not known."""
        found = (self._in_unit(outline.relaxed, t, (person, event.event_id)) for t in outline.relaxed.own.filters)
        return any(one.value is not None and one.converted is None for one in found)

    def _in_unit(self, relaxed: Relaxed, test: Filter, key: Key) -> InUnit:
        if _unit_of(test) is None:
            return InUnit()
        return self._records.in_unit(relaxed.base, relaxed.domain, test, key)

    def _failed(self, test: Filter, value: object) -> Miss:
        names = (self._records.name(value),) if test.codes is not None else ()
        return Miss(
            "attribute",
            target=test.target,
            test=test.test,
            asked=test.value,
            extent=test.extent,
            value=value,  # type: ignore[arg-type]
            names=tuple(name for name in names if name),
        )

    def _nearest(
        self, outline: EventsOutline, person: int, missed: Iterable[tuple[EventRow, tuple[Miss, ...]]]
    ) -> tuple[Evidence, ...]:
        """Records that miss something, those that miss fewest things by least first."""
        order = sorted((item for item in missed if item[1]), key=lambda item: (_distance(item[1]), item[0].start))
        return tuple(self._evidence(outline, person, event, misses) for event, misses in order[:MOST_NEAR])

    def _evidence(self, outline: EventsOutline, person: int, event: EventRow, misses: tuple[Miss, ...]) -> Evidence:
        nested = None
        if outline.nested is not None:
            around = self._facts.index(outline.nested.node.index, person).get(event.event_id)
            nested = self.of(outline.nested, person, around) if around is not None else None
        undecided = not misses and self._is_undecided(outline, person, event)
        return Evidence(self.record(outline, person, event), misses, nested, undecided)

    def _ids(self, node: Node, person: int) -> frozenset[int]:
        key = (node.key, person)
        if key not in self._passing:
            self._passing[key] = frozenset(event.event_id for event in self._facts.events(node, person))
        return self._passing[key]


def _unit_of(test: Filter) -> str | None:
    """Name of what a test of a converted number looks at; none for other tests."""
    for ending in (PERHAPS, IN_UNIT):
        if test.target.endswith(ending):
            return test.target.removesuffix(ending)
    return None


def _around(
    event: EventRow, index: IndexRow, node: Correlated, windows: list[Window], times: TimeRow | None
) -> tuple[Miss, ...]:
    """Say how an event lies outside the windows, the observation period or the visit of the index event."""
    misses = [miss for miss in (window.miss(event, times) for window in windows) if miss is not None]
    if not node.anywhere and not index.period_start <= event.start <= index.period_end:
        misses.append(Miss("period"))
    if node.same_visit and (event.visit_id is None or event.visit_id != index.visit_id):
        misses.append(Miss("visit"))
    return tuple(misses)


def _distance(misses: tuple[Miss, ...]) -> tuple[int, float]:
    """How far a record is from counting: by how many things, and by how much."""
    return len(misses), sum(miss.days or miss.seconds / 86_400 or miss.short_by or 0 for miss in misses)
