"""The oracle: ohdsi-circepy writes Circe's T-SQL for a definition, sqlglot translates it, DuckDB runs it.

It shares nothing with the engine but the data: another reading of the JSON, another SQL, another translation.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
from circe import sqlrender
from circe.api import build_cohort_query, cohort_expression_from_json
from circe.cohortdefinition.cohort_expression_query_builder import BuildExpressionQueryOptions

from tests.cohorts.oracle.repairs import repaired

Row = tuple[int, date, date]

_SCHEMA = dict.fromkeys(("cdm_database_schema", "vocabulary_database_schema", "target_database_schema"), "main") | {
    "results_database_schema": "main"
}


class OracleError(Exception):
    """The oracle could not write or run its own SQL."""


class Oracle:
    """Runs definitions on a folder of parquet files."""

    def __init__(self, folder: Path) -> None:
        self._database = duckdb.connect()
        self.repairs: Counter[str] = Counter()
        for file in sorted(folder.glob("*.parquet")):
            self._database.execute(f"CREATE TABLE {file.stem} AS FROM read_parquet('{file}')")
        self._database.execute(
            "CREATE TABLE cohort (cohort_definition_id BIGINT, subject_id BIGINT, cohort_start_date DATE,"
            " cohort_end_date DATE)"
        )

    def rows(self, expression: dict[str, Any]) -> list[Row]:
        """Rows of the definition: person, start, end; sorted.

        Raises
        ------
        OracleError
            The oracle fails on the definition.
        """
        try:
            for statement in statements(expression, self.repairs):
                self._database.execute(statement)
            found = self._database.execute(
                "SELECT subject_id, cohort_start_date, cohort_end_date FROM cohort"
            ).fetchall()
        except Exception as error:
            first = str(error).splitlines()[0]
            raise OracleError(f"{type(error).__name__}: {first}") from None
        finally:
            self._database.execute("DELETE FROM cohort")
            for table in self._temporary():
                self._database.execute(f"DROP TABLE {table}")
        return sorted((person, _day(start), _day(end)) for person, start, end in found)

    def _temporary(self) -> list[str]:
        found = self._database.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall()
        return [name for (name,) in found]


def statements(expression: dict[str, Any], used: Counter[str]) -> list[str]:
    """Statements for DuckDB that fill the table ``cohort``."""
    options = BuildExpressionQueryOptions()
    options.cohort_id = 1
    template = build_cohort_query(cohort_expression_from_json(json.dumps(spelt_out(expression))), options)
    sql = sqlrender.render(template, target_cohort_table="cohort", target_cohort_id="1", **_SCHEMA)
    sql = re.sub(r"UPDATE STATISTICS #\w+\s*;", "", sql)
    sql = repaired(sql, used)
    return [text for text in sqlglot.transpile(sql, read="tsql", write="duckdb") if text]


def spelt_out(expression: dict[str, Any]) -> dict[str, Any]:
    """The definition with two defaults of Circe written down that the oracle has otherwise.

    A missing limit is First (circe-be's ResultLimit), not All; a window on the event's end without UseEventEnd tests
    the end (CohortExpressionQueryBuilder of circe-be), not the start.
    """
    limits = {limit: {"Type": "First"} for limit in ("QualifiedLimit", "ExpressionLimit")}
    return {**limits, **_with_event_ends(expression)}


def _with_event_ends(part: Any) -> Any:
    if isinstance(part, list):
        return [_with_event_ends(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key: {"UseEventEnd": True, **value} if key == "EndWindow" else _with_event_ends(value)
        for key, value in part.items()
    }


def _day(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value
