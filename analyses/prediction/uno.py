"""Uno's concordance, as packages compute it that differ in who leaves first at tied times."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from analyses.inputs import FloatArray, Missing, numbers
from analyses.options import require_known
from analyses.prediction.inputs import ranks_of
from analyses.survival.concordance import concordance
from analyses.survival.data import SurvivalTimes, survival_input
from analyses.survival.logrank import refuse_no_events
from analyses.survival.risk_sets import risk_table
from omop_etl.errors import CannotAnswerError

AtTies = Literal["events-first", "together"]
"""Whether events leave the risk set of censoring first at tied times (R's ``survival``) or not (``survC1``)."""


def uno_concordance(
    data: Any,
    *,
    duration: str,
    event: str,
    predictor: str,
    tau: float | None = None,
    at_ties: AtTies = "events-first",
    missing: Missing = "refuse",
) -> float:
    """Compute Uno's concordance: pairs weighted by the inverse square of the probability of not being censored.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    duration, event : str
        Columns of times at which follow-up ends and of the event (1) or censoring (0).
    predictor : str
        Column of the linear predictor, higher for worse.
    tau : float, optional
        Events up to this time count (before it, for ``together``).
    at_ties : {"events-first", "together"}
        Estimate of not being censored at tied times.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    float
        The concordance; its error is that of `analyses.survival.concordance` with ``timewt="n/G2"``.

    Notes
    -----
    Uno et al. (2011), Stat Med 30:1105. ``together`` equals R's ``survC1::Est.Cval``.

    Examples
    --------
    >>> data = {"days": [5, 8, 12, 20, 25, 30], "died": [1, 1, 0, 1, 0, 1], "lp": [2.1, 0.3, 1.0, 1.5, 0.2, 0.4]}
    >>> round(uno_concordance(data, duration="days", event="died", predictor="lp", tau=28), 3)
    0.761
    """
    require_known("at_ties", at_ties, AtTies)
    checked = survival_input(data, duration=duration, event=event, others=[predictor], missing=missing)
    refuse_no_events(checked.times, event)
    value = numbers(checked.frame, predictor)
    if at_ties == "events-first":
        return concordance(checked.times, value, timewt="n/G2", ymax=tau).value
    return _together(checked.times, ranks_of(value), np.inf if tau is None else tau)


def _together(times: SurvivalTimes, value: FloatArray, tau: float) -> float:
    counts = risk_table(SurvivalTimes(times.exit, ~times.event))
    uncensored = np.append(1.0, np.cumprod(1 - counts.events[:, 0] / counts.at_risk[:, 0]))
    before = uncensored[np.searchsorted(counts.time, times.exit, side="left")]
    at = np.flatnonzero(times.event & (times.exit < tau) & (before > 0))
    right = total = 0.0
    for row in at:
        later = value[times.exit > times.exit[row]]
        weight = 1 / before[row] ** 2
        total += weight * len(later)
        right += weight * (np.count_nonzero(later < value[row]) + np.count_nonzero(later == value[row]) / 2)
    if not total:
        raise CannotAnswerError("no two rows can be compared", todo="check the events and the follow-up")
    return right / total
