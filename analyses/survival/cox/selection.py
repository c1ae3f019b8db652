"""What each covariate adds to a Cox model: likelihood-ratio tests of leaving it out."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import chi2

from analyses.inputs import BoolArray, FloatArray
from analyses.survival.cox.exact import ExactLikelihood
from analyses.survival.cox.likelihood import PartialLikelihood, Ties
from analyses.survival.cox.newton import maximise
from analyses.survival.cox.state import FittedState

WHOLE_MODEL = "none"
"""Name of the row of the model from which nothing is left out."""


def leave_one_out(state: FittedState) -> pd.DataFrame:
    """Refit the model without each covariate in turn.

    Parameters
    ----------
    state : FittedState
        The fitted model.

    Returns
    -------
    pandas.DataFrame
        Columns ``term`` (what is left out), ``df``, ``aic``, ``lrt``, ``p``; the first row is the whole model.
    """
    whole = state.maximum.end.loglik
    size = int(state.fitted.sum())
    rows: list[tuple[str, float, float, float, float]] = [(WHOLE_MODEL, np.nan, -2 * whole + 2 * size, np.nan, np.nan)]
    for term, positions in state.design.terms().items():
        kept = state.fitted.copy()
        kept[positions] = False
        df = size - int(kept.sum())
        if not df:
            continue
        loglik = _loglik_with(state, kept[state.fitted])
        lrt = 2 * (whole - loglik)
        rows.append((term, df, -2 * loglik + 2 * (size - df), lrt, float(chi2.sf(lrt, df))))
    return pd.DataFrame(rows, columns=["term", "df", "aic", "lrt", "p"])


def _loglik_with(state: FittedState, kept: BoolArray) -> float:
    if not kept.any():
        return state.maximum.start.loglik
    likelihood = _with_columns(state.likelihood, np.ascontiguousarray(state.likelihood.x[kept]))
    start = likelihood(np.zeros(len(likelihood.x)))
    return maximise(likelihood, start, len(likelihood.x)).end.loglik


def _with_columns(
    likelihood: PartialLikelihood | ExactLikelihood, x: FloatArray
) -> PartialLikelihood | ExactLikelihood:
    """The same rows with other covariates."""
    if isinstance(likelihood, ExactLikelihood):
        return ExactLikelihood(x, likelihood.line, likelihood.event, likelihood.offset)
    ties: Ties = "efron" if likelihood.efron else "breslow"
    return PartialLikelihood(x, likelihood.line, likelihood.event, likelihood.weight, likelihood.offset, ties)
