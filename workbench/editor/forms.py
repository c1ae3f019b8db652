"""What the fields of a card hold, and the part of a cohort expression that they stand for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from cohorts.definition import (
    Concept,
    ConceptSetItem,
    CorrelatedCriterion,
    CriteriaGroup,
    Criterion,
    DemographicCriterion,
    InclusionRule,
    NamedCohort,
    NumericRange,
    ObservationWindow,
    Occurrence,
    PatientList,
    PrimaryCriteria,
    ResultLimit,
    Window,
    WindowBound,
)

DEMOGRAPHICS: Final = "Demographics"
"""Kind of a form that asks for age and sex."""

MEMBERSHIP: Final = "CohortMembership"
"""Kind of a form that asks for time in another cohort."""

PATIENT_LIST: Final = "PatientListMembership"
"""Kind of a form that asks for time on a patient list."""

KINDS: Final = (
    "ConditionOccurrence",
    "DrugExposure",
    "Measurement",
    "ProcedureOccurrence",
    "Observation",
    "VisitOccurrence",
)
"""Kinds of records that a card can ask for."""

WITH_VALUE: Final = ("Measurement", "Observation")
"""Kinds whose records have a value."""

Mode = Literal["include", "exclude"]
Match = Literal["all", "any"]
Unit = Literal["days", "hours"]
ConceptSetId = Callable[[list[ConceptSetItem]], int]
"""Gives the id of the concept set with these lines, making one if need be."""

_EXCLUDED: Final = Occurrence(type=0, count=0)


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CriterionForm(_Form):
    """One thing asked of the records or of the person.

    Attributes
    ----------
    kind : str
        One of `KINDS`, or `DEMOGRAPHICS`.
    items : list of ConceptSetItem
        Lines of the concept set; none means any concept.
    first : bool
        Only the first such record of the person.
    value : NumericRange, optional
        What the value must be, in the units of `units` if any are given.
    units, answers : list of Concept
        Units of the value; concepts that the value may be.
    age : NumericRange, optional
        At the record, or at the index date for `DEMOGRAPHICS`.
    genders : list of Concept
        Sexes that count; none for all.
    earliest, latest : int or float, optional
        Window from the index date or event, negative before it; open where missing.
    unit : {"days", "hours"}
        What these are.
    times : int
        How often at least.
    cohort : NamedCohort, optional
        The other cohort, for `MEMBERSHIP`; its id is free in the definition, or its own there.
    patient_list : PatientList, optional
        The list, for `PATIENT_LIST`; of its id the same holds.
    """

    kind: str
    items: list[ConceptSetItem] = Field(default_factory=list)
    first: bool = False
    value: NumericRange | None = None
    units: list[Concept] = Field(default_factory=list)
    answers: list[Concept] = Field(default_factory=list)
    age: NumericRange | None = None
    genders: list[Concept] = Field(default_factory=list)
    earliest: int | float | None = None
    latest: int | float | None = None
    unit: Unit = "days"
    times: int = Field(default=1, ge=1)
    cohort: NamedCohort | None = None
    patient_list: PatientList | None = None

    @property
    def lacks_group(self) -> bool:
        """Whether the form asks for time in a cohort or on a list, and names none."""
        return (self.kind == MEMBERSHIP and self.cohort is None) or (
            self.kind == PATIENT_LIST and self.patient_list is None
        )

    def criterion(self, concept_set_id: ConceptSetId) -> Criterion:
        """Return the record that the form asks for."""
        given: dict[str, Any] = {
            "codeset_id": concept_set_id(self.items) if self.items else None,
            "cohort_id": None if self.cohort is None else self.cohort.id,
            "list_id": None if self.patient_list is None else self.patient_list.id,
            "first": self.first or None,
            "value_as_number": self.value,
            "unit": self.units or None,
            "value_as_concept": self.answers or None,
            "age": self.age,
            "gender": self.genders or None,
        }
        return Criterion.kinds[self.kind](**{name: value for name, value in given.items() if value is not None})

    def correlated(self, concept_set_id: ConceptSetId, mode: Mode) -> CorrelatedCriterion:
        """Return the record with its window and how often it must occur."""
        return CorrelatedCriterion(
            criteria=self.criterion(concept_set_id),
            start_window=Window(start=_bound(self.earliest, -1, self.unit), end=_bound(self.latest, 1, self.unit)),
            occurrence=_EXCLUDED if mode == "exclude" else Occurrence(type=2, count=self.times),
        )

    def demographic(self) -> DemographicCriterion:
        """Return what the form asks of the person."""
        given = {"age": self.age, "gender": self.genders or None}
        return DemographicCriterion(**{name: value for name, value in given.items() if value is not None})


class RuleForm(_Form):
    """A card: one or more things asked, of which all or any must hold, or none.

    Attributes
    ----------
    name, description : str
        As people call it.
    mode : {"include", "exclude"}
        Keep those who meet it, or those who meet none of it.
    match : {"all", "any"}
        How many must hold, where the mode is to include.
    members : list of CriterionForm
        What is asked.
    """

    name: str
    description: str = ""
    mode: Mode = "include"
    match: Match = "all"
    members: list[CriterionForm]

    def rule(self, concept_set_id: ConceptSetId) -> InclusionRule:
        """Return the rule that the card stands for."""
        records = [m.correlated(concept_set_id, self.mode) for m in self.members if m.kind != DEMOGRAPHICS]
        persons = [m.demographic() for m in self.members if m.kind == DEMOGRAPHICS]
        group = CriteriaGroup(
            type="ANY" if self.match == "any" and self.mode == "include" else "ALL",
            criteria_list=records,
            demographic_criteria_list=persons,
            groups=[],
        )
        return InclusionRule(name=self.name, description=self.description, expression=group)


class EntryForm(_Form):
    """What brings a person in.

    Attributes
    ----------
    members : list of CriterionForm
        Any of these records is an entry event.
    prior_days, post_days : int
        Days of observation needed before and after it.
    limit : {"first", "last", "all"}
        Which entry events of a person count.
    """

    members: list[CriterionForm]
    prior_days: int = Field(default=0, ge=0)
    post_days: int = Field(default=0, ge=0)
    limit: Literal["first", "last", "all"] = "first"

    def primary(self, concept_set_id: ConceptSetId) -> PrimaryCriteria:
        """Return the primary criteria that the form stands for."""
        return PrimaryCriteria(
            criteria_list=[member.criterion(concept_set_id) for member in self.members],
            observation_window=ObservationWindow(prior_days=self.prior_days, post_days=self.post_days),
            primary_criteria_limit=ResultLimit(type=self.limit.capitalize()),
        )


def _bound(offset: float | None, side: int, unit: Unit) -> WindowBound:
    """Return the bound at so many days or hours from the index; an open one lies on its own side."""
    if offset is None:
        return WindowBound(days=None, coeff=side)
    return WindowBound(**{unit: abs(offset)}, coeff=-1 if offset < 0 or (offset == 0 and side < 0) else 1)
