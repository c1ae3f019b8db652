"""What became of every candidate entry event of a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from cohorts.definition import CohortExpression
from cohorts.engine.nodes import Exit, Qualified
from cohorts.engine.plan import Plan
from cohorts.explain.facts import EventRow, Facts, IndexRow
from cohorts.explain.findings import Findings
from cohorts.explain.model import EndReason, Fate, RuleFinding
from cohorts.explain.outline import EventsOutline, Outline, outline_events, outline_truth

Span = tuple[date, date]


@dataclass(frozen=True)
class Outlines:
    """Everything of a definition that is explained, beside its plan."""

    plan: Plan
    entry: tuple[EventsOutline, ...]
    additional: Outline | None
    rules: tuple[tuple[str, Outline], ...]

    @classmethod
    def of(cls, expression: CohortExpression, plan: Plan) -> Outlines:
        """Lay an expression beside its plan."""
        criteria = expression.primary_criteria.criteria_list
        additional = None
        if isinstance(plan.qualified, Qualified) and expression.additional_criteria is not None:
            additional = outline_truth(expression.additional_criteria, plan.qualified.group)
        rules = [
            (name, outline_truth(rule.expression, node))
            for rule, (name, node) in zip(expression.inclusion_rules or [], plan.rules, strict=True)
            if rule.expression is not None
        ]
        entry = tuple(outline_events(c, node) for c, node in zip(criteria, plan.entry_events, strict=True))
        return cls(plan, entry, additional, tuple(rules))


@dataclass(frozen=True)
class _Candidate:
    outline: EventsOutline
    position: int
    event: EventRow
    period: Span | None
    short_before: int = 0
    short_after: int = 0

    @property
    def observed(self) -> bool:
        return self.period is not None and not (self.short_before or self.short_after)


class Fates:
    """Follows the entry events of persons through a plan.

    Parameters
    ----------
    outlines : Outlines
        The definition beside its plan.
    facts, findings
        What was found.
    """

    def __init__(self, outlines: Outlines, facts: Facts, findings: Findings) -> None:
        self._outlines = outlines
        self._plan = outlines.plan
        self._facts = facts
        self._findings = findings

    def of(self, person: int, periods: list[Span]) -> tuple[Fate, ...]:
        """Say what became of each candidate, in the order of their starts."""
        candidates = list(self._candidates(person, periods))
        numbers = self._numbers([candidate for candidate in candidates if candidate.observed])
        fates = [self._fate(person, candidate, numbers.get(id(candidate))) for candidate in candidates]
        return tuple(sorted(fates, key=lambda fate: (fate.record.start, fate.record.table, fate.record.row_id)))

    def _candidates(self, person: int, periods: list[Span]) -> Iterable[_Candidate]:
        entry = self._plan.entry
        for position, outline in enumerate(self._outlines.entry):
            for event in self._facts.events(outline.relaxed.full, person):
                within = [period for period in periods if period[0] <= event.start <= period[1]]
                if not within:
                    yield _Candidate(outline, position, event, None)
                for period in within:
                    before = entry.prior_days - (event.start - period[0]).days
                    after = entry.post_days - (period[1] - event.start).days
                    yield _Candidate(outline, position, event, period, max(0, before), max(0, after))

    def _numbers(self, observed: list[_Candidate]) -> dict[int, int]:
        """Number the candidates as the engine does, in the order in which the entry limit takes them."""
        sign = -1 if self._plan.entry.limit == "last" else 1

        def order(candidate: _Candidate) -> tuple[object, ...]:
            assert candidate.period is not None
            event = candidate.event
            return sign * event.start.toordinal(), event.event_id, candidate.position, candidate.period[0]

        return {id(candidate): number for number, candidate in enumerate(sorted(observed, key=order), start=1)}

    def _fate(self, person: int, candidate: _Candidate, number: int | None) -> Fate:
        start, end = candidate.period or (None, None)
        record = self._findings.record(candidate.outline, person, candidate.event)
        before, after = candidate.short_before, candidate.short_after
        fate = Fate(record, candidate.outline.part, "unobserved", start, end, before, after)
        if number is None:
            return fate
        index = self._facts.index(self._plan.entry, person).get(number)
        if index is None:
            return replace(fate, kind="entry_limit")
        return self._after_entry(person, fate, index)

    def _after_entry(self, person: int, fate: Fate, index: IndexRow) -> Fate:
        plan, number = self._plan, index.event_id
        if isinstance(plan.qualified, Qualified):
            if self._outlines.additional is not None:
                fate = replace(fate, additional=self._findings.of(self._outlines.additional, person, index))
            if not self._facts.holds(plan.qualified.group, person, number):
                return replace(fate, kind="additional")
            if number not in self._facts.index(plan.qualified, person):
                return replace(fate, kind="qualified_limit")
        rules = [RuleFinding(n, self._findings.of(outline, person, index)) for n, outline in self._outlines.rules]
        fate = replace(fate, rules=tuple(rules))
        if not all(self._facts.holds(node, person, number) for _, node in plan.rules):
            return replace(fate, kind="rules")
        if number not in self._facts.included(plan.included, person):
            return replace(fate, kind="expression_limit")
        return self._left(person, fate, index)

    def _left(self, person: int, fate: Fate, index: IndexRow) -> Fate:
        candidates = self._ends(person, index)
        if not candidates:
            return replace(fate, kind="no_exit")
        end = min(date_of for _, date_of in candidates)
        reasons = tuple(reason for reason, date_of in candidates if date_of == end)
        fate = replace(fate, start=index.start, end=end, end_reasons=reasons)
        row = next(
            (r for r in self._facts.spans(self._plan.cohort, person) if r[0] <= end and index.start <= r[1]), None
        )
        if row is None:
            return replace(fate, kind="outside_window")
        return replace(fate, kind="in", row_start=row[0], row_end=row[1])

    def _ends(self, person: int, index: IndexRow) -> list[tuple[EndReason, date]]:
        """Dates on which a person may leave, as the engine weighs them; none before the index date."""
        node: Exit = self._plan.exit
        candidates: list[tuple[EndReason, date | None]] = [("observation_end", index.period_end)]
        if node.offset is not None:
            anchor = index.end if node.offset_from_end else index.start
            fixed = None if anchor is None else anchor + timedelta(days=node.offset)
            capped = fixed is None or fixed > index.period_end
            candidates = [("observation_end", index.period_end)] if capped and fixed else [("fixed", fixed)]
        if node.eras is not None:
            eras = self._facts.spans(node.eras, person)
            candidates += [("era_end", end) for start, end in eras if start <= index.start <= end]
        for events in node.censoring:
            during = [e.start for e in self._facts.events(events, person) if index.start <= e.start <= index.period_end]
            candidates += [("censoring", min(during))] if during else []
        return [(reason, end) for reason, end in candidates if end is not None and end >= index.start]
