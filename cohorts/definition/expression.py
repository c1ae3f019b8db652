"""The cohort expression: who enters, who stays, and when they leave."""

from __future__ import annotations

from pathlib import PurePath

from pydantic import Field

from cohorts.definition.criteria import AnyCriterion
from cohorts.definition.groups import CriteriaGroup
from cohorts.definition.values import CamelPart, Concept, ObservationWindow, Part, Period, ResultLimit, Semantics
from cohorts.patient_lists import ListName


class ConceptSetItem(CamelPart):
    """One line of a concept set."""

    concept: Concept
    is_excluded: bool = False
    include_descendants: bool = False
    include_mapped: bool = False


class ConceptSetExpression(CamelPart):
    """The lines of a concept set."""

    items: list[ConceptSetItem] = Field(default_factory=list)


class ConceptSet(CamelPart):
    """A named list of concepts that criteria refer to by `id`."""

    id: int
    name: str | None = None
    expression: ConceptSetExpression = Field(default_factory=ConceptSetExpression)


class PrimaryCriteria(Part):
    """The entry events, the observation they need around them, and which of them to keep per person."""

    criteria_list: list[AnyCriterion] = Field(default_factory=list)
    observation_window: ObservationWindow = Field(default_factory=ObservationWindow)
    primary_criteria_limit: ResultLimit = Field(default_factory=ResultLimit)


class InclusionRule(CamelPart):
    """A rule that an entry event must meet to stay."""

    name: str | None = None
    description: str | None = None
    expression: CriteriaGroup | None = None


class DateOffset(Part):
    """Leave the cohort a fixed number of days after the start or the end of the index event."""

    date_field: str = "StartDate"
    offset: int = 0


class DrugEraExit(Part):
    """Leave the cohort when continuous exposure to a drug ends (Circe: ``CustomEra``)."""

    drug_codeset_id: int | None = None
    gap_days: int = 0
    offset: int = 0
    days_supply_override: int | None = None


class EndStrategy(Part):
    """How a person leaves the cohort; without one, at the end of the observation period.

    With both a fixed offset and the end of drug use a person leaves at whichever comes first; Circe knows one of them
    only, so that this needs exact semantics.
    """

    date_offset: DateOffset | None = None
    custom_era: DrugEraExit | None = None


class CollapseSettings(Part):
    """Merge spans of a person that lie at most `era_pad` days apart."""

    collapse_type: str | None = None
    era_pad: int = 0


class NamedCohort(CamelPart):
    """Another cohort that criteria refer to by `id`.

    Attributes
    ----------
    id : int
        What criteria refer to it by.
    name : str
        What people call it.
    semantics : {"circe", "exact"}
        What its expression means.
    expression : CohortExpression, optional
        The cohort itself.
    file : str, optional
        Document that the expression was read from; `cohorts.read_definition` reads it where no expression is given.
    """

    id: int
    name: str | None = None
    semantics: Semantics = "exact"
    expression: CohortExpression | None = None
    file: str | None = None


class PatientList(CamelPart):
    """A list of persons that criteria refer to by `id`; its rows are kept outside the document.

    A row says that a person belongs to the list: from its start date to its end date; without an end date to the end of
    the observation period that holds the start date (outside every observation period, that day alone); without any
    date in every observation period of the person.

    Attributes
    ----------
    id : int
        What criteria refer to it by.
    name : str
        What people call it.
    file : str, optional
        The file, beside the document or in a path from there.
    sha256 : str, optional
        Digest of the file: what the list holds. `cohorts.read_definition` computes it where it is not given.
    """

    id: int
    name: str | None = None
    file: str | None = None
    sha256: str | None = None

    @property
    def listed(self) -> ListName:
        """The list as `cohorts.patient_lists` looks for it."""
        return ListName(self.sha256 or "", self.title, PurePath(self.file or "").name)

    @property
    def title(self) -> str:
        """What people call it, or else its file."""
        return (self.name or PurePath(self.file or "").name or str(self.id)).strip()


class CohortExpression(Part):
    """A cohort expression with Circe's structure and keys.

    Examples
    --------
    >>> expression = CohortExpression.model_validate({
    ...     "ConceptSets": [{"id": 0, "name": "lung cancer", "expression": {"items": [
    ...         {"concept": {"CONCEPT_ID": 443388}, "includeDescendants": True}]}}],
    ...     "PrimaryCriteria": {"CriteriaList": [{"ConditionOccurrence": {"CodesetId": 0, "First": True}}]},
    ... })
    >>> expression.primary_criteria.criteria_list[0].first
    True
    >>> expression.to_json()["PrimaryCriteria"]
    {'CriteriaList': [{'ConditionOccurrence': {'CodesetId': 0, 'First': True}}]}
    """

    cdm_version_range: str | None = Field(default=None, alias="cdmVersionRange")
    title: str | None = None
    primary_criteria: PrimaryCriteria
    additional_criteria: CriteriaGroup | None = None
    concept_sets: list[ConceptSet] | None = None
    cohorts: list[NamedCohort] | None = None
    patient_lists: list[PatientList] | None = None
    qualified_limit: ResultLimit | None = None
    expression_limit: ResultLimit | None = None
    inclusion_rules: list[InclusionRule] | None = None
    end_strategy: EndStrategy | None = None
    censoring_criteria: list[AnyCriterion] | None = None
    collapse_settings: CollapseSettings | None = None
    censor_window: Period | None = None
