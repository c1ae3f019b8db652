"""A CDM and cohort rows written as tables in a test."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from omop_etl.cdm import Cdm, cdm_version, connect
from omop_etl.cdm.engines.base import arrow_schema

COLUMNS = {
    "person": ["person_id", "gender_concept_id", "year_of_birth", "month_of_birth", "day_of_birth"],
    "observation_period": ["person_id", "observation_period_start_date", "observation_period_end_date"],
    "death": ["person_id", "death_date"],
    "condition_occurrence": ["person_id", "condition_concept_id", "condition_start_date", "condition_end_date"],
    "drug_exposure": ["person_id", "drug_concept_id", "drug_exposure_start_date", "drug_exposure_end_date"],
    "measurement": [
        "person_id",
        "measurement_concept_id",
        "measurement_date",
        "value_as_number",
        "unit_concept_id",
        "value_as_concept_id",
    ],
    "observation": ["person_id", "observation_concept_id", "observation_date", "value_as_concept_id"],
    "visit_occurrence": ["person_id", "visit_concept_id", "visit_start_date", "visit_end_date"],
    "concept": ["concept_id", "concept_name"],
    "concept_ancestor": ["ancestor_concept_id", "descendant_concept_id"],
}
"""Columns of the tables of a test, in order; the rest is null, identifiers count from 1."""


def small_cdm(folder: Path, **tables: str) -> Cdm:
    """Make a CDM; each table is text with a row per line, cells between ``|``, ``.`` for null."""
    for name, columns in COLUMNS.items():
        rows = [dict(zip(columns, cells(line), strict=False)) for line in lines(tables.get(name, ""))]
        schema = arrow_schema(cdm_version()[name])
        for number, row in enumerate(rows, start=1):
            row.setdefault(f"{name}_id", str(number))
        columns_of = {f.name: pa.array([typed(row.get(f.name), f.type) for row in rows], f.type) for f in schema}
        pq.write_table(pa.table(columns_of), folder / f"{name}.parquet")
    return connect(f"parquet://{folder}")


def cohort_rows(text: str) -> pd.DataFrame:
    """Rows of cohorts: ``name | person | start | end``."""
    names = ["cohort_name", "subject_id", "cohort_start_date", "cohort_end_date"]
    frame = pd.DataFrame([cells(line) for line in lines(text)], columns=names)
    return frame.astype({"subject_id": "int64"})


def lines(text: str) -> list[str]:
    return [line for line in text.strip().splitlines() if line.strip()]


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")]


def typed(cell: str | None, kind: pa.DataType) -> Any:
    if cell in (None, "."):
        return None
    if pa.types.is_date(kind):
        return date.fromisoformat(cell)
    if pa.types.is_integer(kind):
        return int(cell)
    return float(cell) if pa.types.is_floating(kind) else cell
