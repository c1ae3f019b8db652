"""Generalised estimating equations: regression of outcomes that are correlated within clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from analyses.inputs import FloatArray, IntArray, Missing
from analyses.options import quantile_of_level, require_known
from analyses.regression.coefficients import Coefficients, coefficient_table
from analyses.regression.families import FAMILIES, FamilyName, Outcome, OutcomeFamily
from analyses.regression.inputs import outcome_of, regression_input
from analyses.regression.irls import fit_glm
from analyses.regression.links import LINKS, Link, LinkName
from omop_etl.errors import CannotAnswerError

Correlation = Literal["independence", "exchangeable", "ar1"]
"""Working correlation within a cluster; ``ar1`` falls with the distance of rows, in their order."""

_ITERATIONS = 200


@dataclass(frozen=True, kw_only=True)
class GeeModel(Coefficients):
    """Population-averaged coefficients: columns ``name, coef, se, z, p, estimate, lower, upper``; errors are robust.

    Attributes
    ----------
    alpha : float
        Working correlation, 0 under independence.
    phi : float
        Dispersion.
    """

    method: ClassVar[str] = "gee"
    title: ClassVar[str] = "Generalised estimating equations"

    alpha: float
    phi: float


def gee(
    data: Any,
    *,
    outcome: str,
    cluster: str,
    covariates: Sequence[str] = (),
    family: FamilyName = "binomial",
    link: LinkName | None = None,
    correlation: Correlation = "exchangeable",
    offset: str | None = None,
    reference: Mapping[str, Any] | None = None,
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> GeeModel:
    """Fit a population-averaged model of clustered outcomes.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per observation; for ``ar1`` in their order within a cluster.
    outcome, cluster : str
        Columns of the outcome and of what belongs together, such as the person.
    covariates : sequence of str
        Columns, and products such as ``"arm:sex"``.
    family : {"binomial", "poisson", "gaussian", "gamma"}
        Distribution.
    link : {"logit", "probit", "cloglog", "log", "identity", "inverse"}, optional
        Link; by default logit, log, identity and log.
    correlation : {"independence", "exchangeable", "ar1"}
        Working correlation.
    offset : str, optional
        Column of a known part of the predictor.
    reference : mapping, optional
        Reference level per categorical column.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    GeeModel
        Coefficients with sandwich errors.

    Raises
    ------
    CannotAnswerError
        The data do not fit, every cluster has one row, or the equations have no solution.

    Notes
    -----
    Liang and Zeger (1986), Biometrika 73:13. Correlation by least squares of products of Pearson residuals over all
    pairs of a cluster, dispersion by their mean square, as R's ``geepack::geeglm``.

    Examples
    --------
    >>> data = {"ill": [1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0], "id": [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6],
    ...         "visit": [0, 1] * 6}
    >>> gee(data, outcome="ill", cluster="id", covariates=["visit"]).table[["name", "coef", "se"]].round(3)
            name   coef     se
    0  intercept  0.693  0.866
    1      visit -1.386  0.866
    """
    require_known("family", family, FamilyName)
    require_known("correlation", correlation, Correlation)
    chosen = FAMILIES[family].link if link is None else link
    require_known("link", chosen, LinkName)
    quantile_of_level(conf_level)
    checked = regression_input(
        data,
        outcome=outcome,
        covariates=covariates,
        reference=reference,
        offset=offset,
        cluster=cluster,
        missing=missing,
    )
    assert checked.cluster is not None
    response = outcome_of(checked, outcome, family)
    batches = _batches(checked.cluster.codes)
    if correlation != "independence" and all(batch.shape[1] == 1 for batch in batches):
        raise CannotAnswerError(
            "every cluster of column {column} has one row",
            todo='use glm, or correlation="independence"',
            column=cluster,
        )
    equations = _Equations(checked.x, response, checked.offset, FAMILIES[family], LINKS[chosen], batches, correlation)
    coef, alpha, phi, variance = equations.solve()
    return GeeModel(
        rows=checked.rows,
        settings={
            "outcome": outcome,
            "cluster": cluster,
            "covariates": list(covariates),
            "family": family,
            "link": chosen,
            "correlation": correlation,
            "offset": offset,
            "reference": dict(reference or {}),
            "conf_level": conf_level,
        },
        findings=coefficient_table(checked.names, coef, variance, conf_level),
        further={"correlation": pd.DataFrame([{"alpha": alpha, "phi": phi}])},
        variance=variance,
        alpha=alpha,
        phi=phi,
    )


def _batches(cluster: IntArray) -> list[IntArray]:
    """Rows of all clusters of the same size together, shape (clusters, size)."""
    order = np.argsort(cluster, kind="stable")
    size = np.bincount(cluster)
    starts = np.cumsum(size) - size
    return [order[starts[size == n][:, None] + np.arange(n)] for n in np.unique(size[size > 0])]


class _Equations:
    """The estimating equations of coefficients, correlation and dispersion."""

    def __init__(
        self,
        x: FloatArray,
        response: Outcome,
        offset: FloatArray,
        family: OutcomeFamily,
        link: Link,
        batches: list[IntArray],
        correlation: Correlation,
    ) -> None:
        self.x, self.response, self.offset = x, response, offset
        self.family, self.link, self.batches, self.correlation = family, link, batches, correlation

    def solve(self) -> tuple[FloatArray, float, float, FloatArray]:
        """Alternate between coefficients and correlation until neither moves; then the sandwich."""
        coef = fit_glm(self.x, self.response, self.family, self.link, self.offset).coef
        alpha = 0.0
        for _ in range(_ITERATIONS):
            residual, design = self._standardised(coef)
            phi = float(np.mean(residual**2))
            before = alpha
            alpha = self._alpha(residual, phi, alpha)
            bread, score, _ = self._sums(residual, design, alpha)
            step = np.linalg.solve(bread, score)
            coef = coef + step
            if float(step @ score) <= 1e-22 * max(1.0, len(self.x)) and abs(alpha - before) <= 1e-13:
                residual, design = self._standardised(coef)
                bread, _, middle = self._sums(residual, design, alpha)
                inverse = np.linalg.inv(bread)
                return coef, alpha, float(np.mean(residual**2)), inverse @ middle @ inverse
        raise CannotAnswerError("the equations did not converge", todo="use another working correlation")

    def _standardised(self, coef: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Pearson residuals and the design matrix on their scale."""
        eta = self.x @ coef + self.offset
        mean = self.link.mean(eta)
        spread = np.sqrt(self.family.variance(mean))
        residual: FloatArray = (self.response.value - mean) / spread
        return residual, self.x * (self.link.slope(eta) / spread)[:, None]

    def _alpha(self, residual: FloatArray, phi: float, start: float) -> float:
        if self.correlation == "independence":
            return 0.0
        products, distances = [], []
        for rows in self.batches:
            first, second = np.triu_indices(rows.shape[1], 1)
            products.append((residual[rows[:, first]] * residual[rows[:, second]]).sum(axis=0) / phi)
            distances.append(np.column_stack([second - first, np.full(len(first), len(rows))]))
        total = np.concatenate(products)
        lag, count = np.concatenate(distances).T
        if self.correlation == "exchangeable":
            return float(total.sum() / count.sum())
        by_lag = np.bincount(lag, weights=total)[1:]
        pairs = np.bincount(lag, weights=count)[1:]
        return _autoregressive(by_lag / np.maximum(pairs, 1), pairs, start)

    def _sums(
        self, residual: FloatArray, design: FloatArray, alpha: float
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Information, score, and sum of squares of the scores of clusters."""
        k = design.shape[1]
        bread, score, middle = np.zeros((k, k)), np.zeros(k), np.zeros((k, k))
        for rows in self.batches:
            inverse = np.linalg.inv(self._working(rows.shape[1], alpha))
            own = design[rows]
            weighted = np.einsum("st,ctk->csk", inverse, own)
            bread += np.einsum("csk,csl->kl", weighted, own)
            by_cluster = np.einsum("csk,cs->ck", weighted, residual[rows])
            score += by_cluster.sum(axis=0)
            middle += by_cluster.T @ by_cluster
        return bread, score, middle

    def _working(self, size: int, alpha: float) -> FloatArray:
        at = np.arange(size)
        if self.correlation == "exchangeable":
            return np.where(at[:, None] == at, 1.0, alpha)
        return np.asarray(alpha ** np.abs(at[:, None] - at)) if self.correlation == "ar1" else np.eye(size)


def _autoregressive(mean: FloatArray, pairs: FloatArray, start: float) -> float:
    """Least squares of mean products at lag 1, 2, ... on powers of the correlation."""
    lag = np.arange(1, len(mean) + 1)
    alpha = start if start else float(mean[0])
    for _ in range(200):
        slope = lag * alpha ** (lag - 1)
        step = float(np.sum(pairs * slope * (mean - alpha**lag)) / np.sum(pairs * slope**2))
        alpha = float(np.clip(alpha + step, -0.999, 0.999))
        if abs(step) < 1e-15:
            break
    return alpha
