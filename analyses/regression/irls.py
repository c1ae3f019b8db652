"""Iteratively reweighted least squares: the maximum of the likelihood of a generalised linear model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyses.inputs import BoolArray, FloatArray
from analyses.regression.families import Outcome, OutcomeFamily
from analyses.regression.links import Link
from omop_etl.errors import CannotAnswerError

_DECREMENT = 1e-20
"""Squared length of a step in standard errors below which the maximum is reached."""

_FLAT = 1e-12
_SLOW = 0.05
_MOVING = 1e-3
_ITERATIONS = 500
_HALVINGS = 40
_SMALLEST = 1e-13
_UNBOUNDED = ("log", "identity", "inverse")
"""Links that do not keep the means of every family in their range."""

_BOUND = 1e-4
_CANONICAL = {("binomial", "logit"), ("poisson", "log"), ("gaussian", "identity")}


@dataclass(frozen=True)
class GlmFit:
    """A fitted generalised linear model as arrays.

    Attributes
    ----------
    x : numpy.ndarray
        Design matrix, shape (rows, coefficients).
    outcome : Outcome
        Outcome of every row.
    offset : numpy.ndarray
        Known part of the predictor.
    family : OutcomeFamily
        Distribution.
    link : Link
        Link.
    coef : numpy.ndarray
        Coefficients.
    eta, mean : numpy.ndarray
        Linear predictor and mean of every row.
    information : numpy.ndarray
        Expected information at dispersion 1.
    running : numpy.ndarray
        True for coefficients that run to infinity.
    """

    x: FloatArray
    outcome: Outcome
    offset: FloatArray
    family: OutcomeFamily
    link: Link
    coef: FloatArray
    eta: FloatArray
    mean: FloatArray
    information: FloatArray
    running: BoolArray

    @property
    def deviance(self) -> float:
        """Deviance."""
        return self.family.deviance(self.outcome, self.mean)

    @property
    def loglik(self) -> float:
        """Log likelihood."""
        return self.family.loglik(self.outcome, self.mean)

    @property
    def working_weight(self) -> FloatArray:
        """Weight of every row in the last least squares."""
        return self.outcome.weight * self.link.slope(self.eta) * _pull(self.family, self.link, self.eta, self.mean)

    @property
    def row_score(self) -> FloatArray:
        """Derivative of the log likelihood of every row by its linear predictor."""
        rest = self.outcome.value - self.mean
        return self.outcome.weight * rest * _pull(self.family, self.link, self.eta, self.mean)

    @property
    def pearson_chi2(self) -> float:
        """Sum of squared Pearson residuals."""
        rest = self.outcome.value - self.mean
        return float(np.sum(self.outcome.weight * rest**2 / self.family.variance(self.mean)))


def fit_glm(
    x: FloatArray,
    outcome: Outcome,
    family: OutcomeFamily,
    link: Link,
    offset: FloatArray | None = None,
    start: FloatArray | None = None,
) -> GlmFit:
    """Find the maximum by Fisher scoring with step halving.

    Parameters
    ----------
    x : numpy.ndarray
        Design matrix of full rank whose first column is constant, shape (rows, coefficients).
    outcome : Outcome
        Outcome of every row.
    family, link : OutcomeFamily, Link
        The model.
    offset : numpy.ndarray, optional
        Known part of the predictor.
    start : numpy.ndarray, optional
        Coefficients to start from; by default the overall mean.

    Returns
    -------
    GlmFit
        The fit; coefficients that run to infinity are marked.

    Raises
    ------
    CannotAnswerError
        The iterations do not end, or the best fit has impossible means.

    Notes
    -----
    McCullagh and Nelder (1989), Generalized linear models.
    """
    known = np.zeros(len(x)) if offset is None else offset
    spread = np.where(x.std(axis=0) > _SMALLEST, x.std(axis=0), 1.0)
    back = _standardising(x)
    z = x @ back
    coef = _overall(x, outcome, link, known) if start is None else start
    eta = x @ coef + known
    mean = link.mean(eta)
    deviance, last = family.deviance(outcome, mean), np.inf
    for _ in range(_ITERATIONS):
        pull = _pull(family, link, eta, mean)
        weight = outcome.weight * link.slope(eta) * pull
        score = z.T @ (outcome.weight * (outcome.value - mean) * pull)
        information = (x * weight[:, None]).T @ x
        scaled_step = _solved((z * weight[:, None]).T @ z, score)
        if scaled_step is None and _at_bound(family, link, mean):
            raise _impossible(family, link)
        if scaled_step is None:
            return GlmFit(x, outcome, known, family, link, coef, eta, mean, information, _lost(information, x))
        length, step = float(scaled_step @ score), back @ scaled_step
        moving = np.abs(step * spread) > _MOVING
        crawls = length <= _FLAT and length > _SLOW * last and bool(moving.any())
        if length <= _DECREMENT * max(1.0, deviance) or crawls:
            if crawls and _at_bound(family, link, mean):
                raise _impossible(family, link)
            running = moving if crawls else np.zeros(len(coef), dtype=bool)
            return GlmFit(x, outcome, known, family, link, coef, eta, mean, information, running)
        last = length
        coef, eta, mean, deviance = _climbed(x, outcome, family, link, known, coef, step, deviance)
    if _at_bound(family, link, mean):
        raise _impossible(family, link)
    raise CannotAnswerError(
        "the model did not converge in {iterations} iterations",
        todo="use the canonical link, or fewer covariates: the best fit may lie where a mean is impossible",
        iterations=_ITERATIONS,
    )


def _pull(family: OutcomeFamily, link: Link, eta: FloatArray, mean: FloatArray) -> FloatArray:
    """Slope of the mean over its variance: 1 for a canonical link, 0 where the mean has reached its bound."""
    if (family.name, link.name) in _CANONICAL:
        return np.ones_like(mean)
    variance = family.variance(mean)
    found: FloatArray = np.where(variance > 0, link.slope(eta) / np.where(variance > 0, variance, 1.0), 0.0)
    return found


def _standardising(x: FloatArray) -> FloatArray:
    """Matrix that centres (where the first column is constant) and scales the columns of `x`."""
    spread = x.std(axis=0)
    spread = np.where(spread > _SMALLEST, spread, 1.0)
    found = np.diag(1 / spread)
    if x.shape[1] and (x[:, 0] == 1).all():
        found[0, 1:] = -x[:, 1:].mean(axis=0) / spread[1:]
    return found


def _overall(x: FloatArray, outcome: Outcome, link: Link, offset: FloatArray) -> FloatArray:
    """Start from the intercept of the overall mean, beside the mean offset."""
    mean = np.average(outcome.value, weights=outcome.weight)
    if link.name in ("logit", "probit", "cloglog"):
        mean = min(max(mean, 1e-3), 1 - 1e-3)
    elif link.name == "log":
        mean = max(mean, 1e-3)
    coef = np.zeros(x.shape[1])
    at = float(link.of_mean(np.array([mean]))[0])
    if link.name == "log" and np.any(offset):
        at = float(np.log(max((outcome.weight @ outcome.value) / (outcome.weight @ np.exp(offset)), 1e-12)))
    else:
        at -= float(np.average(offset, weights=outcome.weight))
    coef[0] = at
    return coef


def _climbed(
    x: FloatArray,
    outcome: Outcome,
    family: OutcomeFamily,
    link: Link,
    offset: FloatArray,
    coef: FloatArray,
    step: FloatArray,
    deviance: float,
) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """Take the step, halved until all means are possible and the deviance does not rise."""
    for _ in range(_HALVINGS):
        with np.errstate(over="ignore", invalid="ignore"):
            eta = x @ (coef + step) + offset
            mean = link.mean(eta)
            reached = family.deviance(outcome, mean)
        possible = np.isfinite(mean).all() and (link.name not in _UNBOUNDED or family.valid(mean).all())
        if possible and np.isfinite(reached) and reached <= deviance + 1e-10 * (abs(deviance) + 0.1):
            return coef + step, eta, mean, reached
        step = step / 2
    raise _impossible(family, link)


def _at_bound(family: OutcomeFamily, link: Link, mean: FloatArray) -> bool:
    """Whether a link that does not keep means in their range has led one to its bound."""
    if family.name != "binomial" or link.name not in ("log", "identity"):
        return False
    return bool(mean.max() > 1 - _BOUND or (link.name == "identity" and mean.min() < _BOUND))


def _impossible(family: OutcomeFamily, link: Link) -> CannotAnswerError:
    return CannotAnswerError(
        "the {family} model with {link} link has its best fit where a mean is impossible",
        todo="use the canonical link, or a Poisson model with robust errors for risk ratios",
        family=family.name,
        link=link.name,
    )


def _solved(information: FloatArray, score: FloatArray) -> FloatArray | None:
    size = np.sqrt(np.diag(information).clip(min=0))
    if not np.all(size > 1e-150):
        return None
    try:
        root = np.linalg.cholesky(information / np.outer(size, size))
    except np.linalg.LinAlgError:
        return None
    step: FloatArray = np.linalg.solve(root.T, np.linalg.solve(root, score / size)) / size
    return step if np.all(np.isfinite(step)) else None


def _lost(information: FloatArray, x: FloatArray) -> BoolArray:
    """Coefficients about which nothing is known any more."""
    share = np.diag(information) / np.maximum(np.sum(x**2, axis=0), 1e-300)
    lost: BoolArray = share <= max(1e-7, 10 * float(share.min()))
    return lost
