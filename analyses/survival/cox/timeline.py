"""Rows in the order in which a Cox fit walks through them: stratum by stratum, from the last time to the first.

In this order a risk set is everything passed since the start of its stratum, so that all sums over risk sets are
running sums. With delayed entry a row is passed twice: at its exit it joins, at its entry it leaves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyses.inputs import FloatArray, IntArray
from analyses.survival.data import SurvivalTimes
from analyses.survival.risk_sets import order_within, run_starts


@dataclass(frozen=True)
class Timeline:
    """Where the death sets lie among the rows; a death set is all events of a stratum at one time.

    Attributes
    ----------
    order : numpy.ndarray
        Position in the data of every ordered row.
    record_row, record_sign : numpy.ndarray or None
        With delayed entry, the ordered row that every record passes, and +1 at its exit or -1 at its entry; None where
        records are rows.
    records : int
        Number of records.
    set_stratum, set_time : numpy.ndarray
        Stratum and time of every death set.
    set_end, set_base : numpy.ndarray
        Records passed when the risk set of a death set is complete, and records passed before its stratum.
    death_row : numpy.ndarray
        Ordered rows with the event, death set by death set.
    deaths : numpy.ndarray
        Events per death set.
    exit_set, entry_set : numpy.ndarray
        Per ordered row the first death set at or before its exit, and at or before its entry: the row is at risk in
        those from the one up to the other. `entry_set` is the first set of the next stratum where there is no entry.
    """

    order: IntArray
    record_row: IntArray | None
    record_sign: FloatArray | None
    records: int
    set_stratum: IntArray
    set_time: FloatArray
    set_end: IntArray
    set_base: IntArray
    death_row: IntArray
    deaths: IntArray
    exit_set: IntArray
    entry_set: IntArray

    @property
    def sets(self) -> int:
        """Number of death sets."""
        return len(self.set_time)

    @property
    def death_set(self) -> IntArray:
        """Death set of every event."""
        return np.repeat(np.arange(self.sets), self.deaths)

    @property
    def death_start(self) -> IntArray:
        """Position in `death_row` at which each death set starts."""
        return np.cumsum(self.deaths) - self.deaths


def timeline(times: SurvivalTimes, stratum: IntArray | None) -> Timeline:
    """Order rows and find the death sets.

    Parameters
    ----------
    times : SurvivalTimes
        Follow-up of every row.
    stratum : numpy.ndarray or None
        Stratum of every row, as codes from 0.

    Returns
    -------
    Timeline
        The order and the death sets.

    Examples
    --------
    >>> line = timeline(SurvivalTimes(np.array([1.0, 3.0, 2.0, 3.0]), np.array([True, True, False, False])), None)
    >>> line.order, line.set_time, line.set_end, line.deaths
    (array([1, 3, 2, 0]), array([3., 1.]), array([2, 4]), array([1, 1]))
    """
    n = len(times)
    order = order_within(stratum, -times.exit)
    strata = np.zeros(n, dtype=np.int64) if stratum is None else stratum[order]
    exit, event = times.exit[order], times.event[order]
    if times.entry is None:
        row, is_exit, record_stratum, time = np.arange(n), np.ones(n, dtype=bool), strata, exit
    else:
        entry = times.entry[order]
        both = np.concatenate([exit, entry])
        sequence = order_within(np.concatenate([strata, strata]), -both)
        row, is_exit, time = sequence % n, sequence < n, both[sequence]
        record_stratum = strata[row]
    starts = run_starts(record_stratum, time)
    lengths = np.diff(np.append(starts, len(row)))
    has_death = np.logical_or.reduceat(event[row] & is_exit, starts)
    sets_before = np.repeat(np.cumsum(has_death) - has_death, lengths)
    sets_through = np.cumsum(np.bincount(record_stratum[starts], weights=has_death)).astype(np.int64)
    exit_set = np.empty(n, dtype=np.int64)
    exit_set[row[is_exit]] = sets_before[is_exit]
    entry_set = sets_through[strata]
    if times.entry is not None:
        entry_set[row[~is_exit]] = sets_before[~is_exit]
    kept = is_exit | (sets_before < sets_through[record_stratum])
    passed = np.cumsum(kept)
    set_run = starts[has_death]
    set_stratum = record_stratum[set_run]
    stratum_start = np.flatnonzero(np.append(True, record_stratum[1:] != record_stratum[:-1]))
    death_row = np.flatnonzero(event)
    return Timeline(
        order=order,
        record_row=None if times.entry is None else row[kept],
        record_sign=None if times.entry is None else np.where(is_exit[kept], 1.0, -1.0),
        records=int(kept.sum()),
        set_stratum=set_stratum,
        set_time=time[set_run],
        set_end=passed[set_run + lengths[has_death] - 1],
        set_base=(passed[stratum_start] - kept[stratum_start])[set_stratum],
        death_row=death_row,
        deaths=np.bincount(exit_set[death_row], minlength=len(set_run)),
        exit_set=exit_set,
        entry_set=entry_set,
    )
