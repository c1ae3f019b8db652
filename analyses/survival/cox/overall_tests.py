"""Tests of the coefficients of a Cox model."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import chi2

from analyses.inputs import FloatArray
from analyses.survival.cox.newton import inverse
from analyses.survival.cox.robust import score_residuals, summed_within
from analyses.survival.cox.set_means import set_means
from analyses.survival.cox.state import FittedState


def wald_test(coefficients: FloatArray, variance: FloatArray, at: list[int]) -> tuple[float, int, float]:
    """Test that given coefficients are all zero; gives chi-square, degrees of freedom, p."""
    part = coefficients[at]
    chisq = float(part @ np.linalg.solve(variance[np.ix_(at, at)], part))
    return chisq, len(at), float(chi2.sf(chisq, len(at)))


def overall_tests(state: FittedState, *, robust: bool) -> pd.DataFrame:
    """Test that all coefficients are zero.

    Parameters
    ----------
    state : FittedState
        The fit.
    robust : bool
        Whether its variance is the robust one.

    Returns
    -------
    pandas.DataFrame
        Columns ``test, chisq, df, p``; rows ``likelihood ratio``, ``wald``, ``score`` and, where the variance is
        robust, ``robust score``.
    """
    start, end = state.maximum.start, state.maximum.end
    settled = [int(at) for at in np.flatnonzero(state.fitted & np.isfinite(state.coefficients))]
    df = int(state.fitted.sum())
    score = float(start.score @ inverse(start.information) @ start.score)
    rows = [("likelihood ratio", 2 * (end.loglik - start.loglik), df)]
    if settled:
        rows.append(("wald", *wald_test(state.coefficients, state.variance, settled)[:2]))
    rows.append(("score", score, df))
    if robust:
        rows.append(("robust score", _robust_score(state), df))
    table = pd.DataFrame(rows, columns=["test", "chisq", "df"])
    table["p"] = chi2.sf(table["chisq"], table["df"])
    return table


def _robust_score(state: FittedState) -> float:
    """Score test at zero with the empirical variance of the (clusters') score residuals."""
    likelihood = state.partial
    risks = likelihood.risks(np.zeros(likelihood.size))
    residuals = score_residuals(likelihood, risks, set_means(likelihood, risks))
    codes = None if state.cluster_codes is None else state.cluster_codes[state.line.order]
    parts = summed_within(residuals * likelihood.weight[:, None], codes)
    total = parts.sum(axis=0)
    return float(total @ np.linalg.solve(parts.T @ parts, total))
