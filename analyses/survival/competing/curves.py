"""The curves of one group: incidence of every cause, and the probability of being free of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analyses.inputs import FloatArray, IntArray
from analyses.survival.competing.incidence import CauseCounts, Incidence, aalen_variance
from analyses.survival.data import SurvivalTimes
from analyses.survival.risk_sets import entries_from, risk_at, risk_table
from omop_etl.errors import CannotAnswerError


@dataclass(frozen=True)
class IncidenceCurve:
    """Probability of one state of one group: a cause has happened, or none.

    Attributes
    ----------
    group, cause : object
        Group and cause; None is the state of being free of all causes.
    rows, events : int
        Rows of the group, and events of the cause (of any, where it is None) among them.
    probability, variance : numpy.ndarray
        Estimate and variance from each time of `counts` on.
    counts : CauseCounts
        Counts of the group.
    times : SurvivalTimes
        Follow-up of the group.
    counted : numpy.ndarray
        Which of its rows have an event of the cause (any, where it is None).
    incidence : Incidence
        What the influence of rows is computed from.
    cluster : numpy.ndarray or None
        Cluster of every row.
    """

    group: Any
    cause: Any
    rows: int
    events: int
    probability: FloatArray
    variance: FloatArray
    counts: CauseCounts
    times: SurvivalTimes
    counted: np.ndarray
    incidence: Incidence
    cluster: IntArray | None

    def table(self) -> pd.DataFrame:
        """Give the curve as a table, one row per distinct exit time."""
        return pd.DataFrame(
            {
                "group": self._repeated(self.group, len(self.counts.time)),
                "cause": self._repeated(self.cause, len(self.counts.time)),
                "time": self.counts.time,
                "n_risk": self.counts.at_risk,
                "n_event": self._own_events(),
                "n_censor": self.counts.censored,
                "probability": self.probability,
                "se": np.sqrt(self.variance),
            }
        )

    def at(self, times: FloatArray) -> pd.DataFrame:
        """Give the curve at given times."""
        position = np.searchsorted(self.counts.time, times, side="right")
        leaving = self.counts.events.sum(axis=1) + self.counts.censored
        return pd.DataFrame(
            {
                "group": self._repeated(self.group, len(times)),
                "cause": self._repeated(self.cause, len(times)),
                "time": times,
                "n_risk": risk_at(self.counts.time, leaving, entries_from(self.times), times),
                "probability": np.append(1.0 if self.cause is None else 0.0, self.probability)[position],
                "se": np.sqrt(np.append(0.0, self.variance)[position]),
            }
        )

    def mean_time(self, horizon: float) -> tuple[float, float]:
        """Give the area under the curve up to a horizon and its standard error."""
        lost = self.incidence.time_lost(horizon)
        start = min(0.0, float(self.counts.time[0]))
        influence = self.incidence.time_lost_influence(self.times, self.counted, horizon) * self.times.weights()
        if self.cluster is not None:
            influence = np.bincount(self.cluster, weights=influence)
        return (horizon - start - lost if self.cause is None else lost), float(np.sqrt(influence @ influence))

    def _own_events(self) -> FloatArray:
        position = np.searchsorted(self.counts.time, self.times.exit[self.counted])
        late = self.times.exit[self.counted] >= self.counts.time[0]
        weight = self.times.weights()[self.counted]
        return np.bincount(position[late], weights=weight[late], minlength=len(self.counts.time))

    @staticmethod
    def _repeated(value: Any, count: int) -> pd.Series:
        return pd.Series([value] * count, dtype=object)


def incidence_curves(
    group: Any,
    times: SurvivalTimes,
    cause: IntArray,
    causes: tuple[Any, ...],
    cluster: IntArray | None,
    variance: str,
    start_time: float | None,
) -> list[IncidenceCurve]:
    """Estimate the curves of one group.

    Parameters
    ----------
    group : object
        What the group is called.
    times : SurvivalTimes
        Follow-up of its rows.
    cause : numpy.ndarray
        Position of the cause of every row, -1 for none.
    causes : tuple
        The causes.
    cluster : numpy.ndarray or None
        Cluster of every row.
    variance : {"jackknife", "aalen"}
        How the variance is computed.
    start_time : float or None
        Where the curves start.

    Returns
    -------
    list of IncidenceCurve
        One per cause, then that of being free of all.
    """
    counts = cause_counts(times, cause, len(causes), start_time)
    if not len(counts.time):
        raise CannotAnswerError("nobody is followed until the start time", todo="choose an earlier one")
    everything = list(range(len(causes)))
    found = []
    for level, own in [*((level, [at]) for at, level in enumerate(causes)), (None, everything)]:
        counted = np.isin(cause, own)
        incidence = Incidence(counts, own)
        if variance == "aalen" and level is not None:
            spread = aalen_variance(counts, own[0])
        else:
            spread = incidence.jackknife_variance(times, counted, cluster)
        probability = incidence.probability if level is not None else counts.survival
        found.append(
            IncidenceCurve(
                group=group,
                cause=level,
                rows=len(times),
                events=int(counted.sum()),
                probability=probability,
                variance=spread,
                counts=counts,
                times=times,
                counted=counted,
                incidence=incidence,
                cluster=cluster,
            )
        )
    return found


def cause_counts(times: SurvivalTimes, cause: IntArray, causes: int, start_time: float | None) -> CauseCounts:
    """Count who is at risk and what happens at every distinct exit time of one group."""
    table = risk_table(times, group=cause + 1, groups=causes + 1)
    if start_time is not None:
        table = table.where(table.time >= start_time)
    leaving = table.events + table.censored
    return CauseCounts(
        time=table.time,
        at_risk=table.at_risk.sum(axis=1),
        events=table.events[:, 1:],
        censored=leaving[:, 0],
    )
