"""Robust variance of a survival curve: the infinitesimal jackknife, per row or per cluster."""

from __future__ import annotations

import numpy as np

from analyses.inputs import FloatArray, IntArray
from analyses.survival.data import SurvivalTimes


def accumulated_influence_variance(
    times: SurvivalTimes,
    curve_time: FloatArray,
    step: FloatArray,
    jump: FloatArray,
    cluster: IntArray | None,
) -> FloatArray:
    """Compute the variance of a cumulative statistic from the squared influence of every row or cluster.

    The influence of a row on the statistic at time t is the sum of `step` over the times at which it is at risk up to
    t, less `jump` at its event. It is constant before the entry and after the exit, so that the sum of the squares
    over clusters follows from the changes at entries and exits alone.

    Parameters
    ----------
    times : SurvivalTimes
        Follow-up of the rows of one curve.
    curve_time : numpy.ndarray
        Times of the curve, increasing; every exit at or after the first one is among them.
    step, jump : numpy.ndarray
        Derivatives with respect to the weight of a row at risk and of a row with the event, per time.
    cluster : numpy.ndarray or None
        Cluster of every row, as codes; None where every row stands for itself.

    Returns
    -------
    numpy.ndarray
        Variance at every time.

    Notes
    -----
    Jaeckel (1972); for the Kaplan-Meier estimate with weights see Therneau and Grambsch (2000), section 2.
    """
    total = np.append(0.0, np.cumsum(step))
    weight = times.weights()
    exit_at = np.searchsorted(curve_time, times.exit)
    within = exit_at < len(curve_time)
    within &= times.exit >= (curve_time[0] if len(curve_time) else np.inf)
    rows = np.flatnonzero(within)
    weight, exit_at = weight[rows], exit_at[rows]
    happened = times.event[rows]
    entry_at = (
        np.zeros(len(rows), dtype=np.int64)
        if times.entry is None
        else np.searchsorted(curve_time, times.entry[rows], side="right")
    )
    code = np.arange(len(rows)) if cluster is None else cluster[rows]
    position = np.concatenate([entry_at, exit_at])
    slope_change = np.concatenate([weight, -weight])
    level_change = np.concatenate([-weight * total[entry_at], weight * (total[exit_at + 1] - happened * jump[exit_at])])
    squares = _squares_by_position(np.concatenate([code, code]), position, level_change, slope_change, len(curve_time))
    level2, cross, slope2 = np.cumsum(squares, axis=1)
    reached = total[1:]
    return np.maximum(level2 + 2 * reached * cross + reached**2 * slope2, 0)


def _squares_by_position(
    code: IntArray, position: IntArray, level_change: FloatArray, slope_change: FloatArray, length: int
) -> FloatArray:
    """Sum over clusters the changes of level², level·slope and slope² at every position of the curve."""
    order = np.lexsort((position, code))
    code, position = code[order], position[order]
    level = _running_within(code, level_change[order])
    slope = _running_within(code, slope_change[order])
    first = np.append(True, code[1:] != code[:-1])
    products = np.stack([level * level, level * slope, slope * slope])
    before = np.roll(products, 1, axis=1)
    before[:, first] = 0
    changes = products - before
    return np.stack([np.bincount(position, weights=row, minlength=length)[:length] for row in changes])


def _running_within(code: IntArray, values: FloatArray) -> FloatArray:
    sums = np.cumsum(values)
    starts = np.flatnonzero(np.append(True, code[1:] != code[:-1]))
    offset = np.append(0.0, sums[starts[1:] - 1])
    return sums - np.repeat(offset, np.diff(np.append(starts, len(code))))
