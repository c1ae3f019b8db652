"""Nelder and Mead's search with the stopping rule of R's ``optim``, to stop where R stops."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analyses.inputs import FloatArray

_TOLERANCE = float(np.sqrt(np.finfo(float).eps))
_EVALUATIONS = 500


class _Simplex:
    """Corners and the values of a function there."""

    def __init__(self, function: Callable[[FloatArray], float], start: FloatArray) -> None:
        self._function = function
        self.evaluations = 0
        reach = 0.1 * float(np.abs(start).max()) or 0.1
        self.corners = np.vstack([start, start + reach * np.eye(len(start))])
        self.size = reach * len(start)
        self.values = np.array([self.at(corner) for corner in self.corners])

    def at(self, point: FloatArray) -> float:
        self.evaluations += 1
        return self._function(point)

    def replace(self, corner: int, point: FloatArray, value: float) -> None:
        self.corners[corner], self.values[corner] = point, value

    def shrink(self, best: int) -> bool:
        """Halve the way of all corners to the best one; say whether the simplex became smaller."""
        others = np.delete(np.arange(len(self.values)), best)
        self.corners[others] = 0.5 * (self.corners[others] - self.corners[best]) + self.corners[best]
        size = float(np.abs(self.corners[others] - self.corners[best]).sum())
        if size >= self.size:
            return False
        self.size = size
        for corner in others:
            self.values[corner] = self.at(self.corners[corner])
        return True


def nelder_mead(function: Callable[[FloatArray], float], start: FloatArray) -> FloatArray:
    """Search for a minimum.

    Parameters
    ----------
    function : callable
        Gives a finite number for a point.
    start : numpy.ndarray
        Where to start; the other corners are a tenth of its largest coordinate away.

    Returns
    -------
    numpy.ndarray
        The best corner once the worst is no more than 1.5e-8 of the first value above it, or after 500 evaluations.

    Notes
    -----
    Nelder and Mead (1965), Comput J 7:308, as in Nash (1990), Compact numerical methods for computers, algorithm 19.

    Examples
    --------
    >>> nelder_mead(lambda x: float((x[0] - 1) ** 2 + (x[1] + 2) ** 2), np.array([0.0, 1.0])).round(3)
    array([ 1., -2.])
    """
    simplex = _Simplex(function, np.asarray(start, dtype=float))
    first = float(simplex.values[0])
    tolerance = _TOLERANCE * (abs(first) + _TOLERANCE)
    best = 0
    while simplex.evaluations <= _EVALUATIONS:
        best, worst = _extremes(simplex.values, best)
        low, high = float(simplex.values[best]), float(simplex.values[worst])
        if high <= low + tolerance:
            break
        centre = (simplex.corners.sum(axis=0) - simplex.corners[worst]) / (len(simplex.values) - 1)
        mirrored = 2 * centre - simplex.corners[worst]
        value = simplex.at(mirrored)
        if value < low:
            further = 2 * mirrored - centre
            beyond = simplex.at(further)
            simplex.replace(worst, *((further, beyond) if beyond < value else (mirrored, value)))
            continue
        if value < high:
            simplex.replace(worst, mirrored, value)
        nearer = 0.5 * simplex.corners[worst] + 0.5 * centre
        inside = simplex.at(nearer)
        if inside < simplex.values[worst]:
            simplex.replace(worst, nearer, inside)
        elif value >= high and not simplex.shrink(best):
            break
    return simplex.corners[best].copy()


def _extremes(values: FloatArray, best: int) -> tuple[int, int]:
    """Give the best and the worst corner; of equal ones the best so far, then the first."""
    low = high = values[best]
    worst = best
    for corner, value in enumerate(values):
        if value < low:
            best, low = corner, value
        if value > high:
            worst, high = corner, value
    return best, worst
