"""Probability of not being censored, which weighs those who had a competing event."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyses.inputs import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class CensoringCurve:
    """Product-limit estimate of remaining uncensored, of one group.

    Attributes
    ----------
    time : numpy.ndarray
        Distinct times of censoring.
    at_risk, censored : numpy.ndarray
        Number at risk of being censored and number censored there.
    probability : numpy.ndarray
        Estimate from each time on.
    """

    time: FloatArray
    at_risk: FloatArray
    censored: FloatArray
    probability: FloatArray

    def before(self, times: FloatArray) -> FloatArray:
        """Give the estimate just before given times."""
        return np.append(1.0, self.probability)[np.searchsorted(self.time, times, side="left")]


def censoring_curve(exit: FloatArray, censored: BoolArray, *, events_first: bool) -> CensoringCurve:
    """Estimate the probability of remaining uncensored.

    Parameters
    ----------
    exit : numpy.ndarray
        Time at which follow-up ends.
    censored : numpy.ndarray
        Whether it ends by censoring.
    events_first : bool
        Whether those who have an event at a time of censoring have left before it (as in R's ``finegray``), or are at
        risk of being censored (as in ``cmprsk``).

    Returns
    -------
    CensoringCurve
        The estimate.

    Examples
    --------
    >>> curve = censoring_curve(np.array([1.0, 2.0, 2.0, 3.0]), np.array([False, True, False, True]), events_first=True)
    >>> curve.time, curve.before(np.array([2.0, 2.5]))
    (array([2., 3.]), array([1. , 0.5]))
    """
    time, count = np.unique(exit[censored], return_counts=True)
    ordered = np.sort(exit)
    at_risk = (len(exit) - np.searchsorted(ordered, time, side="left")).astype(np.float64)
    if events_first:
        events = np.sort(exit[~censored])
        at_risk -= np.searchsorted(events, time, side="right") - np.searchsorted(events, time, side="left")
    leaving = count.astype(np.float64)
    return CensoringCurve(time, at_risk, leaving, np.cumprod(1 - leaving / at_risk))


def censoring_curves(
    exit: FloatArray, censored: BoolArray, group: IntArray, groups: int, *, events_first: bool
) -> list[CensoringCurve]:
    """Estimate the probability of remaining uncensored in every group."""
    return [
        censoring_curve(exit[group == code], censored[group == code], events_first=events_first)
        for code in range(groups)
    ]
