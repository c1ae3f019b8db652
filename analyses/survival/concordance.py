"""Concordance of a predictor with survival: Harrell's C, Uno's and their relatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analyses.inputs import FloatArray, IntArray
from analyses.options import require_known
from analyses.survival.data import SurvivalTimes
from analyses.survival.dominance import RankSums
from analyses.survival.risk_sets import (
    RiskTable,
    count_at_or_before,
    order_within,
    product_within,
    risk_table,
    run_starts,
    value_before,
)
from omop_etl.errors import CannotAnswerError, UsageError

TimeWeighting = Literal["n", "S", "S/G", "n/G2", "I"]
"""How much a pair counts by the time of its event: all the same (Harrell), n(0) S/n, n(0) S/(G n), 1/G² (Uno), 1/n."""

_TIED = 1e-12
"""Predictors closer than this, relative to the largest, are tied: they differ by rounding only."""


@dataclass(frozen=True)
class Concordance:
    """How often the one with the higher predictor has the event first.

    Attributes
    ----------
    value : float
        Share of comparable pairs; pairs with the same predictor count one half.
    se : float
        Its standard error by the infinitesimal jackknife.
    concordant, discordant, tied_x, tied_y, tied_xy : float
        (Weighted) pairs: comparable ones with the predictor in the right order, in the wrong order, tied; and pairs of
        events at the same time with another or the same predictor, which are not comparable.
    """

    value: float
    se: float
    concordant: float
    discordant: float
    tied_x: float
    tied_y: float
    tied_xy: float


def concordance(
    times: SurvivalTimes,
    predictor: FloatArray,
    *,
    stratum: IntArray | None = None,
    cluster: IntArray | None = None,
    timewt: TimeWeighting = "n",
    ymax: float | None = None,
) -> Concordance:
    """Count concordant pairs: a higher predictor is expected to have the event earlier.

    Parameters
    ----------
    times : SurvivalTimes
        Follow-up of every row.
    predictor : numpy.ndarray
        Predictor of every row, higher for worse.
    stratum : numpy.ndarray, optional
        Stratum of every row; only rows of the same one are compared.
    cluster : numpy.ndarray, optional
        Cluster of every row, for the standard error.
    timewt : {"n", "S", "S/G", "n/G2", "I"}
        Weight of a pair by the time of its event.
    ymax : float, optional
        Use events up to this time only.

    Returns
    -------
    Concordance
        Share, standard error, counts.

    Notes
    -----
    Harrell and others (1982), JAMA 247:2543; Uno and others (2011), Stat Med 30:1105. An event comes before a censoring
    at the same time; events at the same time are not compared. Counts and standard error equal R's ``concordance``.

    Examples
    --------
    >>> times = SurvivalTimes(np.array([1.0, 2.0, 3.0]), np.array([True, True, False]))
    >>> found = concordance(times, np.array([3.0, 1.0, 2.0]))
    >>> round(found.value, 4), found.concordant, found.discordant
    (0.6667, 2.0, 1.0)
    """
    require_known("timewt", timewt, TimeWeighting)
    if times.entry is not None and timewt in ("S/G", "n/G2"):
        raise UsageError('timewt="{given}" does not go with delayed entry', todo='use "n", "S" or "I"', given=timewt)
    pairs = _Pairs(times, _ranks(predictor), stratum, timewt, ymax)
    as_first = pairs.seen_from_events()
    as_second = pairs.seen_from_those_at_risk()
    concordant, discordant, tied = (float(part @ pairs.event_weight) for part in as_first)
    total = concordant + discordant + tied
    if not total:
        raise CannotAnswerError("no two rows can be compared", todo="check the events and the follow-up")
    somers = (concordant - discordant) / total
    difference = _spread(pairs, as_first[0] - as_first[1]) + as_second[0] - as_second[1]
    number = _spread(pairs, np.sum(as_first, axis=0)) + np.sum(as_second, axis=0)
    influence = pairs.weight * (difference - somers * number) / total
    if cluster is not None:
        influence = np.bincount(cluster[pairs.order], weights=influence)
    tied_y, tied_xy = pairs.tied_events()
    return Concordance(
        value=(somers + 1) / 2,
        se=float(np.sqrt(influence @ influence) / 2),
        concordant=concordant,
        discordant=discordant,
        tied_x=tied,
        tied_y=tied_y,
        tied_xy=tied_xy,
    )


def _spread(pairs: _Pairs, of_events: FloatArray) -> FloatArray:
    """Give values of the counted events, per unit of weight, to their rows."""
    spread = np.zeros(len(pairs.order))
    spread[pairs.events] = of_events * pairs.time_weight
    return spread


class _Pairs:
    """Comparable pairs of rows ordered by stratum and time, at the same time events first."""

    def __init__(
        self,
        times: SurvivalTimes,
        rank: IntArray,
        stratum: IntArray | None,
        timewt: TimeWeighting,
        ymax: float | None,
    ) -> None:
        events_first = np.argsort(~times.event, kind="stable")
        by_time = order_within(None if stratum is None else stratum[events_first], times.exit[events_first])
        self.order = events_first[by_time]
        self.strata = np.zeros(len(times), dtype=np.int64) if stratum is None else stratum[self.order]
        self.exit, self.event = times.exit[self.order], times.event[self.order]
        self.rank = rank[self.order]
        self.highest = int(rank.max())
        self.weight = times.weights()[self.order]
        self.entry = None if times.entry is None else times.entry[self.order]
        counted = self.event if ymax is None else self.event & (self.exit <= ymax)
        self.events = np.flatnonzero(counted)
        self.time_weight = _time_weights(times, timewt, stratum, self.strata[self.events], self.exit[self.events])
        self.event_weight = self.weight[self.events] * self.time_weight
        self._run_ends = self._ends_of_event_runs()

    def _ends_of_event_runs(self) -> IntArray:
        """Per row the position after the last event at its time."""
        starts = run_starts(self.strata, self.exit)
        events = np.add.reduceat(self.event.astype(np.int64), starts)
        return np.repeat(starts + events, np.diff(np.append(starts, len(self.exit))))

    def seen_from_events(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Per counted event the weight of those at risk with a lower, a higher and the same predictor."""
        at = self.events
        stop = np.searchsorted(self.strata, self.strata[at], side="right")
        lower, same = RankSums(self.rank, self.weight, self.highest).within(self._run_ends[at], stop, self.rank[at])
        everybody = np.append(0.0, np.cumsum(self.weight))
        total = everybody[stop] - everybody[self._run_ends[at]]
        if self.entry is not None:
            late = self._late_entries(stop)
            lower, same, total = lower - late[0], same - late[1], total - late[2]
        return lower, total - lower - same, same

    def _late_entries(self, stop: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Per counted event the weight of those who enter at its time or later."""
        assert self.entry is not None
        at = self.events
        by_entry = order_within(self.strata, self.entry)
        start = self._entries_before(by_entry, at)
        lower, same = RankSums(self.rank[by_entry], self.weight[by_entry], self.highest).within(
            start, stop, self.rank[at]
        )
        everybody = np.append(0.0, np.cumsum(self.weight[by_entry]))
        return lower, same, everybody[stop] - everybody[start]

    def _entries_before(self, by_entry: IntArray, at: IntArray) -> IntArray:
        """Position, among rows ordered by stratum and entry, of the first entry at or after an event."""
        assert self.entry is not None
        just_before = np.nextafter(self.exit[at], -np.inf)
        return count_at_or_before(self.strata, self.entry[by_entry], self.strata[at], just_before)

    def seen_from_those_at_risk(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Per row the weight of the events that it was at risk at: of a higher, a lower and the same predictor."""
        at = self.events
        sums = RankSums(self.rank[at], self.event_weight, self.highest)
        start = self._counted_through(self.strata, None if self.entry is None else self.entry)
        same_time = np.where(self.event, np.nextafter(self.exit, -np.inf), self.exit)
        stop = np.maximum(self._counted_through(self.strata, same_time), start)
        lower, same = sums.within(start, stop, self.rank)
        everybody = np.append(0.0, np.cumsum(self.event_weight))
        return everybody[stop] - everybody[start] - lower - same, lower, same

    def _counted_through(self, stratum: IntArray, time: FloatArray | None) -> IntArray:
        """How many counted events lie in earlier strata, or in the same at or before a time."""
        of_events = self.strata[self.events]
        if time is None:
            return np.searchsorted(of_events, stratum)
        return count_at_or_before(of_events, self.exit[self.events], stratum, time)

    def tied_events(self) -> tuple[float, float]:
        """Weight of pairs of events at the same time, with another and with the same predictor."""
        at = np.flatnonzero(self.event)
        run = np.searchsorted(run_starts(self.strata, self.exit), at, side="right")
        together = _pairs_within(run, self.weight[at])
        same = _pairs_within(run * (self.highest + 1) + self.rank[at], self.weight[at])
        return together - same, same


def _pairs_within(code: IntArray, weight: FloatArray) -> float:
    """Sum the products of the weights of all pairs with the same code."""
    _, group = np.unique(code, return_inverse=True)
    total, squares = np.bincount(group, weights=weight), np.bincount(group, weights=weight**2)
    return float(np.sum(total**2 - squares) / 2)


def _ranks(predictor: FloatArray) -> IntArray:
    """Rank a predictor from 0, values that differ by rounding only as one."""
    order = np.argsort(predictor, kind="stable")
    steps = np.diff(predictor[order]) > _TIED * float(np.abs(predictor).max())
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.append(0, np.cumsum(steps))
    return rank


def _time_weights(
    times: SurvivalTimes, timewt: TimeWeighting, stratum: IntArray | None, at_stratum: IntArray, at: FloatArray
) -> FloatArray:
    """Weigh the pairs of every counted event by its time."""
    if timewt == "n":
        return np.ones(len(at))
    counts = risk_table(times, stratum=stratum)
    position = count_at_or_before(counts.stratum, counts.time, at_stratum, at) - 1
    n = counts.at_risk[:, 0]
    survival, censoring = _survival_before(counts), _censoring_before(counts)
    weight = {"S": survival / n, "S/G": survival / (censoring * n), "n/G2": 1 / censoring**2, "I": 1 / n}[timewt]
    return weight[position]


def _survival_before(counts: RiskTable) -> FloatArray:
    survival = product_within(counts.stratum, 1 - counts.events[:, 0] / counts.at_risk[:, 0])
    return value_before(counts.stratum, survival)


def _censoring_before(counts: RiskTable) -> FloatArray:
    """Kaplan-Meier estimate of not being censored, just before each time; events come first."""
    left = counts.at_risk[:, 0] - counts.events[:, 0]
    uncensored = product_within(counts.stratum, 1 - counts.censored[:, 0] / np.where(left > 0, left, 1))
    return value_before(counts.stratum, uncensored)
