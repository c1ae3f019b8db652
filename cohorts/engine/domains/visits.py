"""Visits and their details."""

from __future__ import annotations

from cohorts.engine.domains.base import COUNTED, PERSON, STARTS_AND_ENDS, Attribute, Domain, column, concepts
from cohorts.engine.domains.targets import concept, whole

_PLACE = {
    "provider_specialty": Attribute("concepts", "provider specialty"),
    "provider_specialty_cs": Attribute("selection", "provider specialty"),
    "place_of_service": Attribute("concepts", "place of service"),
    "place_of_service_cs": Attribute("selection", "place of service"),
    "place_of_service_location": Attribute("codeset", "region of care site"),
}

VISIT_OCCURRENCE = Domain(
    table="visit_occurrence",
    key="visit_occurrence_id",
    concept="visit_concept_id",
    source_concept=("visit_source_concept", "visit_source_concept_id"),
    start=column("visit_start_date"),
    end=column("visit_end_date"),
    date_columns=("visit_start_date", "visit_end_date"),
    attributes={
        **STARTS_AND_ENDS,
        **concepts("visit_type", "type", exclude=True),
        "visit_length": Attribute("integer", "duration"),
        **PERSON,
        **_PLACE,
    },
    own_targets={"type": concept("visit_type_concept_id"), "concept": concept("visit_concept_id")},
    count_columns={**COUNTED, "DOMAIN_CONCEPT": "concept", "DURATION": "duration"},
)

VISIT_DETAIL = Domain(
    table="visit_detail",
    key="visit_detail_id",
    concept="visit_detail_concept_id",
    source_concept=("visit_detail_source_concept", "visit_detail_source_concept_id"),
    start=column("visit_detail_start_date"),
    end=column("visit_detail_end_date"),
    date_columns=("visit_detail_start_date", "visit_detail_end_date"),
    attributes={
        "visit_detail_start_date": Attribute("date", "start"),
        "visit_detail_end_date": Attribute("date", "end"),
        "visit_detail_type_cs": Attribute("selection", "type"),
        "visit_detail_length": Attribute("integer", "duration"),
        "age": Attribute("integer", "age at end", "exact age"),
        "gender_cs": PERSON["gender_cs"],
        "provider_specialty_cs": _PLACE["provider_specialty_cs"],
        "place_of_service_cs": _PLACE["place_of_service_cs"],
        "place_of_service_location": _PLACE["place_of_service_location"],
    },
    own_targets={
        "type": concept("visit_detail_type_concept_id"),
        "concept": concept("visit_detail_concept_id"),
        "visit detail": whole("visit_detail_id"),
    },
    count_columns={
        **COUNTED,
        "DOMAIN_CONCEPT": "concept",
        "DURATION": "duration",
        "VISIT_DETAIL_ID": "visit detail",
    },
)
