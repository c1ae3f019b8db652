"""How long persons stay in a cohort."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from cohorts.diagnostics.rows import rows_of
from cohorts.generate import GeneratedCohorts
from omop_etl.cdm.dates import days_between

SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)


def time_in_cohort(made: GeneratedCohorts, name: str) -> pd.DataFrame:
    """Describe the days from the start to the end of the rows of a cohort.

    Parameters
    ----------
    made : GeneratedCohorts
        Generated cohorts.
    name : str
        One of them.

    Returns
    -------
    pandas.DataFrame
        ``share`` of the rows (0 to 1) and ``days``: so many rows last so many days or fewer (the lower of two middle
        values). Empty where the cohort is.
    """
    rows = rows_of(made, name)
    days = days_between(rows.c.start_date, rows.c.end_date).label("days")
    query = sa.select(days, sa.func.count().label("rows")).group_by(days).order_by(days)
    counted = made.evaluator.fetch(query).to_pandas()
    if counted.empty:
        return pd.DataFrame({"share": pd.Series(dtype=float), "days": pd.Series(dtype=int)})
    reached = counted["rows"].cumsum().to_numpy()
    total = int(reached[-1])
    at = [int((reached < max(1, share * total)).sum()) for share in SHARES]
    return pd.DataFrame({"share": SHARES, "days": counted["days"].to_numpy()[at]})
