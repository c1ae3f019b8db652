"""Residuals of a Cox model."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from analyses.inputs import FloatArray
from analyses.survival.cox.state import FittedState
from omop_etl.errors import UsageError

ResidualKind = Literal["martingale", "deviance", "score", "dfbeta", "dfbetas", "schoenfeld", "scaled_schoenfeld"]
"""Kinds of residuals; the last two have one row per event."""


def residuals(state: FittedState, kind: ResidualKind) -> pd.DataFrame:
    """Compute residuals.

    Parameters
    ----------
    state : FittedState
        The fitted model.
    kind : {"martingale", "deviance", "score", "dfbeta", "dfbetas", "schoenfeld", "scaled_schoenfeld"}
        Kind of residual.

    Returns
    -------
    pandas.DataFrame
        One row per row of the data, with its index, and a column ``residual`` or one per coefficient; for the
        Schoenfeld residuals one row per event, ordered by stratum and time, with the columns ``time`` and, where
        there are strata, ``stratum`` before those of the coefficients.

    Notes
    -----
    Therneau and Grambsch (2000), chapter 4. ``score`` are contributions to the score; ``dfbeta`` the change of the
    coefficients when a row with its weight is left out, to first order; ``dfbetas`` the same in model-based standard
    errors. The others are not multiplied by case weights. Scaled Schoenfeld residuals have the coefficient added, so
    that they estimate it over time.
    """
    if kind not in get_args(ResidualKind):
        raise UsageError(
            "residuals of kind {given} are not known",
            todo="use one of: {known}",
            given=kind,
            known=", ".join(get_args(ResidualKind)),
        )
    if kind in ("schoenfeld", "scaled_schoenfeld"):
        return _schoenfeld(state, scaled=kind == "scaled_schoenfeld")
    if kind in ("martingale", "deviance"):
        martingale = martingale_residuals(state)
        values = martingale if kind == "martingale" else _deviance(martingale, state.times.event)
        return pd.DataFrame({"residual": values}, index=state.frame.index)
    values = state.in_data_order(state.score_residuals) * state.scale
    if kind != "score":
        variance = _fitted_part(state, state.naive_variance)
        values = state.times.weights()[:, None] * (values @ variance)
        if kind == "dfbetas":
            values = values / np.sqrt(np.diag(variance))
    return pd.DataFrame(values, index=state.frame.index, columns=_fitted_names(state))


def martingale_residuals(state: FittedState) -> FloatArray:
    """Compute events minus expected events of every row, in the order of the data."""
    likelihood = state.partial
    return state.in_data_order(likelihood.residuals(state.risks) / likelihood.weight)


def _deviance(martingale: FloatArray, event: np.ndarray) -> FloatArray:
    expected = event - martingale
    with np.errstate(divide="ignore", invalid="ignore"):
        surprise = np.where(event, np.log(expected), 0.0)
    inner = np.where(event, martingale + surprise, martingale)
    return np.sign(martingale) * np.sqrt(np.maximum(-2 * inner, 0))


def _schoenfeld(state: FittedState, *, scaled: bool) -> pd.DataFrame:
    line = state.line
    values = (state.partial.x[:, line.death_row] - state.set_means.average[:, line.death_set]).T * state.scale
    stratum, time = line.set_stratum[line.death_set], line.set_time[line.death_set]
    if scaled:
        variance = _fitted_part(state, state.naive_variance)
        values = values @ variance * len(values) + state.coefficients[state.fitted]
    order = np.lexsort((line.order[line.death_row], time, stratum))
    table = pd.DataFrame(values[order], columns=_fitted_names(state))
    table.insert(0, "time", time[order])
    if state.strata is not None:
        levels = pd.Series(list(state.strata.levels), dtype=object)
        table.insert(0, "stratum", levels.to_numpy()[stratum[order]])
    return table


def _fitted_part(state: FittedState, matrix: FloatArray) -> FloatArray:
    return matrix[np.ix_(state.fitted, state.fitted)]


def _fitted_names(state: FittedState) -> list[str]:
    return [name for name, fitted in zip(state.design.names, state.fitted, strict=True) if fitted]
