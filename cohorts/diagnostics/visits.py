"""In which kind of visit persons enter a cohort."""

from __future__ import annotations

from typing import Final

import pandas as pd
import sqlalchemy as sa

from cohorts.diagnostics.rows import persons, rows_of
from cohorts.generate import GeneratedCohorts
from omop_etl.cdm.dates import add_days

DAYS_AROUND: Final = 30


def visit_context(made: GeneratedCohorts, name: str, *, days: int = DAYS_AROUND) -> pd.DataFrame:
    """Count the visits before, on and after the index dates by their kind.

    Parameters
    ----------
    made : GeneratedCohorts
        Generated cohorts.
    name : str
        One of them.
    days : int
        How far before and after to look.

    Returns
    -------
    pandas.DataFrame
        ``context`` (``before``: ended in the days before; ``during``: began before and lasted until the index date or
        longer; ``on``: began that day; ``after``: began in the days after), ``visit_concept_id``, ``entries``,
        ``persons``.
    """
    rows = rows_of(made, name)
    visit = made.evaluator.cdm.table(
        "visit_occurrence", ["person_id", "visit_concept_id", "visit_start_date", "visit_end_date"]
    )
    start = visit.c.visit_start_date
    end = sa.func.coalesce(visit.c.visit_end_date, start)
    index = rows.c.start_date
    context = sa.case(
        (sa.and_(end < index, end >= add_days(index, sa.literal(-days))), "before"),
        (sa.and_(start < index, end >= index), "during"),
        (start == index, "on"),
        (sa.and_(start > index, start <= add_days(index, sa.literal(days))), "after"),
    ).label("context")
    found = (
        sa.select(rows.c.person_id, rows.c.start_date, visit.c.visit_concept_id, context)
        .select_from(rows)
        .join(visit, visit.c.person_id == rows.c.person_id)
        .distinct()
        .subquery("found")
    )
    group = (found.c.context, found.c.visit_concept_id)
    query = (
        sa.select(*group, sa.func.count().label("entries"), persons(found.c.person_id))
        .where(found.c.context.is_not(None))
        .group_by(*group)
    )
    frame = made.evaluator.fetch(query).to_pandas()
    order = pd.Categorical(frame["context"], ["before", "during", "on", "after"], ordered=True)
    sorted_frame = frame.assign(position=order).sort_values(["position", "entries"], ascending=[True, False])
    return sorted_frame.drop(columns="position").reset_index(drop=True)
