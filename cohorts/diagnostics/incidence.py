"""New entries into a cohort over calendar time, per person-time at risk."""

from __future__ import annotations

from typing import Final, Literal

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from cohorts.diagnostics.rows import first_of
from cohorts.generate import GeneratedCohorts
from omop_etl.cdm.dates import add_days, days_between, year_of
from omop_etl.cdm.engines.base import scratch_table

Calendar = Literal["year", "quarter", "month"]

_FREQUENCIES: Final[dict[Calendar, str]] = {"year": "Y", "quarter": "Q", "month": "M"}
_PERIODS = scratch_table(
    "diagnosed_periods",
    sa.Column("position", sa.BigInteger),
    sa.Column("year", sa.BigInteger),
    sa.Column("first", sa.Date),
    sa.Column("last", sa.Date),
)
_DAYS_OF_YEAR: Final = 365.25


def incidence(made: GeneratedCohorts, name: str, *, washout: int = 0, by: Calendar = "year") -> pd.DataFrame:
    """Count first entries by calendar period, sex and age, and the time in which they could have happened.

    A person is at risk in an observation period from `washout` days after its start until its end or the day of the
    person's first entry, whichever comes first, that day included.

    Parameters
    ----------
    made : GeneratedCohorts
        Generated cohorts.
    name : str
        One of them.
    washout : int
        Days of observation before a person is at risk.
    by : {"year", "quarter", "month"}
        Length of the calendar periods.

    Returns
    -------
    pandas.DataFrame
        ``period`` (``2024``, ``2024Q1`` or ``2024-03``), ``gender_concept_id``, ``age_from`` (decade of the age by
        calendar year), ``entries``, ``person_years`` and ``per_1000`` (entries per 1,000 person-years).
    """
    evaluator, cdm = made.evaluator, made.evaluator.cdm
    period = cdm.table(
        "observation_period", ["person_id", "observation_period_start_date", "observation_period_end_date"]
    )
    person = cdm.table("person", ["person_id", "gender_concept_id", "year_of_birth"])
    first = first_of(made, name)
    last_day = sa.func.least(
        period.c.observation_period_end_date, sa.func.coalesce(first.c.start_date, period.c.observation_period_end_date)
    )
    risk = (
        sa.select(
            period.c.person_id,
            add_days(period.c.observation_period_start_date, sa.literal(washout)).label("start_date"),
            last_day.label("end_date"),
            first.c.start_date.label("entry"),
        )
        .select_from(period)
        .join(first, first.c.person_id == period.c.person_id, isouter=True)
        .subquery("risk")
    )
    begin = sa.func.greatest(risk.c.start_date, _PERIODS.c.first)
    end = sa.func.least(risk.c.end_date, _PERIODS.c.last)
    age = sa.cast(_PERIODS.c.year - person.c.year_of_birth, sa.Integer)
    decade = sa.cast(age - sa.func.mod(age, 10), sa.Integer)
    entered = sa.case((sa.and_(risk.c.entry >= begin, risk.c.entry <= end), 1), else_=0)
    group = (_PERIODS.c.position, person.c.gender_concept_id, decade.label("age_from"))
    query = (
        sa.select(
            *group,
            sa.func.sum(entered).label("entries"),
            sa.func.sum(days_between(begin, end) + 1).label("days"),
        )
        .select_from(risk)
        .join(_PERIODS, sa.and_(risk.c.start_date <= _PERIODS.c.last, risk.c.end_date >= _PERIODS.c.first))
        .join(person, person.c.person_id == risk.c.person_id)
        .where(begin <= end)
        .group_by(*group)
        .order_by(*group)
    )
    calendar = _calendar(made, period, by)
    frame = evaluator.fetch_with(_PERIODS, _as_table(calendar), query).to_pandas()
    names = calendar.astype(str).to_numpy(dtype=object)
    frame.insert(0, "period", names[frame.pop("position").to_numpy(dtype=int)])
    years = frame.pop("days").astype(float) / _DAYS_OF_YEAR
    frame = frame.astype({"age_from": int, "entries": int})
    return frame.assign(person_years=years, per_1000=1000 * frame["entries"] / years)


def _calendar(made: GeneratedCohorts, period: sa.Table, by: Calendar) -> pd.PeriodIndex:
    """List the periods of the years in which anybody is observed."""
    ends = sa.select(
        year_of(sa.func.min(period.c.observation_period_start_date)).label("low"),
        year_of(sa.func.max(period.c.observation_period_end_date)).label("high"),
    )
    row = made.evaluator.fetch(ends).to_pylist()[0]
    return pd.period_range(f"{row['low']}-01-01", f"{row['high']}-12-31", freq=_FREQUENCIES[by])


def _as_table(calendar: pd.PeriodIndex) -> pa.Table:
    return pa.table(
        {
            "position": pa.array(range(len(calendar)), pa.int64()),
            "year": pa.array(calendar.year, pa.int64()),
            "first": pa.array(calendar.start_time.date, pa.date32()),
            "last": pa.array(calendar.end_time.date, pa.date32()),
        }
    )
