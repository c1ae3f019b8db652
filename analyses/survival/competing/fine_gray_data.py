"""The expanded table with which any Cox model becomes one of the subdistribution hazard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analyses.inputs import Factor, FloatArray, IntArray, Missing, factor
from analyses.survival.competing.causes import CausesInput, causes_input
from analyses.survival.competing.censoring import censoring_curve
from omop_etl.errors import UsageError


def fine_gray_data(
    data: Any,
    *,
    duration: str,
    event: str,
    cause: Any = 1,
    censored: Any = 0,
    strata: str | Sequence[str] | None = None,
    weights: str | None = None,
    prefix: str = "fg_",
    timefix: bool = True,
    missing: Missing = "refuse",
) -> pd.DataFrame:
    """Expand rows with a competing event into intervals with falling weights.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    duration : str
        Column of times at which follow-up ends.
    event : str
        Column of what ends it.
    cause : object
        Value of `event` of interest.
    censored : object
        Value of `event` of censored rows.
    strata : str or sequence of str, optional
        Columns within whose levels censoring is alike.
    weights : str, optional
        Column of case weights, which multiply the new ones.
    prefix : str
        Start of the names of the new columns.
    timefix : bool
        Take times that differ by rounding only as equal.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value in a column used.

    Returns
    -------
    pandas.DataFrame
        All columns of the data, and ``fg_row`` (number of the row of the data), ``fg_start``, ``fg_stop``,
        ``fg_event`` (1 for the cause of interest) and ``fg_weight``. In a Cox model of these columns give ``fg_row`` as
        `cluster`.

    Notes
    -----
    Geskus (2011), Biometrics 67:39; the convention for ties is that of R's ``finegray``: events come before censorings.
    Its size grows with the number of competing events times the number of distinct times of censoring;
    `fine_gray` with its default method needs no such table.

    Examples
    --------
    >>> data = {"days": [2, 3, 4, 5, 6], "end": [1, 2, 0, 1, 0]}
    >>> fine_gray_data(data, duration="days", event="end")[["fg_row", "fg_start", "fg_stop", "fg_event", "fg_weight"]]
       fg_row  fg_start  fg_stop  fg_event  fg_weight
    0       0       0.0      2.0         1   1.000000
    1       1       0.0      4.0         0   1.000000
    2       1       4.0      6.0         0   0.666667
    3       2       0.0      4.0         0   1.000000
    4       3       0.0      5.0         1   1.000000
    5       4       0.0      6.0         0   1.000000
    """
    layers = [strata] if isinstance(strata, str) else list(strata or ())
    given = causes_input(
        data,
        duration=duration,
        event=event,
        censored=censored,
        weights=weights,
        others=layers,
        missing=missing,
        timefix=timefix,
    )
    own = given.of(cause)
    frame = given.checked.frame
    clash = [f"{prefix}{name}" for name in _COLUMNS if f"{prefix}{name}" in frame.columns]
    if clash:
        raise UsageError(
            "the data have a column {column} already", todo="choose another prefix", column=", ".join(clash)
        )
    groups = factor(frame, layers) if layers else Factor(np.zeros(len(frame), dtype=np.int64), ("all",))
    parts = [_expanded(given, own, np.flatnonzero(groups.codes == code)) for code in range(len(groups))]
    table = pd.concat(parts, ignore_index=True).sort_values(["row", "start"], kind="stable", ignore_index=True)
    table["weight"] = table["weight"] * given.checked.times.weights()[table["row"]]
    expanded = frame.iloc[table["row"].to_numpy()].reset_index(drop=True)
    return pd.concat([expanded, table.add_prefix(prefix)], axis=1)


_COLUMNS = ("row", "start", "stop", "event", "weight")


def _expanded(given: CausesInput, own: np.ndarray, rows: IntArray) -> pd.DataFrame:
    exit, happened = given.checked.times.exit[rows], given.checked.times.event[rows]
    start = 0.0 if exit.min() > 0 else 2 * float(exit.min()) - 1
    curve = censoring_curve(exit, ~happened, events_first=True)
    bounds = np.append(curve.time, exit.max())
    chances = np.append(1.0, curve.probability)
    event_times = np.unique(exit[own[rows]])
    used = np.unique(np.searchsorted(curve.time, event_times, side="left"))
    competing = np.flatnonzero(happened & ~own[rows])
    interval = np.searchsorted(curve.time, exit[competing], side="left")
    first = np.searchsorted(used, interval, side="right")
    more = len(used) - first
    later = used[_ranges(first, more)]
    repeated = np.repeat(competing, more)
    stop = exit.copy()
    stop[competing] = bounds[interval]
    whole = pd.DataFrame(
        {"row": rows, "start": start, "stop": stop, "event": own[rows].astype(np.int64), "weight": 1.0}
    )
    weights: FloatArray = chances[later] / chances[np.repeat(interval, more)]
    extra = pd.DataFrame(
        {"row": rows[repeated], "start": bounds[later - 1], "stop": bounds[later], "event": 0, "weight": weights}
    )
    return pd.concat([whole, extra[extra["weight"] > 0]], ignore_index=True)


def _ranges(first: IntArray, count: IntArray) -> IntArray:
    """Positions first, first + 1, ... of every row, one after the other."""
    offset = np.repeat(np.cumsum(count) - count, count)
    found: IntArray = np.arange(int(count.sum())) - offset + np.repeat(first, count)
    return found
