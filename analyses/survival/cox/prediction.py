"""What a Cox model says about persons: baseline hazard, survival with its band, linear predictor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from analyses.inputs import FloatArray, IntArray, as_frame, factor, numbers, select_rows
from analyses.survival.confidence import ConfidenceType, confidence_limits
from analyses.survival.cox.state import FittedState
from analyses.survival.quantiles import survival_quantile
from omop_etl.errors import CannotAnswerError

ReferencePoint = Literal["means", "zero"]
"""Covariates of the person that others are compared with: R's centres (see `analyses.design.centres`), or all zero."""


@dataclass(frozen=True)
class _Baseline:
    """Baseline hazard of one stratum at its event times, for the fit's own scale of the linear predictor."""

    time: FloatArray
    hazard: FloatArray
    variance: FloatArray
    mean: FloatArray


@dataclass(frozen=True)
class _Persons:
    """Persons of one stratum: their positions, scaled covariates and linear predictors."""

    position: IntArray
    scaled: FloatArray
    eta: FloatArray
    base: _Baseline


def baseline_hazard(state: FittedState, at: ReferencePoint) -> pd.DataFrame:
    """Compute the cumulative hazard of a person at the reference point.

    Returns
    -------
    pandas.DataFrame
        Columns ``stratum`` (where there are strata), ``time``, ``hazard``, ``survival``, at the event times.

    Notes
    -----
    Efron's increments for an Efron fit, Breslow's for a Breslow fit.
    """
    point = state.means if at == "means" else np.zeros(len(state.means))
    relative = np.exp(_scaled(state, point[None, :]) @ state.maximum.beta - state.risks.shift)[0]
    parts = []
    for code, level in enumerate(_stratum_levels(state)):
        base = _baseline(state, code)
        table = pd.DataFrame({"time": base.time, "hazard": base.hazard * relative})
        if state.strata is not None:
            table.insert(0, "stratum", pd.Series([level] * len(table), dtype=object))
        parts.append(table)
    found = pd.concat(parts, ignore_index=True)
    found["survival"] = np.exp(-found["hazard"])
    return found


def predicted_survival(
    state: FittedState,
    persons: Any,
    times: FloatArray,
    strata: list[str],
    offset: str | None,
    conf_type: ConfidenceType,
    conf_level: float,
) -> pd.DataFrame:
    """Compute the survival of given persons at given times, with pointwise limits.

    Returns
    -------
    pandas.DataFrame
        Columns ``person`` (index of `persons`), ``time``, ``survival``, ``survival_se``, ``lower``, ``upper``.

    Notes
    -----
    exp(-cumulative hazard), a step function; the variance is that of the hazard and of the coefficients, by the delta
    method (Tsiatis, 1981; Link, 1984), as in R's ``survfit.coxph``.
    """
    frame = _complete(state, persons, strata, offset)
    shape = (len(frame), len(times))
    survival, log_se = np.empty(shape), np.empty(shape)
    started = np.empty(shape, dtype=bool)
    for group in _by_stratum(state, frame, strata, offset):
        at = np.searchsorted(group.base.time, times, side="right")
        survival[group.position], log_se[group.position] = _curves(state, group, at)
        started[group.position] = at > 0
    lower, upper = confidence_limits(survival, log_se, conf_type, conf_level)
    return pd.DataFrame(
        {
            "person": np.repeat(frame.index.to_numpy(), len(times)),
            "time": np.tile(times, len(frame)),
            "survival": survival.ravel(),
            "survival_se": (survival * log_se).ravel(),
            "lower": np.where(started, lower, 1.0).ravel(),
            "upper": np.where(started, upper, 1.0).ravel(),
        }
    )


def predicted_quantiles(
    state: FittedState,
    persons: Any,
    share: float,
    strata: list[str],
    offset: str | None,
    conf_type: ConfidenceType,
    conf_level: float,
) -> pd.DataFrame:
    """Find the time by which given persons have had the event with a given probability.

    Returns
    -------
    pandas.DataFrame
        Columns ``share``, ``time``, ``lower``, ``upper``, with the index of `persons`.
    """
    frame = _complete(state, persons, strata, offset)
    found = np.full((len(frame), 3), np.nan)
    for group in _by_stratum(state, frame, strata, offset):
        survival, log_se = _curves(state, group, np.arange(1, len(group.base.time) + 1))
        curves = (survival, *confidence_limits(survival, log_se, conf_type, conf_level))
        for column, values in enumerate(curves):
            found[group.position, column] = [survival_quantile(group.base.time, row, share) for row in values]
    table = pd.DataFrame(found, columns=["time", "lower", "upper"], index=frame.index)
    table.insert(0, "share", share)
    return table


def linear_predictor(state: FittedState, persons: Any, at: ReferencePoint, offset: str | None) -> pd.DataFrame:
    """Compute log hazard ratios of given persons against the reference point, with standard errors.

    Returns
    -------
    pandas.DataFrame
        Columns ``value`` and ``se``, with the index of `persons`.
    """
    frame = state.frame if persons is None else _complete(state, persons, [], offset)
    point = state.means if at == "means" else np.zeros(len(state.means))
    away = (state.design.matrix(frame) - point)[:, state.fitted]
    variance = state.variance[np.ix_(state.fitted, state.fitted)]
    value = away @ state.coefficients[state.fitted]
    if offset is not None:
        value = value + numbers(frame, offset)
    return pd.DataFrame({"value": value, "se": np.sqrt(_quadratic(away, variance))}, index=frame.index)


def _curves(state: FittedState, group: _Persons, at: IntArray) -> tuple[FloatArray, FloatArray]:
    """Survival and standard error of its logarithm after `at` event times, shapes (persons, times)."""
    hazard, variance = np.append(0.0, group.base.hazard)[at], np.append(0.0, group.base.variance)[at]
    mean = np.pad(group.base.mean, ((0, 0), (1, 0)))[:, at]
    covariance = state.variance[np.ix_(state.fitted, state.fitted)] * np.outer(state.scale, state.scale)
    of_coefficients = (
        np.outer(_quadratic(group.scaled, covariance), hazard**2)
        - 2 * (group.scaled @ covariance @ mean) * hazard
        + _quadratic(mean.T, covariance)
    )
    risk = np.exp(group.eta)[:, None]
    return np.exp(-risk * hazard), risk * np.sqrt(variance + np.maximum(of_coefficients, 0))


def _quadratic(rows: FloatArray, matrix: FloatArray) -> FloatArray:
    return np.einsum("ij,ij->i", rows @ matrix, rows)


def _complete(state: FittedState, persons: Any, strata: list[str], offset: str | None) -> pd.DataFrame:
    needed = [*state.design.data_columns, *strata, *([offset] if offset else [])]
    return select_rows(as_frame(persons), needed)[0]


def _by_stratum(state: FittedState, frame: pd.DataFrame, strata: list[str], offset: str | None) -> list[_Persons]:
    scaled = _scaled(state, state.design.matrix(frame))
    eta = scaled @ state.maximum.beta - state.risks.shift
    if offset is not None:
        eta = eta + numbers(frame, offset)
    if not strata:
        return [_Persons(np.arange(len(frame)), scaled, eta, _baseline(state, 0))]
    own = factor(frame, strata)
    known = {level: code for code, level in enumerate(_stratum_levels(state))}
    unknown = int(sum(np.count_nonzero(own.codes == i) for i, level in enumerate(own.levels) if level not in known))
    if unknown:
        raise CannotAnswerError(
            "{rows} of {total} persons are in a stratum that the model was not fitted with",
            todo="fit the model with such persons, or leave them out",
            rows=unknown,
            total=len(frame),
        )
    groups = []
    for code, level in enumerate(own.levels):
        position = np.flatnonzero(own.codes == code)
        groups.append(_Persons(position, scaled[position], eta[position], _baseline(state, known[level])))
    return groups


def _baseline(state: FittedState, stratum: int) -> _Baseline:
    line, terms = state.line, state.risks.terms
    here = np.flatnonzero(line.set_stratum == stratum)[::-1]
    return _Baseline(
        time=line.set_time[here],
        hazard=np.cumsum(terms.hazard[here]),
        variance=np.cumsum(terms.square[here]),
        mean=np.cumsum(state.set_means.hazard_mean[:, here], axis=1),
    )


def _stratum_levels(state: FittedState) -> tuple[Any, ...]:
    return (None,) if state.strata is None else state.strata.levels


def _scaled(state: FittedState, matrix: FloatArray) -> FloatArray:
    return ((matrix - state.scaling.centre) / state.scaling.scale)[:, state.fitted]
