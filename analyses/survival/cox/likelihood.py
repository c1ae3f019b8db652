"""Cox's partial likelihood with tied events by Efron or Breslow: value, score, information.

All sums over risk sets are running sums over the `Timeline`, taken in blocks that stay in the processor's cache; the
part of the information that is linear in the covariates' squares is one matrix product over all rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analyses.inputs import BoolArray, FloatArray, IntArray
from analyses.survival.cox.timeline import Timeline

Ties = Literal["efron", "breslow", "exact"]
"""How tied events enter the likelihood."""

_BLOCK = 2048


@dataclass(frozen=True)
class Evaluation:
    """Partial likelihood at one point.

    Attributes
    ----------
    loglik : float
        Logarithm of the partial likelihood.
    score : numpy.ndarray
        Its gradient.
    information : numpy.ndarray
        Its negative Hessian.
    """

    loglik: float
    score: FloatArray
    information: FloatArray


@dataclass(frozen=True)
class SetTerms:
    """Per death set the sums over its events k = 0, 1, ... of the terms that Efron's approximation is made of.

    With the risk of everybody at risk S, of those who have the event D, f = k / d (0 for Breslow), w the mean weight of
    the events and s = S - f D:

    Attributes
    ----------
    hazard, tied_hazard : numpy.ndarray
        Sums of w / s and of w f / s: increments of the baseline hazard for all at risk, and what is taken back from
        those who have the event.
    square, tied_square, tied_square2 : numpy.ndarray
        Sums of w / s², w f / s², w f² / s².
    loglik : numpy.ndarray
        Sums of w log s.
    """

    hazard: FloatArray
    tied_hazard: FloatArray
    square: FloatArray
    tied_square: FloatArray
    tied_square2: FloatArray
    loglik: FloatArray


@dataclass(frozen=True)
class Risks:
    """Relative risks of the ordered rows at one point, and what follows from them.

    Attributes
    ----------
    eta : numpy.ndarray
        Linear predictor, less `shift`.
    shift : float
        Taken off so that exponentials stay finite.
    weighted : numpy.ndarray
        Weight times exp(eta).
    terms : SetTerms
        Terms of the death sets.
    """

    eta: FloatArray
    shift: float
    weighted: FloatArray
    terms: SetTerms


@dataclass(frozen=True)
class SetBlock:
    """Sums over the risk sets of consecutive death sets.

    Attributes
    ----------
    sets : slice
        The death sets.
    first : numpy.ndarray
        Sum of risk times covariates over those at risk, shape (covariates, sets).
    tied : numpy.ndarray
        Positions within the block of sets with more than one event.
    tied_first : numpy.ndarray
        The same sum over those who have the event, for `tied`.
    """

    sets: slice
    first: FloatArray
    tied: IntArray
    tied_first: FloatArray


class PartialLikelihood:
    """Partial likelihood of a Cox model for one set of data.

    Parameters
    ----------
    x : numpy.ndarray
        Covariates of the ordered rows, shape (covariates, rows).
    line : Timeline
        Order and death sets.
    event : numpy.ndarray
        Event of every ordered row.
    weight : numpy.ndarray
        Weight of every ordered row.
    offset : numpy.ndarray
        Known part of the linear predictor of every ordered row.
    ties : {"efron", "breslow"}
        Treatment of tied events.

    Notes
    -----
    Cox (1972); Breslow (1974), Biometrics 30:89; Efron (1977), J Am Stat Assoc 72:557. Weighted events that are tied
    share their mean weight, as in R's ``coxph``.
    """

    def __init__(
        self, x: FloatArray, line: Timeline, event: BoolArray, weight: FloatArray, offset: FloatArray, ties: Ties
    ) -> None:
        self.x = x
        self.line = line
        self.event = event
        self.weight = weight
        self.offset = offset
        self.efron = ties == "efron"
        self._death_weight = _set_sums(line, weight[line.death_row])

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return len(self.x)

    def __call__(self, beta: FloatArray) -> Evaluation:
        """Evaluate likelihood, score and information at `beta`."""
        risks = self.risks(beta)
        return Evaluation(
            loglik=self.loglik(risks),
            score=self.x @ self.residuals(risks),
            information=self.information(risks, np.ones(self.line.sets)),
        )

    def risks(self, beta: FloatArray) -> Risks:
        """Compute relative risks and the terms of the death sets at `beta`."""
        eta = beta @ self.x + self.offset
        shift = float(eta.max())
        eta -= shift
        weighted = self.weight * np.exp(eta)
        return Risks(eta, shift, weighted, self._terms(weighted))

    def loglik(self, risks: Risks) -> float:
        """Sum the logarithm of the partial likelihood."""
        deaths = self.line.death_row
        return float(self.weight[deaths] @ risks.eta[deaths] - risks.terms.loglik.sum())

    def residuals(self, risks: Risks) -> FloatArray:
        """Compute weighted martingale residuals of the ordered rows."""
        return self.weight * self.event - risks.weighted * self.row_hazard(risks, np.ones(self.line.sets))

    def row_hazard(self, risks: Risks, factor: FloatArray) -> FloatArray:
        """Accumulate the hazard that every ordered row is exposed to, each death set multiplied by a factor."""
        line = self.line
        hazard = self.between(factor * risks.terms.hazard)
        hazard[line.death_row] -= (factor * risks.terms.tied_hazard)[line.death_set]
        return hazard

    def between(self, values: FloatArray) -> FloatArray:
        """Sum values of the death sets over those at which every ordered row is at risk."""
        later = np.append(np.cumsum(values[::-1])[::-1], 0.0)
        return later[self.line.exit_set] - later[self.line.entry_set]

    def information(self, risks: Risks, factor: FloatArray) -> FloatArray:
        """Sum the information of the death sets, each multiplied by a factor, shape (covariates, covariates)."""
        load = risks.weighted * self.row_hazard(risks, factor)
        total = np.zeros((self.size, self.size))
        for start in range(0, self.x.shape[1], _BLOCK):
            x = self.x[:, start : start + _BLOCK]
            total += (x * load[start : start + _BLOCK]) @ x.T
        for block in self.set_blocks(risks):
            total -= self._outer_products(block, risks.terms, factor)
        return (total + total.T) / 2

    def _outer_products(self, block: SetBlock, terms: SetTerms, factor: FloatArray) -> FloatArray:
        first, tied, tied_first = block.first, block.tied, block.tied_first
        f = factor[block.sets]
        products: FloatArray = (first * (f * terms.square[block.sets])) @ first.T
        if len(tied):
            of_tied = f[tied]
            mixed = (first[:, tied] * (of_tied * terms.tied_square[block.sets][tied])) @ tied_first.T
            products -= mixed + mixed.T
            products += (tied_first * (of_tied * terms.tied_square2[block.sets][tied])) @ tied_first.T
        return products

    def set_blocks(self, risks: Risks) -> Iterator[SetBlock]:
        """Walk through the death sets with the sums of risk times covariates over their risk sets."""
        line = self.line
        carried = np.zeros(self.size)
        sums = np.zeros((self.size, _BLOCK + 1))
        stratum_starts = np.union1d(0, line.set_base)
        bounds = np.searchsorted(line.set_end, np.arange(0, line.records + _BLOCK, _BLOCK), side="right")
        for number, start in enumerate(range(0, line.records, _BLOCK)):
            stop = min(start + _BLOCK, line.records)
            np.cumsum(self._passed(risks.weighted, start, stop), axis=1, out=sums[:, 1 : stop - start + 1])
            sets = slice(int(bounds[number]), int(bounds[number + 1]))
            if sets.start < sets.stop:
                base = line.set_base[sets]
                inside = np.maximum(base - start, 0)
                first = sums[:, line.set_end[sets] - start] - sums[:, inside]
                first += carried[:, None] * (base < start)
                yield SetBlock(sets, first, *self._tied_sums(risks.weighted, sets))
            newest = int(stratum_starts[np.searchsorted(stratum_starts, stop, side="left") - 1])
            kept = 0.0 if newest >= start else carried
            carried = sums[:, stop - start] - sums[:, max(newest - start, 0)] + kept

    def _passed(self, weighted: FloatArray, start: int, stop: int) -> FloatArray:
        rows = self.line.record_row
        if rows is None or self.line.record_sign is None:
            return self.x[:, start:stop] * weighted[start:stop]
        passed = rows[start:stop]
        return np.take(self.x, passed, axis=1) * (self.line.record_sign[start:stop] * weighted[passed])

    def _tied_sums(self, weighted: FloatArray, sets: slice) -> tuple[IntArray, FloatArray]:
        deaths = self.line.deaths[sets]
        tied = np.flatnonzero(deaths > 1)
        if not self.efron or not len(tied):
            return tied[:0], np.empty((self.size, 0))
        first = int(self.line.death_start[sets.start])
        rows = self.line.death_row[first : first + int(deaths.sum())][np.repeat(deaths > 1, deaths)]
        starts = np.cumsum(deaths[tied]) - deaths[tied]
        return tied, np.add.reduceat(np.take(self.x, rows, axis=1) * weighted[rows], starts, axis=1)

    def _terms(self, weighted: FloatArray) -> SetTerms:
        line = self.line
        at_risk = self._at_risk(weighted)
        if not self.efron:
            nothing = np.zeros(line.sets)
            hazard = self._death_weight / at_risk
            return SetTerms(hazard, nothing, hazard / at_risk, nothing, nothing, self._death_weight * np.log(at_risk))
        set_of_death = line.death_set
        of_deaths = _set_sums(line, weighted[line.death_row])
        rank = np.arange(len(set_of_death)) - line.death_start[set_of_death]
        share = rank / line.deaths[set_of_death]
        left = at_risk[set_of_death] - share * of_deaths[set_of_death]
        mean = (self._death_weight / line.deaths)[set_of_death]
        step = mean / left
        square = step / left
        return SetTerms(
            hazard=_set_sums(line, step),
            tied_hazard=_set_sums(line, step * share),
            square=_set_sums(line, square),
            tied_square=_set_sums(line, square * share),
            tied_square2=_set_sums(line, square * share**2),
            loglik=_set_sums(line, mean * np.log(left)),
        )

    def _at_risk(self, weighted: FloatArray) -> FloatArray:
        line = self.line
        passed = weighted
        if line.record_row is not None and line.record_sign is not None:
            passed = weighted[line.record_row] * line.record_sign
        sums = np.append(0.0, np.cumsum(passed))
        return sums[line.set_end] - sums[line.set_base]


def _set_sums(line: Timeline, values: FloatArray) -> FloatArray:
    """Sum values of the events over every death set."""
    return np.add.reduceat(values, line.death_start)
