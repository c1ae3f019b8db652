"""Links between a mean and a linear predictor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit, logit, ndtr
from scipy.stats import norm

from analyses.inputs import FloatArray

LinkName = Literal["logit", "probit", "cloglog", "log", "identity", "inverse"]
"""How the mean depends on the linear predictor."""


@dataclass(frozen=True)
class Link:
    """A link.

    Attributes
    ----------
    name : str
        Its name.
    of_mean, mean, slope : callable
        Linear predictor of a mean, mean of a linear predictor, and the derivative of the latter.
    exponential : bool
        Whether exponentials of coefficients are ratios.
    """

    name: str
    of_mean: Callable[[FloatArray], FloatArray]
    mean: Callable[[FloatArray], FloatArray]
    slope: Callable[[FloatArray], FloatArray]
    exponential: bool


def _logit_slope(eta: FloatArray) -> FloatArray:
    found: FloatArray = expit(eta) * expit(-eta)
    return found


LINKS: dict[str, Link] = {
    "logit": Link("logit", logit, expit, _logit_slope, True),
    "probit": Link("probit", norm.ppf, ndtr, norm.pdf, False),
    "cloglog": Link(
        "cloglog",
        lambda mean: np.log(-np.log1p(-mean)),
        lambda eta: -np.expm1(-np.exp(eta)),
        lambda eta: np.exp(eta - np.exp(eta)),
        True,
    ),
    "log": Link("log", np.log, np.exp, np.exp, True),
    "inverse": Link("inverse", lambda mean: 1 / mean, lambda eta: 1 / eta, lambda eta: -1 / eta**2, False),
    "identity": Link("identity", lambda mean: mean, lambda eta: eta, np.ones_like, False),
}
