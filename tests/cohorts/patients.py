"""Small CDMs written as tables in a test, and definitions written as short calls."""

from __future__ import annotations

import copy
import itertools
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cohorts import GeneratedCohorts, generate, read_definition
from omop_etl.cdm import Cdm, cdm_version, connect
from omop_etl.cdm.engines.base import arrow_schema
from tests.servers.engines import TestEngine

SHORT = {
    "person": {"person": "person_id", "sex": "gender_concept_id", "year": "year_of_birth"},
    "observation_period": {"start": "observation_period_start_date", "end": "observation_period_end_date"},
    "condition_occurrence": {
        "concept": "condition_concept_id",
        "source": "condition_source_concept_id",
        "start": "condition_start_date",
        "end": "condition_end_date",
        "visit": "visit_occurrence_id",
        "starts at": "condition_start_datetime",
        "ends at": "condition_end_datetime",
    },
    "drug_exposure": {
        "concept": "drug_concept_id",
        "start": "drug_exposure_start_date",
        "end": "drug_exposure_end_date",
        "days": "days_supply",
        "starts at": "drug_exposure_start_datetime",
        "ends at": "drug_exposure_end_datetime",
    },
    "measurement": {
        "concept": "measurement_concept_id",
        "date": "measurement_date",
        "value": "value_as_number",
        "unit": "unit_concept_id",
        "low": "range_low",
        "high": "range_high",
        "at": "measurement_datetime",
    },
    "visit_occurrence": {
        "concept": "visit_concept_id",
        "start": "visit_start_date",
        "end": "visit_end_date",
        "starts at": "visit_start_datetime",
        "ends at": "visit_end_datetime",
    },
    "death": {"date": "death_date", "cause": "cause_concept_id", "at": "death_datetime"},
    "observation": {
        "concept": "observation_concept_id",
        "date": "observation_date",
        "value": "value_as_number",
        "unit": "unit_concept_id",
    },
    "concept": {
        "concept": "concept_id",
        "name": "concept_name",
        "invalid": "invalid_reason",
        "code": "concept_code",
        "vocabulary": "vocabulary_id",
    },
    "concept_ancestor": {"ancestor": "ancestor_concept_id", "descendant": "descendant_concept_id"},
    "concept_relationship": {"from": "concept_id_1", "to": "concept_id_2", "relationship": "relationship_id"},
}
"""Short names of columns in the tables of a test."""

FILLED = {"concept": [1, 2, 3, 10, 11, 12, 20, 21, 8507, 8532]}
"""Concepts that exist in every test CDM."""


def patients(where: Path | TestEngine, text: str) -> Cdm:
    """Make a CDM in a folder, or on an engine, of tables such as::

        condition_occurrence
        person | concept | start
        1      | 10      | 2020-01-05

    Every person mentioned exists; one without an observation period is observed from 2010 to 2029. ``.`` is null.
    A time (``at``, ``starts at``, ``ends at``) gives the date too, where the table has no column for it.
    """
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in ("person", "observation_period", *SHORT)}
    for block in text.strip().split("\n\n"):
        title, header, *lines = (line.strip() for line in block.strip().splitlines())
        names = [SHORT[title].get(n.strip(), n.strip()) for n in header.split("|")]
        names = ["person_id" if n == "person" else n for n in names]
        for line in lines:
            tables[title].append(dict(zip(names, (cell.strip() for cell in line.split("|")), strict=True)))
    _fill(tables)
    folder = where if isinstance(where, Path) else where.new_folder()
    for name, rows in tables.items():
        pq.write_table(_arrow(name, rows), folder / f"{name}.parquet")
    return connect(f"parquet://{folder}") if isinstance(where, Path) else where.open(folder)


def _fill(tables: dict[str, list[dict[str, Any]]]) -> None:
    mentioned = {row["person_id"] for rows in tables.values() for row in rows if "person_id" in row}
    known = {row["person_id"] for row in tables["person"]}
    tables["person"] += [{"person_id": p, "gender_concept_id": "8507"} for p in sorted(mentioned - known)]
    for row in tables["person"]:
        row.setdefault("year_of_birth", "1960")
    observed = {row["person_id"] for row in tables["observation_period"]}
    tables["observation_period"] += [
        {
            "person_id": p,
            "observation_period_start_date": "2010-01-01",
            "observation_period_end_date": "2029-12-31",
        }
        for p in sorted(mentioned - observed)
    ]
    listed = {row["concept_id"] for row in tables["concept"]}
    tables["concept"] += [{"concept_id": str(c)} for c in FILLED["concept"] if str(c) not in listed]
    for name, rows in tables.items():
        key = f"{name}_id"
        for number, row in zip(itertools.count(1), rows, strict=False):
            for time in [column for column in row if column.endswith("_datetime")]:
                row.setdefault(time.removesuffix("time"), row[time][:10])
            if key in cdm_version()[name].c:
                row.setdefault(key, str(number))


def _arrow(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    schema = arrow_schema(cdm_version()[name])
    return pa.table({f.name: pa.array([_typed(row.get(f.name), f.type) for row in rows], f.type) for f in schema})


def _typed(cell: str | None, kind: pa.DataType) -> Any:
    if cell in (None, "."):
        return None
    if pa.types.is_timestamp(kind):
        return datetime.fromisoformat(cell)
    if pa.types.is_date(kind):
        return date.fromisoformat(cell)
    if pa.types.is_integer(kind):
        return int(cell)
    return float(cell) if pa.types.is_floating(kind) else cell


def concept_set(number: int, *concepts: int, descendants: bool = False, **flags: bool) -> dict[str, Any]:
    """Concept set of the given concepts."""
    items = [{"concept": {"CONCEPT_ID": c}, "includeDescendants": descendants, **flags} for c in concepts]
    return {"id": number, "name": f"set {number}", "expression": {"items": items}}


SETS = [concept_set(1, 10), concept_set(2, 20), concept_set(3, 10, 11, 12)]
"""Set 1 is concept 10, set 2 is concept 20, set 3 is 10, 11 and 12."""

CONDITION = {"ConditionOccurrence": {"CodesetId": 1}}


def around(criterion: dict[str, Any], *, at_least: int | None = None, exactly: int | None = None, **more: Any) -> Any:
    """Correlated criterion, at any time in the observation period unless `StartWindow` says otherwise."""
    at_most = more.pop("at_most", None)
    kind, count = next((k, c) for k, c in ((2, at_least), (0, exactly), (1, at_most)) if c is not None)
    window = {"Start": {"Coeff": -1}, "End": {"Coeff": 1}, "UseEventEnd": False}
    return {
        "Criteria": criterion,
        "StartWindow": more.pop("StartWindow", window),
        "Occurrence": {"Type": kind, "Count": count, **more.pop("Occurrence", {})},
        **more,
    }


def days(start: int | None, end: int | None, **more: bool) -> dict[str, Any]:
    """Window from `start` to `end` days from the index, negative before it; None is unbounded."""

    def bound(day: int | None, unbounded: int) -> dict[str, int]:
        return {"Coeff": unbounded} if day is None else {"Coeff": -1 if day < 0 else 1, "Days": abs(day)}

    return {"Start": bound(start, -1), "End": bound(end, 1), **more}


def hours(start: float | None, end: float | None, **more: bool) -> dict[str, Any]:
    """Window from `start` to `end` hours from the index, negative before it; None is unbounded."""

    def bound(hour: float | None, unbounded: int) -> dict[str, float]:
        return {"Coeff": unbounded} if hour is None else {"Coeff": -1 if hour < 0 else 1, "Hours": abs(hour)}

    return {"Start": bound(start, -1), "End": bound(end, 1), **more}


def definition(entry: Any = CONDITION, *, limit: str = "All", **parts: Any) -> dict[str, Any]:
    """Expression with one entry criterion, the sets of `SETS` and whatever else is given under Circe's keys."""
    observed = parts.pop("ObservationWindow", {"PriorDays": 0, "PostDays": 0})
    expression = {
        "ConceptSets": copy.deepcopy(SETS),  # what a test changes in them reaches no other test
        "PrimaryCriteria": {
            "CriteriaList": entry if isinstance(entry, list) else [entry],
            "ObservationWindow": observed,
            "PrimaryCriteriaLimit": {"Type": limit},
        },
        "ExpressionLimit": {"Type": "All"},
        "EndStrategy": {"DateOffset": {"DateField": "StartDate", "Offset": 0}},
    }
    return {**expression, **parts}


def rule(*criteria: Any, type: str = "ALL", **more: Any) -> dict[str, Any]:
    """Inclusion rule of correlated criteria."""
    return {"name": "rule", "expression": {"Type": type, "CriteriaList": list(criteria), **more}}


def made(cdm: Cdm, expression: dict[str, Any], semantics: Any = "circe") -> GeneratedCohorts:
    """Generate one cohort."""
    return generate({"cohort": read_definition(expression, semantics=semantics)}, cdm)


def rows(cdm: Cdm, expression: dict[str, Any], semantics: Any = "circe") -> list[str]:
    """Rows of a cohort as ``person start end``."""
    table = made(cdm, expression, semantics).rows
    return [f"{row['subject_id']} {row['cohort_start_date']} {row['cohort_end_date']}" for row in table.to_pylist()]


def starts(cdm: Cdm, expression: dict[str, Any], semantics: Any = "circe") -> list[str]:
    """Rows of a cohort as ``person start``."""
    return [row.rsplit(" ", 1)[0] for row in rows(cdm, expression, semantics)]
