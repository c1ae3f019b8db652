"""Fit a parametric model of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analyses.collinearity import INTERCEPT, refuse_collinear
from analyses.design import Design, parts_of
from analyses.inputs import Factor, FloatArray, Missing, as_frame, factor, numbers, positive_numbers
from analyses.options import quantile_of_level, require_known
from analyses.survival.aft.distributions import FAMILIES, AftDistribution, Family
from analyses.survival.aft.likelihood import AftLikelihood
from analyses.survival.aft.maximum import AftMaximum, maximise_aft
from analyses.survival.aft.model import AftModel
from analyses.survival.aft.observed import EXACT, NOTHING, RIGHT, ObservedInput, ObservedTimes, observed_input
from analyses.survival.cox.newton import inverse
from omop_etl.errors import CannotAnswerError


def aft(
    data: Any,
    *,
    duration: str | None = None,
    event: str | None = None,
    bounds: tuple[str, str] | None = None,
    covariates: Sequence[str] = (),
    distribution: AftDistribution = "weibull",
    scale_strata: str | None = None,
    reference: Mapping[str, Any] | None = None,
    weights: str | None = None,
    offset: str | None = None,
    cluster: str | None = None,
    robust: bool | None = None,
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> AftModel:
    """Fit an accelerated failure time model.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    duration, event : str, optional
        Columns of times above zero, and of the event (1) or censoring (0).
    bounds : (str, str), optional
        Instead of them, columns of the last time without and the first time with the event (interval censoring). A
        missing or infinite upper bound is censored on the right; a lower bound missing or 0, on the left.
    covariates : sequence of str
        Columns, and products such as ``"arm:sex"``; none for the intercept alone.
    distribution : {"weibull", "exponential", "rayleigh", "lognormal", "loglogistic", "gaussian", "logistic"}
        Distribution of the time.
    scale_strata : str, optional
        Column of groups that have scales of their own.
    reference : mapping, optional
        Reference level per categorical column; the first level by default.
    weights, offset : str, optional
        Columns of case weights and of a known part of the predictor.
    cluster : str, optional
        Column of what belongs together, for a robust variance.
    robust : bool, optional
        Sandwich variance; by default where there is a cluster.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value (bounds excepted).

    Returns
    -------
    AftModel
        Coefficients as time ratios, scale, predictions.

    Raises
    ------
    UsageError
        A column or an option is unknown, or the times are named in both ways or in none.
    CannotAnswerError
        Missing or infinite values, times that are not above zero, no event, constant or collinear covariates, or a
        coefficient that runs to infinity.

    Notes
    -----
    Kalbfleisch and Prentice (2002), The statistical analysis of failure time data, chapter 3. Equals R's ``survreg``;
    the covariance is that of coefficients and logarithms of scales.

    Examples
    --------
    >>> data = {"weeks": [6, 7, 10, 15, 19, 25, 5, 8, 9, 11, 12, 20], "died": [1, 0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1],
    ...         "arm": ["new"] * 6 + ["old"] * 6}
    >>> model = aft(data, duration="weeks", event="died", covariates=["arm"])
    >>> model.table[["name", "coef", "se", "time_ratio"]].round(3)
             name   coef     se  time_ratio
    0   intercept  2.929  0.214         NaN
    1    arm[old] -0.357  0.288         0.7
    2  log(scale) -0.848  0.256         NaN
    """
    require_known("distribution", distribution, AftDistribution)
    quantile_of_level(conf_level)
    family = FAMILIES[distribution]
    frame = as_frame(data)
    used = [part for name in covariates for part in parts_of(frame, name)]
    more = [name for name in (scale_strata, weights, offset, cluster) if name is not None]
    checked = observed_input(
        frame, duration=duration, event=event, bounds=bounds, others=[*used, *more], missing=missing
    )
    _refuse_times(checked.times, family, str(duration if bounds is None else bounds[0]))
    design = Design.of(checked.frame, covariates, reference) if covariates else None
    strata = None if scale_strata is None else factor(checked.frame, scale_strata)
    clusters = None if cluster is None else factor(checked.frame, cluster)
    likelihood, null = (
        _likelihood(checked, matrix, strata, family, weights, offset) for matrix in _matrices(checked.frame, design)
    )
    names = [INTERCEPT, *([] if design is None else design.names)]
    refuse_collinear(likelihood.x, names)
    best = maximise_aft(likelihood)
    _refuse_running(best, names)
    naive = inverse(likelihood.information(best.terms))
    is_robust = robust if robust is not None else cluster is not None
    return AftModel(
        rows=checked.rows,
        settings={
            "duration": duration,
            "event": event,
            "bounds": bounds,
            "covariates": list(covariates),
            "distribution": distribution,
            "scale_strata": scale_strata,
            "reference": dict(reference or {}),
            "weights": weights,
            "offset": offset,
            "cluster": cluster,
            "robust": is_robust,
            "conf_level": conf_level,
        },
        notes=checked.notes,
        design=design,
        family=family,
        strata=strata,
        coefficients=best.beta,
        log_scales=best.log_scale,
        variance=_sandwich(likelihood, best, naive, clusters) if is_robust else naive,
        naive_variance=naive,
        loglik=best.loglik,
        loglik_null=best.loglik if design is None else maximise_aft(null).loglik,
    )


def _matrices(frame: pd.DataFrame, design: Design | None) -> tuple[FloatArray, FloatArray]:
    """Design matrices of the model and of the intercept alone."""
    one = np.ones((len(frame), 1))
    return (one if design is None else np.column_stack([one, design.matrix(frame)])), one


def _likelihood(
    checked: ObservedInput,
    x: FloatArray,
    strata: Factor | None,
    family: Family,
    weights: str | None,
    offset: str | None,
) -> AftLikelihood:
    rows = len(checked.frame)
    return AftLikelihood(
        x,
        checked.times,
        np.zeros(rows, dtype=np.int64) if strata is None else strata.codes,
        1 if strata is None else len(strata),
        family,
        np.ones(rows) if weights is None else positive_numbers(checked.frame, weights),
        np.zeros(rows) if offset is None else numbers(checked.frame, offset),
    )


def _sandwich(likelihood: AftLikelihood, best: AftMaximum, naive: FloatArray, clusters: Factor | None) -> FloatArray:
    """Sum of squares of what every row, or cluster, moves the estimate by (Lin and Wei, 1989)."""
    moved = likelihood.scores(best.terms) @ naive
    if clusters is not None:
        summed = np.zeros((len(clusters), moved.shape[1]))
        np.add.at(summed, clusters.codes, moved)
        moved = summed
    return moved.T @ moved


def _refuse_times(times: ObservedTimes, family: Family, column: str) -> None:
    if family.log_time and np.any((times.kind == EXACT) | (times.kind == RIGHT)):
        zero = ((times.kind == EXACT) | (times.kind == RIGHT)) & (times.lower <= 0)
        if zero.any():
            raise CannotAnswerError(
                "column {column} is 0 in {rows} of {total} rows, which this distribution does not know",
                todo="a time of 0 needs a decision: count it as half a day, or leave these rows out",
                column=column,
                rows=int(zero.sum()),
                total=len(times),
            )
    if np.all((times.kind == RIGHT) | (times.kind == NOTHING)):
        raise CannotAnswerError(
            "no event is seen in {rows} rows", todo="check the outcome and the follow-up", rows=len(times)
        )


def _refuse_running(best: AftMaximum, names: list[str]) -> None:
    if best.running.any():
        raise CannotAnswerError(
            "{columns}: the coefficient runs to infinity, because events occur on one side only",
            todo="merge levels without events into others, or leave the covariate out",
            columns=", ".join(name for name, runs in zip(names, best.running, strict=True) if runs),
        )
