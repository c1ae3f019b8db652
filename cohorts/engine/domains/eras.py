"""Eras of diagnoses, drugs and doses."""

from __future__ import annotations

from cohorts.engine.domains.base import AGES, COUNTED, GENDER, Attribute, Domain, column, concepts
from cohorts.engine.domains.targets import concept, in_unit, number, whole

_ERA = {
    "era_start_date": Attribute("date", "start"),
    "era_end_date": Attribute("date", "end"),
    "era_length": Attribute("integer", "duration"),
    **AGES,
    **GENDER,
}

CONDITION_ERA = Domain(
    table="condition_era",
    key="condition_era_id",
    concept="condition_concept_id",
    start=column("condition_era_start_date"),
    end=column("condition_era_end_date"),
    date_columns=("condition_era_start_date", "condition_era_end_date"),
    visit=None,
    attributes={**_ERA, "occurrence_count": Attribute("integer", "occurrences")},
    own_targets={
        "occurrences": whole("condition_occurrence_count"),
        "concept": concept("condition_concept_id"),
    },
    count_columns={
        **COUNTED,
        "DOMAIN_CONCEPT": "concept",
        "ERA_OCCURRENCES": "occurrences",
        "DURATION": "duration",
    },
)

DRUG_ERA = Domain(
    table="drug_era",
    key="drug_era_id",
    concept="drug_concept_id",
    start=column("drug_era_start_date"),
    end=column("drug_era_end_date"),
    date_columns=("drug_era_start_date", "drug_era_end_date"),
    visit=None,
    attributes={
        **_ERA,
        "occurrence_count": Attribute("integer", "occurrences"),
        "gap_days": Attribute("integer", "gap days"),
    },
    own_targets={
        "occurrences": whole("drug_exposure_count"),
        "gap days": whole("gap_days"),
        "concept": concept("drug_concept_id"),
    },
    count_columns={
        **COUNTED,
        "DOMAIN_CONCEPT": "concept",
        "ERA_OCCURRENCES": "occurrences",
        "GAP_DAYS": "gap days",
        "DURATION": "duration",
    },
)

DOSE_ERA = Domain(
    table="dose_era",
    key="dose_era_id",
    concept="drug_concept_id",
    start=column("dose_era_start_date"),
    end=column("dose_era_end_date"),
    date_columns=("dose_era_start_date", "dose_era_end_date"),
    visit=None,
    attributes={**_ERA, **concepts("unit", "unit"), "dose_value": Attribute("number", "dose", unit="unit")},
    own_targets={
        "unit": concept("unit_concept_id"),
        "dose": number("dose_value"),
        **in_unit("dose", "dose_value", "unit_concept_id"),
        "concept": concept("drug_concept_id"),
    },
    count_columns={
        **COUNTED,
        "DOMAIN_CONCEPT": "concept",
        "UNIT": "unit",
        "VALUE_AS_NUMBER": "dose",
        "DURATION": "duration",
    },
)
