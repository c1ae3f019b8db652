"""Area under one Kaplan-Meier curve up to a horizon, its error and the influence of every row on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyses.inputs import FloatArray, IntArray
from analyses.survival.competing.curves import cause_counts
from analyses.survival.competing.incidence import CauseCounts, Incidence
from analyses.survival.data import SurvivalTimes
from omop_etl.errors import CannotAnswerError, UsageError


@dataclass(frozen=True)
class Area:
    """Mean time lived up to a horizon in one group.

    Attributes
    ----------
    times : SurvivalTimes
        Follow-up of the group.
    counts : CauseCounts
        Its counts.
    tau : float
        The horizon, in the unit of the durations.
    """

    times: SurvivalTimes
    counts: CauseCounts
    tau: float

    @classmethod
    def of(cls, times: SurvivalTimes, tau: float) -> Area:
        """Count the follow-up of a group."""
        return cls(times, cause_counts(times, np.where(times.event, 0, -1), 1, None), tau)

    @property
    def mean(self) -> float:
        """Area under the curve from 0 to the horizon."""
        return float(self._pieces() @ np.append(1.0, self.counts.survival))

    def greenwood_se(self) -> float:
        """Standard error by Greenwood's variance: sum of A^2 d / (n (n - d)), A the area from an event on."""
        n, d = self.counts.at_risk, self.counts.events[:, 0]
        steps = self._pieces()[1:] * self.counts.survival
        after = np.cumsum(steps[::-1])[::-1]
        some = (d > 0) & (n > d)
        return float(np.sqrt(np.sum(after[some] ** 2 * d[some] / (n[some] * (n[some] - d[some])))))

    def influence(self) -> FloatArray:
        """Derivative of the area with respect to the weight of every row."""
        lost = Incidence(self.counts, [0]).time_lost_influence(self.times, self.times.event, self.tau)
        return -lost

    def robust_se(self, cluster: IntArray | None) -> float:
        """Standard error by the infinitesimal jackknife, summed within clusters."""
        influence = self.influence() * self.times.weights()
        if cluster is not None:
            influence = np.bincount(cluster, weights=influence)
        return float(np.sqrt(influence @ influence))

    def _pieces(self) -> FloatArray:
        """Time that each value of the curve lasts, up to the horizon."""
        edges = np.clip(np.concatenate([[0.0], self.counts.time, [np.inf]]), 0.0, self.tau)
        pieces: FloatArray = np.diff(edges)
        return pieces


def largest_horizon(times: SurvivalTimes) -> float:
    """Give the time up to which a curve is known: infinite where it ends at zero."""
    last = float(times.exit.max())
    at_end = times.event[times.exit == last]
    return np.inf if at_end.all() else last


def require_horizon(tau: float, known: float) -> None:
    """Refuse a horizon that is not positive, or beyond what the data say.

    Raises
    ------
    UsageError
        `tau` is not a positive number.
    CannotAnswerError
        A group is not followed up to it.
    """
    if not (np.isfinite(tau) and tau > 0):
        raise UsageError("tau={tau} is not a positive number", todo="give a time in the unit of the durations", tau=tau)
    if tau > known:
        raise CannotAnswerError(
            "tau={tau} lies after the end of follow-up of a group",
            todo="use a horizon of at most {known:g}, up to which every group is followed",
            tau=tau,
            known=known,
        )
