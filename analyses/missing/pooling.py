"""Rubin's rules: one result from the results of several imputed data sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import t

from analyses.findings import Findings
from analyses.inputs import FloatArray, Rows
from analyses.notes import Note
from analyses.options import require_level
from omop_etl.errors import CannotAnswerError, UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels


@dataclass(frozen=True, kw_only=True)
class Pooled(Findings):
    """Pooled coefficients.

    Columns: ``name, estimate, se, t, df, p, lower, upper, ubar, b, total, riv, lambda, fmi``: variance within and
    between imputations and in all, relative increase in variance, share of it due to missing values, and fraction of
    missing information.

    Attributes
    ----------
    variance : numpy.ndarray
        Pooled covariance of the coefficients; undefined (NaN) beside the diagonal where only variances were given.
    """

    method: ClassVar[str] = "rubins_rules"
    title: ClassVar[str] = "Pooled over imputations"

    variance: FloatArray

    @property
    def vcov(self) -> pd.DataFrame:
        """Pooled covariance matrix."""
        names = self.findings["name"].tolist()
        return pd.DataFrame(self.variance, index=names, columns=names)

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the estimates with their limits."""
        from analyses.plots import estimate_chart

        return estimate_chart(self.findings[["name", "estimate", "lower", "upper"]], labels, null=0.0)


def pool(
    estimates: npt.ArrayLike,
    variances: npt.ArrayLike,
    *,
    names: Sequence[str] | None = None,
    complete_df: float = np.inf,
    conf_level: float = 0.95,
) -> Pooled:
    """Pool estimates of imputed data sets.

    Parameters
    ----------
    estimates : array-like of float
        One per imputation, shape (imputations,), or several, shape (imputations, coefficients).
    variances : array-like of float
        Their variances, in the same shape, or covariance matrices, shape (imputations, coefficients, coefficients).
    names : sequence of str, optional
        Names of the coefficients.
    complete_df : float
        Degrees of freedom that the complete data would have (residual ones of a linear model); infinite for large
        samples, as of logistic and Cox models.
    conf_level : float
        Level of the limits.

    Returns
    -------
    Pooled
        Estimates with t limits.

    Raises
    ------
    UsageError
        Shapes do not fit, or degrees of freedom are not above 0.
    CannotAnswerError
        There are fewer than two imputations, or a number is missing.

    Notes
    -----
    Rubin (1987), Multiple imputation for nonresponse in surveys; degrees of freedom by Barnard and Rubin (1999),
    Biometrika 86:948, Rubin's own where `complete_df` is infinite. Equals R's ``mice::pool``.

    Examples
    --------
    >>> found = pool([1.2, 1.35, 1.1, 1.28, 1.19], [0.04, 0.05, 0.045, 0.041, 0.048], complete_df=60)
    >>> found.table[["estimate", "se", "df", "riv", "fmi"]].round(4)
       estimate      se       df     riv     fmi
    0     1.224  0.2359  32.4044  0.2419  0.2403
    """
    require_level(conf_level)
    q, u = np.asarray(estimates, dtype=float), np.asarray(variances, dtype=float)
    if q.ndim == 1:
        q, u = q[:, None], u[:, None]
    if u.shape[:2] != q.shape or u.ndim > 3 or (u.ndim == 3 and u.shape[2] != q.shape[1]):
        raise UsageError("estimates and variances do not fit together", todo="give one variance for every estimate")
    if not complete_df > 0:
        raise UsageError("complete_df={df} is not above 0", todo="give residual degrees of freedom", df=complete_df)
    m, k = q.shape
    if m < 2:
        raise CannotAnswerError("one imputation does not say how imputations vary", todo="give several, such as 20")
    if not (np.isfinite(q).all() and np.isfinite(u).all()):
        raise CannotAnswerError(
            "some estimates or variances are missing or infinite",
            todo="look for a data set in which the model could not be fitted",
        )
    within = u.mean(axis=0)
    between = np.cov(q.T, ddof=1).reshape(k, k)
    ubar = within if within.ndim == 1 else np.diag(within)
    b = np.diag(between)
    total = ubar + (1 + 1 / m) * b
    matrix = np.full((k, k), np.nan) if within.ndim == 1 else within + (1 + 1 / m) * between
    np.fill_diagonal(matrix, total)
    return _pooled(names, q.mean(axis=0), ubar, b, total, matrix, m, complete_df, conf_level)


def pool_models(models: Sequence[Any], *, complete_df: float | None = None, conf_level: float = 0.95) -> Pooled:
    """Pool models of this library that were fitted to imputed data sets.

    Parameters
    ----------
    models : sequence
        Models with a ``table`` with the columns ``name`` and ``coef``, and ``vcov``: `glm`, `cox`, `gee` and others.
    complete_df : float, optional
        Degrees of freedom that the complete data would have; by default the residual ones of a Gaussian model, infinite
        for others.
    conf_level : float
        Level of the limits.

    Returns
    -------
    Pooled
        Pooled coefficients, on the scale of the models' coefficients.

    Raises
    ------
    UsageError
        The models have other coefficients.
    CannotAnswerError
        There are fewer than two, or one has coefficients that are undefined or infinite.

    Examples
    --------
    >>> from analyses.regression import glm
    >>> filled = [{"cost": [5, 9, 4, 8, 7], "age": [50, 62, 48, 71, age]} for age in (60, 66, 63)]
    >>> models = [glm(data, outcome="cost", covariates=["age"], family="gaussian") for data in filled]
    >>> pool_models(models).table[["name", "estimate", "se", "df"]].round(3)
            name  estimate     se     df
    0  intercept    -4.160  3.849  1.966
    1        age     0.183  0.065  1.946
    """
    if not models:
        raise CannotAnswerError("there is no model to pool", todo="give one per imputed data set")
    names = models[0].table["name"].tolist()
    if any(model.table["name"].tolist() != names for model in models):
        raise UsageError(
            "the models have other coefficients",
            todo="fit the same model to every data set; a level may be missing in one of them",
        )
    df = complete_df
    if df is None:
        gaussian = models[0].settings.get("family") == "gaussian"
        df = float(models[0].residual_df) if gaussian else np.inf
    return pool(
        [model.table["coef"].to_numpy() for model in models],
        [model.vcov.to_numpy() for model in models],
        names=names,
        complete_df=df,
        conf_level=conf_level,
    )


def _pooled(
    names: Sequence[str] | None,
    qbar: FloatArray,
    ubar: FloatArray,
    b: FloatArray,
    total: FloatArray,
    matrix: FloatArray,
    m: int,
    complete_df: float,
    conf_level: float,
) -> Pooled:
    with np.errstate(divide="ignore", invalid="ignore"):
        riv = (1 + 1 / m) * b / ubar
        share = (1 + 1 / m) * b / total
        df = _degrees_of_freedom(share, m, complete_df)
        fmi = (riv + 2 / (df + 3)) / (riv + 1)
        se = np.sqrt(total)
        statistic = qbar / se
    half = t.ppf((1 + conf_level) / 2, df) * se
    table = pd.DataFrame(
        {
            "name": list(names) if names is not None else [str(at + 1) for at in range(len(qbar))],
            "estimate": qbar,
            "se": se,
            "t": statistic,
            "df": df,
            "p": 2 * t.sf(np.abs(statistic), df),
            "lower": qbar - half,
            "upper": qbar + half,
            "ubar": ubar,
            "b": b,
            "total": total,
            "riv": riv,
            "lambda": share,
            "fmi": fmi,
        }
    )
    worst = float(np.nanmax(fmi))
    note = Note(
        "up to {share:.0%} of the information is missing: {imputations} imputations are few",
        code="few_imputations",
        share=worst,
        imputations=m,
    )
    return Pooled(
        rows=Rows(m, m),
        settings={"imputations": m, "complete_df": complete_df, "conf_level": conf_level},
        notes=(note,) if m < 100 * worst else (),
        findings=table,
        variance=matrix,
    )


def _degrees_of_freedom(share: FloatArray, m: int, complete: float) -> FloatArray:
    old = (m - 1) / share**2
    if np.isinf(complete):
        return old
    observed = (complete + 1) / (complete + 3) * complete * (1 - share)
    found: FloatArray = np.where(np.isinf(old), observed, old * observed / (old + observed))
    return found
