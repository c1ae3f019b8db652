"""Greedy nearest-neighbour matching on arrays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analyses.inputs import FloatArray, IntArray

_SAME = 1e-12
"""Scores that differ by less, relative to their range, are equal."""


def match_on_score(
    treated: FloatArray, controls: FloatArray, order: IntArray, ratio: int, replace: bool, caliper: float
) -> list[tuple[int, int]]:
    """Match on one number.

    Parameters
    ----------
    treated, controls : numpy.ndarray
        Scores.
    order : numpy.ndarray
        Positions of the treated in the order in which they choose.
    ratio : int
        Controls per treated; everybody chooses once before anybody chooses again.
    replace : bool
        Whether a control may be chosen by several.
    caliper : float
        Largest distance allowed.

    Returns
    -------
    list of (int, int)
        Positions of treated and control.

    Notes
    -----
    Of two scores at the same distance the lower one is taken, of controls with the same score the one next to the
    treated when all are put in the order of score and data: the last below, the first at or above.
    """
    together = same_where_close(np.concatenate([treated, controls]))
    treated, controls = together[: len(treated)], together[len(treated) :]
    by_score = np.argsort(controls, kind="stable")
    neighbours = _Neighbours(controls[by_score])
    chosen: list[tuple[int, int]] = []
    for _ in range(ratio):
        taken: dict[int, set[int]] = {}
        if replace and ratio > 1:
            for a, b in chosen:
                taken.setdefault(a, set()).add(b)
        for who in order.tolist():
            if replace and ratio > 1:
                at = _nearest_not_taken(treated[who], controls, taken.get(who, set()), caliper)
                if at is not None:
                    chosen.append((who, at))
                continue
            found = neighbours.nearest(treated[who])
            if found is None or abs(neighbours.scores[found] - treated[who]) > caliper:
                continue
            chosen.append((who, int(by_score[found])))
            if not replace:
                neighbours.remove(found)
    return chosen


def match_on_distance(
    distance: Callable[[int], FloatArray], order: IntArray, ratio: int, replace: bool, caliper: float
) -> list[tuple[int, int]]:
    """Match on the distances of one treated from all controls; of equal distances the first control is taken."""
    free = np.ones(0, dtype=bool)
    chosen: list[tuple[int, int]] = []
    own: dict[int, list[int]] = {}
    for _ in range(ratio):
        for who in order.tolist():
            apart = distance(who)
            free = free if len(free) else np.ones(len(apart), dtype=bool)
            usable = np.where(free, apart, np.inf)
            usable[own.get(who, [])] = np.inf
            nearest = float(usable.min())
            if not np.isfinite(nearest) or nearest > caliper:
                continue
            at = int(np.argmax(usable <= nearest * (1 + _SAME) + _SAME))
            chosen.append((who, at))
            own.setdefault(who, []).append(at)
            if not replace:
                free[at] = False
    return chosen


def same_where_close(values: FloatArray) -> FloatArray:
    """Take numbers that differ by rounding only as equal."""
    if not len(values):
        return values
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    width = max(float(ordered[-1] - ordered[0]), 1e-300)
    start = np.append(True, np.diff(ordered) > _SAME * width)
    found = np.empty_like(values)
    found[order] = ordered[start][np.cumsum(start) - 1]
    return found


def _nearest_not_taken(score: float, controls: FloatArray, taken: set[int], caliper: float) -> int | None:
    distance = np.abs(controls - score)
    distance[list(taken)] = np.inf
    at = int(distance.argmin())
    return at if np.isfinite(distance[at]) and distance[at] <= caliper else None


class _Neighbours:
    """Sorted scores from which those taken are removed; finds the nearest one left in nearly constant time."""

    def __init__(self, scores: FloatArray) -> None:
        self.scores = scores
        size = len(scores)
        self._below = list(range(size + 1))
        self._above = list(range(size + 1))

    def nearest(self, score: float) -> int | None:
        """Position of the nearest score left, the lower one of two at the same distance."""
        at = int(np.searchsorted(self.scores, score, side="left"))
        low = self._root(self._below, at) - 1
        high = self._root(self._above, at)
        has_low, has_high = low >= 0, high < len(self.scores)
        if not has_low and not has_high:
            return None
        if not has_high:
            return low
        if not has_low:
            return high
        return low if score - self.scores[low] <= self.scores[high] - score else high

    def remove(self, at: int) -> None:
        """Take a score out; entry at + 1 of the lower side and entry at of the upper side stand for it."""
        self._below[at + 1] = at
        self._above[at] = at + 1

    @staticmethod
    def _root(links: list[int], at: int) -> int:
        root = at
        while links[root] != root:
            root = links[root]
        while links[at] != root:
            links[at], at = root, links[at]
        return root
