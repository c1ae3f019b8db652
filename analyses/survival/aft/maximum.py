"""Maximum of the likelihood of a parametric model by Newton's method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyses.inputs import FloatArray
from analyses.survival.aft.likelihood import AftLikelihood, Terms
from analyses.survival.aft.observed import INTERVAL, LEFT, NOTHING
from omop_etl.errors import CannotAnswerError

_DECREMENT = 1e-20
_FLAT = 1e-9
_SLOW = 0.01
_ITERATIONS = 200
_HALVINGS = 30
_MOVING = 1e-3


@dataclass(frozen=True)
class AftMaximum:
    """Where the likelihood is greatest.

    Attributes
    ----------
    beta, log_scale : numpy.ndarray
        Coefficients and logarithms of the scales.
    terms : Terms
        Derivatives there.
    loglik : float
        Log likelihood there.
    running : numpy.ndarray
        True for coefficients that run to infinity.
    """

    beta: FloatArray
    log_scale: FloatArray
    terms: Terms
    loglik: float
    running: np.ndarray


def maximise_aft(likelihood: AftLikelihood) -> AftMaximum:
    """Climb from a least-squares start to the maximum.

    Raises
    ------
    CannotAnswerError
        The climb does not end.
    """
    size = likelihood.x.shape[1]
    beta, log_scale = _start(likelihood)
    at = np.append(beta, [] if likelihood.family.fixed_scale is not None else log_scale)
    spread = np.append(np.maximum(likelihood.x.std(axis=0), 1e-300), np.ones(len(at) - size))

    def split(point: FloatArray) -> tuple[FloatArray, FloatArray]:
        return point[:size], log_scale if likelihood.family.fixed_scale is not None else point[size:]

    terms = likelihood.terms(*split(at))
    here, last = likelihood.loglik(terms), np.inf
    for _ in range(_ITERATIONS):
        score = likelihood.scores(terms).sum(axis=0)
        step = _ascent(likelihood.information(terms), score)
        length = float(step @ score)
        moving = np.abs(step * spread) > _MOVING
        if length <= _DECREMENT * max(1.0, abs(here)) or (length <= _FLAT and length > _SLOW * last):
            return AftMaximum(*split(at), terms, here, moving[:size] if length > 1e-12 else np.zeros(size, dtype=bool))
        last = length
        for _ in range(_HALVINGS):
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                there = likelihood.terms(*split(at + step))
                reached = likelihood.loglik(there)
            if np.isfinite(reached) and reached >= here - 1e-12 * abs(here):
                break
            step = step / 2
        at, terms, here = at + step, there, reached
    raise CannotAnswerError(
        "the model did not converge in {iterations} iterations",
        todo="look for covariates on very different scales, with extreme values, or groups without events",
        iterations=_ITERATIONS,
    )


def _start(likelihood: AftLikelihood) -> tuple[FloatArray, FloatArray]:
    """Coefficients by least squares of the known bounds, and the scale of what is left."""
    known = likelihood.kind != NOTHING
    y = np.where(likelihood.kind == LEFT, likelihood.high, likelihood.low)
    both = likelihood.kind == INTERVAL
    y = np.where(both, (np.where(both, likelihood.low, 0) + np.where(both, likelihood.high, 0)) / 2, y)[known]
    x = likelihood.x[known]
    beta = np.linalg.lstsq(x, y - likelihood.offset[known], rcond=None)[0]
    spread = max(float(np.std(y - likelihood.offset[known] - x @ beta)), 1e-3)
    fixed = likelihood.family.fixed_scale
    scale = spread if fixed is None else fixed
    return beta, np.full(likelihood.scales, np.log(scale))


def _ascent(information: FloatArray, score: FloatArray) -> FloatArray:
    """Newton step, with a ridge where the information is not positive definite."""
    size = np.sqrt(np.maximum(np.abs(np.diag(information)), 1e-300))
    scaled, gradient = information / np.outer(size, size), score / size
    ridge = 0.0
    for _ in range(60):
        try:
            root = np.linalg.cholesky(scaled + ridge * np.eye(len(size)))
        except np.linalg.LinAlgError:
            ridge = max(2 * ridge, 1e-3)
            continue
        step: FloatArray = np.linalg.solve(root.T, np.linalg.solve(root, gradient)) / size
        return step
    raise CannotAnswerError("the likelihood has no maximum", todo="use fewer covariates, or check the times")
