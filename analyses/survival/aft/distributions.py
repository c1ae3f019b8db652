"""The distributions of parametric models: density and tail of the standardised error, and its scale of time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit, log_ndtr
from scipy.stats import norm

from analyses.inputs import FloatArray

AftDistribution = Literal["weibull", "exponential", "rayleigh", "lognormal", "loglogistic", "gaussian", "logistic"]
"""Distribution of the time; those from ``lognormal`` to ``logistic`` have no proportional hazards."""

Function = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class ErrorDistribution:
    """Distribution of the standardised error W.

    Attributes
    ----------
    log_density, slope, curvature : callable
        Logarithm of the density, its first and second derivative.
    log_upper, log_lower : callable
        Logarithm of P(W > z) and of P(W < z).
    quantile : callable
        Value below which W falls with a given probability.
    """

    log_density: Function
    slope: Function
    curvature: Function
    log_upper: Function
    log_lower: Function
    quantile: Function


def _log_lower_extreme(z: FloatArray) -> FloatArray:
    found: FloatArray = np.log(-np.expm1(-np.exp(z)))
    return found


EXTREME = ErrorDistribution(
    log_density=lambda z: z - np.exp(z),
    slope=lambda z: 1 - np.exp(z),
    curvature=lambda z: -np.exp(z),
    log_upper=lambda z: -np.exp(z),
    log_lower=_log_lower_extreme,
    quantile=lambda p: np.log(-np.log1p(-p)),
)
GAUSSIAN = ErrorDistribution(
    log_density=lambda z: -(z**2) / 2 - np.log(2 * np.pi) / 2,
    slope=lambda z: -z,
    curvature=lambda z: -np.ones_like(z),
    log_upper=lambda z: log_ndtr(-z),
    log_lower=log_ndtr,
    quantile=norm.ppf,
)
LOGISTIC = ErrorDistribution(
    log_density=lambda z: -np.logaddexp(0, z) - np.logaddexp(0, -z),
    slope=lambda z: 1 - 2 * expit(z),
    curvature=lambda z: -2 * expit(z) * expit(-z),
    log_upper=lambda z: -np.logaddexp(0, z),
    log_lower=lambda z: -np.logaddexp(0, -z),
    quantile=lambda p: np.log(p) - np.log1p(-p),
)


@dataclass(frozen=True)
class Family:
    """A distribution of time.

    Attributes
    ----------
    error : ErrorDistribution
        Distribution of the standardised error.
    log_time : bool
        Whether the model is of the logarithm of time.
    fixed_scale : float or None
        The scale, where it is not estimated.
    """

    error: ErrorDistribution
    log_time: bool = True
    fixed_scale: float | None = None

    @property
    def proportional_hazards(self) -> bool:
        """Whether coefficients say hazard ratios too."""
        return self.error is EXTREME and self.log_time


FAMILIES: dict[str, Family] = {
    "weibull": Family(EXTREME),
    "exponential": Family(EXTREME, fixed_scale=1.0),
    "rayleigh": Family(EXTREME, fixed_scale=0.5),
    "lognormal": Family(GAUSSIAN),
    "loglogistic": Family(LOGISTIC),
    "gaussian": Family(GAUSSIAN, log_time=False),
    "logistic": Family(LOGISTIC, log_time=False),
}
