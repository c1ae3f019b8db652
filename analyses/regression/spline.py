"""The interpolating spline of Forsythe, Malcolm and Moler, which R's ``spline`` draws."""

from __future__ import annotations

import numpy as np

from analyses.inputs import FloatArray


def spline_points(x: FloatArray, y: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """Draw a cubic spline through points at equally spaced places.

    Parameters
    ----------
    x, y : numpy.ndarray
        Points, at least three, in the order of `x`.
    count : int
        Number of places between the first and the last `x`.

    Returns
    -------
    (numpy.ndarray, numpy.ndarray)
        Places and the values of the spline there.

    Notes
    -----
    Forsythe, Malcolm and Moler (1977), Computer methods for mathematical computations: the third derivative at each
    end is that of the cubic through the four points nearest to it.

    Examples
    --------
    >>> at, value = spline_points(np.array([0.0, 1, 2, 4, 5]), np.array([0.0, 1, 8, 64, 125]), 6)
    >>> value.round(10).tolist()
    [0.0, 1.0, 8.0, 27.0, 64.0, 125.0]
    """
    n = len(x)
    h, slope = np.diff(x), np.diff(y) / np.diff(x)
    system = np.zeros((n, n))
    right = np.zeros(n)
    for i in range(1, n - 1):
        system[i, i - 1 : i + 2] = h[i - 1], 2 * (h[i - 1] + h[i]), h[i]
        right[i] = slope[i] - slope[i - 1]
    system[0, :2], system[-1, -2:] = (-h[0], h[0]), (h[-1], -h[-1])
    if n > 3:
        second = np.diff(slope) / (x[2:] - x[:-2])
        third = np.diff(second) / (x[3:] - x[:-3])
        right[0], right[-1] = third[0] * h[0] ** 2, -third[-1] * h[-1] ** 2
    # The unknowns are second derivatives over six.
    curve = np.linalg.solve(system, right)
    at = np.linspace(x[0], x[-1], count)
    k = np.clip(np.searchsorted(x, at, side="right") - 1, 0, n - 2)
    d = at - x[k]
    first = slope[k] - h[k] * (curve[k + 1] + 2 * curve[k])
    return at, y[k] + d * (first + d * (3 * curve[k] + d * (curve[k + 1] - curve[k]) / h[k]))
