"""Standardised mean differences: how far groups are apart, whatever their size."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from analyses.describe.variables import Variable
from analyses.inputs import Factor, FloatArray


def smd_of_numbers(a: FloatArray, b: FloatArray) -> float:
    """Compute the standardised mean difference of two groups of numbers.

    Parameters
    ----------
    a, b : numpy.ndarray
        Values without missing ones.

    Returns
    -------
    float
        Difference of the means (a - b) over the root of the mean of the two variances; infinite where the means differ
        and nothing varies, undefined (NaN) with fewer than two values in a group.

    Notes
    -----
    Austin (2009), Stat Med 28:3083.

    Examples
    --------
    >>> round(smd_of_numbers(np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.0, 4.0])), 3)
    -1.0
    """
    if len(a) < 2 or len(b) < 2:
        return float("nan")
    return _standardised(float(a.mean() - b.mean()), float((a.var(ddof=1) + b.var(ddof=1)) / 2))


def smd_of_shares(a: FloatArray, b: FloatArray) -> float:
    """Compute the standardised difference of the shares of two or more levels.

    Parameters
    ----------
    a, b : numpy.ndarray
        Shares of the same levels in two groups; they add up to 1.

    Returns
    -------
    float
        With two levels the difference of the shares of the second one, standardised as a mean, with its sign; with
        more the Mahalanobis distance of the shares, which has none.

    Notes
    -----
    Yang and Dalton (2012), SAS Global Forum 335. Levels that occur in neither group do not count.

    Examples
    --------
    >>> round(smd_of_shares(np.array([0.5, 0.5]), np.array([0.7, 0.3])), 3)
    0.417
    >>> round(smd_of_shares(np.array([0.2, 0.3, 0.5]), np.array([0.3, 0.3, 0.4])), 3)
    0.251
    """
    occurs = (a > 0) | (b > 0)
    a, b = a[occurs], b[occurs]
    if np.isnan(a).any() or np.isnan(b).any():
        return float("nan")
    if len(a) < 2:
        return 0.0
    if len(a) == 2:
        return _standardised(float(a[1] - b[1]), float((a[1] * a[0] + b[1] * b[0]) / 2))
    difference = a[1:] - b[1:]
    spread = (_covariance(a[1:]) + _covariance(b[1:])) / 2
    distance = difference @ np.linalg.pinv(spread) @ difference
    return float(np.sqrt(max(distance, 0.0)))


def pairwise_smd(variables: list[Variable], group: Factor) -> pd.DataFrame:
    """Compute the difference of every pair of groups in every variable.

    Parameters
    ----------
    variables : list of Variable
        What to compare.
    group : Factor
        Group of every row.

    Returns
    -------
    pandas.DataFrame
        Columns ``variable, a, b, smd``; missing values do not count.
    """
    rows = []
    members = [group.codes == code for code in range(len(group))]
    for variable in variables:
        parts = [variable.of(member) for member in members]
        for a, b in combinations(range(len(group)), 2):
            compare = smd_of_numbers if variable.kind == "number" else smd_of_shares
            rows.append((variable.name, group.levels[a], group.levels[b], compare(parts[a], parts[b])))
    return pd.DataFrame(rows, columns=["variable", "a", "b", "smd"])


def _standardised(difference: float, variance: float) -> float:
    if difference == 0:
        return 0.0
    return difference / variance**0.5 if variance > 0 else float(np.copysign(np.inf, difference))


def _covariance(shares: FloatArray) -> FloatArray:
    return np.diag(shares) - np.outer(shares, shares)
