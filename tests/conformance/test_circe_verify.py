"""The tests that OHDSI's developers wrote by hand for Circe, as they stand: small CDMs, rows worked out by people."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cohorts import GeneratedCohorts, generate, read_definition
from omop_etl.cdm import cdm_version, connect
from omop_etl.cdm.engines.base import arrow_schema
from tests.conformance.reference import reference

pytestmark = pytest.mark.conformance

TESTS = sorted(folder for folder in (reference("circe") / "verify").iterdir() if folder.is_dir())
NEEDED = ("person", "observation_period", "concept", "concept_ancestor", "concept_relationship")


def write_cdm(tables: dict[str, list[dict[str, Any]]], folder: Path) -> None:
    for name in {*tables, *NEEDED, "condition_occurrence", "drug_exposure", "drug_era", "visit_occurrence"}:
        rows = [{key.lower(): value for key, value in row.items()} for row in tables.get(name, [])]
        if name == "concept" and not rows:
            rows = [{"concept_id": 0}]  # the tests bring no vocabulary where no concept set needs one
        schema = arrow_schema(cdm_version()[name])
        columns = [pa.array([_typed(row.get(f.name), f.type) for row in rows], f.type) for f in schema]
        pq.write_table(pa.table(columns, schema=schema), folder / f"{name}.parquet")


def _typed(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_date(kind):
        return date.fromisoformat(str(value)[:10])
    if pa.types.is_integer(kind):
        return int(value)
    return None if pa.types.is_timestamp(kind) else str(value) if pa.types.is_string(kind) else float(value)


@pytest.mark.parametrize("test", TESTS, ids=lambda folder: folder.name)
def test_hand_written_rows(test: Path, tmp_path: Path) -> None:
    write_cdm(json.loads((test / "cdm.json").read_text()), tmp_path)
    expected = json.loads((test / "expected.json").read_text())
    with connect(f"parquet://{tmp_path}") as cdm:
        definitions = {n: read_definition(test / f"cohort_{n}.json") for n in sorted(expected["cohorts"], key=int)}
        cohorts = generate(definitions, cdm)
        found: dict[str, list[list[Any]]] = {name: [] for name in definitions}
        for row in cohorts.rows.to_pylist():
            span = [row["subject_id"], str(row["cohort_start_date"]), str(row["cohort_end_date"])]
            found[row["cohort_name"]].append(span)
        assert found == {name: sorted(rows) for name, rows in expected["cohorts"].items()}
        for table, rows in expected["other_tables"].items():
            assert _sorted(_stats(cohorts, table, rows)) == _sorted(rows)


def _stats(cohorts: GeneratedCohorts, table: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Our rows of the table, with the columns that the test looks at."""
    return [{key: row[key] for key in rows[0]} for row in getattr(cohorts.stats_tables(), table).to_pylist()]


def _sorted(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def test_there_are_fourteen_of_them() -> None:
    assert len(TESTS) == 14
