"""Fine and Gray's partial likelihood: who had a competing event stays at risk, with a falling weight.

A row with a competing event at x counts at a later time t with the weight G(t-) / G(x-), where G is the probability of
remaining uncensored. As that weight is a product of a function of t and one of x, all sums over risk sets are sums over
rows that leave later plus G(t-) times sums over rows that left earlier, and no expanded table is needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyses.inputs import FloatArray, IntArray
from analyses.survival.competing.censoring import CensoringCurve, censoring_curves
from analyses.survival.cox.likelihood import Evaluation

_BLOCK = 4096


@dataclass(frozen=True)
class RiskSums:
    """Sums over the risk sets of the event times at one point.

    Attributes
    ----------
    risk : numpy.ndarray
        Relative risk of every row, times exp(-shift).
    shift : float
        Taken off the linear predictor so that exponentials stay finite.
    total : numpy.ndarray
        Sum of risks at every event time.
    mean : numpy.ndarray
        Mean covariates weighted by risk, shape (covariates, times).
    hazard : numpy.ndarray
        Increment of the baseline subdistribution hazard at every event time, times exp(shift).
    """

    risk: FloatArray
    shift: float
    total: FloatArray
    mean: FloatArray
    hazard: FloatArray


class SubdistributionLikelihood:
    """Partial likelihood of a proportional subdistribution hazards model, ties by Breslow.

    Parameters
    ----------
    x : numpy.ndarray
        Covariates of the rows, shape (covariates, rows), rows in the order of their exits.
    exit : numpy.ndarray
        Exit times in order.
    kind : numpy.ndarray
        1 for the event of interest, 2 for a competing event, 0 for censoring.
    group : numpy.ndarray
        Group within which censoring is alike, as codes from 0.

    Notes
    -----
    Fine and Gray (1999), J Am Stat Assoc 94:496.
    """

    def __init__(self, x: FloatArray, exit: FloatArray, kind: IntArray, group: IntArray) -> None:
        self.x = x
        self.exit = exit
        self.kind = kind
        self.group = group
        self.own = np.flatnonzero(kind == 1)
        self.time, self.set_of_own = np.unique(exit[self.own], return_inverse=True)
        self.events = np.bincount(self.set_of_own).astype(np.float64)
        self.passed = np.searchsorted(self.time, exit, side="right")
        groups = int(group.max()) + 1
        self.censoring: list[CensoringCurve] = censoring_curves(exit, kind == 0, group, groups, events_first=False)
        self.weight_at = np.stack([curve.before(self.time) for curve in self.censoring])
        self.competing = [np.flatnonzero((kind == 2) & (group == code)) for code in range(groups)]
        self.inverse_weight = np.zeros(len(exit))
        for curve, rows in zip(self.censoring, self.competing, strict=True):
            self.inverse_weight[rows] = 1 / curve.before(exit[rows])

    def __call__(self, beta: FloatArray) -> Evaluation:
        """Evaluate likelihood, score and information at `beta`."""
        eta = beta @ self.x
        sums = self.sums(eta)
        loglik = float(np.sum(eta[self.own] - sums.shift) - self.events @ np.log(sums.total))
        score = self.x[:, self.own].sum(axis=1) - sums.mean @ self.events
        load = sums.risk * self.exposure(sums.hazard)
        second = np.zeros((len(beta), len(beta)))
        for start in range(0, self.x.shape[1], _BLOCK):
            block = self.x[:, start : start + _BLOCK]
            second += (block * load[start : start + _BLOCK]) @ block.T
        information = second - (sums.mean * self.events) @ sums.mean.T
        return Evaluation(loglik, score, (information + information.T) / 2)

    def sums(self, eta: FloatArray) -> RiskSums:
        """Sum risks and covariates over the risk sets for given linear predictors."""
        shift = float(eta.max())
        risk = np.exp(eta - shift)
        total = self.over_risk_sets(risk)
        mean = np.stack([self.over_risk_sets(risk * column) for column in self.x]) / total
        return RiskSums(risk, shift, total, mean, self.events / total)

    def over_risk_sets(self, values: FloatArray) -> FloatArray:
        """Sum values of the rows over the risk set of every event time."""
        sets = len(self.time)
        leaving = np.bincount(self.passed, weights=values, minlength=sets + 1)
        found = np.cumsum(leaving[::-1])[::-1][1:]
        for weight, rows in zip(self.weight_at, self.competing, strict=True):
            left = np.bincount(self.passed[rows], weights=values[rows] * self.inverse_weight[rows], minlength=sets + 1)
            found = found + weight * np.cumsum(left)[:sets]
        return found

    def exposure(self, steps: FloatArray) -> FloatArray:
        """Sum steps of the event times over those at which every row is at risk, with its weight there."""
        found = np.append(0.0, np.cumsum(steps))[self.passed]
        for weight, rows in zip(self.weight_at, self.competing, strict=True):
            later = np.append(np.cumsum((weight * steps)[::-1])[::-1], 0.0)
            found[rows] += later[self.passed[rows]] * self.inverse_weight[rows]
        return found


def score_contributions(likelihood: SubdistributionLikelihood, beta: FloatArray) -> FloatArray:
    """Compute every row's contribution to the score, with what it contributes to the weights of others.

    Parameters
    ----------
    likelihood : SubdistributionLikelihood
        The model.
    beta : numpy.ndarray
        Its coefficients.

    Returns
    -------
    numpy.ndarray
        Shape (covariates, rows). Their cross product is the middle of the sandwich variance.

    Notes
    -----
    Fine and Gray (1999), section 3: the second part is the influence of the estimated censoring distribution.
    """
    sums = likelihood.sums(beta @ likelihood.x)
    exposure = likelihood.exposure(sums.hazard)
    found = np.empty_like(likelihood.x)
    for position, column in enumerate(likelihood.x):
        mean = sums.mean[position]
        found[position] = -sums.risk * (column * exposure - likelihood.exposure(mean * sums.hazard))
        found[position, likelihood.own] += column[likelihood.own] - mean[likelihood.set_of_own]
    for code, curve in enumerate(likelihood.censoring):
        _add_influence_of_weights(found, likelihood, sums, code, curve)
    return found


def _add_influence_of_weights(
    found: FloatArray, likelihood: SubdistributionLikelihood, sums: RiskSums, code: int, curve: CensoringCurve
) -> None:
    if not len(curve.time):
        return
    rows = likelihood.competing[code]
    member = np.flatnonzero(likelihood.group == code)
    steps = likelihood.weight_at[code] * sums.hazard
    next_event = np.searchsorted(likelihood.time, curve.time, side="left")
    reached = np.searchsorted(likelihood.exit[rows], curve.time, side="left")
    load = sums.risk[rows] * likelihood.inverse_weight[rows]
    loads = np.append(0.0, np.cumsum(load))[reached]
    hazard_to_come = _to_come(steps)[next_event]
    exit, censored = likelihood.exit[member], likelihood.kind[member] == 0
    passed = np.searchsorted(curve.time, exit, side="right")
    for position, column in enumerate(likelihood.x):
        covariates = np.append(0.0, np.cumsum(load * column[rows]))[reached]
        to_come = _to_come(steps * sums.mean[position])[next_event]
        change = (covariates * hazard_to_come - loads * to_come) / curve.at_risk
        compensator = np.append(0.0, np.cumsum(change * curve.censored / curve.at_risk))[passed]
        found[position, member] += np.where(censored, change[np.maximum(passed - 1, 0)], 0.0) - compensator


def _to_come(values: FloatArray) -> FloatArray:
    return np.append(np.cumsum(values[::-1])[::-1], 0.0)
