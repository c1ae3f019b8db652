"""Criteria over records: what kind, which concepts, which values, when, how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from cohorts.builder.concepts import Concepts
from cohorts.builder.ranges import number_range
from cohorts.definition import (
    CohortDefinition,
    Concept,
    CorrelatedCriterion,
    Criterion,
    Occurrence,
    PatientList,
    Window,
    WindowBound,
)
from cohorts.patient_lists import SHELF, read_patient_list, rows_of_frame
from omop_etl.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

NumberOf = Mapping[Concepts | str, int]
"""Number of every concept set, and by hash of every cohort and patient list, in the definition that is written."""

_AT_LEAST, _AT_MOST, _EXACTLY = 2, 1, 0
_LENGTHS: Final = {
    "ConditionEra": "era_length",
    "DrugEra": "era_length",
    "VisitOccurrence": "visit_length",
    "CohortMembership": "duration",
    "PatientListMembership": "duration",
}


@dataclass(frozen=True)
class Records:
    """Records of one kind, and what is asked of them; every method gives a new one.

    Attributes
    ----------
    kind : str
        Class of the criterion, ``ConditionOccurrence`` for example.
    concepts : Concepts, optional
        Which concepts; all where there are none.
    attributes : dict
        Attributes of the criterion, by field.
    window, end_window : Window, optional
        When, counted from the index date.
    occurrence : Occurrence
        How often.
    cohort : CohortDefinition, optional
        The cohort whose rows are the records.
    listed : PatientList, optional
        The patient list whose rows are the records; its id is given when the definition is written.
    """

    kind: str
    concepts: Concepts | None = None
    attributes: tuple[tuple[str, Any], ...] = ()
    window: Window | None = None
    end_window: Window | None = None
    occurrence: Occurrence = field(default_factory=lambda: Occurrence(type=_AT_LEAST, count=1))
    visit_of_index: bool = False
    beyond_observation: bool = False
    cohort: CohortDefinition | None = None
    listed: PatientList | None = None

    # -- which records ------------------------------------------------------------------------------------------------
    def first(self) -> Records:
        """Look at each person's first record of these concepts only, whatever else is asked of it."""
        return self.having(first=True)

    def with_value(
        self,
        *,
        above: float | None = None,
        at_least: float | None = None,
        below: float | None = None,
        at_most: float | None = None,
        unit: int | None = None,
    ) -> Records:
        """Ask for a numeric result.

        Parameters
        ----------
        above, at_least, below, at_most : float, optional
            One bound, or a lower and an upper one that both count.
        unit : int, optional
            Concept of the unit.
        """
        wanted = self.having(value_as_number=number_range(above, at_least, below, at_most))
        return wanted if unit is None else wanted.having(unit=[Concept(concept_id=unit)])

    def with_answer(self, *concept_ids: int) -> Records:
        """Ask for a coded result."""
        return self.having(value_as_concept=[Concept(concept_id=concept_id) for concept_id in concept_ids])

    def lasting(self, *, at_least: float | None = None, at_most: float | None = None) -> Records:
        """Ask for a length in days, of eras and visits."""
        name = _LENGTHS.get(self.kind)
        if name is None:
            raise UsageError("{kind} has no length", todo="ask it of an era or a visit", kind=self.kind)
        return self.having(**{name: number_range(None, at_least, None, at_most)})

    def having(self, **attributes: Any) -> Records:
        """Set attributes of the criterion by the fields of its class in `cohorts.definition`.

        Raises
        ------
        UsageError
            The class has no such field.
        """
        known = Criterion.kinds[self.kind].model_fields
        for name in attributes:
            if name not in known:
                raise UsageError(
                    "{kind} has no attribute {name}",
                    todo="choose one of: {known}",
                    kind=self.kind,
                    name=name,
                    known=", ".join(sorted(known)),
                )
        kept = [(name, value) for name, value in self.attributes if name not in attributes]
        return replace(self, attributes=(*kept, *attributes.items()))

    # -- when ---------------------------------------------------------------------------------------------------------
    def within(
        self, first_day: int | None, last_day: int | None, *, of_end: bool = False, ending: bool = False
    ) -> Records:
        """Ask for records in a window of days around the index date, negative before it; None for no bound.

        Parameters
        ----------
        first_day, last_day : int or None
            Both days count.
        of_end : bool
            Count from the end of the index event.
        ending : bool
            The records must end, not start, in the window.
        """
        return self._in(_bound(first_day, -1), _bound(last_day, 1), of_end=of_end, ending=ending)

    def _in(self, first: WindowBound, last: WindowBound, *, of_end: bool, ending: bool) -> Records:
        counted_from = {"use_index_end": True} if of_end else {}
        window = Window(start=first, end=last, **counted_from, use_event_end=ending)
        return replace(self, end_window=window) if ending else replace(self, window=window)

    def within_hours(
        self, first_hour: float | None, last_hour: float | None, *, of_end: bool = False, ending: bool = False
    ) -> Records:
        """Ask for records in a window of hours around the index event, negative before it; None for no bound.

        Times of day are compared to the second, so both the records and the index event must have them.

        Parameters
        ----------
        first_hour, last_hour : float or None
            Both moments count; 0.5 is half an hour.
        of_end : bool
            Count from the end of the index event.
        ending : bool
            The records must end, not start, in the window.

        Examples
        --------
        A lactate within three hours before, and a second troponin at least three hours after the first:

        >>> lactate, troponin = measurement(), measurement()
        >>> lactate.within_hours(-3, 0).window.to_json()["Start"]
        {'Hours': 3, 'Coeff': -1}
        >>> troponin.within_hours(3, None).window.to_json()["Start"]
        {'Hours': 3, 'Coeff': 1}
        """
        return self._in(_bound(first_hour, -1, "hours"), _bound(last_hour, 1, "hours"), of_end=of_end, ending=ending)

    def before(self, days: int | None = None, *, hours: float | None = None) -> Records:
        """Ask for records up to the day before the index date, at most so many days before it.

        With `hours` instead: up to the start of the index event, at most so many hours before it.
        """
        if hours is not None:
            _one_unit(days)
            return self.within_hours(-hours, 0)
        return self.within(None if days is None else -days, -1)

    def up_to_index(self, days: int | None = None) -> Records:
        """Ask for records up to the index date, that day included."""
        return self.within(None if days is None else -days, 0)

    def after(self, days: int | None = None, *, hours: float | None = None) -> Records:
        """Ask for records from the day after the index date on, at most so many days after it.

        With `hours` instead: from the start of the index event on, at most so many hours after it.
        """
        if hours is not None:
            _one_unit(days)
            return self.within_hours(0, hours)
        return self.within(1, days)

    def on_index_date(self) -> Records:
        """Ask for records of the index date."""
        return self.within(0, 0)

    def in_same_visit(self) -> Records:
        """Ask for records of the visit that the index event belongs to."""
        return replace(self, visit_of_index=True)

    def also_outside_observation(self) -> Records:
        """Count records outside the observation period of the index date too."""
        return replace(self, beyond_observation=True)

    # -- how often ----------------------------------------------------------------------------------------------------
    def at_least(self, times: int, *, different: str | None = None) -> Records:
        """Ask for so many records or more; `different` names the column whose distinct values are counted."""
        return self._occurring(_AT_LEAST, times, different)

    def at_most(self, times: int, *, different: str | None = None) -> Records:
        """Ask for so many records or fewer."""
        return self._occurring(_AT_MOST, times, different)

    def exactly(self, times: int, *, different: str | None = None) -> Records:
        """Ask for just so many records."""
        return self._occurring(_EXACTLY, times, different)

    def absent(self) -> Records:
        """Ask that there is no such record."""
        return self.exactly(0)

    def _occurring(self, kind: Any, times: int, different: str | None) -> Records:
        distinct = {"is_distinct": True, "count_column": different} if different else {}
        return replace(self, occurrence=Occurrence(type=kind, count=times, **distinct))

    # -- writing ------------------------------------------------------------------------------------------------------
    @property
    def concept_sets(self) -> list[Concepts]:
        """Concept sets that the criterion names."""
        return [self.concepts] if self.concepts is not None else []

    def criterion(self, numbers: NumberOf) -> Criterion:
        """Write the criterion without its window, as an entry event is."""
        named = {} if self.concepts is None else {"codeset_id": numbers[self.concepts]}
        if self.cohort is not None:
            named = {"cohort_id": numbers[self.cohort.hash]}
        if self.listed is not None:
            named = {"list_id": numbers[self.listed.sha256 or ""]}
        return Criterion.kinds[self.kind](**named, **dict(self.attributes))

    def correlated(self, numbers: NumberOf) -> CorrelatedCriterion:
        """Write the criterion as one that is counted around the index event."""
        return CorrelatedCriterion(
            criteria=self.criterion(numbers),
            start_window=self.window or Window(start=_bound(None, -1), end=_bound(None, 1), use_event_end=False),
            **{"end_window": self.end_window} if self.end_window else {},
            occurrence=self.occurrence,
            **{"restrict_visit": True} if self.visit_of_index else {},
            **{"ignore_observation_period": True} if self.beyond_observation else {},
        )


def _bound(offset: float | None, unbounded: int, unit: Literal["days", "hours"] = "days") -> WindowBound:
    if offset is None:
        return WindowBound(coeff=unbounded)
    return WindowBound(**{unit: abs(offset)}, coeff=-1 if offset < 0 else 1)


def _one_unit(days: int | None) -> None:
    if days is not None:
        raise UsageError("a window has days or hours, not both", todo="give one of the two")


def condition(of: Concepts | None = None) -> Records:
    """Recorded diagnoses."""
    return Records("ConditionOccurrence", of)


def condition_era(of: Concepts | None = None) -> Records:
    """Spans of continuous diagnosis records."""
    return Records("ConditionEra", of)


def drug(of: Concepts | None = None) -> Records:
    """Prescriptions and administrations of drugs."""
    return Records("DrugExposure", of)


def drug_era(of: Concepts | None = None) -> Records:
    """Spans of continuous exposure to an ingredient."""
    return Records("DrugEra", of)


def measurement(of: Concepts | None = None) -> Records:
    """Laboratory results, vital signs and other measurements."""
    return Records("Measurement", of)


def observation(of: Concepts | None = None) -> Records:
    """Other facts about a person."""
    return Records("Observation", of)


def procedure(of: Concepts | None = None) -> Records:
    """Operations and other procedures."""
    return Records("ProcedureOccurrence", of)


def device(of: Concepts | None = None) -> Records:
    """Devices and implants."""
    return Records("DeviceExposure", of)


def visit(of: Concepts | None = None) -> Records:
    """Visits: outpatient, inpatient, emergency."""
    return Records("VisitOccurrence", of)


def death(of: Concepts | None = None) -> Records:
    """Deaths, of these causes."""
    return Records("Death", of)


def member_of(cohort: CohortDefinition) -> Records:
    """Time spent in another cohort, from each of its rows' start to its end."""
    return Records("CohortMembership", cohort=cohort)


def in_list(source: Path | str | pd.DataFrame, name: str = "") -> Records:
    """Time for which a patient list names a person; the rows stay outside the document.

    Parameters
    ----------
    source : pathlib.Path, str or pandas.DataFrame
        The file, or its rows with the columns that a file has (see `cohorts.patient_lists.read_patient_list`). A data
        frame is known to this Python process only.
    name : str
        What people call the list; the stem of the file by default.

    Raises
    ------
    RweError
        The list cannot be read; the message names column and lines.

    Examples
    --------
    >>> import pandas as pd
    >>> enrolled = in_list(pd.DataFrame({"person_id": [1, 2], "start_date": ["2024-01-05", "2024-02-01"]}), "enrolled")
    >>> enrolled.kind, enrolled.listed.name
    ('PatientListMembership', 'enrolled')
    """
    if isinstance(source, Path | str):
        path = Path(source)
        if not path.is_file():
            raise UsageError("there is no file {file}", todo="check the path of the patient list", file=str(source))
        rows = read_patient_list(path)
        SHELF.put_file(rows.sha256, path.resolve())
        listed = PatientList(id=0, name=name or path.stem, file=path.name, sha256=rows.sha256)
    else:
        rows = rows_of_frame(source, name)
        SHELF.put_rows(rows)
        listed = PatientList(id=0, name=name or "list", sha256=rows.sha256)
    return Records("PatientListMembership", listed=listed)
