"""The peer: OHDSI's Python Circe, its SQL translated by sqlglot, run definition by definition on DuckDB."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pandas as pd
import sqlglot

DIALECT = "duckdb"
_NO_WORK = re.compile(r"^\s*(?:UPDATE STATISTICS|TRUNCATE TABLE) [^;]*;", re.MULTILINE | re.IGNORECASE)


def statements_of(definition: Path) -> list[str]:
    """Compile a definition to statements that DuckDB runs; the rows come to stand in ``peer_cohort``.

    Raises
    ------
    Exception
        Whatever the peer or the translation raises where they cannot compile it.
    """
    from circe.api import build_cohort_query, cohort_expression_from_json
    from circe.cohortdefinition import BuildExpressionQueryOptions
    from circe.sqlrender.renderer import render

    content = json.loads(definition.read_text("utf-8"))
    options = BuildExpressionQueryOptions()
    options.cdm_schema = options.vocabulary_schema = "cdm"
    options.target_table, options.result_schema = "peer_cohort", "main"
    options.cohort_id, options.generate_stats = 1, False
    text = render(build_cohort_query(cohort_expression_from_json(json.dumps(content)), options))
    text = _NO_WORK.sub("", text)
    return [part for part in sqlglot.transpile(text, read="tsql", write=DIALECT) if part]


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table that the peer writes to."""
    connection.execute(
        "CREATE OR REPLACE TABLE peer_cohort (cohort_definition_id BIGINT, subject_id BIGINT, cohort_start_date DATE, "
        "cohort_end_date DATE)"
    )


def run(connection: duckdb.DuckDBPyConnection, statements: list[str]) -> None:
    """Run the statements of one definition."""
    for statement in statements:
        connection.execute(statement)


def rows(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Rows of the definition that ran last."""
    return connection.execute("SELECT subject_id, cohort_start_date, cohort_end_date FROM peer_cohort").df()
