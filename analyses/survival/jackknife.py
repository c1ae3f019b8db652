"""Influence of rows and clusters on a curve, and the variance that follows: the infinitesimal jackknife.

While a row is at risk, and after it, its influence on a product-limit estimate is a combination of a few functions of
time that are the same for everybody, with coefficients that change at its entry and its exit only. The variance at all
times therefore follows from sums over the changes, without a table of rows by times.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyses.inputs import FloatArray, IntArray
from analyses.survival.data import SurvivalTimes


@dataclass(frozen=True)
class Changes:
    """How the coefficients of rows change along a curve.

    Attributes
    ----------
    code : numpy.ndarray
        Row or cluster of every change, as codes.
    position : numpy.ndarray
        Index of the time of the curve from which on the change holds; at or beyond the last one it is of no account.
    size : numpy.ndarray
        Change of every coefficient, shape (coefficients, changes).
    """

    code: IntArray
    position: IntArray
    size: FloatArray


def variance_of(changes: Changes, features: FloatArray) -> FloatArray:
    """Sum the squared influences over rows or clusters.

    Parameters
    ----------
    changes : Changes
        Coefficients of rows or clusters.
    features : numpy.ndarray
        The functions of time that the coefficients belong to, shape (coefficients, times).

    Returns
    -------
    numpy.ndarray
        Variance at every time.

    Notes
    -----
    Jaeckel (1972); for the Kaplan-Meier estimate with weights see Therneau and Grambsch (2000), section 2.

    Examples
    --------
    >>> changes = Changes(np.array([0, 1, 0]), np.array([0, 0, 1]), np.array([[1.0, -1.0, -1.0]]))
    >>> variance_of(changes, np.ones((1, 3)))
    array([2., 1., 1.])
    """
    order = np.lexsort((changes.position, changes.code))
    code, position = changes.code[order], changes.position[order]
    levels = np.stack([_running_within(code, row[order]) for row in changes.size])
    first = np.append(True, code[1:] != code[:-1])
    length = features.shape[1]
    variance = np.zeros(length)
    for a in range(len(levels)):
        for b in range(a, len(levels)):
            product = levels[a] * levels[b]
            change = product - np.where(first, 0.0, np.roll(product, 1))
            sums = np.cumsum(np.bincount(position, weights=change, minlength=length)[:length])
            variance += (1 if a == b else 2) * sums * features[a] * features[b]
    return np.maximum(variance, 0)


@dataclass(frozen=True)
class Presence:
    """Where the rows of one curve lie along its times.

    Attributes
    ----------
    rows : numpy.ndarray
        Positions in the data of the rows that are followed at or after the first time.
    entry, exit : numpy.ndarray
        Index of the first time at which each of them is at risk, and of its exit.
    event : numpy.ndarray
        Whether it has the event at its exit.
    weight : numpy.ndarray
        Its weight.
    """

    rows: IntArray
    entry: IntArray
    exit: IntArray
    event: np.ndarray
    weight: FloatArray

    @classmethod
    def of(cls, times: SurvivalTimes, curve_time: FloatArray) -> Presence:
        """Find the rows along the times of a curve; every exit at or after the first one is among them."""
        start = curve_time[0] if len(curve_time) else np.inf
        rows = np.flatnonzero(times.exit >= start)
        entry = np.zeros(len(rows), dtype=np.int64)
        if times.entry is not None:
            entry = np.searchsorted(curve_time, times.entry[rows], side="right")
        exit = np.searchsorted(curve_time, times.exit[rows])
        return cls(rows, entry, exit, times.event[rows], times.weights()[rows])

    def codes(self, cluster: IntArray | None) -> IntArray:
        """Cluster of every row, or its number where every row stands for itself."""
        return np.arange(len(self.rows)) if cluster is None else cluster[self.rows]


def accumulated_influence_variance(
    times: SurvivalTimes,
    curve_time: FloatArray,
    step: FloatArray,
    jump: FloatArray,
    cluster: IntArray | None,
) -> FloatArray:
    """Compute the variance of a cumulative statistic from the squared influence of every row or cluster.

    The influence of a row on the statistic at time t is the sum of `step` over the times at which it is at risk up to
    t, less `jump` at its event.

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
    """
    total = np.append(0.0, np.cumsum(step))
    here = Presence.of(times, curve_time)
    code, weight = here.codes(cluster), here.weight
    at_exit = total[here.exit + 1] - here.event * jump[here.exit]
    changes = Changes(
        code=np.concatenate([code, code]),
        position=np.concatenate([here.entry, here.exit]),
        size=np.stack(
            [
                np.concatenate([-weight * total[here.entry], weight * at_exit]),
                np.concatenate([weight, -weight]),
            ]
        ),
    )
    return variance_of(changes, np.stack([np.ones(len(curve_time)), total[1:]]))


def _running_within(code: IntArray, values: FloatArray) -> FloatArray:
    sums = np.cumsum(values)
    starts = np.flatnonzero(np.append(True, code[1:] != code[:-1]))
    offset = np.append(0.0, sums[starts[1:] - 1])
    return sums - np.repeat(offset, np.diff(np.append(starts, len(code))))
