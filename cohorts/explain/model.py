"""What an explanation is made of: events and their fates, findings, deciding rows, and what was missed by how much."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final, Literal

from cohorts.definition import CorrelatedCriterion, CriteriaGroup, Criterion, DemographicCriterion

COHORT: Final = "cohort"
"""In place of a table of the CDM: the rows of a cohort."""

PATIENT_LIST: Final = "patient list"
"""In place of a table of the CDM: the rows of a patient list."""

Value = float | int | str | bool | date | None
FateKind = Literal[
    "unobserved",
    "entry_limit",
    "additional",
    "qualified_limit",
    "rules",
    "expression_limit",
    "no_exit",
    "outside_window",
    "in",
]
MissKind = Literal["early", "late", "no_time", "period", "visit", "attribute", "unit", "not_first", "nested"]
EndReason = Literal["observation_end", "fixed", "era_end", "censoring"]


@dataclass(frozen=True)
class Record:
    """A row of the CDM.

    Attributes
    ----------
    table : str
        Table of the CDM; ``cohort`` for a row of a cohort, empty for a span that was merged from several rows.
    row_id : int
        Its primary key.
    concept_id : int, optional
        What it is about.
    concept_name : str
        Name of the concept in the vocabulary; empty where it has none.
    start, end : datetime.date
        Dates of the event; the end is that of the engine where the row has none.
    value : float, optional
        A measured value or a quantity.
    unit_concept_id : int, optional
        Unit of the value.
    unit_name : str
        Its name.
    converted : float, optional
        The value in the unit that was asked for, where it was recorded in another.
    converted_unit_concept_id : int, optional
        That unit.
    converted_unit_name : str
        Its name.
    value_concept_id : int, optional
        A result that is a concept.
    value_concept_name : str
        Its name.
    start_time, end_time : datetime.time, optional
        Times of day of the event, where the definition counts in hours and they are known.
    """

    table: str
    row_id: int
    concept_id: int | None
    concept_name: str
    start: date
    end: date | None
    value: float | None = None
    unit_concept_id: int | None = None
    unit_name: str = ""
    converted: float | None = None
    converted_unit_concept_id: int | None = None
    converted_unit_name: str = ""
    value_concept_id: int | None = None
    value_concept_name: str = ""
    start_time: time | None = None
    end_time: time | None = None


@dataclass(frozen=True)
class Miss:
    """Why a record does not count, and by how much.

    Attributes
    ----------
    kind : str
        ``early`` and ``late`` miss a window by `days` or by `seconds`; ``no_time`` may lie in it or not, since a time
        of day is not known; ``period`` lies outside the observation period of the index event, ``visit`` in another
        visit; ``attribute`` fails a test of the record; ``unit`` has a number whose unit is not known or cannot be
        converted, so that nobody can say; ``not_first`` has an earlier record before it; ``nested`` lacks what must be
        found around it.
    days : int
        Days by which a window is missed.
    seconds : int
        Seconds by which a window of hours is missed; at least so many where a time of day is not known.
    from_end : bool
        Whether the end of the record was tested.
    target, test : str
        What was tested and how, as in `cohorts.engine.nodes.Filter`.
    asked, extent : optional
        What it was compared with.
    value : optional
        What the record has; in the unit asked for, if it can be converted.
    names : tuple of str
        Names of the concepts, where the value is a concept; for ``unit`` the name of the unit, if there is one.
    """

    kind: MissKind
    days: int = 0
    from_end: bool = False
    target: str = ""
    test: str = ""
    asked: Value = None
    extent: Value = None
    value: Value = None
    names: tuple[str, ...] = ()
    seconds: int = 0

    @property
    def short_by(self) -> float | None:
        """How far a number lies from the nearest one that would have passed; none where that is no question.

        Examples
        --------
        >>> Miss("attribute", target="value", test="gte", asked=90.0, value=89.7).short_by
        0.3
        """
        bounds = [bound for bound in (self.asked, self.extent) if isinstance(bound, float | int)]
        if self.kind == "unit" or isinstance(self.value, bool) or not isinstance(self.value, float | int) or not bounds:
            return None
        return round(min(abs(float(self.value) - float(bound)) for bound in bounds), 6)


@dataclass(frozen=True)
class DateWindow:
    """A window around the index event as actual dates, or times where it is in hours; a missing bound is open.

    Where `time_unknown`, the bounds in hours are missing too, since the time of the index event is not known.
    """

    low: date | datetime | None
    high: date | datetime | None
    of_end: bool = False
    time_unknown: bool = False


@dataclass(frozen=True)
class Evidence:
    """A record that was looked at: it counts where it misses nothing.

    Attributes
    ----------
    record : Record
        The row.
    misses : tuple of Miss
        Why it does not count.
    nested : Finding, optional
        What was found around it, where the criterion asks for that.
    undecided : bool
        Whether it only may count: its unit is not known or cannot be converted. It counts where it must not be
        overlooked: in "none" and "at most so many".
    """

    record: Record
    misses: tuple[Miss, ...] = ()
    nested: Finding | None = None
    undecided: bool = False


@dataclass(frozen=True)
class Tested:
    """One test of a person or of the index event's dates."""

    passed: bool
    miss: Miss


@dataclass(frozen=True)
class Finding:
    """What was found for one part of a definition around one index event.

    Attributes
    ----------
    part : CriteriaGroup, CorrelatedCriterion or DemographicCriterion
        The part of the definition.
    met : bool
        Whether it holds; taken from the engine's own rows.
    comparison : {"exactly", "at_most", "at_least", "all"}
        How `found` is compared with `required`.
    found, required : int
        Records, or members of a group.
    undecided : int
        How many of those found only may count.
    windows : tuple of DateWindow
        Where records were looked for.
    counted : tuple of Evidence
        Records that count, the earliest first, at most `MOST_SHOWN`.
    near : tuple of Evidence
        Records that miss least, the nearest first, at most `MOST_NEAR`.
    tested : tuple of Tested
        Tests of a demographic criterion.
    members : tuple of Finding
        Members of a group.
    """

    part: CriteriaGroup | CorrelatedCriterion | DemographicCriterion
    met: bool
    comparison: Literal["exactly", "at_most", "at_least", "all"]
    found: int
    required: int
    undecided: int = 0
    windows: tuple[DateWindow, ...] = ()
    counted: tuple[Evidence, ...] = ()
    near: tuple[Evidence, ...] = ()
    tested: tuple[Tested, ...] = ()
    members: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class RuleFinding:
    """What was found for an inclusion rule; the rule's name, and the tree of findings."""

    name: str
    finding: Finding

    @property
    def met(self) -> bool:
        """Whether the rule holds."""
        return self.finding.met


@dataclass(frozen=True)
class Fate:
    """A candidate entry event and what became of it.

    Attributes
    ----------
    record : Record
        The row that is the event.
    criterion : Criterion
        The entry criterion it meets.
    kind : str
        Where it was lost, or ``in``.
    period_start, period_end : datetime.date, optional
        Observation period it starts in; none where there is none.
    days_before_short, days_after_short : int
        Days of observation that are missing before and after it.
    additional : Finding, optional
        What the restriction of the entry event found.
    rules : tuple of RuleFinding
        What every rule found, for events that came so far.
    start, end : datetime.date, optional
        For an event in the cohort, from when until when.
    end_reasons : tuple of str
        Why it ends then.
    row_start, row_end : datetime.date, optional
        The row of the cohort that the event became part of.
    """

    record: Record
    criterion: Criterion
    kind: FateKind
    period_start: date | None = None
    period_end: date | None = None
    days_before_short: int = 0
    days_after_short: int = 0
    additional: Finding | None = None
    rules: tuple[RuleFinding, ...] = ()
    start: date | None = None
    end: date | None = None
    end_reasons: tuple[EndReason, ...] = ()
    row_start: date | None = None
    row_end: date | None = None


@dataclass(frozen=True)
class AlmostEntry:
    """Records that an entry criterion looked at and that miss least, the nearest first."""

    criterion: Criterion
    near: tuple[Evidence, ...]


@dataclass(frozen=True)
class Explanation:
    """Why a person is in a cohort or not.

    Attributes
    ----------
    person_id : int
        The person.
    known : bool
        Whether the CDM has this person.
    rows : tuple of (datetime.date, datetime.date)
        The person's rows of the cohort.
    fates : tuple of Fate
        Every candidate entry event, in the order of their starts.
    almost : tuple of AlmostEntry
        For each entry criterion, records that are no entry events but nearly so.
    """

    person_id: int
    known: bool
    rows: tuple[tuple[date, date], ...]
    fates: tuple[Fate, ...] = ()
    almost: tuple[AlmostEntry, ...] = field(default=())

    @property
    def is_in(self) -> bool:
        """Whether the person is in the cohort."""
        return bool(self.rows)
