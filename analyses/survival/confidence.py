"""Pointwise confidence limits of a probability, on the scale of one's choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from analyses.inputs import FloatArray
from analyses.options import quantile_of_level, require_known

ConfidenceType = Literal["plain", "log", "log-log", "logit", "arcsin"]
"""Scale on which a limit is symmetric."""

_Limits = Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]


def confidence_limits(
    probability: FloatArray,
    log_se: FloatArray,
    conf_type: ConfidenceType,
    conf_level: float,
    *,
    at_most_one: bool = True,
) -> tuple[FloatArray, FloatArray]:
    """Compute confidence limits of a survival probability.

    Parameters
    ----------
    probability : numpy.ndarray
        Estimated probabilities.
    log_se : numpy.ndarray
        Standard errors of their logarithms.
    conf_type : {"plain", "log", "log-log", "logit", "arcsin"}
        Scale of the limits.
    conf_level : float
        Two-sided confidence level.
    at_most_one : bool
        Cut limits of the types ``plain`` and ``log`` at 1.

    Returns
    -------
    (numpy.ndarray, numpy.ndarray)
        Lower and upper limits; undefined (NaN) where the probability is 0, and for ``log-log``, ``logit`` and
        ``arcsin`` where it is 1.

    Notes
    -----
    ``log-log``: Kalbfleisch and Prentice (1980); ``arcsin`` and ``log``: Borgan and Liestøl (1990), Scand J Stat 17:35.

    Examples
    --------
    >>> lower, upper = confidence_limits(np.array([0.8]), np.array([0.1]), "log", 0.95)
    >>> lower.round(4), upper.round(4)
    (array([0.6576]), array([0.9732]))
    """
    require_known("conf_type", conf_type, ConfidenceType)
    z = quantile_of_level(conf_level)
    with np.errstate(divide="ignore", invalid="ignore"):
        lower, upper = _LIMITS[conf_type](probability, z * log_se)
    undefined = probability == 0
    lower, upper = np.where(undefined, np.nan, lower), np.where(undefined, np.nan, upper)
    if conf_type in ("plain", "log"):
        lower = np.maximum(lower, 0)
        if at_most_one:
            upper = np.minimum(upper, 1)
    return lower, upper


def _plain(p: FloatArray, half_width: FloatArray) -> tuple[FloatArray, FloatArray]:
    return p - half_width * p, p + half_width * p


def _log(p: FloatArray, half_width: FloatArray) -> tuple[FloatArray, FloatArray]:
    return p * np.exp(-half_width), p * np.exp(half_width)


def _log_log(p: FloatArray, half_width: FloatArray) -> tuple[FloatArray, FloatArray]:
    scaled = half_width / np.log(p)
    centre = np.log(-np.log(p))
    return np.exp(-np.exp(centre - scaled)), np.exp(-np.exp(centre + scaled))


def _logit(p: FloatArray, half_width: FloatArray) -> tuple[FloatArray, FloatArray]:
    scaled = half_width / (1 - p)
    centre = np.log(p / (1 - p))
    return 1 / (1 + np.exp(scaled - centre)), 1 / (1 + np.exp(-scaled - centre))


def _arcsin(p: FloatArray, half_width: FloatArray) -> tuple[FloatArray, FloatArray]:
    scaled = 0.5 * half_width * np.sqrt(p / (1 - p))
    centre = np.arcsin(np.sqrt(p))
    return np.sin(np.maximum(0, centre - scaled)) ** 2, np.sin(np.minimum(np.pi / 2, centre + scaled)) ** 2


_LIMITS: dict[str, _Limits] = {
    "plain": _plain,
    "log": _log,
    "log-log": _log_log,
    "logit": _logit,
    "arcsin": _arcsin,
}
