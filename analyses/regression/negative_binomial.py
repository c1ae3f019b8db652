"""Negative binomial regression: counts that vary more than Poisson's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy.special import digamma, polygamma

from analyses.inputs import FloatArray, Missing
from analyses.options import quantile_of_level
from analyses.regression.coefficients import Coefficients, coefficient_table
from analyses.regression.families import FAMILIES, FixedNegativeBinomial, Outcome
from analyses.regression.inputs import outcome_of, regression_input
from analyses.regression.irls import GlmFit, fit_glm
from analyses.regression.links import LINKS
from analyses.survival.cox.newton import inverse
from omop_etl.errors import CannotAnswerError

_ITERATIONS = 200
_POISSON = 1e7
"""Theta beyond which counts vary no more than Poisson's."""


@dataclass(frozen=True, kw_only=True)
class NegativeBinomial(Coefficients):
    """Rate ratios: columns ``name, coef, se, z, p, estimate, lower, upper``.

    Attributes
    ----------
    theta, theta_se : float
        The variance is mean + mean² / theta.
    loglik, deviance, aic : float
        Log likelihood, deviance and Akaike's criterion, theta counted as a parameter.
    """

    method: ClassVar[str] = "negative_binomial"
    title: ClassVar[str] = "Negative binomial regression"

    theta: float
    theta_se: float
    loglik: float
    deviance: float
    aic: float

    @property
    def alpha(self) -> float:
        """Inverse of theta."""
        return 1 / self.theta


def negative_binomial(
    data: Any,
    *,
    outcome: str,
    covariates: Sequence[str] = (),
    offset: str | None = None,
    weights: str | None = None,
    reference: Mapping[str, Any] | None = None,
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> NegativeBinomial:
    """Fit a negative binomial model (NB2) with log link.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per observation.
    outcome : str
        Column of counts.
    covariates : sequence of str
        Columns, and products such as ``"arm:sex"``.
    offset : str, optional
        Column of a known part of the predictor, such as the logarithm of person-time.
    weights : str, optional
        Column of case weights.
    reference : mapping, optional
        Reference level per categorical column.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    NegativeBinomial
        Coefficients; standard errors take theta as known, as it is independent of them.

    Raises
    ------
    CannotAnswerError
        The outcome holds no counts, they vary no more than Poisson's, or the data do not fit.

    Notes
    -----
    Venables and Ripley (2002), Modern applied statistics with S, section 7.4. Equals R's ``MASS::glm.nb``.

    Examples
    --------
    >>> data = {"visits": [0, 3, 1, 12, 5, 0, 7, 2, 20, 1], "arm": list("ababababab")}
    >>> negative_binomial(data, outcome="visits", covariates=["arm"]).table[["name", "coef", "se"]].round(3)
            name   coef     se
    0  intercept  1.887  0.537
    1     arm[b] -0.606  0.776
    """
    quantile_of_level(conf_level)
    checked = regression_input(
        data,
        outcome=outcome,
        covariates=covariates,
        reference=reference,
        offset=offset,
        weights=weights,
        missing=missing,
    )
    response = outcome_of(checked, outcome, "poisson")
    fit, theta = _alternate(checked.x, response, checked.offset, outcome)
    _, curvature = _theta_score(theta, response, fit.mean)
    variance = inverse(fit.information)
    return NegativeBinomial(
        rows=checked.rows,
        settings={
            "outcome": outcome,
            "covariates": list(covariates),
            "offset": offset,
            "weights": weights,
            "reference": dict(reference or {}),
            "conf_level": conf_level,
        },
        findings=coefficient_table(checked.names, fit.coef, variance, conf_level),
        further={
            "fit": pd.DataFrame([{"theta": theta, "theta_se": 1 / np.sqrt(curvature), "loglik": fit.loglik}]),
        },
        variance=variance,
        theta=theta,
        theta_se=float(1 / np.sqrt(curvature)),
        loglik=fit.loglik,
        deviance=fit.deviance,
        aic=-2 * fit.loglik + 2 * (len(fit.coef) + 1),
    )


def _alternate(x: FloatArray, response: Outcome, offset: FloatArray, column: str) -> tuple[GlmFit, float]:
    """Fit coefficients given theta and theta given coefficients until neither moves."""
    fit = fit_glm(x, response, FAMILIES["poisson"], LINKS["log"], offset)
    theta = float(response.weight.sum() / np.sum(response.weight * (response.value / fit.mean - 1) ** 2))
    for _ in range(_ITERATIONS):
        last, before = theta, fit.coef
        theta = _theta(theta, response, fit.mean, column)
        fit = fit_glm(x, response, FixedNegativeBinomial(theta), LINKS["log"], offset, fit.coef)
        if fit.running.any():
            raise CannotAnswerError(
                "a coefficient runs to infinity: a level has no events",
                todo="merge levels without events into others, or leave the covariate out",
            )
        if abs(theta - last) <= 1e-12 * theta and np.max(np.abs(fit.coef - before)) <= 1e-12:
            return fit, theta
    raise CannotAnswerError("the model did not converge", todo="use fewer covariates, or a Poisson model")


def _theta(start: float, response: Outcome, mean: FloatArray, column: str) -> float:
    """Maximise the likelihood of theta by Newton's method."""
    theta = max(start, 1e-4)
    for _ in range(_ITERATIONS):
        score, curvature = _theta_score(theta, response, mean)
        step = score / curvature if curvature > 0 else np.copysign(theta / 2, score)
        step = min(max(step, -theta / 2), 2 * theta)
        theta += step
        if theta > _POISSON:
            raise CannotAnswerError(
                "the counts of column {column} vary no more than Poisson's, so theta runs to infinity",
                todo='use glm with family="poisson"',
                column=column,
            )
        if abs(step) <= 1e-14 * theta:
            return theta
    return theta


def _theta_score(theta: float, response: Outcome, mean: FloatArray) -> tuple[float, float]:
    """Derivative of the log likelihood by theta and its negative second derivative."""
    y, weight = response.value, response.weight
    score = (
        digamma(theta + y) - digamma(theta) + np.log(theta) + 1 - np.log(theta + mean) - (y + theta) / (mean + theta)
    )
    second = (
        -polygamma(1, theta + y)
        + polygamma(1, theta)
        - 1 / theta
        + 2 / (mean + theta)
        - (y + theta) / (mean + theta) ** 2
    )
    return float(weight @ score), float(weight @ second)
