"""Multinomial logistic regression: an outcome of several categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from analyses.inputs import Factor, FloatArray, Missing, factor
from analyses.options import quantile_of_level
from analyses.regression.coefficients import Coefficients, coefficient_table
from analyses.regression.inputs import regression_input
from analyses.survival.cox.newton import inverse
from omop_etl.errors import CannotAnswerError, UsageError

_ITERATIONS = 100


@dataclass(frozen=True, kw_only=True)
class Multinomial(Coefficients):
    """Odds ratios against the base category: columns ``category, name, coef, se, z, p, estimate, lower, upper``.

    Attributes
    ----------
    loglik : float
        Log likelihood.
    """

    method: ClassVar[str] = "multinomial"
    title: ClassVar[str] = "Multinomial logistic regression"

    loglik: float

    @property
    def vcov(self) -> pd.DataFrame:
        """Covariance matrix of the coefficients, category by category."""
        names = [f"{row.category}: {row.name_}" for row in self.findings.rename(columns={"name": "name_"}).itertuples()]
        return pd.DataFrame(self.variance, index=names, columns=names)


def multinomial(
    data: Any,
    *,
    outcome: str,
    covariates: Sequence[str] = (),
    base: Any = None,
    reference: Mapping[str, Any] | None = None,
    weights: str | None = None,
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> Multinomial:
    """Fit a multinomial logistic model.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per observation.
    outcome : str
        Column of categories.
    covariates : sequence of str
        Columns, and products such as ``"arm:sex"``.
    base : object, optional
        Category that others are compared with; the first by default.
    reference : mapping, optional
        Reference level per categorical covariate.
    weights : str, optional
        Column of case weights.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    Multinomial
        One set of coefficients per category other than the base.

    Raises
    ------
    CannotAnswerError
        There is one category, a coefficient runs to infinity, or the data do not fit.

    Notes
    -----
    Agresti (2013), Categorical data analysis, chapter 8. Equals R's ``nnet::multinom``.

    Examples
    --------
    >>> data = {"exit": list("abcabcabca"), "age": [50, 61, 48, 70, 66, 59, 72, 55, 63, 68]}
    >>> multinomial(data, outcome="exit", covariates=["age"]).table[["category", "name", "coef", "se"]].round(3)
      category       name   coef     se
    0        b  intercept  5.331  7.298
    1        b        age -0.089  0.115
    2        c  intercept  9.422  7.556
    3        c        age -0.159  0.123
    """
    quantile_of_level(conf_level)
    checked = regression_input(
        data, outcome=outcome, covariates=covariates, reference=reference, weights=weights, missing=missing
    )
    categories = _ordered(factor(checked.frame, outcome), base, outcome)
    chosen = np.eye(len(categories))[categories.codes][:, 1:]
    coef, information, loglik = _maximum(checked.x, chosen, checked.weight)
    variance = inverse(information)
    names = checked.names * (len(categories) - 1)
    table = coefficient_table(names, coef, variance, conf_level)
    table.insert(0, "category", np.repeat(np.array(categories.levels[1:], dtype=object), len(checked.names)))
    return Multinomial(
        rows=checked.rows,
        settings={
            "outcome": outcome,
            "covariates": list(covariates),
            "base": categories.levels[0],
            "reference": dict(reference or {}),
            "weights": weights,
            "conf_level": conf_level,
        },
        findings=table,
        variance=variance,
        loglik=loglik,
    )


def _ordered(found: Factor, base: Any, column: str) -> Factor:
    if len(found) < 2:
        raise CannotAnswerError(
            "column {column} has the same value in all rows, so there is nothing to explain",
            todo="check the outcome and the filter that the data come from",
            column=column,
        )
    if base is None:
        return found
    if base not in found.levels:
        raise UsageError("the base category does not occur in {column}", todo="use one that does", column=column)
    first = found.levels.index(base)
    order = [first, *(at for at in range(len(found)) if at != first)]
    return Factor(np.argsort(order)[found.codes], tuple(found.levels[at] for at in order))


def _maximum(x: FloatArray, chosen: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Newton's method from zero; coefficients are ordered by category."""
    size, others = x.shape[1], chosen.shape[1]
    coef = np.zeros((others, size))
    loglik, probability = _evaluated(x, chosen, weight, coef)
    for _ in range(_ITERATIONS):
        score = (chosen - probability).T @ (x * weight[:, None])
        information = np.empty((others, size, others, size))
        for a in range(others):
            for b in range(others):
                spread = weight * probability[:, a] * ((a == b) - probability[:, b])
                information[a, :, b, :] = (x * spread[:, None]).T @ x
        flat = information.reshape(others * size, others * size)
        step = np.linalg.solve(flat, score.ravel()).reshape(others, size)
        length = float(step.ravel() @ score.ravel())
        if np.max(np.abs(coef + step)) * max(float(x.std(axis=0).max()), 1.0) > 1e4 or not np.isfinite(length):
            break
        if length <= 1e-18 * max(1.0, abs(loglik)):
            return coef.ravel(), flat, loglik
        for _ in range(30):
            reached, there = _evaluated(x, chosen, weight, coef + step)
            if reached >= loglik - 1e-12 * abs(loglik):
                break
            step = step / 2
        coef, loglik, probability = coef + step, reached, there
    raise CannotAnswerError(
        "the model did not converge: a coefficient runs to infinity (separation)",
        todo="merge rare categories or levels, or leave covariates out",
    )


def _evaluated(x: FloatArray, chosen: FloatArray, weight: FloatArray, coef: FloatArray) -> tuple[float, FloatArray]:
    eta = x @ coef.T
    total = logsumexp(np.column_stack([np.zeros(len(x)), eta]), axis=1)
    return float(weight @ (np.sum(chosen * eta, axis=1) - total)), np.exp(eta - total[:, None])
