"""Cumulative incidence of one cause as arrays, with the influence of every row on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyses.inputs import FloatArray, IntArray
from analyses.survival.data import SurvivalTimes
from analyses.survival.jackknife import Changes, Presence, variance_of


@dataclass(frozen=True)
class CauseCounts:
    """Counts of one group at its distinct exit times.

    Attributes
    ----------
    time : numpy.ndarray
        The times.
    at_risk : numpy.ndarray
        (Weighted) number at risk just before them.
    events : numpy.ndarray
        (Weighted) events per cause, shape (times, causes).
    censored : numpy.ndarray
        (Weighted) number censored.
    """

    time: FloatArray
    at_risk: FloatArray
    events: FloatArray
    censored: FloatArray

    @property
    def survival(self) -> FloatArray:
        """Product-limit estimate of being free of all causes, from each time on."""
        return np.cumprod(1 - self.events.sum(axis=1) / self.at_risk)

    @property
    def survival_before(self) -> FloatArray:
        """The same just before each time."""
        return np.append(1.0, self.survival[:-1])


class Incidence:
    """Cumulative incidence of one cause, or of any of several, in one group.

    Parameters
    ----------
    counts : CauseCounts
        Counts of the group.
    causes : sequence of int
        Positions of the causes that count.

    Notes
    -----
    Aalen and Johansen (1978), Scand J Stat 5:141. The influence of a row is the derivative of the estimate with
    respect to its weight, times its weight.
    """

    def __init__(self, counts: CauseCounts, causes: list[int]) -> None:
        n, d = counts.at_risk, counts.events.sum(axis=1)
        before = counts.survival_before
        with np.errstate(divide="ignore"):
            survivors = np.where(n > d, n - d, np.inf)
        self.counts = counts
        self._hazard = _before_and_through(d / (n * survivors))
        self._lost_at_event = 1 / survivors
        self._gained_at_event = before / n
        step = before * counts.events[:, causes].sum(axis=1) / n
        self._incidence = _before_and_through(step)
        self._drift = _before_and_through(step * (self._hazard[:-1] - 1 / n))

    @property
    def probability(self) -> FloatArray:
        """The estimate from each time on."""
        return self._incidence[1:]

    def jackknife_variance(self, times: SurvivalTimes, counted: np.ndarray, cluster: IntArray | None) -> FloatArray:
        """Compute the variance by the infinitesimal jackknife.

        Parameters
        ----------
        times : SurvivalTimes
            Follow-up of the rows of the group.
        counted : numpy.ndarray
            Which rows have an event that counts.
        cluster : numpy.ndarray or None
            Cluster of every row.

        Returns
        -------
        numpy.ndarray
            Variance at every time.
        """
        here = Presence.of(times, self.counts.time)
        during, after = self._coefficients(here, counted)
        code = here.codes(cluster)
        changes = Changes(
            code=np.concatenate([code, code]),
            position=np.concatenate([here.entry, here.exit]),
            size=np.concatenate([during * here.weight, (after - during) * here.weight], axis=1),
        )
        features = np.stack([np.ones(len(self.counts.time)), self._incidence[1:], self._drift[1:]])
        return variance_of(changes, features)

    def influence(self, times: SurvivalTimes, counted: np.ndarray, at: FloatArray) -> FloatArray:
        """Compute the influence of every row at given times, per unit of weight, shape (rows, times)."""
        here = Presence.of(times, self.counts.time)
        during, after = self._coefficients(here, counted)
        found = np.zeros((len(times), len(at)))
        for column, position in enumerate(np.searchsorted(self.counts.time, at, side="right")):
            if position:
                values = np.array([1.0, self._incidence[position], self._drift[position]])
                present = np.where(here.exit < position, values @ after, values @ during)
                found[here.rows, column] = np.where(here.entry < position, present, 0.0)
        return found

    def time_lost(self, horizon: float) -> float:
        """Integrate the estimate up to a horizon."""
        return float(self._widths(horizon) @ self._incidence)

    def time_lost_influence(self, times: SurvivalTimes, counted: np.ndarray, horizon: float) -> FloatArray:
        """Compute the influence of every row on the integral, per unit of weight."""
        widths = self._widths(horizon)
        here = Presence.of(times, self.counts.time)
        during, after = self._coefficients(here, counted)
        features = np.stack([np.ones(len(widths)), self._incidence, self._drift])
        until = np.pad(np.cumsum(features * widths, axis=1), ((0, 0), (1, 0)))
        entered, left = until[:, here.entry + 1], until[:, here.exit + 1]
        total = np.sum(during * (left - entered), axis=0) + np.sum(after * (until[:, [-1]] - left), axis=0)
        found = np.zeros(len(times))
        found[here.rows] = total
        return found

    def _widths(self, horizon: float) -> FloatArray:
        """Time spent at every value of the estimate up to a horizon: before the first time, then from each on."""
        start = min(0.0, float(self.counts.time[0]))
        edges = np.clip(
            np.concatenate([[start], self.counts.time, [max(horizon, self.counts.time[-1])]]), None, horizon
        )
        widths: FloatArray = np.diff(edges)
        return widths

    def _coefficients(self, here: Presence, counted: np.ndarray) -> tuple[FloatArray, FloatArray]:
        """Coefficients of 1, incidence and drift while a row is at risk and after its exit, shape (3, rows)."""
        entry, leaving = here.entry, here.exit + 1
        hazard, incidence, drift = self._hazard, self._incidence, self._drift
        during = np.stack([hazard[entry] * incidence[entry] - drift[entry], -hazard[entry], np.ones(len(entry))])
        reached = during[0] + during[1] * incidence[leaving] + drift[leaving]
        reached = reached + np.where(counted[here.rows], self._gained_at_event[here.exit], 0.0)
        exposed = hazard[leaving] - hazard[entry] - np.where(here.event, self._lost_at_event[here.exit], 0.0)
        after = np.stack([reached - exposed * incidence[leaving], exposed, np.zeros(len(entry))])
        return during, after


def aalen_variance(counts: CauseCounts, cause: int) -> FloatArray:
    """Compute the variance of a cumulative incidence by the delta method.

    Parameters
    ----------
    counts : CauseCounts
        Unweighted counts without delayed entry.
    cause : int
        Position of the cause.

    Returns
    -------
    numpy.ndarray
        Variance at every time.

    Notes
    -----
    Aalen (1978), Ann Stat 6:534, with the hypergeometric correction for ties of Gray's ``cmprsk``.
    """
    n, d = counts.at_risk, counts.events.sum(axis=1)
    before, survival = counts.survival_before, counts.survival
    own, other = counts.events[:, cause], d - counts.events[:, cause]
    incidence = np.cumsum(before * own / n)
    with np.errstate(divide="ignore"):
        inverse = np.where(survival > 0, 1 / survival, 0.0)
    of_own, of_other = (_tied_variance(before, n, events) for events in (own, other))
    at_own, at_other = 1 + incidence * inverse, incidence * inverse
    alive = survival > 0
    squares = np.cumsum(at_own**2 * of_own + np.where(alive, at_other**2 * of_other, 0.0))
    mixed = np.cumsum(inverse * (at_own * of_own + at_other * of_other))
    inverses = np.cumsum(inverse**2 * (of_own + of_other))
    return np.maximum(squares + incidence**2 * inverses - 2 * incidence * mixed, 0)


def _tied_variance(before: FloatArray, n: FloatArray, events: FloatArray) -> FloatArray:
    together = np.where((events > 1) & (n > 1), 1 - (events - 1) / np.maximum(n - 1, 1), 1.0)
    return before**2 * together * events / n**2


def _before_and_through(steps: FloatArray) -> FloatArray:
    return np.append(0.0, np.cumsum(steps))
