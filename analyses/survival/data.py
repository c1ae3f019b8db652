"""Survival times as arrays: entry, exit, event, checked once for every method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analyses.inputs import (
    BoolArray,
    FloatArray,
    Missing,
    Rows,
    as_frame,
    indicator,
    numbers,
    positive_numbers,
    select_rows,
)
from analyses.notes import Note, warned
from omop_etl.errors import CannotAnswerError

_TIME_TOLERANCE = float(np.sqrt(np.finfo(np.float64).eps))
"""Times closer than this, absolutely or relative to the mean time, are one time (R's ``aeqSurv``)."""


@dataclass(frozen=True)
class SurvivalTimes:
    """Follow-up of every row: at risk in (entry, exit], with or without the event at exit.

    Attributes
    ----------
    exit : numpy.ndarray
        Time at which follow-up ends.
    event : numpy.ndarray
        True where it ends with the event.
    entry : numpy.ndarray or None
        Time after which the row is at risk; None where everybody is at risk from the start.
    weight : numpy.ndarray or None
        Case weights; None where every row counts once.
    """

    exit: FloatArray
    event: BoolArray
    entry: FloatArray | None = None
    weight: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.exit)

    def take(self, rows: BoolArray) -> SurvivalTimes:
        """Give the follow-up of some of the rows."""
        return SurvivalTimes(
            self.exit[rows],
            self.event[rows],
            None if self.entry is None else self.entry[rows],
            None if self.weight is None else self.weight[rows],
        )

    def weights(self) -> FloatArray:
        """Give the case weights, ones where there are none."""
        return np.ones(len(self)) if self.weight is None else self.weight


@dataclass(frozen=True)
class SurvivalInput:
    """Data of a survival analysis after all checks.

    Attributes
    ----------
    frame : pandas.DataFrame
        The rows used, with all their columns.
    times : SurvivalTimes
        Their follow-up.
    rows : Rows
        How many rows were given and used.
    notes : tuple of Note
        What the checks found worth a remark.
    """

    frame: pd.DataFrame
    times: SurvivalTimes
    rows: Rows
    notes: tuple[Note, ...]


def survival_input(
    data: Any,
    *,
    duration: str,
    event: str,
    entry: str | None = None,
    weights: str | None = None,
    others: Sequence[str | None] = (),
    missing: Missing = "refuse",
    timefix: bool = True,
) -> SurvivalInput:
    """Check the columns of a survival analysis and take them as arrays.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person, or per interval of a person.
    duration : str
        Column of times at which follow-up ends.
    event : str
        Column with 1 where it ends with the event, 0 where it is censored.
    entry : str, optional
        Column of times after which a row is at risk (delayed entry).
    weights : str, optional
        Column of case weights above zero.
    others : sequence of str
        Further columns that the analysis uses; None is passed over.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.
    timefix : bool
        Take times that differ by rounding only as equal.

    Returns
    -------
    SurvivalInput
        The arrays and how many rows they stand for.

    Raises
    ------
    UsageError
        A column does not exist.
    CannotAnswerError
        Missing or infinite values, negative durations, entries at or after the exit, events other than 0 and 1.
    """
    used = [duration, event, entry, weights, *others]
    return checked_follow_up(
        data,
        duration=duration,
        happened=lambda frame: indicator(frame, event),
        entry=entry,
        weights=weights,
        used=used,
        missing=missing,
        timefix=timefix,
    )


def checked_follow_up(
    data: Any,
    *,
    duration: str,
    happened: Callable[[pd.DataFrame], BoolArray],
    entry: str | None,
    weights: str | None,
    used: Sequence[str | None],
    missing: Missing,
    timefix: bool,
) -> SurvivalInput:
    """Check follow-up whose event is read by `happened`; the other parameters are those of `survival_input`."""
    frame, rows = select_rows(as_frame(data), [name for name in used if name is not None], missing)
    times = SurvivalTimes(
        exit=numbers(frame, duration),
        event=happened(frame),
        entry=None if entry is None else numbers(frame, entry),
        weight=None if weights is None else positive_numbers(frame, weights),
    )
    notes = _check_order(times, duration, entry)
    if timefix:
        times = merge_near_times(times)
    return SurvivalInput(frame, times, rows, notes)


def _check_order(times: SurvivalTimes, duration: str, entry: str | None) -> tuple[Note, ...]:
    if times.entry is not None:
        empty = int(np.count_nonzero(times.exit <= times.entry))
        if empty:
            raise CannotAnswerError(
                "{entry} is not before {duration} in {rows} of {total} rows",
                todo="such rows are never at risk: correct them or leave them out",
                entry=entry,
                duration=duration,
                rows=empty,
                total=len(times),
            )
        return ()
    negative = int(np.count_nonzero(times.exit < 0))
    if negative:
        raise CannotAnswerError(
            "column {column} is negative in {rows} of {total} rows",
            todo="a follow-up that ends before it starts is an error of the data: correct it or leave these rows out",
            column=duration,
            rows=negative,
            total=len(times),
        )
    zero = int(np.count_nonzero(times.exit == 0))
    if not zero:
        return ()
    note = Note(
        "{rows} of {total} rows have a duration of 0 in column {column}: they count at time 0 only",
        code="zero_durations",
        rows=zero,
        total=len(times),
        column=duration,
    )
    return (warned(note),)


def merge_near_times(times: SurvivalTimes) -> SurvivalTimes:
    """Take times that differ by rounding only (0.1 + 0.2 and 0.3) as equal.

    Two neighbouring distinct times are one where they differ by at most 1.5e-8, absolutely or relative to the mean of
    the distinct times, as in R's ``survfit(timefix = TRUE)``.

    Examples
    --------
    >>> times = SurvivalTimes(np.array([0.3, 0.1 + 0.2, 1.0]), np.array([True, True, False]))
    >>> len(np.unique(times.exit)), len(np.unique(merge_near_times(times).exit))
    (3, 2)
    """
    groups = [times.exit] if times.entry is None else [times.entry, times.exit]
    if all(np.array_equal(group, np.floor(group)) for group in groups):
        return times
    distinct = np.unique(np.concatenate(groups))
    gap = np.diff(distinct)
    near = (gap <= _TIME_TOLERANCE) | (gap <= _TIME_TOLERANCE * np.abs(distinct).mean())
    if not near.any():
        return times
    kept = distinct[np.concatenate([[True], ~near])]
    merged = [kept[np.searchsorted(kept, group, side="right") - 1] for group in groups]
    if times.entry is None:
        return replace(times, exit=merged[0])
    entry, exit = merged
    empty = int(np.count_nonzero(exit <= entry))
    if empty:
        raise CannotAnswerError(
            "entry and exit differ by rounding only in {rows} of {total} rows",
            todo="such rows are never at risk: leave them out, or say timefix=False to take times as they are",
            rows=empty,
            total=len(times),
        )
    return replace(times, entry=entry, exit=exit)
