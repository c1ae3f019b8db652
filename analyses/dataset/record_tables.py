"""Where each domain keeps its concept, its dates and its identifier."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from omop_etl.cdm import Cdm


@dataclass(frozen=True)
class RecordTable:
    """Columns of a domain's table.

    Attributes
    ----------
    key, concept, start, end : str
        Columns of the identifier, the standard concept, the first and the last day; where a domain has no last day,
        `end` is `start`.
    """

    key: str
    concept: str
    start: str
    end: str


RECORD_TABLES = {
    "condition_occurrence": RecordTable(
        "condition_occurrence_id", "condition_concept_id", "condition_start_date", "condition_end_date"
    ),
    "condition_era": RecordTable(
        "condition_era_id", "condition_concept_id", "condition_era_start_date", "condition_era_end_date"
    ),
    "drug_exposure": RecordTable(
        "drug_exposure_id", "drug_concept_id", "drug_exposure_start_date", "drug_exposure_end_date"
    ),
    "drug_era": RecordTable("drug_era_id", "drug_concept_id", "drug_era_start_date", "drug_era_end_date"),
    "procedure_occurrence": RecordTable(
        "procedure_occurrence_id", "procedure_concept_id", "procedure_date", "procedure_date"
    ),
    "measurement": RecordTable("measurement_id", "measurement_concept_id", "measurement_date", "measurement_date"),
    "observation": RecordTable("observation_id", "observation_concept_id", "observation_date", "observation_date"),
    "device_exposure": RecordTable(
        "device_exposure_id", "device_concept_id", "device_exposure_start_date", "device_exposure_end_date"
    ),
    "visit_occurrence": RecordTable("visit_occurrence_id", "visit_concept_id", "visit_start_date", "visit_end_date"),
}
"""Tables that covariates are taken from."""

VALUE_COLUMNS = ("value_as_number", "value_as_concept_id", "unit_concept_id")
"""Columns of the values, in the domains that have values."""


def record_table(cdm: Cdm, domain: str, *, with_values: bool) -> sa.Table:
    """Give a domain's table after making sure that it and the columns needed exist."""
    columns = RECORD_TABLES[domain]
    needed = {columns.key, columns.concept, columns.start, columns.end, "person_id"}
    return cdm.table(domain, sorted(needed | set(VALUE_COLUMNS if with_values else ())))
