"""The statements of a definition in their order, each with the parameters it reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import sqlalchemy as sa
import sqlglot

from cohorts.definition import CohortDefinition
from cohorts.engine.evaluator import Evaluator
from cohorts.engine.plan import plan
from cohorts.engine.tables import SPANS
from cohorts.script.offline import NoLists, offline_cdm

_MOST_ROWS: Final = 200
"""Rows of a table of parameters that are written as comments."""


@dataclass(frozen=True)
class Step:
    """One statement.

    Attributes
    ----------
    sql : str
        The statement, in the dialect of the engine.
    parameters : dict of str to pyarrow.Table
        Tables that it reads and that must be made before, by their full names.
    """

    sql: str
    parameters: dict[str, pa.Table] = field(default_factory=dict)

    @property
    def comments(self) -> list[str]:
        """Tables of parameters as lines of comments; of a long one the first rows."""
        lines = []
        for name, rows in self.parameters.items():
            lines.append(f"-- {name}: {' | '.join(rows.column_names)}")
            for row in rows.slice(0, _MOST_ROWS).to_pylist():
                lines.append(f"--   {' | '.join('NULL' if value is None else str(value) for value in row.values())}")
            if rows.num_rows > _MOST_ROWS:
                lines.append(f"--   … and {rows.num_rows - _MOST_ROWS} more")
        return lines


def script(definition: CohortDefinition, engine: str) -> list[Step]:
    """Write the statements of a definition, without a database.

    Parameters
    ----------
    definition : CohortDefinition
        The definition.
    engine : {"duckdb", "postgres", "spark"}
        Whose dialect to write.

    Returns
    -------
    list of Step
        Statements that make the working tables, those that fill them, and at the end the query of the cohort's rows.
        The tables of the CDM are in the schema ``cdm``, the working tables in the schema ``scratch``. The rows of a
        patient list are not written: one empty row stands for them.

    Raises
    ------
    RweError
        The definition is refused.
    UsageError
        The engine is not known here.

    Examples
    --------
    >>> from cohorts import read_definition
    >>> deaths = read_definition({"PrimaryCriteria": {"CriteriaList": [{"Death": {}}]}}, name="deaths")
    >>> steps = script(deaths, "spark")
    >>> print(steps[-1].sql.splitlines()[0], len(steps) > 7)
    SELECT True
    """
    cdm, writing = offline_cdm(engine)
    evaluator = Evaluator(cdm, NoLists())
    cohort = plan(definition).cohort
    evaluator.evaluate([cohort])
    dialect = writing.dialect
    steps: list[Step] = []
    waiting: dict[str, pa.Table] = {}
    for text, rows in writing.written:
        if rows is None:
            steps.append(Step(_pretty(text, dialect), waiting))
            waiting = {}
        else:
            waiting[text] = rows
    of_cohort = SPANS.c.node == evaluator.number(cohort)
    rows_query = sa.select(SPANS.c.person_id, SPANS.c.start_date, SPANS.c.end_date).where(of_cohort)
    query = writing.sql(rows_query.order_by(SPANS.c.person_id, SPANS.c.start_date))
    return [*steps, Step(_pretty(query, dialect))]


def _pretty(text: str, dialect: str) -> str:
    return sqlglot.parse_one(text, dialect=dialect).sql(dialect=dialect, pretty=True)
