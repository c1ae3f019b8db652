"""How many persons become eligible per month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from analyses.feasibility.eligibility import checked_masks


def eligible_per_month(
    masks: Any, rules: Sequence[str], *, since: date | None = None, until: date | None = None
) -> pd.DataFrame:
    """Count persons by the month of their first eligible event.

    Parameters
    ----------
    masks : pandas.DataFrame or pyarrow.Table
        Columns ``person_id, event_id, start_date, mask``.
    rules : sequence of str
        Names of the rules, in the order of the bits.
    since, until : datetime.date, optional
        First and last day of the data; by default those of the entry events.

    Returns
    -------
    pandas.DataFrame
        Columns ``month`` (its first day), ``persons``, ``complete`` (the data cover the whole month); one row for every
        month of the data, also where nobody became eligible.

    Examples
    --------
    >>> masks = {
    ...     "person_id": [1, 1, 2, 3],
    ...     "event_id": [1, 2, 3, 4],
    ...     "start_date": ["2024-01-05", "2024-02-01", "2024-03-03", "2024-03-31"],
    ...     "mask": [1, 1, 1, 0],
    ... }
    >>> eligible_per_month(masks, ["adult"], since=date(2024, 1, 1))
           month  persons  complete
    0 2024-01-01        1      True
    1 2024-02-01        0      True
    2 2024-03-01        1      True
    """
    frame = checked_masks(masks, rules)
    day = pd.to_datetime(frame["start_date"])
    first_day = pd.Timestamp(since) if since else day.min()
    last_day = pd.Timestamp(until) if until else day.max()
    eligible = (frame["mask"] == (1 << len(rules)) - 1) & day.between(first_day, last_day)
    entered = day[eligible].groupby(frame.loc[eligible, "person_id"]).min()
    months = pd.period_range(first_day, last_day, freq="M")
    counts = entered.dt.to_period("M").value_counts().reindex(months, fill_value=0)
    complete = (months.start_time >= first_day.normalize()) & (months.end_time.normalize() <= last_day.normalize())
    return pd.DataFrame({"month": months.start_time, "persons": counts.to_numpy(dtype=np.int64), "complete": complete})
