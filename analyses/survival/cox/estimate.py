"""From checked data to a fitted Cox model: scaling, redundancy, maximum, separation, variance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from analyses.design import Design, centres
from analyses.inputs import BoolArray, Factor, FloatArray
from analyses.notes import Note, warned
from analyses.survival.cox.exact import ExactLikelihood
from analyses.survival.cox.likelihood import PartialLikelihood, Ties
from analyses.survival.cox.newton import Maximum, dependencies, inverse, maximise
from analyses.survival.cox.robust import robust_variance
from analyses.survival.cox.state import FittedState, Scaling
from analyses.survival.cox.timeline import Timeline, timeline
from analyses.survival.data import SurvivalInput
from omop_etl.errors import CannotAnswerError

OnTrouble = Literal["refuse", "report"]
"""What to do where a coefficient cannot be estimated: refuse, or report it as undefined or infinite with a note."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """A fit to be done, after all checks; rows are in the order of the data.

    Attributes
    ----------
    checked : SurvivalInput
        Rows and their follow-up.
    design : Design
        Covariates.
    strata, clusters : Factor or None
        Stratum and cluster of every row.
    offset : numpy.ndarray or None
        Known part of the linear predictor.
    ties : {"efron", "breslow", "exact"}
        Treatment of tied events.
    robust : bool
        Whether the sandwich variance is wanted.
    """

    checked: SurvivalInput
    design: Design
    strata: Factor | None
    clusters: Factor | None
    offset: FloatArray | None
    ties: Ties
    robust: bool


def estimate(task: Task, separation: OnTrouble, collinear: OnTrouble) -> tuple[FittedState, list[Note]]:
    """Fit the model.

    Parameters
    ----------
    task : Task
        What to fit.
    separation, collinear : {"refuse", "report"}
        What to do where a coefficient runs to infinity, and where covariates determine each other.

    Returns
    -------
    (FittedState, list of Note)
        The fit, and what was found that a reader must know.
    """
    times = task.checked.times
    line = timeline(times, None if task.strata is None else task.strata.codes)
    x, scaling, means = _scaled_columns(task, line)
    likelihood = _likelihood(task, line, x)
    start = likelihood(np.zeros(len(x)))
    redundant = dependencies(start.information)
    notes = [_collinear(task.design.names, at, by, collinear) for at, by in redundant.items()]
    fitted = ~np.isin(np.arange(len(x)), list(redundant))
    if redundant:
        likelihood = _likelihood(task, line, np.ascontiguousarray(x[fitted]))
        start = likelihood(np.zeros(len(likelihood.x)))
    maximum = maximise(likelihood, start, len(likelihood.x))
    names = [name for name, used in zip(task.design.names, fitted, strict=True) if used]
    notes += found_separation(names, maximum, separation)
    coefficients, naive = _on_scale_of_data(maximum, scaling.scale, fitted)
    state = FittedState(
        frame=task.checked.frame,
        times=times,
        design=task.design,
        scaling=scaling,
        means=means,
        line=line,
        likelihood=likelihood,
        maximum=maximum,
        coefficients=coefficients,
        naive_variance=naive,
        variance=naive,
        fitted=fitted,
        strata=task.strata,
        clusters=task.clusters,
    )
    if not task.robust:
        return state, notes
    return _with_robust_variance(state), notes


def _scaled_columns(task: Task, line: Timeline) -> tuple[FloatArray, Scaling, FloatArray]:
    """Covariates of the ordered rows, centred and scaled, one after the other so that no second copy is needed."""
    frame, columns = task.checked.frame, task.design.columns
    x = np.empty((len(columns), len(frame)))
    centre, scale, mean = np.empty(len(columns)), np.empty(len(columns)), np.empty(len(columns))
    for position, column in enumerate(columns):
        values = column.values(frame)
        centre[position], scale[position] = values.mean(), values.std() or 1.0
        mean[position] = centres(values[:, None])[0]
        x[position] = (values[line.order] - centre[position]) / scale[position]
    return x, Scaling(centre, scale), mean


def _likelihood(task: Task, line: Timeline, x: FloatArray) -> PartialLikelihood | ExactLikelihood:
    times, order = task.checked.times, line.order
    offset = np.zeros(len(order)) if task.offset is None else task.offset[order]
    if task.ties == "exact":
        return ExactLikelihood(x, line, times.event[order], offset)
    return PartialLikelihood(x, line, times.event[order], times.weights()[order], offset, task.ties)


def _collinear(names: list[str], at: int, by: list[int], choice: OnTrouble) -> Note:
    column, others = names[at], ", ".join(names[other] for other in by)
    if choice == "refuse" and by:
        raise CannotAnswerError(
            "{column} is determined by {others}",
            todo="leave one of these covariates out",
            column=column,
            others=others,
        )
    if choice == "refuse":
        raise CannotAnswerError(
            "{column} does not vary among those at risk at the events", todo="leave this covariate out", column=column
        )
    if not by:
        return warned(
            Note(
                "{column} does not vary among those at risk at the events; its coefficient is left undefined",
                code="collinear",
                column=column,
            )
        )
    return warned(
        Note(
            "{column} is determined by {others}; its coefficient is left undefined",
            code="collinear",
            column=column,
            others=others,
        )
    )


def found_separation(names: list[str], maximum: Maximum, choice: OnTrouble) -> list[Note]:
    """Refuse or report coefficients that run to infinity.

    Parameters
    ----------
    names : list of str
        Names of the coefficients of `maximum`.
    maximum : Maximum
        What the fit came to.
    choice : {"refuse", "report"}
        What to do.

    Returns
    -------
    list of Note
        A remark that names them, where there are any.
    """
    if not maximum.running.any():
        return []
    running = ", ".join(name for name, runs in zip(names, maximum.running, strict=True) if runs)
    if choice == "refuse":
        raise CannotAnswerError(
            "{columns}: the coefficient runs to infinity, because events occur on one side only (separation)",
            todo="merge levels without events into others, or leave it out; the log likelihood tends to {loglik:.6f}",
            columns=running,
            loglik=maximum.end.loglik,
        )
    note = Note(
        "{columns}: the coefficient runs to infinity, because events occur on one side only (separation)",
        code="separation",
        columns=running,
    )
    return [warned(note)]


def _on_scale_of_data(maximum: Maximum, scale: FloatArray, fitted: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Coefficients and their variance; undefined for redundant columns, infinite for running ones."""
    coefficients = np.full(len(fitted), np.nan)
    variance = np.full((len(fitted), len(fitted)), np.nan)
    beta = np.where(maximum.running, np.copysign(np.inf, maximum.beta), maximum.beta)
    coefficients[fitted] = beta / scale[fitted]
    settled = np.flatnonzero(~maximum.running)
    if len(settled):
        part = inverse(maximum.end.information[np.ix_(settled, settled)])
        at = np.flatnonzero(fitted)[settled]
        variance[np.ix_(at, at)] = part / np.outer(scale[at], scale[at])
    return coefficients, variance


def _with_robust_variance(state: FittedState) -> FittedState:
    settled = state.fitted & np.isfinite(state.coefficients)
    among_fitted = settled[state.fitted]
    weight = state.partial.weight
    codes = None if state.cluster_codes is None else state.cluster_codes[state.line.order]
    at = np.ix_(settled, settled)
    scale = state.scaling.scale[settled]
    variance = state.naive_variance.copy()
    variance[at] = robust_variance(
        state.score_residuals[:, among_fitted] * scale, weight, state.naive_variance[at], codes
    )
    return replace(state, variance=variance)
