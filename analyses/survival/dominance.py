"""Sums over points that lie in a range of positions and below a rank: many questions answered at once."""

from __future__ import annotations

import numpy as np

from analyses.inputs import FloatArray, IntArray


class RankSums:
    """Points in a sequence, each with a rank and a weight, prepared for questions about ranges.

    Parameters
    ----------
    rank : numpy.ndarray
        Rank of every point, from 0, in the order of the sequence.
    weight : numpy.ndarray
        Weight of every point.
    highest : int
        Highest rank of a point or of a question.

    Notes
    -----
    A wavelet matrix (Claude, Navarro and Ordóñez, 2015, Inf Syst 47:15): the points are split by the bits of their
    ranks, highest first; a question follows its rank's bits. It takes as many vectorised steps as the ranks have bits.

    Examples
    --------
    >>> sums = RankSums(np.array([2, 0, 1, 2]), np.array([1.0, 1.0, 1.0, 5.0]), 2)
    >>> below, equal = sums.within(np.array([0, 1]), np.array([3, 4]), np.array([2, 2]))
    >>> below, equal
    (array([2., 2.]), array([1., 5.]))
    """

    def __init__(self, rank: IntArray, weight: FloatArray, highest: int) -> None:
        self._levels: list[tuple[int, IntArray, FloatArray]] = []
        for bit in range(highest.bit_length() - 1, -1, -1):
            low = ((rank >> bit) & 1) == 0
            self._levels.append((bit, _sums_before(low.astype(np.int64)), _sums_before(np.where(low, weight, 0.0))))
            order = np.concatenate([np.flatnonzero(low), np.flatnonzero(~low)])
            rank, weight = rank[order], weight[order]
        self._weight = _sums_before(weight)

    def within(self, start: IntArray, stop: IntArray, rank: IntArray) -> tuple[FloatArray, FloatArray]:
        """Sum the weights of points at positions start <= position < stop with a lower and with the same rank.

        Parameters
        ----------
        start, stop : numpy.ndarray
            Range of positions of every question.
        rank : numpy.ndarray
            Rank that it compares with.

        Returns
        -------
        (numpy.ndarray, numpy.ndarray)
            Weights below the rank, weights at the rank.
        """
        below = np.zeros(len(rank))
        for bit, lows, low_weight in self._levels:
            high = ((rank >> bit) & 1) == 1
            below += np.where(high, low_weight[stop] - low_weight[start], 0.0)
            split = lows[-1]
            start = np.where(high, split + start - lows[start], lows[start])
            stop = np.where(high, split + stop - lows[stop], lows[stop])
        return below, self._weight[stop] - self._weight[start]


def _sums_before(values: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros(1, dtype=values.dtype), np.cumsum(values)])
