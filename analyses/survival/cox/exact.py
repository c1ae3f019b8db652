"""Cox's partial likelihood with tied events exactly: each death set is one outcome among all sets of its size."""

from __future__ import annotations

import numpy as np

from analyses.inputs import BoolArray, FloatArray, IntArray
from analyses.survival.cox.likelihood import Evaluation
from analyses.survival.cox.timeline import Timeline
from omop_etl.errors import CannotAnswerError


class ExactLikelihood:
    """Discrete partial likelihood: conditional on how many have the event at each time, who has it.

    Parameters
    ----------
    x : numpy.ndarray
        Covariates of the ordered rows, shape (covariates, rows).
    line : Timeline
        Order and death sets.
    event : numpy.ndarray
        Event of every ordered row.
    offset : numpy.ndarray
        Known part of the linear predictor of every ordered row.

    Notes
    -----
    Cox (1972); computed by the recursion of Gail, Lubin and Rubinstein (1981), Biometrika 68:703: the sum over all
    sets of k persons grows by one person at a time, and its derivatives with it. Without delayed entry the risk sets
    are nested, and one walk through the rows serves all of them.
    """

    def __init__(self, x: FloatArray, line: Timeline, event: BoolArray, offset: FloatArray) -> None:
        self.x = x
        self.line = line
        self.event = event
        self.offset = offset

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return len(self.x)

    def __call__(self, beta: FloatArray) -> Evaluation:
        """Evaluate likelihood, score and information at `beta`."""
        line = self.line
        eta = beta @ self.x + self.offset
        scale = float(eta.max()) + np.log(len(eta) / line.deaths.max())
        risk = np.exp(eta - scale)
        of_deaths = line.death_row
        loglik = float(np.sum(eta[of_deaths] - scale))
        score = self.x[:, of_deaths].sum(axis=1)
        information = np.zeros((self.size, self.size))
        sums = _SetSums(int(line.deaths.max()), self.size)
        added, base = 0, 0
        for number, (end, start, deaths) in enumerate(zip(line.set_end, line.set_base, line.deaths, strict=True)):
            if line.record_row is not None or start != base or number == 0:
                sums = _SetSums(int(line.deaths.max()), self.size)
                added, base = int(start), int(start)
            rows = self._joining(number, added, int(end))
            sums.add(risk[rows], self.x[:, rows])
            added = int(end)
            total, gradient, hessian = sums.of_size(int(deaths))
            loglik -= np.log(total)
            score -= gradient / total
            information += hessian / total - np.outer(gradient, gradient) / total**2
        return Evaluation(loglik, score, information)

    def _joining(self, number: int, added: int, end: int) -> IntArray:
        """Rows that join the risk set of a death set; with delayed entry all of its rows."""
        if self.line.record_row is None:
            return np.arange(added, end)
        at_risk = (self.line.exit_set <= number) & (self.line.entry_set > number)
        return np.flatnonzero(at_risk)


class _SetSums:
    """Sums over all sets of k persons of the product of their risks, with first and second derivatives, k = 0, 1, ...

    Parameters
    ----------
    largest : int
        Largest size of a set.
    size : int
        Number of covariates.
    """

    def __init__(self, largest: int, size: int) -> None:
        self._value = np.zeros(largest + 1)
        self._value[0] = 1.0
        self._first = np.zeros((largest + 1, size))
        self._second = np.zeros((largest + 1, size, size))

    def add(self, risks: FloatArray, x: FloatArray) -> None:
        """Let persons join, one after the other."""
        with np.errstate(over="ignore", invalid="ignore"):
            self._add(risks, x)

    def _add(self, risks: FloatArray, x: FloatArray) -> None:
        value, first, second = self._value, self._first, self._second
        for risk, covariates in zip(risks, x.T, strict=True):
            mixed = covariates[:, None] * first[:-1, None, :]
            square = np.outer(covariates, covariates)
            second[1:] += risk * (second[:-1] + mixed + mixed.swapaxes(1, 2) + square * value[:-1, None, None])
            first[1:] += risk * (first[:-1] + covariates * value[:-1, None])
            value[1:] += risk * value[:-1]

    def of_size(self, deaths: int) -> tuple[float, FloatArray, FloatArray]:
        """Give the sum over sets of one size, its gradient and its Hessian."""
        total = float(self._value[deaths])
        if not (np.isfinite(total) and total > 0):
            raise CannotAnswerError(
                "{deaths} events at the same time are too many for exact ties",
                todo='use ties="efron"',
                deaths=deaths,
            )
        return total, self._first[deaths], self._second[deaths]
