"""Logistic regression with a random intercept per cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.polynomial.hermite_e import hermegauss
from scipy.optimize import minimize
from scipy.special import expit

from analyses.inputs import FloatArray, IntArray, Missing
from analyses.options import quantile_of_level
from analyses.regression.coefficients import Coefficients, coefficient_table
from analyses.regression.families import FAMILIES
from analyses.regression.inputs import outcome_of, regression_input
from analyses.regression.irls import fit_glm
from analyses.regression.links import LINKS
from omop_etl.errors import CannotAnswerError, UsageError


@dataclass(frozen=True, kw_only=True)
class MixedLogistic(Coefficients):
    """Odds ratios given the cluster: columns ``name, coef, se, z, p, estimate, lower, upper``.

    Attributes
    ----------
    sd : float
        Standard deviation of the random intercept.
    loglik : float
        Log likelihood.
    """

    method: ClassVar[str] = "mixed_logistic"
    title: ClassVar[str] = "Logistic regression with a random intercept"

    sd: float
    loglik: float


def mixed_logistic(
    data: Any,
    *,
    outcome: str,
    cluster: str,
    covariates: Sequence[str] = (),
    points: int = 25,
    reference: Mapping[str, Any] | None = None,
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> MixedLogistic:
    """Fit a logistic model with a normal random intercept per cluster.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per observation.
    outcome, cluster : str
        Columns of the outcome (0 or 1) and of what belongs together.
    covariates : sequence of str
        Columns, and products such as ``"arm:sex"``.
    points : int
        Points of the adaptive Gauss-Hermite quadrature; 1 is Laplace's approximation.
    reference : mapping, optional
        Reference level per categorical column.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    MixedLogistic
        Coefficients, with standard errors from the curvature of the likelihood.

    Raises
    ------
    CannotAnswerError
        The data do not fit, every cluster has one row, or there is no maximum.

    Notes
    -----
    Pinheiro and Bates (1995), J Comput Graph Stat 4:12. As R's ``lme4::glmer(nAGQ = points)``.

    Examples
    --------
    >>> data = {"ill": [1, 1, 1, 0, 0, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 0, 0, 1], "id": [i // 3 for i in range(18)],
    ...         "visit": [0, 1, 2] * 6}
    >>> model = mixed_logistic(data, outcome="ill", cluster="id", covariates=["visit"])
    >>> model.table[["name", "coef", "se"]].round(2)
            name  coef    se
    0  intercept  0.38  0.88
    1      visit -0.38  0.64
    """
    quantile_of_level(conf_level)
    if points < 1:
        raise UsageError("points={points} is below 1", todo="use 25, for example", points=points)
    checked = regression_input(
        data, outcome=outcome, covariates=covariates, reference=reference, cluster=cluster, missing=missing
    )
    assert checked.cluster is not None
    if len(checked.cluster) == len(checked.x):
        raise CannotAnswerError("every cluster of column {column} has one row", todo="use glm instead", column=cluster)
    response = outcome_of(checked, outcome, "binomial")
    start = fit_glm(checked.x, response, FAMILIES["binomial"], LINKS["logit"])
    if start.running.any():
        raise CannotAnswerError(
            "a coefficient runs to infinity, because a covariate tells the outcomes apart (separation)",
            todo="merge levels or leave the covariate out",
        )
    target = _Marginal(checked.x, response.value, checked.cluster.codes, points)
    scale = np.append(np.sqrt(np.diag(np.linalg.inv(start.information))), 1.0)
    found = minimize(
        lambda at: target.negative(at * scale),
        np.append(start.coef, 0.0) / scale,
        method="BFGS",
        options={"gtol": 1e-5},
    )
    best = _polished(target, found.x * scale, scale)
    variance = np.linalg.inv(_hessian(target, best, scale))
    if not np.all(np.diag(variance) > 0):
        raise CannotAnswerError("the likelihood has no maximum", todo="use fewer covariates, or glm with cluster")
    size = checked.x.shape[1]
    sd, loglik = float(np.exp(best[-1])), -target.negative(best)
    return MixedLogistic(
        rows=checked.rows,
        settings={
            "outcome": outcome,
            "cluster": cluster,
            "covariates": list(covariates),
            "points": points,
            "reference": dict(reference or {}),
            "conf_level": conf_level,
        },
        findings=coefficient_table(checked.names, best[:-1], variance[:size, :size], conf_level),
        further={"random": pd.DataFrame([{"sd": sd, "loglik": loglik, "clusters": len(checked.cluster)}])},
        variance=variance[:size, :size],
        sd=sd,
        loglik=loglik,
    )


class _Marginal:
    """Negative log likelihood with the random intercepts integrated out around their modes."""

    def __init__(self, x: FloatArray, y: FloatArray, cluster: IntArray, points: int) -> None:
        self.x, self.y, self.cluster = x, y, cluster
        self.clusters = int(cluster.max()) + 1
        node, weight = hermegauss(points)
        self.node, self.log_weight = node, np.log(weight) + node**2 / 2
        self.mode = np.zeros(self.clusters)

    def negative(self, at: FloatArray) -> float:
        eta, sd = self.x @ at[:-1], float(np.exp(np.clip(at[-1], -10, 5)))
        spread = self._find_modes(eta, sd)
        u = self.mode[:, None] + spread[:, None] * self.node
        total = -(u**2) / 2 - np.log(2 * np.pi) / 2 + np.log(spread)[:, None] + self.log_weight
        for column in range(u.shape[1]):
            predictor = eta + sd * u[self.cluster, column]
            row = self.y * predictor - np.logaddexp(0, predictor)
            total[:, column] += np.bincount(self.cluster, weights=row, minlength=self.clusters)
        most = total.max(axis=1)
        return -float(np.sum(most + np.log(np.sum(np.exp(total - most[:, None]), axis=1))))

    def _find_modes(self, eta: FloatArray, sd: float) -> FloatArray:
        """Newton's method for all clusters at once; gives the spread of each around its mode."""
        u = self.mode
        for _ in range(100):
            p = expit(eta + sd * u[self.cluster])
            score = sd * np.bincount(self.cluster, weights=self.y - p, minlength=self.clusters) - u
            information = sd**2 * np.bincount(self.cluster, weights=p * (1 - p), minlength=self.clusters) + 1
            step = np.clip(score / information, -2, 2)
            u = u + step
            if np.max(np.abs(step)) < 1e-13:
                break
        self.mode = u
        p = expit(eta + sd * u[self.cluster])
        information = sd**2 * np.bincount(self.cluster, weights=p * (1 - p), minlength=self.clusters) + 1
        return np.asarray(1 / np.sqrt(information))


def _polished(target: _Marginal, at: FloatArray, scale: FloatArray) -> FloatArray:
    """Two Newton steps with numerical derivatives, where they lower the target."""
    for _ in range(2):
        hessian, gradient = _hessian(target, at, scale), _gradient(target, at, scale)
        step = -np.linalg.solve(hessian, gradient)
        if target.negative(at + step) <= target.negative(at):
            at = at + step
    return at


def _gradient(target: _Marginal, at: FloatArray, scale: FloatArray) -> FloatArray:
    move = np.diag(1e-4 * scale)
    return np.array(
        [(target.negative(at + row) - target.negative(at - row)) / (2 * row[number]) for number, row in enumerate(move)]
    )


def _hessian(target: _Marginal, at: FloatArray, scale: FloatArray) -> FloatArray:
    size = len(at)
    step = 1e-3 * scale
    found = np.empty((size, size))
    for a in range(size):
        for b in range(a + 1):
            i, j = np.zeros(size), np.zeros(size)
            i[a], j[b] = step[a], step[b]
            corners = (
                target.negative(at + i + j)
                - target.negative(at + i - j)
                - target.negative(at - i + j)
                + target.negative(at - i - j)
            )
            found[a, b] = found[b, a] = corners / (4 * step[a] * step[b])
    return found
