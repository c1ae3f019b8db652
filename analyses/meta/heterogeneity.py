"""Variance between studies: seven estimators, and its confidence interval."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2

from analyses.inputs import FloatArray
from omop_etl.errors import CannotAnswerError

TauMethod = Literal["REML", "DL", "PM", "ML", "HE", "SJ", "fixed"]
"""Estimator of the variance between studies.

Restricted maximum likelihood, DerSimonian-Laird, Paule-Mandel, maximum likelihood, Hedges, Sidik-Jonkman, or none.
"""

_ITERATIONS = 10_000
_CHANGE = 1e-13


def between_variance(y: FloatArray, v: FloatArray, x: FloatArray, method: TauMethod) -> float:
    """Estimate the variance between studies.

    Parameters
    ----------
    y, v : numpy.ndarray
        Effect and sampling variance of every study.
    x : numpy.ndarray
        Moderators, the constant first, shape (studies, columns).
    method : {"REML", "DL", "PM", "ML", "HE", "SJ", "fixed"}
        Estimator.

    Returns
    -------
    float
        The variance, at least 0.

    Raises
    ------
    CannotAnswerError
        The iterations do not end.

    Notes
    -----
    Viechtbauer (2005), J Educ Behav Stat 30:261; DerSimonian and Laird (1986), Control Clin Trials 7:177; Paule and
    Mandel (1982), J Res Natl Bur Stand 87:377; Sidik and Jonkman (2005), Appl Stat 54:367.
    """
    k, p = x.shape
    if method == "fixed" or k == p:
        return 0.0
    if method == "DL":
        projection = _projection(x, 1 / v)
        return max(0.0, float((y @ projection @ y - (k - p)) / np.trace(projection)))
    if method == "HE":
        projection = _projection(x, np.ones(k))
        return max(0.0, float((y @ projection @ y - np.diag(projection) @ v) / (k - p)))
    if method == "SJ":
        start = float(np.var(y, ddof=1) * (k - 1) / k)
        if start == 0:
            return 0.0
        return float(start * (y @ _projection(x, 1 / (v + start)) @ y) / (k - p))
    if method == "PM":
        return _root(lambda tau2: generalised_q(y, v, x, tau2) - (k - p))
    return _likelihood(y, v, x, method)


def generalised_q(y: FloatArray, v: FloatArray, x: FloatArray, tau2: float) -> float:
    """Compute the weighted sum of squares around the fit at a given variance between studies."""
    return float(y @ _projection(x, 1 / (v + tau2)) @ y)


def q_profile_limits(y: FloatArray, v: FloatArray, x: FloatArray, conf_level: float) -> tuple[float, float]:
    """Compute limits of the variance between studies.

    Notes
    -----
    Viechtbauer (2007), Stat Med 26:37: the generalised Q is chi-square at the true variance. R's ``confint`` stops at
    ten times the estimate or 100; this does not.
    """
    df = x.shape[0] - x.shape[1]
    tail = (1 - conf_level) / 2
    lower, upper = (
        _root(lambda tau2, bound=bound: generalised_q(y, v, x, tau2) - bound)  # type: ignore[misc]
        for bound in (float(chi2.isf(tail, df)), float(chi2.ppf(tail, df)))
    )
    return lower, upper


def typical_variance(v: FloatArray, x: FloatArray) -> float:
    """Give the sampling variance of a typical study (Higgins and Thompson, 2002, Stat Med 21:1539)."""
    return float((x.shape[0] - x.shape[1]) / np.trace(_projection(x, 1 / v)))


def _projection(x: FloatArray, weight: FloatArray) -> FloatArray:
    """Matrix that takes the weighted fit out: W - W X (X'W X)⁻¹ X'W."""
    weighted = x * weight[:, None]
    found: FloatArray = np.diag(weight) - weighted @ np.linalg.solve(x.T @ weighted, weighted.T)
    return found


def _root(decreasing: Callable[[float], float]) -> float:
    """Solve for a variance of at least 0."""
    if decreasing(0.0) <= 0:
        return 0.0
    high = 1.0
    while decreasing(high) > 0:
        high *= 4
        if high > 1e30:
            raise CannotAnswerError("the variance between studies has no limit", todo="check effects and errors")
    return float(brentq(decreasing, 0.0, high, xtol=1e-14 * high, rtol=1e-14, maxiter=500))


def _likelihood(y: FloatArray, v: FloatArray, x: FloatArray, method: TauMethod) -> float:
    """Fisher scoring from Hedges' estimate."""
    tau2 = between_variance(y, v, x, "HE")
    for _ in range(_ITERATIONS):
        weight = 1 / (v + tau2)
        projection = _projection(x, weight)
        inner = projection @ y
        if method == "REML":
            score = float(inner @ inner - np.trace(projection))
            information = float(np.sum(projection * projection.T))
        else:
            score, information = float(inner @ inner - weight.sum()), float(weight @ weight)
        step = score / information
        while tau2 + step < 0 and abs(step) > _CHANGE * max(tau2, 1e-12):
            step = -tau2 if tau2 < 1e-14 else step / 2
        tau2 = max(0.0, tau2 + step)
        if abs(step) <= _CHANGE * max(tau2, float(v.min())):
            return tau2 if tau2 > 1e-9 * float(v.min()) or score > 0 else 0.0
    raise CannotAnswerError(
        "the variance between studies did not converge", todo='use tau2="DL" or "PM", or fewer moderators'
    )
