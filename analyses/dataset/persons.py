"""What the CDM knows about persons at their index dates: age, sex, observation, death."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from analyses.dataset.workspace import Workspace
from omop_etl.cdm.dates import age_at, age_by_year


def load_index(workspace: Workspace, entries: pd.DataFrame) -> None:
    """Put persons and their index dates into the working table that queries join."""
    dates = pa.array(entries["index_date"].to_numpy().astype("datetime64[D]"), type=pa.date32())
    workspace.load(workspace.index, pa.table({"person_id": pa.array(entries["person_id"]), "index_date": dates}))


def persons_at_index(workspace: Workspace) -> pd.DataFrame:
    """Fetch the facts about each person.

    Parameters
    ----------
    workspace : Workspace
        Working tables; the index is loaded.

    Returns
    -------
    pandas.DataFrame
        One row per person: ``person_id, sex_concept_id, age, age_by_year, observation_start, observation_end`` (of the
        period that holds the index date, missing where there is none) and ``death_date``.
    """
    cdm, index = workspace.cdm, workspace.index
    births = ("year_of_birth", "month_of_birth", "day_of_birth")
    person = cdm.table("person", ["person_id", "gender_concept_id", *births])
    year, month, day = (person.c[part] for part in births)
    period = cdm.table("observation_period", ["observation_period_start_date", "observation_period_end_date"])
    starts, ends = period.c.observation_period_start_date, period.c.observation_period_end_date
    holds = sa.and_(period.c.person_id == index.c.person_id, starts <= index.c.index_date, ends >= index.c.index_date)
    observed = (
        sa.select(index.c.person_id, sa.func.min(starts).label("starts"), sa.func.max(ends).label("ends"))
        .join(period, holds)
        .group_by(index.c.person_id)
        .subquery()
    )
    query = (
        sa.select(
            index.c.person_id,
            person.c.gender_concept_id.label("sex_concept_id"),
            age_at(year, month, day, index.c.index_date).label("age"),
            age_by_year(year, index.c.index_date).label("age_by_year"),
            observed.c.starts.label("observation_start"),
            observed.c.ends.label("observation_end"),
        )
        .join(person, person.c.person_id == index.c.person_id)
        .outerjoin(observed, observed.c.person_id == index.c.person_id)
    )
    found = workspace.fetch(query)
    return found.merge(_deaths(workspace), on="person_id", how="left")


def _deaths(workspace: Workspace) -> pd.DataFrame:
    death = workspace.cdm.table("death", ["person_id", "death_date"])
    index = workspace.index
    query = (
        sa.select(death.c.person_id, sa.func.min(death.c.death_date).label("death_date"))
        .join(index, index.c.person_id == death.c.person_id)
        .group_by(death.c.person_id)
    )
    return workspace.fetch(query)
