"""Rows of a generated cohort as a query, and their first per person."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cohorts.engine.tables import SPANS
from cohorts.generate import GeneratedCohorts


def rows_of(made: GeneratedCohorts, name: str) -> sa.Subquery:
    """Query the rows of a cohort: ``person_id``, ``start_date``, ``end_date``."""
    number = made.evaluator.number(made.plan(name).cohort)
    columns = (SPANS.c.person_id, SPANS.c.start_date, SPANS.c.end_date)
    return sa.select(*columns).where(SPANS.c.node == number).subquery(f"rows_{number}")


def first_of(made: GeneratedCohorts, name: str) -> sa.Subquery:
    """Query the first start of each person of a cohort: ``person_id``, ``start_date``."""
    rows = rows_of(made, name)
    start = sa.func.min(rows.c.start_date).label("start_date")
    return sa.select(rows.c.person_id, start).group_by(rows.c.person_id).subquery("first_rows")


def persons(column: Any) -> Any:
    """Count distinct persons."""
    return sa.func.count(sa.distinct(column)).label("persons")
