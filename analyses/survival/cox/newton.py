"""Newton-Raphson for a concave likelihood, with a look out for coefficients that run to infinity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analyses.inputs import BoolArray, FloatArray
from analyses.survival.cox.likelihood import Evaluation
from omop_etl.errors import CannotAnswerError

_DECREMENT = 1e-17
"""Squared length of a Newton step in standard errors below which the maximum is reached."""

_FLAT = 1e-9
"""Such a length below which the likelihood is flat: a coefficient that still moves is on its way to infinity."""

_SLOW = 0.01
"""Share of the last length that a step must undercut there; near a maximum it does so by far."""

_RUNNING = 1e-3
"""Length of a step, in standard deviations of a covariate, that says that its coefficient still moves."""

_ITERATIONS = 60
_HALVINGS = 20
_INDEPENDENT = 1e-9
"""Share of a column's information that must be its own."""


@dataclass(frozen=True)
class Maximum:
    """Where a likelihood is greatest.

    Attributes
    ----------
    beta : numpy.ndarray
        Coefficients.
    start, end : Evaluation
        Likelihood at zero and at the maximum.
    running : numpy.ndarray
        True for coefficients that run to plus or minus infinity.
    iterations : int
        Newton steps taken.
    """

    beta: FloatArray
    start: Evaluation
    end: Evaluation
    running: BoolArray
    iterations: int


def maximise(likelihood: Callable[[FloatArray], Evaluation], start: Evaluation, size: int) -> Maximum:
    """Climb from zero to the maximum.

    Parameters
    ----------
    likelihood : callable
        Gives an `Evaluation` at any coefficients; covariates are scaled to a standard deviation of 1.
    start : Evaluation
        Its value at zero.
    size : int
        Number of coefficients.

    Returns
    -------
    Maximum
        The last evaluation is within 1e-8 standard errors of the maximum.

    Raises
    ------
    CannotAnswerError
        The climb does not end.

    Notes
    -----
    With a monotone likelihood (Bryson and Johnson, 1981) the likelihood flattens while the step of a coefficient stays
    as long as it was: that is how such a coefficient is told from one that has arrived.
    """
    beta = np.zeros(size)
    here = start
    last = np.inf
    for iteration in range(_ITERATIONS):
        step = newton_step(here)
        if step is None:
            return Maximum(beta, start, here, _without_information(here, start), iteration)
        length = float(step @ here.score)
        moving = np.abs(step) > _RUNNING
        if length <= _DECREMENT or (length <= _FLAT and length > _SLOW * last and moving.any()):
            return Maximum(beta + step, start, here, moving, iteration)
        last = length
        step, here = _uphill(likelihood, beta, step, here)
        beta = beta + step
    raise CannotAnswerError(
        "the model did not converge in {iterations} iterations",
        todo="look for covariates on very different scales, with extreme values, or that nearly determine each other",
        iterations=_ITERATIONS,
    )


def _uphill(
    likelihood: Callable[[FloatArray], Evaluation], beta: FloatArray, step: FloatArray, here: Evaluation
) -> tuple[FloatArray, Evaluation]:
    """Take the step, halved until the likelihood does not fall."""
    there = likelihood(beta + step)
    for _ in range(_HALVINGS):
        if there.loglik >= here.loglik - 1e-12 * abs(here.loglik):
            break
        step = step / 2
        there = likelihood(beta + step)
    return step, there


def _without_information(here: Evaluation, start: Evaluation) -> BoolArray:
    """Coefficients about which the data say next to nothing any more."""
    return np.diag(here.information) <= _INDEPENDENT * np.diag(start.information)


def newton_step(here: Evaluation) -> FloatArray | None:
    """Solve for the next step, None where the information has become singular."""
    size = np.sqrt(np.diag(here.information).clip(min=0))
    if not np.all(size > 0):
        return None
    try:
        scaled = np.linalg.solve(here.information / np.outer(size, size), here.score / size)
    except np.linalg.LinAlgError:
        return None
    step: FloatArray = scaled / size
    return step if np.all(np.isfinite(step)) else None


def inverse(information: FloatArray) -> FloatArray:
    """Invert an information matrix after scaling it to a unit diagonal."""
    size = np.sqrt(np.diag(information))
    scaled = np.linalg.inv(information / np.outer(size, size))
    found: FloatArray = scaled / np.outer(size, size)
    return (found + found.T) / 2


def dependencies(information: FloatArray) -> dict[int, list[int]]:
    """Find columns that earlier columns determine.

    Parameters
    ----------
    information : numpy.ndarray
        Information of scaled covariates at zero.

    Returns
    -------
    dict
        Position of every redundant column, with the positions of those that determine it; none where the column does
        not vary among those at risk together.
    """
    found: dict[int, list[int]] = {}
    kept: list[int] = []
    largest = max(float(np.diag(information).max()), np.finfo(float).tiny)
    for column in range(len(information)):
        own = float(information[column, column])
        if own <= _INDEPENDENT * largest:
            found[column] = []
            continue
        if not kept:
            kept.append(column)
            continue
        cross = information[kept, column]
        share = np.linalg.solve(information[np.ix_(kept, kept)], cross)
        if own - float(share @ cross) > _INDEPENDENT * own:
            kept.append(column)
        else:
            found[column] = [other for other, part in zip(kept, share, strict=True) if abs(part) > 1e-6]
    return found
