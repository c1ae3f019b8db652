"""Values of covariates from records: all covariates of a domain in one statement per kind of statistic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from analyses.dataset.record_tables import RECORD_TABLES, record_table
from analyses.dataset.spec import PICKED, WITH_VALUES, Records
from analyses.dataset.workspace import Workspace
from omop_etl.cdm.dates import add_days, days_between
from omop_etl.cdm.engines.base import arrow_schema

_FOREVER = 300_000
"""Days that stand for all time on one side of the index date."""


_NOTHING_PICKED = pd.DataFrame(
    {name: pd.Series(dtype="float64") for name in ("covariate", "person_id", "number", "answer")}
)


def load_questions(workspace: Workspace, covariates: Sequence[Records]) -> None:
    """Put windows, limits, units and answers of all covariates into working tables."""
    asked = [
        {
            "covariate": number,
            "first_day": -_FOREVER if c.window.start is None else c.window.start,
            "last_day": _FOREVER if c.window.end is None else c.window.end,
            "at_least": c.where.at_least if c.where else None,
            "at_most": c.where.at_most if c.where else None,
            "overlaps": c.overlap,
            "needs_unit": c.units is not None,
            "needs_answer": bool(c.where and c.where.concepts),
        }
        for number, c in enumerate(covariates)
    ]
    numbered = list(enumerate(covariates))
    answers = [
        {"covariate": number, "concept_id": concept}
        for number, c in numbered
        if c.where
        for concept in set(c.where.concepts)
    ]
    factors = [
        {"covariate": number, "concept_id": unit, "factor": factor}
        for number, c in numbered
        if c.units
        for unit, factor in {**c.units.convert, c.units.unit: 1.0}.items()
    ]
    for table, rows in ((workspace.asked, asked), (workspace.answers, answers), (workspace.units, factors)):
        workspace.load(table, pa.Table.from_pylist(rows, schema=arrow_schema(table)))


def record_summaries(workspace: Workspace, domain: str, numbers: Sequence[int]) -> pd.DataFrame:
    """Summarise the records of every person and covariate of a domain.

    Parameters
    ----------
    workspace : Workspace
        Working tables, all loaded.
    domain : str
        Table of the CDM.
    numbers : sequence of int
        Numbers of the covariates of this domain.

    Returns
    -------
    pandas.DataFrame
        Columns ``covariate, person_id, records, days_since, min, max, mean``; the last three are missing where no
        record has a usable number, and everywhere in domains without values.
    """
    found = _matching(workspace, domain, numbers)
    number = found.c.number
    query = sa.select(
        found.c.covariate,
        found.c.person_id,
        sa.func.count().label("records"),
        sa.func.min(days_between(found.c.day, found.c.index_date)).label("days_since"),
        sa.func.min(number).label("min"),
        sa.func.max(number).label("max"),
        sa.func.avg(number).label("mean"),
    ).group_by(found.c.covariate, found.c.person_id)
    return workspace.fetch(query)


def picked_values(workspace: Workspace, domain: str, covariates: Sequence[tuple[int, Records]]) -> pd.DataFrame:
    """Take the first, last or nearest usable value of every person and covariate of a domain.

    Parameters
    ----------
    workspace : Workspace
        Working tables, all loaded.
    domain : str
        Table of the CDM.
    covariates : sequence of (int, Records)
        Covariates of this domain that pick a value, with their numbers.

    Returns
    -------
    pandas.DataFrame
        Columns ``covariate, person_id, number, answer``. Of several values on one day the one with the greatest
        record id is taken; of two days equally near to the index date the earlier one.
    """
    parts = []
    for statistic in PICKED:
        for value in ("number", "concept"):
            numbers = [n for n, c in covariates if (c.statistic, c.value) == (statistic, value)]
            if numbers:
                parts.append(workspace.fetch(_picking(_matching(workspace, domain, numbers), statistic, value)))
    return pd.concat(parts, ignore_index=True) if parts else _NOTHING_PICKED


def _picking(found: sa.Subquery, statistic: str, value: str) -> sa.Select[Any]:
    usable = found.c.number.is_not(None) if value == "number" else sa.func.coalesce(found.c.answer, 0) != 0
    distance = days_between(found.c.index_date, found.c.day)
    order = {
        "first": (found.c.day.asc(),),
        "last": (found.c.day.desc(),),
        "nearest": (sa.func.abs(distance).asc(), found.c.day.asc()),
    }[statistic]
    rank = sa.func.row_number().over(
        partition_by=[found.c.covariate, found.c.person_id], order_by=[*order, found.c.record_id.desc()]
    )
    ranked = (
        sa.select(found.c.covariate, found.c.person_id, found.c.number, found.c.answer, rank.label("rank"))
        .where(usable)
        .subquery()
    )
    return sa.select(ranked.c.covariate, ranked.c.person_id, ranked.c.number, ranked.c.answer).where(ranked.c.rank == 1)


def _matching(workspace: Workspace, domain: str, numbers: Sequence[int]) -> sa.Subquery:
    """Records that count, joined to the persons and covariates they count for."""
    with_values = domain in WITH_VALUES
    table, columns = record_table(workspace.cdm, domain, with_values=with_values), RECORD_TABLES[domain]
    index, asked, concepts = workspace.index, workspace.asked, workspace.concepts
    units, answers = workspace.units, workspace.answers
    day = table.c[columns.start]
    number: ColumnElement[Any] = sa.cast(sa.null(), sa.Double)
    answer: ColumnElement[Any] = sa.cast(sa.null(), sa.BigInteger)
    source = (
        sa.join(index, table, table.c.person_id == index.c.person_id)
        .join(concepts, concepts.c.concept_id == table.c[columns.concept])
        .join(asked, asked.c.covariate == concepts.c.covariate)
    )
    conditions = [
        asked.c.covariate.in_(list(numbers)),
        _in_window(workspace, day, sa.func.coalesce(table.c[columns.end], day)),
    ]
    if with_values:
        same_unit = sa.and_(units.c.covariate == asked.c.covariate, units.c.concept_id == table.c.unit_concept_id)
        same_answer = sa.and_(
            answers.c.covariate == asked.c.covariate, answers.c.concept_id == table.c.value_as_concept_id
        )
        source = source.outerjoin(units, same_unit).outerjoin(answers, same_answer)
        number = sa.case((asked.c.needs_unit, table.c.value_as_number * units.c.factor), else_=table.c.value_as_number)
        answer = table.c.value_as_concept_id
        conditions += _value_counts(workspace, number)
    return (
        sa.select(
            asked.c.covariate,
            index.c.person_id,
            index.c.index_date,
            table.c[columns.key].label("record_id"),
            day.label("day"),
            number.label("number"),
            answer.label("answer"),
        )
        .select_from(source)
        .where(*conditions)
        .subquery()
    )


def _in_window(workspace: Workspace, start: ColumnElement[Any], end: ColumnElement[Any]) -> ColumnElement[bool]:
    index, asked = workspace.index, workspace.asked
    first = add_days(index.c.index_date, asked.c.first_day)
    last = add_days(index.c.index_date, asked.c.last_day)
    return sa.and_(start <= last, sa.case((asked.c.overlaps, end), else_=start) >= first)


def _value_counts(workspace: Workspace, number: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    asked, answers = workspace.asked, workspace.answers
    return [
        sa.or_(asked.c.at_least.is_(None), number >= asked.c.at_least),
        sa.or_(asked.c.at_most.is_(None), number <= asked.c.at_most),
        sa.or_(sa.not_(asked.c.needs_answer), answers.c.concept_id.is_not(None)),
    ]


def observed_windows(workspace: Workspace) -> pd.DataFrame:
    """Find the windows in which a person was under observation on at least one day.

    Returns
    -------
    pandas.DataFrame
        Columns ``covariate, person_id``, one row per covariate and person.
    """
    index, asked = workspace.index, workspace.asked
    names = ["observation_period_start_date", "observation_period_end_date"]
    period = workspace.cdm.table("observation_period", names)
    starts, ends = (period.c[name] for name in names)
    windows = sa.select(asked.c.first_day, asked.c.last_day).distinct().subquery()
    overlaps = sa.and_(
        starts <= add_days(index.c.index_date, windows.c.last_day),
        ends >= add_days(index.c.index_date, windows.c.first_day),
    )
    joined = sa.join(index, period, period.c.person_id == index.c.person_id).join(windows, overlaps)
    query = sa.select(windows.c.first_day, windows.c.last_day, index.c.person_id).select_from(joined).distinct()
    of_covariates = workspace.fetch(sa.select(asked.c.covariate, asked.c.first_day, asked.c.last_day))
    found = workspace.fetch(query).merge(of_covariates, on=["first_day", "last_day"])
    return found[["covariate", "person_id"]]
