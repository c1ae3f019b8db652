"""Diagnoses, drugs, procedures, measurements, observations, devices and specimens."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from cohorts.engine.domains.base import (
    COUNTED,
    PERSON,
    STARTS,
    STARTS_AND_ENDS,
    VISIT,
    Attribute,
    Domain,
    column,
    concepts,
    end_or_next_day,
    next_day,
)
from cohorts.engine.domains.targets import ABNORMAL, Columns, concept, in_unit, number, ratio, text, whole
from omop_etl.cdm.dates import add_days

CONDITION = Domain(
    table="condition_occurrence",
    key="condition_occurrence_id",
    concept="condition_concept_id",
    source_concept=("condition_source_concept", "condition_source_concept_id"),
    start=column("condition_start_date"),
    end=end_or_next_day("condition_end_date", "condition_start_date"),
    date_columns=("condition_start_date", "condition_end_date"),
    attributes={
        **STARTS_AND_ENDS,
        **concepts("condition_type", "type", exclude=True),
        **concepts("condition_status", "status"),
        "stop_reason": Attribute("text", "stop reason"),
        **PERSON,
        **VISIT,
    },
    own_targets={
        "type": concept("condition_type_concept_id"),
        "status": concept("condition_status_concept_id"),
        "stop reason": text("stop_reason"),
        "concept": concept("condition_concept_id"),
    },
    count_columns={**COUNTED, "DOMAIN_CONCEPT": "concept", "DURATION": "duration"},
)


def drug_end(columns: Columns) -> ColumnElement[Any]:
    """End of an exposure: as recorded, else by the days of supply, else the next day."""
    return sa.func.coalesce(
        columns.drug_exposure_end_date,
        add_days(columns.drug_exposure_start_date, columns.days_supply),
        add_days(columns.drug_exposure_start_date, 1),
    )


DRUG = Domain(
    table="drug_exposure",
    key="drug_exposure_id",
    concept="drug_concept_id",
    source_concept=("drug_source_concept", "drug_source_concept_id"),
    start=column("drug_exposure_start_date"),
    end=drug_end,
    date_columns=("drug_exposure_start_date", "drug_exposure_end_date", "days_supply"),
    attributes={
        **STARTS,
        "occurrence_end_date": Attribute("date", "start", "end"),
        **concepts("drug_type", "type", exclude=True),
        "stop_reason": Attribute("text", "stop reason"),
        "refills": Attribute("integer", "refills"),
        "quantity": Attribute("number", "quantity"),
        "days_supply": Attribute("integer", "days supply"),
        **concepts("route_concept", "route"),
        "effective_drug_dose": Attribute("number", "effective dose", unit="dose_unit"),
        **concepts("dose_unit", "dose unit"),
        "lot_number": Attribute("text", "lot number"),
        **PERSON,
        **VISIT,
    },
    own_targets={
        "type": concept("drug_type_concept_id"),
        "stop reason": text("stop_reason"),
        "refills": whole("refills"),
        "quantity": number("quantity"),
        "days supply": whole("days_supply"),
        "route": concept("route_concept_id"),
        "effective dose": number("effective_drug_dose"),
        "dose unit": concept("dose_unit_concept_id"),
        **in_unit("effective dose", "effective_drug_dose", "dose_unit_concept_id"),
        "lot number": text("lot_number"),
        "concept": concept("drug_concept_id"),
    },
    count_columns={
        **COUNTED,
        "DOMAIN_CONCEPT": "concept",
        "DAYS_SUPPLY": "days supply",
        "QUANTITY": "quantity",
        "REFILLS": "refills",
        "DURATION": "duration",
    },
)

PROCEDURE = Domain(
    table="procedure_occurrence",
    key="procedure_occurrence_id",
    concept="procedure_concept_id",
    source_concept=("procedure_source_concept", "procedure_source_concept_id"),
    start=column("procedure_date"),
    end=next_day("procedure_date"),
    date_columns=("procedure_date",),
    attributes={
        **STARTS,
        **concepts("procedure_type", "type", exclude=True),
        **concepts("modifier", "modifier"),
        "quantity": Attribute("integer", "quantity"),
        **PERSON,
        **VISIT,
    },
    own_targets={
        "type": concept("procedure_type_concept_id"),
        "modifier": concept("modifier_concept_id"),
        "quantity": whole("quantity"),
        "concept": concept("procedure_concept_id"),
    },
    count_columns={**COUNTED, "DOMAIN_CONCEPT": "concept", "QUANTITY": "quantity", "DURATION": "one day"},
)

MEASUREMENT = Domain(
    table="measurement",
    key="measurement_id",
    concept="measurement_concept_id",
    source_concept=("measurement_source_concept", "measurement_source_concept_id"),
    start=column("measurement_date"),
    end=next_day("measurement_date"),
    date_columns=("measurement_date",),
    attributes={
        **STARTS,
        **concepts("measurement_type", "type", exclude=True),
        **concepts("operator", "operator"),
        "value_as_number": Attribute("number", "value", unit="unit"),
        **concepts("value_as_concept", "value concept"),
        **concepts("unit", "unit"),
        "range_low": Attribute("number", "range low", unit="unit"),
        "range_high": Attribute("number", "range high", unit="unit"),
        "range_low_ratio": Attribute("number", "range low ratio"),
        "range_high_ratio": Attribute("number", "range high ratio"),
        "abnormal": Attribute("flag", "abnormal"),
        **PERSON,
        **VISIT,
    },
    own_targets={
        "type": concept("measurement_type_concept_id"),
        "operator": concept("operator_concept_id"),
        "value": number("value_as_number"),
        "value concept": concept("value_as_concept_id"),
        "unit": concept("unit_concept_id"),
        **in_unit("value", "value_as_number", "unit_concept_id", "measurement_concept_id"),
        **in_unit("range low", "range_low", "unit_concept_id", "measurement_concept_id"),
        **in_unit("range high", "range_high", "unit_concept_id", "measurement_concept_id"),
        "range low": number("range_low"),
        "range high": number("range_high"),
        "range low ratio": ratio("value_as_number", "range_low"),
        "range high ratio": ratio("value_as_number", "range_high"),
        "abnormal": ABNORMAL,
        "concept": concept("measurement_concept_id"),
    },
    count_columns={
        **COUNTED,
        "DOMAIN_CONCEPT": "concept",
        "VALUE_AS_NUMBER": "value",
        "RANGE_LOW": "range low",
        "RANGE_HIGH": "range high",
        "UNIT": "unit",
        "DURATION": "one day",
    },
)

OBSERVATION = Domain(
    table="observation",
    key="observation_id",
    concept="observation_concept_id",
    source_concept=("observation_source_concept", "observation_source_concept_id"),
    start=column("observation_date"),
    end=next_day("observation_date"),
    date_columns=("observation_date",),
    attributes={
        **STARTS,
        **concepts("observation_type", "type", exclude=True),
        "value_as_number": Attribute("number", "value", unit="unit"),
        "value_as_string": Attribute("text", "text"),
        **concepts("value_as_concept", "value concept"),
        **concepts("qualifier", "qualifier"),
        **concepts("unit", "unit"),
        **PERSON,
        **VISIT,
    },
    own_targets={
        "type": concept("observation_type_concept_id"),
        "value": number("value_as_number"),
        "text": text("value_as_string"),
        "value concept": concept("value_as_concept_id"),
        "qualifier": concept("qualifier_concept_id"),
        "unit": concept("unit_concept_id"),
        **in_unit("value", "value_as_number", "unit_concept_id"),
        "concept": concept("observation_concept_id"),
    },
    count_columns={
        **COUNTED,
        "DOMAIN_CONCEPT": "concept",
        "VALUE_AS_NUMBER": "value",
        "UNIT": "unit",
        "DURATION": "one day",
    },
)

DEVICE = Domain(
    table="device_exposure",
    key="device_exposure_id",
    concept="device_concept_id",
    source_concept=("device_source_concept", "device_source_concept_id"),
    start=column("device_exposure_start_date"),
    end=end_or_next_day("device_exposure_end_date", "device_exposure_start_date"),
    date_columns=("device_exposure_start_date", "device_exposure_end_date"),
    attributes={
        **STARTS_AND_ENDS,
        **concepts("device_type", "type", exclude=True),
        "unique_device_id": Attribute("text", "unique device id"),
        "quantity": Attribute("integer", "quantity"),
        **PERSON,
        **VISIT,
    },
    own_targets={
        "type": concept("device_type_concept_id"),
        "unique device id": text("unique_device_id"),
        "quantity": whole("quantity"),
        "concept": concept("device_concept_id"),
    },
    count_columns={**COUNTED, "DOMAIN_CONCEPT": "concept", "QUANTITY": "quantity", "DURATION": "duration"},
)

SPECIMEN = Domain(
    table="specimen",
    key="specimen_id",
    concept="specimen_concept_id",
    start=column("specimen_date"),
    end=next_day("specimen_date"),
    date_columns=("specimen_date",),
    visit=None,
    attributes={
        **STARTS,
        **concepts("specimen_type", "type", exclude=True),
        "quantity": Attribute("number", "quantity", unit="unit"),
        **concepts("unit", "unit"),
        **concepts("anatomic_site", "anatomic site"),
        **concepts("disease_status", "disease status"),
        "source_id": Attribute("text", "source id"),
        **PERSON,
    },
    own_targets={
        "type": concept("specimen_type_concept_id"),
        "quantity": number("quantity"),
        "unit": concept("unit_concept_id"),
        **in_unit("quantity", "quantity", "unit_concept_id"),
        "anatomic site": concept("anatomic_site_concept_id"),
        "disease status": concept("disease_status_concept_id"),
        "source id": text("specimen_source_id"),
        "concept": concept("specimen_concept_id"),
    },
    count_columns={**COUNTED, "DOMAIN_CONCEPT": "concept", "DURATION": "one day"},
)
