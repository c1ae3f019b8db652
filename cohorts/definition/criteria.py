"""The criteria of a cohort expression: one class per kind of record, with Circe's attributes.

In Circe's JSON a criterion is wrapped in an object whose single key names its class; the classes read and write that
form. Which column an attribute compares is the engine's business (`cohorts.engine.domains`).
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import (
    Discriminator,
    Field,
    SerializeAsAny,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
    model_validator,
)

from cohorts.definition.values import (
    Concept,
    ConceptSetSelection,
    DateAdjustment,
    DateRange,
    NumericRange,
    Part,
    Period,
    TextFilter,
)

if TYPE_CHECKING:
    from cohorts.definition.groups import CriteriaGroup

Concepts = list[Concept]


def kind_of(value: Any) -> str | None:
    """Name of the kind of a criterion, given as an object of this module or as Circe's JSON."""
    if isinstance(value, dict):
        return next(iter(value)) if len(value) == 1 else None
    return type(value).__name__


class Criterion(Part):
    """What all kinds of criteria share."""

    kinds: ClassVar[dict[str, type[Criterion]]] = {}
    """Every kind of criterion by its name in the JSON."""
    known_to_circe: ClassVar[bool] = True
    """Whether ATLAS can read the kind too."""

    correlated_criteria: CriteriaGroup | None = None
    date_adjustment: DateAdjustment | None = None

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if not cls.__name__.startswith("_"):
            Criterion.kinds[cls.__name__] = cls

    @model_validator(mode="before")
    @classmethod
    def _unwrapped(cls, value: Any) -> Any:
        return value[cls.__name__] if isinstance(value, dict) and list(value) == [cls.__name__] else value

    @model_serializer(mode="wrap")
    def _wrapped(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {type(self).__name__: serialize(self)}


class _PersonEvent(Criterion):
    """Attributes of events that start on a date, and of the person they happen to."""

    codeset_id: int | None = None
    first: bool | None = None
    occurrence_start_date: DateRange | None = None
    age: NumericRange | None = None
    gender: Concepts | None = None
    gender_cs: ConceptSetSelection | None = None


class _ClinicalEvent(_PersonEvent):
    """Attributes of events that happen in a visit, by a provider."""

    provider_specialty: Concepts | None = None
    provider_specialty_cs: ConceptSetSelection | None = None
    visit_type: Concepts | None = None
    visit_type_cs: ConceptSetSelection | None = None


class _Era(Criterion):
    """Attributes of eras."""

    codeset_id: int | None = None
    first: bool | None = None
    era_start_date: DateRange | None = None
    era_end_date: DateRange | None = None
    era_length: NumericRange | None = None
    age_at_start: NumericRange | None = None
    age_at_end: NumericRange | None = None
    gender: Concepts | None = None
    gender_cs: ConceptSetSelection | None = None


class ConditionOccurrence(_ClinicalEvent):
    """A recorded diagnosis."""

    occurrence_end_date: DateRange | None = None
    condition_type: Concepts | None = None
    condition_type_cs: ConceptSetSelection | None = None
    condition_type_exclude: bool | None = None
    stop_reason: TextFilter | None = None
    condition_source_concept: int | None = None
    condition_status: Concepts | None = None
    condition_status_cs: ConceptSetSelection | None = None


class ConditionEra(_Era):
    """A span of continuous diagnosis records."""

    occurrence_count: NumericRange | None = None


class DrugExposure(_ClinicalEvent):
    """A drug prescribed, dispensed or given."""

    occurrence_end_date: DateRange | None = None
    drug_type: Concepts | None = None
    drug_type_cs: ConceptSetSelection | None = None
    drug_type_exclude: bool | None = None
    stop_reason: TextFilter | None = None
    refills: NumericRange | None = None
    quantity: NumericRange | None = None
    days_supply: NumericRange | None = None
    route_concept: Concepts | None = None
    route_concept_cs: ConceptSetSelection | None = None
    effective_drug_dose: NumericRange | None = None
    dose_unit: Concepts | None = None
    dose_unit_cs: ConceptSetSelection | None = None
    lot_number: TextFilter | None = None
    drug_source_concept: int | None = None


class DrugEra(_Era):
    """A span of continuous exposure to an ingredient."""

    occurrence_count: NumericRange | None = None
    gap_days: NumericRange | None = None


class DoseEra(_Era):
    """A span of continuous exposure to an ingredient at one dose."""

    unit: Concepts | None = None
    unit_cs: ConceptSetSelection | None = None
    dose_value: NumericRange | None = None


class ProcedureOccurrence(_ClinicalEvent):
    """An operation, examination or other procedure."""

    procedure_type: Concepts | None = None
    procedure_type_cs: ConceptSetSelection | None = None
    procedure_type_exclude: bool | None = None
    modifier: Concepts | None = None
    modifier_cs: ConceptSetSelection | None = None
    quantity: NumericRange | None = None
    procedure_source_concept: int | None = None


class Measurement(_ClinicalEvent):
    """A laboratory result, vital sign or other measurement."""

    measurement_type: Concepts | None = None
    measurement_type_cs: ConceptSetSelection | None = None
    measurement_type_exclude: bool | None = None
    operator: Concepts | None = None
    operator_cs: ConceptSetSelection | None = None
    value_as_number: NumericRange | None = None
    value_as_concept: Concepts | None = None
    value_as_concept_cs: ConceptSetSelection | None = None
    unit: Concepts | None = None
    unit_cs: ConceptSetSelection | None = None
    range_low: NumericRange | None = None
    range_high: NumericRange | None = None
    range_low_ratio: NumericRange | None = None
    range_high_ratio: NumericRange | None = None
    abnormal: bool | None = None
    measurement_source_concept: int | None = None


class Observation(_ClinicalEvent):
    """A fact about a person that fits no other kind."""

    observation_type: Concepts | None = None
    observation_type_cs: ConceptSetSelection | None = None
    observation_type_exclude: bool | None = None
    value_as_number: NumericRange | None = None
    value_as_string: TextFilter | None = None
    value_as_concept: Concepts | None = None
    value_as_concept_cs: ConceptSetSelection | None = None
    qualifier: Concepts | None = None
    qualifier_cs: ConceptSetSelection | None = None
    unit: Concepts | None = None
    unit_cs: ConceptSetSelection | None = None
    observation_source_concept: int | None = None


class DeviceExposure(_ClinicalEvent):
    """A device used on or implanted in a person."""

    occurrence_end_date: DateRange | None = None
    device_type: Concepts | None = None
    device_type_cs: ConceptSetSelection | None = None
    device_type_exclude: bool | None = None
    unique_device_id: TextFilter | None = None
    quantity: NumericRange | None = None
    device_source_concept: int | None = None


class Specimen(_PersonEvent):
    """A sample taken from a person."""

    specimen_type: Concepts | None = None
    specimen_type_cs: ConceptSetSelection | None = None
    specimen_type_exclude: bool | None = None
    quantity: NumericRange | None = None
    unit: Concepts | None = None
    unit_cs: ConceptSetSelection | None = None
    anatomic_site: Concepts | None = None
    anatomic_site_cs: ConceptSetSelection | None = None
    disease_status: Concepts | None = None
    disease_status_cs: ConceptSetSelection | None = None
    source_id: TextFilter | None = None
    specimen_source_concept: int | None = None


class VisitOccurrence(_PersonEvent):
    """A stay in hospital or a visit to it."""

    occurrence_end_date: DateRange | None = None
    visit_type: Concepts | None = None
    visit_type_cs: ConceptSetSelection | None = None
    visit_type_exclude: bool | None = None
    visit_source_concept: int | None = None
    visit_length: NumericRange | None = None
    provider_specialty: Concepts | None = None
    provider_specialty_cs: ConceptSetSelection | None = None
    place_of_service: Concepts | None = None
    place_of_service_cs: ConceptSetSelection | None = None
    place_of_service_location: int | None = None


class VisitDetail(Criterion):
    """A part of a visit, such as the days in one department."""

    codeset_id: int | None = None
    first: bool | None = None
    visit_detail_start_date: DateRange | None = None
    visit_detail_end_date: DateRange | None = None
    visit_detail_type_cs: ConceptSetSelection | None = None
    visit_detail_source_concept: int | None = None
    visit_detail_length: NumericRange | None = None
    age: NumericRange | None = None
    gender_cs: ConceptSetSelection | None = None
    provider_specialty_cs: ConceptSetSelection | None = None
    place_of_service_cs: ConceptSetSelection | None = None
    place_of_service_location: int | None = None


class Death(Criterion):
    """A person's death; the concept set names its cause."""

    codeset_id: int | None = None
    occurrence_start_date: DateRange | None = None
    death_type: Concepts | None = None
    death_type_cs: ConceptSetSelection | None = None
    death_type_exclude: bool | None = None
    death_source_concept: int | None = None
    age: NumericRange | None = None
    gender: Concepts | None = None
    gender_cs: ConceptSetSelection | None = None


class ObservationPeriod(Criterion):
    """A span in which a person's events would have been recorded."""

    first: bool | None = None
    period_start_date: DateRange | None = None
    period_end_date: DateRange | None = None
    user_defined_period: Period | None = None
    period_type: Concepts | None = None
    period_type_cs: ConceptSetSelection | None = None
    period_length: NumericRange | None = None
    age_at_start: NumericRange | None = None
    age_at_end: NumericRange | None = None


class PayerPlanPeriod(Criterion):
    """A span of insurance cover."""

    first: bool | None = None
    period_start_date: DateRange | None = None
    period_end_date: DateRange | None = None
    user_defined_period: Period | None = None
    period_length: NumericRange | None = None
    age_at_start: NumericRange | None = None
    age_at_end: NumericRange | None = None
    gender: Concepts | None = None
    gender_cs: ConceptSetSelection | None = None
    payer_concept: int | None = None
    plan_concept: int | None = None
    sponsor_concept: int | None = None
    stop_reason_concept: int | None = None
    payer_source_concept: int | None = None
    plan_source_concept: int | None = None
    sponsor_source_concept: int | None = None
    stop_reason_source_concept: int | None = None


class LocationRegion(Criterion):
    """A span of living in a region; needs the table LOCATION_HISTORY, which CDM v5.4 lacks."""

    codeset_id: int | None = None
    start_date: DateRange | None = None
    end_date: DateRange | None = None


class Episode(Criterion):
    """A disease or treatment episode."""

    codeset_id: int | None = None
    first: bool | None = None
    episode_start_date: DateRange | None = None
    episode_end_date: DateRange | None = None
    episode_number: NumericRange | None = None
    age: NumericRange | None = None
    gender_cs: ConceptSetSelection | None = None
    episode_object_concept_cs: ConceptSetSelection | None = None
    episode_type_cs: ConceptSetSelection | None = None


class CustomEra(Criterion):
    """Spans made by merging the events of several criteria that lie at most `gap_days` apart."""

    criteria_list: list[AnyCriterion] = Field(default_factory=list)
    first: bool | None = None
    gap_days: int | None = None
    start_date: DateRange | None = None
    end_date: DateRange | None = None
    age_at_start: NumericRange | None = None
    gender_cs: ConceptSetSelection | None = None
    duration: NumericRange | None = None


class _Membership(Criterion):
    """Attributes of the time in which a person belongs to a group; Circe has no such criteria."""

    known_to_circe: ClassVar[bool] = False

    first: bool | None = None
    start_date: DateRange | None = None
    end_date: DateRange | None = None
    age_at_start: NumericRange | None = None
    gender_cs: ConceptSetSelection | None = None
    duration: NumericRange | None = None


class CohortMembership(_Membership):
    """Time that a person spends in another cohort; `cohort_id` names one of the expression's ``Cohorts``."""

    cohort_id: int | None = None


class PatientListMembership(_Membership):
    """Time for which a patient list names a person; `list_id` names one of the expression's ``PatientLists``."""

    list_id: int | None = None


if TYPE_CHECKING:
    AnyCriterion = Criterion
else:
    _KINDS = reduce(or_, (Annotated[kind, Tag(name)] for name, kind in Criterion.kinds.items()))
    AnyCriterion = Annotated[
        SerializeAsAny[_KINDS],  # the serializer of a tagged union would wrap each criterion twice
        Discriminator(
            kind_of,
            custom_error_type="criterion_kind",
            custom_error_message=f"a criterion is an object whose one key names its kind: {', '.join(Criterion.kinds)}",
        ),
    ]
