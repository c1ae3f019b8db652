"""An explanation as lines: what a person reads, on a page or a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from typing import Final, Literal

from cohorts import CohortDefinition
from cohorts.definition import CorrelatedCriterion, CriteriaGroup, DemographicCriterion
from cohorts.explain import (
    COHORT,
    PATIENT_LIST,
    AlmostEntry,
    DateWindow,
    Evidence,
    Explanation,
    Fate,
    Finding,
    Record,
)
from workbench.explanations.words import miss_words, value_words
from workbench.locales import Translator, mark
from workbench.sentences import Narrator
from workbench.sentences.values import days, plain

Sign = Literal["yes", "no", "row", "near", "note"]

_MOST_LIMITED: Final = 3
_MOST_ALIKE: Final = 10
_REASONS: Final = {
    "observation_end": mark("observation ends"),
    "fixed": mark("the fixed time is over"),
    "era_end": mark("the drug era ends"),
    "censoring": mark("a censoring event happens"),
}
_FATES: Final = {
    "additional": mark("does not meet the restriction of the entry event"),
    "no_exit": mark("would leave before it enters"),
    "outside_window": mark("lies outside the dates that the cohort is cut to"),
}
_LIMITED: Final = {
    ("entry_limit", "first"): mark("not the first entry event"),
    ("entry_limit", "last"): mark("not the last entry event"),
    ("qualified_limit", "first"): mark("not the first entry event that meets the restriction"),
    ("qualified_limit", "last"): mark("not the last entry event that meets the restriction"),
    ("expression_limit", "first"): mark("not the first event that meets all criteria"),
    ("expression_limit", "last"): mark("not the last event that meets all criteria"),
}


@dataclass(frozen=True)
class Line:
    """One line of an explanation.

    Attributes
    ----------
    level : int
        How deep it lies.
    sign : {"yes", "no", "row", "near", "note"}
        Met, not met, a deciding row, a row that nearly counts, a remark.
    text : str
        What it says.
    """

    level: int
    sign: Sign
    text: str


def explanation_lines(
    t: Translator, definition: CohortDefinition, narrator: Narrator, explained: Explanation, labels: dict[int, str]
) -> list[Line]:
    """Say an explanation line by line.

    Parameters
    ----------
    t : Translator
        Of the reader's language.
    definition : CohortDefinition
        What was explained.
    narrator : Narrator
        Says its parts.
    explained : Explanation
        What was found.
    labels : dict of int to str
        Names of concepts in that language.

    Returns
    -------
    list of Line
        The verdict first, then every candidate entry event with its fate.
    """
    return list(_Teller(t, definition, narrator, labels).explanation(explained))


class _Teller:
    def __init__(self, t: Translator, definition: CohortDefinition, narrator: Narrator, labels: dict[int, str]) -> None:
        self.t = t
        self._expression = definition.expression
        self._narrator = narrator
        self._labels = labels

    def explanation(self, explained: Explanation) -> Iterator[Line]:
        t, number = self.t, explained.person_id
        if not explained.known:
            yield Line(0, "note", t("Person {person} is not in this data.", person=number))
            return
        if explained.is_in:
            spans = t("; ").join(t("{start} to {end}", start=a, end=b) for a, b in explained.rows)
            yield Line(0, "yes", t("Person {person} is in the cohort: {spans}.", person=number, spans=spans))
        else:
            yield Line(0, "no", t("Person {person} is not in the cohort.", person=number))
        if not explained.fates:
            yield Line(1, "note", t("No record is an entry event."))
        told: Counter[str] = Counter()
        for fate in explained.fates:
            told[fate.kind] += 1
            if told[fate.kind] <= _most(fate.kind):
                yield from self._fate(fate)
        for kind, number in told.items():
            if number > _most(kind):
                yield Line(1, "note", self._more(kind, number - _most(kind)))
        if not explained.is_in:
            for almost in explained.almost:
                yield from self._almost(almost, later=bool(explained.fates))

    def _more(self, kind: str, number: int) -> str:
        if kind.endswith("_limit"):
            return self.t("{n} more events: {fate}.", n=number, fate=self._limited(kind))
        return self.t("{n} more events of which the same can be said; JSON has them all.", n=number)

    # -- events -------------------------------------------------------------------------------------------------------
    def _fate(self, fate: Fate) -> Iterator[Line]:
        t = self.t
        sign: Sign = "yes" if fate.kind == "in" else "no"
        what = t("Entry event {record}: {fate}.", record=self._record(fate.record), fate=self._outcome(fate))
        yield Line(1, sign, what)
        if fate.additional is not None:
            met: Sign = "yes" if fate.additional.met else "no"
            restriction = self._narrator.group(self._group(fate.additional))
            yield Line(2, met, t("Restriction of the entry event: {condition}", condition=restriction))
            yield from self._inside(fate.additional, 3)
        for position, rule in enumerate(fate.rules, start=1):
            name = rule.name.strip() or t("Unnamed criterion")
            condition = self._narrator.group(self._group(rule.finding))
            words = t("{n}. {name}: {condition}", n=position, name=name, condition=condition)
            yield Line(2, "yes" if rule.met else "no", words)
            yield from self._inside(rule.finding, 3)

    def _outcome(self, fate: Fate) -> str:
        t = self.t
        if fate.kind == "in":
            return self._stay(fate)
        if fate.kind == "unobserved":
            return self._unobserved(fate)
        if fate.kind == "rules":
            failed = [str(position) for position, rule in enumerate(fate.rules, start=1) if not rule.met]
            return t("fails criterion {numbers}", numbers=t(", ").join(failed))
        if fate.kind.endswith("_limit"):
            return self._limited(fate.kind)
        return t(_FATES[fate.kind])

    def _stay(self, fate: Fate) -> str:
        t = self.t
        why = t(" and ").join(t(_REASONS[reason]) for reason in fate.end_reasons)
        said = t("in the cohort from {start} until {end}, when {why}", start=fate.start, end=fate.end, why=why)
        if (fate.row_start, fate.row_end) != (fate.start, fate.end):
            row = t("{start} to {end}", start=fate.row_start, end=fate.row_end)
            said = t("{stay}; part of the row {row}", stay=said, row=row)
        return said

    def _unobserved(self, fate: Fate) -> str:
        t = self.t
        if fate.period_start is None:
            return t("outside every observation period")
        said = []
        if fate.days_before_short:
            short = days(t, fate.days_before_short)
            said.append(t("observed {days} too short before (since {date})", days=short, date=fate.period_start))
        if fate.days_after_short:
            short = days(t, fate.days_after_short)
            said.append(t("observed {days} too short after (until {date})", days=short, date=fate.period_end))
        return t(", ").join(said)

    def _limited(self, kind: str) -> str:
        expression = self._expression
        limits = {
            "entry_limit": expression.primary_criteria.primary_criteria_limit,
            "qualified_limit": expression.qualified_limit,
            "expression_limit": expression.expression_limit,
        }
        limit = limits[kind]
        return self.t(_LIMITED[kind, limit.choice if limit is not None else "first"])

    def _almost(self, almost: AlmostEntry, *, later: bool) -> Iterator[Line]:
        """Say records that are nearly entry events; those after the first one only where there is no other event."""
        near = tuple(row for row in almost.near if not later or any(miss.kind != "not_first" for miss in row.misses))
        if near:
            event = self._narrator.event(almost.criterion)
            yield Line(1, "note", self.t("Records that are nearly an entry event ({event}):", event=event))
            yield from self._rows(near, 2)

    # -- findings -----------------------------------------------------------------------------------------------------
    def _inside(self, finding: Finding, level: int) -> Iterator[Line]:
        """Say what was found for a part whose own sentence has been said."""
        if isinstance(finding.part, CriteriaGroup):
            yield Line(level, "note", self._count(finding, self.t("{n} of {all} hold"), len(finding.members)))
            for member in finding.members:
                yield Line(level, "yes" if member.met else "no", self._sentence(member))
                yield from self._inside(member, level + 1)
        elif isinstance(finding.part, DemographicCriterion):
            for test in finding.tested:
                said = value_words if test.passed else miss_words
                yield Line(level, "yes" if test.passed else "no", said(self.t, test.miss, self._labels))
        else:
            yield from self._counted(finding, level)

    def _counted(self, finding: Finding, level: int) -> Iterator[Line]:
        t = self.t
        yield Line(level, "note", self._count(finding, t("{n} found"), 0))
        for window in finding.windows:
            yield Line(level, "note", _window(t, window))
        if finding.undecided:
            yield Line(level, "note", t("{n} of them cannot be judged", n=finding.undecided))
        yield from self._rows(finding.counted, level)
        if finding.found > len(finding.counted):
            yield Line(level, "note", t("and {n} more", n=finding.found - len(finding.counted)))
        if finding.found < finding.required and not finding.near and not finding.met:
            yield Line(level, "note", t("no such record of this person at any time"))
        yield from self._rows(finding.near, level)

    def _rows(self, rows: tuple[Evidence, ...], level: int) -> Iterator[Line]:
        t = self.t
        for row in rows:
            record = self._record(row.record)
            if row.misses:
                misses = t(", ").join(miss_words(t, miss, self._labels) for miss in row.misses)
                yield Line(level, "near", t("{record}: {misses}", record=record, misses=misses))
            elif row.undecided:
                words = t(
                    "{record}: cannot be judged, since its unit is not known or cannot be converted; it may count",
                    record=record,
                )
                yield Line(level, "near", words)
            else:
                yield Line(level, "row", record)
            if row.nested is not None:
                yield Line(level + 1, "yes" if row.nested.met else "no", self._sentence(row.nested))
                yield from self._inside(row.nested, level + 2)

    def _count(self, finding: Finding, words: str, members: int) -> str:
        t, off = self.t, finding.found - finding.required
        found = words.format(n=finding.found, all=members)
        required = {
            "exactly": t("exactly {n} required"),
            "at_most": t("at most {n} allowed"),
            "at_least": t("at least {n} required"),
            "all": t("all {n} required"),
        }[finding.comparison].format(n=finding.required)
        if finding.met or not off:
            return t("{found}, {required}", found=found, required=required)
        gap = t("{n} too many") if off > 0 else t("{n} too few")
        return t("{found}, {required}: {gap}", found=found, required=required, gap=gap.format(n=abs(off)))

    def _sentence(self, finding: Finding) -> str:
        if isinstance(finding.part, CorrelatedCriterion):
            return self._narrator.correlated(finding.part)
        if isinstance(finding.part, DemographicCriterion):
            return self._narrator.demographic(finding.part)
        return self._narrator.group(finding.part) if not finding.part.is_empty else self.t("no condition")

    @staticmethod
    def _group(finding: Finding) -> CriteriaGroup:
        """Part of a rule as the group it stands in."""
        if isinstance(finding.part, CriteriaGroup):
            return finding.part
        if isinstance(finding.part, CorrelatedCriterion):
            return CriteriaGroup(criteria_list=[finding.part])
        return CriteriaGroup(demographic_criteria_list=[finding.part])

    # -- records ------------------------------------------------------------------------------------------------------
    def _record(self, record: Record) -> str:
        t = self.t
        name = self._labels.get(record.concept_id or 0) or record.concept_name
        about = t("{name} [{concept}]", name=name, concept=record.concept_id) if record.concept_id else ""
        dates = _moment(record.start, record.start_time)
        if record.end is not None and (record.end - record.start).days > 1:
            dates = t("{start} to {end}", start=dates, end=_moment(record.end, record.end_time))
        value = ""
        if record.value is not None:
            unit = self._labels.get(record.unit_concept_id or 0) or record.unit_name
            value = f"{plain(record.value)} {unit}".strip()
            if record.converted is not None:
                into = self._labels.get(record.converted_unit_concept_id or 0) or record.converted_unit_name
                value = f"{value} = {plain(record.converted)} {into}".strip()
        elif record.value_concept_id:
            value = self._labels.get(record.value_concept_id) or record.value_concept_name
        spans = {"": t("merged records"), COHORT: t("row of the cohort"), PATIENT_LIST: t("row of the patient list")}
        where = spans.get(record.table, f"{record.table} {record.row_id}")
        return "  ".join(part for part in (dates, about, value, f"({where})") if part)


def _most(kind: str) -> int:
    return _MOST_LIMITED if kind.endswith("_limit") else _MOST_ALIKE


def _moment(day: date, at: time | None) -> str:
    """Write a date with its time of day, where that is known."""
    return str(day) if at is None else f"{day} {at:%H:%M}" + (f":{at:%S}" if at.second else "")


def _window(t: Translator, window: DateWindow) -> str:
    if window.time_unknown:
        return t("the time of day of the index event is not known")
    low, high = window.low, window.high
    words = {
        (True, True): t("looked for at any date"),
        (True, False): t("looked for until {high}"),
        (False, True): t("looked for from {low} on"),
        (False, False): t("looked for from {low} to {high}"),
    }[low is None, high is None].format(low=low, high=high)
    return t("{window} (its end)", window=words) if window.of_end else words
