"""Aalen and Johansen's estimate of state probabilities, with two variances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyses.inputs import FloatArray
from analyses.survival.multistate.counts import Stays
from omop_etl.errors import CannotAnswerError


@dataclass(frozen=True)
class StateCurve:
    """State probabilities from each time on.

    Attributes
    ----------
    time : numpy.ndarray
        Times of moves, and of the ends of follow-up.
    probability : numpy.ndarray
        Shape (times, states).
    variance : numpy.ndarray
        Shape (times, states).
    start : numpy.ndarray
        Probabilities before the first time.
    mean_time, mean_time_se : numpy.ndarray or None
        Mean time in every state up to a horizon, where one was given.
    """

    time: FloatArray
    probability: FloatArray
    variance: FloatArray
    start: FloatArray
    mean_time: FloatArray | None = None
    mean_time_se: FloatArray | None = None


def start_probabilities(stays: Stays, time: float) -> FloatArray:
    """Give the shares of the states among those followed just after a time."""
    present = (stays.entry <= time) & (stays.exit > time)
    if not present.any():
        raise CannotAnswerError("nobody is followed at time {time:g}", todo="choose another start", time=time)
    counts = np.bincount(stays.origin[present], minlength=len(stays.states))
    found: FloatArray = counts / counts.sum()
    return found


def by_jackknife(stays: Stays, start_time: float, horizon: float | None = None) -> StateCurve:
    """Estimate from the shares at the start, with the infinitesimal jackknife over persons.

    Parameters
    ----------
    stays : Stays
        The stays.
    start_time : float
        Where to start.
    horizon : float, optional
        Where to end the mean times.

    Returns
    -------
    StateCurve
        The curve.
    """
    size = len(stays.states)
    start = start_probabilities(stays, start_time)
    influence = _start_influence(stays, start, start_time)
    probability, last = start, start_time
    lived, lived_influence = np.zeros(size), np.zeros((stays.persons, size))
    times = np.unique(stays.exit[stays.exit > start_time])
    curve, variance = np.empty((len(times), size)), np.empty((len(times), size))
    steps = _Steps(stays)
    for number, time in enumerate(times):
        if horizon is not None and last < horizon:
            width = min(time, horizon) - last
            lived, lived_influence = lived + width * probability, lived_influence + width * influence
        last = time
        hazard, moved = steps.at(time)
        if moved:
            matrix = np.eye(size) + hazard
            update = influence @ matrix
            steps.add_influence(update, probability, hazard, time)
            influence, probability = update, probability @ matrix
        curve[number], variance[number] = probability, np.sum(influence**2, axis=0)
    mean_time = mean_time_se = None
    if horizon is not None:
        if last < horizon:
            lived, lived_influence = (
                lived + (horizon - last) * probability,
                lived_influence + (horizon - last) * influence,
            )
        mean_time, mean_time_se = lived, np.sqrt(np.sum(lived_influence**2, axis=0))
    return StateCurve(times, curve, variance, start, mean_time, mean_time_se)


def by_aalen(stays: Stays, start_time: float, start: FloatArray) -> StateCurve:
    """Estimate from given probabilities at the start, with the variance of independent transitions.

    Parameters
    ----------
    stays : Stays
        The stays.
    start_time : float
        Moves after this time count.
    start : numpy.ndarray
        Probabilities of the states then, taken as known.

    Returns
    -------
    StateCurve
        The curve; the variance of a transition is its number over the square of those at risk, times the square of the
        probability of its origin after the step, as R's ``mstate::probtrans`` takes it.
    """
    size = len(stays.states)
    times = np.unique(stays.exit[stays.exit > start_time])
    curve, variance = np.empty((len(times), size)), np.empty((len(times), size))
    steps = _Steps(stays)
    probability, covariance = start, np.zeros((size, size))
    for number, time in enumerate(times):
        hazard, moved = steps.at(time)
        if moved:
            matrix = np.eye(size) + hazard
            covariance = matrix.T @ covariance @ matrix
            probability = probability @ matrix
            for j, k in zip(*np.nonzero(hazard - np.diag(np.diag(hazard))), strict=True):
                direction = np.zeros(size)
                direction[k], direction[j] = 1.0, -1.0
                spread = probability[j] ** 2 * hazard[j, k] / steps.n[j]
                covariance = covariance + spread * np.outer(direction, direction)
        curve[number], variance[number] = probability, np.diag(covariance)
    return StateCurve(times, curve, variance, start)


class _Steps:
    """Moves and numbers at risk, time by time."""

    def __init__(self, stays: Stays) -> None:
        self.stays = stays
        self.size = len(stays.states)
        self._by_exit = np.argsort(stays.exit, kind="stable")
        self._exit = stays.exit[self._by_exit]
        self._entries = [np.sort(stays.entry[stays.origin == state]) for state in range(self.size)]
        self._exits = [np.sort(stays.exit[stays.origin == state]) for state in range(self.size)]
        self.n = np.zeros(self.size)
        self.rows = self._by_exit[:0]

    def at(self, time: float) -> tuple[FloatArray, bool]:
        """Give the increments of the transition hazards at a time, rows adding up to 0, and whether there are any."""
        low, high = np.searchsorted(self._exit, time, side="left"), np.searchsorted(self._exit, time, side="right")
        rows = self._by_exit[low:high]
        stays = self.stays
        self.rows = rows[(stays.target[rows] >= 0) & (stays.target[rows] != stays.origin[rows])]
        if not len(self.rows):
            return np.zeros((self.size, self.size)), False
        self.n = np.array(
            [
                np.searchsorted(entries, time, side="left") - np.searchsorted(exits, time, side="left")
                for entries, exits in zip(self._entries, self._exits, strict=True)
            ],
            dtype=float,
        )
        hazard = np.zeros((self.size, self.size))
        np.add.at(hazard, (stays.origin[self.rows], stays.target[self.rows]), 1.0)
        hazard = hazard / np.where(self.n > 0, self.n, 1.0)[:, None]
        return hazard - np.diag(hazard.sum(axis=1)), True

    def add_influence(self, influence: FloatArray, probability: FloatArray, hazard: FloatArray, time: float) -> None:
        """Add what every person changes in the increments at a time: moves made less moves expected, over n."""
        stays = self.stays
        leaving = np.flatnonzero(np.any(hazard != 0, axis=1))
        present = np.flatnonzero((stays.entry < time) & (stays.exit >= time) & np.isin(stays.origin, leaving))
        origin = stays.origin[present]
        scale = probability[origin] / self.n[origin]
        np.add.at(influence, stays.person[present], -scale[:, None] * hazard[origin])
        origin, target = stays.origin[self.rows], stays.target[self.rows]
        scale = probability[origin] / self.n[origin]
        np.add.at(influence, (stays.person[self.rows], target), scale)
        np.add.at(influence, (stays.person[self.rows], origin), -scale)


def _start_influence(stays: Stays, start: FloatArray, time: float) -> FloatArray:
    """Influence of every person on the shares at the start."""
    present = np.flatnonzero((stays.entry <= time) & (stays.exit > time))
    influence = np.zeros((stays.persons, len(start)))
    influence[stays.person[present]] -= start / len(present)
    influence[stays.person[present], stays.origin[present]] += 1 / len(present)
    return influence
