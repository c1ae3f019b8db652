"""Who is at risk when: counts at every distinct time, within strata and over groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analyses.inputs import BoolArray, FloatArray, IntArray
from analyses.survival.data import SurvivalTimes

_RADIX_LIMIT = np.iinfo(np.int16).max


@dataclass(frozen=True)
class RiskTable:
    """Counts at every distinct exit time of every stratum, in the order of stratum and time.

    The counts are sums of weights where there are weights, and have one column per group.

    Attributes
    ----------
    stratum : numpy.ndarray
        Code of the stratum, shape (times,).
    time : numpy.ndarray
        The time, shape (times,).
    at_risk : numpy.ndarray
        Followed just before the time: exit at or after it, entry before it; shape (times, groups).
    events : numpy.ndarray
        Events at the time, shape (times, groups).
    censored : numpy.ndarray
        Followed until the time without the event, shape (times, groups).
    """

    stratum: IntArray
    time: FloatArray
    at_risk: FloatArray
    events: FloatArray
    censored: FloatArray

    def where(self, rows: BoolArray) -> RiskTable:
        """Give some of the times."""
        return RiskTable(
            self.stratum[rows], self.time[rows], self.at_risk[rows], self.events[rows], self.censored[rows]
        )


def order_within(stratum: IntArray | None, time: FloatArray, *, stable: bool = True) -> IntArray:
    """Order rows by stratum, then time.

    Parameters
    ----------
    stratum : numpy.ndarray or None
        Stratum of every row, as codes from 0.
    time : numpy.ndarray
        Time of every row.
    stable : bool
        Rows at the same time keep their order. Sorting is three times as fast where they need not.

    Returns
    -------
    numpy.ndarray
        Positions in order.
    """
    order = np.argsort(time, kind="stable" if stable else None)
    if stratum is None:
        return order
    codes = stratum[order]
    if codes.size and codes.max() <= _RADIX_LIMIT:
        codes = codes.astype(np.int16)
    return order[np.argsort(codes, kind="stable")]


def run_starts(stratum: IntArray | None, time: FloatArray) -> IntArray:
    """Find where a new stratum or a new time starts, in rows that are in order."""
    new = np.empty(len(time), dtype=bool)
    new[:1] = True
    np.not_equal(time[1:], time[:-1], out=new[1:])
    if stratum is not None:
        new[1:] |= stratum[1:] != stratum[:-1]
    return np.flatnonzero(new)


def risk_table(
    times: SurvivalTimes,
    *,
    stratum: IntArray | None = None,
    group: IntArray | None = None,
    groups: int = 1,
) -> RiskTable:
    """Count who is at risk, has the event or is censored at every distinct exit time.

    Parameters
    ----------
    times : SurvivalTimes
        Follow-up of every row.
    stratum : numpy.ndarray, optional
        Stratum of every row, as codes from 0.
    group : numpy.ndarray, optional
        Group of every row, as codes from 0 to `groups` - 1.
    groups : int
        Number of groups.

    Returns
    -------
    RiskTable
        Counts per stratum and time, one column per group.

    Examples
    --------
    >>> times = SurvivalTimes(np.array([2.0, 2.0, 3.0]), np.array([True, False, True]), entry=np.array([0.0, 1.0, 2.0]))
    >>> table = risk_table(times)
    >>> table.time, table.at_risk[:, 0], table.events[:, 0], table.censored[:, 0]
    (array([2., 3.]), array([2., 1.]), array([1., 1.]), array([1., 0.]))
    """
    order = order_within(stratum, times.exit, stable=times.weight is not None)
    exit = times.exit[order]
    strata = None if stratum is None else stratum[order]
    starts = run_starts(strata, exit)
    run_stratum = np.zeros(len(starts), dtype=np.int64) if strata is None else strata[starts]
    run_of_row = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(exit))))
    cell = run_of_row if group is None else run_of_row * groups + group[order]
    shape = (len(starts), groups)
    weight = None if times.weight is None else times.weight[order]
    leaving = _sums(cell, weight, shape)
    happened = times.event[order]
    events = _sums(cell[happened], None if weight is None else weight[happened], shape)
    at_risk = _suffix_sums(leaving, run_stratum)
    if times.entry is not None:
        entering = _entering_from(times, stratum, group, groups, run_stratum, exit[starts])
        at_risk -= _suffix_sums(entering, run_stratum)
    return RiskTable(run_stratum, exit[starts], at_risk, events, leaving - events)


def _entering_from(
    times: SurvivalTimes,
    stratum: IntArray | None,
    group: IntArray | None,
    groups: int,
    run_stratum: IntArray,
    run_time: FloatArray,
) -> FloatArray:
    """Sum those who enter at or after a time and before the next one: they are not yet at risk at that time."""
    assert times.entry is not None
    run = count_at_or_before(run_stratum, run_time, stratum, times.entry) - 1
    first = np.searchsorted(run_stratum, np.zeros(1) if stratum is None else stratum)
    late = run >= first
    cell = run[late] if group is None else run[late] * groups + group[late]
    weight = None if times.weight is None else times.weight[late]
    return _sums(cell, weight, (len(run_time), groups))


def count_at_or_before(
    run_stratum: IntArray, run_time: FloatArray, stratum: IntArray | None, time: FloatArray
) -> IntArray:
    """Count the ordered runs that lie in an earlier stratum, or in the same one at or before a time."""
    if stratum is None:
        return np.searchsorted(run_time, time, side="right")
    distinct = np.unique(run_time)
    keys = run_stratum * (len(distinct) + 1) + np.searchsorted(distinct, run_time) + 1
    wanted = stratum * (len(distinct) + 1) + np.searchsorted(distinct, time, side="right")
    return np.searchsorted(keys, wanted, side="right")


def entries_from(times: SurvivalTimes) -> tuple[FloatArray, FloatArray] | None:
    """Give the entry times in order, and the weight of those who enter at or after each; None without entries."""
    if times.entry is None:
        return None
    entry, code = np.unique(times.entry, return_inverse=True)
    weight = np.bincount(code, weights=times.weight)
    return entry, np.cumsum(weight[::-1])[::-1].astype(np.float64)


def risk_at(
    time: FloatArray, leaving: FloatArray, entries: tuple[FloatArray, FloatArray] | None, wanted: FloatArray
) -> FloatArray:
    """Count (sum of weights) who is at risk just before given times: exit at or after, entry before them.

    Parameters
    ----------
    time, leaving : numpy.ndarray
        Distinct exit times in order, and how many leave at each.
    entries : tuple or None
        What `entries_from` gives.
    wanted : numpy.ndarray
        The times.

    Returns
    -------
    numpy.ndarray
        One count per wanted time.
    """
    staying = np.append(np.cumsum(leaving[::-1])[::-1], 0.0)[np.searchsorted(time, wanted)]
    if entries is None:
        return staying
    entry, from_here = entries
    return staying - np.append(from_here, 0.0)[np.searchsorted(entry, wanted)]


def product_within(stratum: IntArray, factors: FloatArray) -> FloatArray:
    """Multiply up within each stratum."""
    return pd.Series(factors).groupby(stratum).cumprod().to_numpy()


def value_before(stratum: IntArray, values: FloatArray) -> FloatArray:
    """Give the value just before each time: that of the time before, 1 at the first one of a stratum."""
    before = np.append(1.0, values[:-1])
    before[1:][stratum[1:] != stratum[:-1]] = 1.0
    return before


def _sums(cell: IntArray, weight: FloatArray | None, shape: tuple[int, int]) -> FloatArray:
    return np.bincount(cell, weights=weight, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)


def _suffix_sums(values: FloatArray, stratum: IntArray) -> FloatArray:
    """Sum the rows from each one to the last of its stratum."""
    sums = np.cumsum(values[::-1], axis=0)[::-1]
    last = np.flatnonzero(np.append(stratum[1:] != stratum[:-1], True))
    later = np.append(sums[1:], np.zeros((1, values.shape[1])), axis=0)[last]
    return sums - np.repeat(later, np.diff(np.append(-1, last)), axis=0)
