"""Confidence limits of a Poisson rate, seven ways."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import gammaincc
from scipy.stats import chi2, poisson

from analyses.inputs import FloatArray
from analyses.options import quantile_of_level, require_known
from analyses.rates.counts import positive_values, whole_counts

RateInterval = Literal["exact", "mid-p", "byar", "rothman", "wald", "log-wald"]
"""How limits of a rate are computed; ``rothman`` is Byar's approximation with half an event more in both limits."""


def rate_limits(
    events: npt.ArrayLike,
    person_time: npt.ArrayLike,
    method: RateInterval = "exact",
    conf_level: float = 0.95,
) -> tuple[FloatArray, FloatArray]:
    """Compute confidence limits of rates.

    Parameters
    ----------
    events : array-like of int
        Numbers of events.
    person_time : array-like of float
        Time at risk, above zero; its unit is that of the rate.
    method : {"exact", "mid-p", "byar", "rothman", "wald", "log-wald"}
        How they are computed.
    conf_level : float
        Their level.

    Returns
    -------
    (numpy.ndarray, numpy.ndarray)
        Lower and upper limits; undefined (NaN) for ``log-wald`` without events.

    Raises
    ------
    UsageError
        The method or the level is unknown.
    CannotAnswerError
        Events are no counts, or person-time is not above zero.

    Notes
    -----
    Garwood (1936), Biometrika 28:437 (``exact``, R's ``poisson.test``); Breslow and Day (1987), Statistical methods in
    cancer research II, p. 69 (``byar``); Rothman, Greenland and Lash (2008), Modern epidemiology (``rothman``, R's
    ``epitools::pois.byar``; ``mid-p``, R's ``exactci::poisson.exact``).

    Examples
    --------
    >>> lower, upper = rate_limits([0, 5], [100, 1000])
    >>> lower.round(5), upper.round(5)
    (array([0.     , 0.00162]), array([0.03689, 0.01167]))
    """
    require_known("method", method, RateInterval)
    z = quantile_of_level(conf_level)
    counts, time = whole_counts("events", events), positive_values("person_time", person_time)
    tail = (1 - conf_level) / 2
    lower, upper = _of_count(counts, method, z, tail)
    return lower / time, upper / time


def _of_count(x: FloatArray, method: RateInterval, z: float, tail: float) -> tuple[FloatArray, FloatArray]:
    if method == "exact":
        return np.where(x > 0, chi2.ppf(tail, 2 * np.maximum(x, 0.5)) / 2, 0.0), chi2.isf(tail, 2 * (x + 1)) / 2
    if method == "mid-p":
        limits = np.array([_mid_p(int(count), tail) for count in x])
        return limits[:, 0], limits[:, 1]
    if method == "byar":
        return np.where(x > 0, _byar(np.maximum(x, 1), -z), 0.0), _byar(x + 1, z)
    if method == "rothman":
        return _byar(x + 0.5, -z), _byar(x + 0.5, z)
    if method == "wald":
        return x - z * np.sqrt(x), x + z * np.sqrt(x)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(x > 0, np.exp(z / np.sqrt(x)), np.nan)
    return x / factor, x * factor


def _byar(x: FloatArray, z: float) -> FloatArray:
    found: FloatArray = x * (1 - 1 / (9 * x) + z / (3 * np.sqrt(x))) ** 3
    return found


def _mid_p(x: int, tail: float) -> tuple[float, float]:
    """Means at which half the probability of the count, with all beyond it, is the tail."""
    if x == 0:
        return 0.0, float(-np.log(2 * tail))

    def above(mean: float) -> float:
        return float(poisson.sf(x, mean) + poisson.pmf(x, mean) / 2 - tail)

    def below(mean: float) -> float:
        return float(gammaincc(x, mean) + poisson.pmf(x, mean) / 2 - tail)

    low = float(chi2.ppf(tail, 2 * x)) / 2
    high = float(chi2.isf(tail, 2 * (x + 1))) / 2
    return (
        float(brentq(above, low / 2, x, xtol=1e-14 * x, rtol=8.9e-16)),
        float(brentq(below, x, 2 * high, xtol=1e-14 * x, rtol=8.9e-16)),
    )
