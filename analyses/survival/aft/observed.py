"""What is known of every time: exactly, at least, at most, or between two bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analyses.inputs import FloatArray, IntArray, Missing, Rows, as_frame, numbers, require_column, select_rows
from analyses.notes import Note, warned
from analyses.survival.data import survival_input
from omop_etl.errors import CannotAnswerError, UsageError

EXACT, RIGHT, LEFT, INTERVAL, NOTHING = 0, 1, 2, 3, 4
"""Kinds of knowledge of a time."""


@dataclass(frozen=True)
class ObservedTimes:
    """Bounds of every time.

    Attributes
    ----------
    lower, upper : numpy.ndarray
        Bounds; equal where the time is exact, 0 and infinite where there is none.
    kind : numpy.ndarray
        `EXACT`, `RIGHT` (no upper bound), `LEFT` (no lower bound), `INTERVAL`, or `NOTHING` (neither).
    """

    lower: FloatArray
    upper: FloatArray
    kind: IntArray

    def __len__(self) -> int:
        return len(self.kind)

    @classmethod
    def between(cls, lower: FloatArray, upper: FloatArray) -> ObservedTimes:
        """Take bounds as they are."""
        kind = np.full(len(lower), INTERVAL)
        kind[np.isinf(upper)] = RIGHT
        kind[lower <= 0] = LEFT
        kind[(lower <= 0) & np.isinf(upper)] = NOTHING
        kind[lower == upper] = EXACT
        return cls(lower, upper, kind)

    def take(self, rows: Any) -> ObservedTimes:
        """Give some of the rows."""
        return ObservedTimes(self.lower[rows], self.upper[rows], self.kind[rows])


@dataclass(frozen=True)
class ObservedInput:
    """Rows of an analysis of times that may be known between bounds only, after all checks."""

    frame: pd.DataFrame
    times: ObservedTimes
    rows: Rows
    notes: tuple[Note, ...]


def observed_input(
    data: Any,
    *,
    duration: str | None,
    event: str | None,
    bounds: tuple[str, str] | None,
    others: Sequence[str],
    missing: Missing,
) -> ObservedInput:
    """Check times given as duration and event, or as a lower and an upper bound.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    duration, event : str, optional
        Columns of right-censored times.
    bounds : (str, str), optional
        Columns of the last time without and the first time with the event. A missing or infinite upper bound says that
        the event was not seen; a missing lower one that it had happened by the first look.
    others : sequence of str
        Further columns that the analysis uses.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value in a column other than the bounds.

    Returns
    -------
    ObservedInput
        The bounds of every row.

    Raises
    ------
    UsageError
        Neither or both ways of giving times are used.
    CannotAnswerError
        Values are missing, infinite or negative, or bounds are in the wrong order.
    """
    if bounds is None:
        if duration is None or event is None:
            raise UsageError("the times are not named", todo="name duration and event, or bounds")
        checked = survival_input(data, duration=duration, event=event, others=others, missing=missing, timefix=False)
        exit, happened = checked.times.exit, checked.times.event
        kind = np.where(happened, EXACT, RIGHT)
        times = ObservedTimes(exit, np.where(happened, exit, np.inf), kind)
        return ObservedInput(checked.frame, times, checked.rows, checked.notes)
    if duration is not None or event is not None:
        raise UsageError("both duration with event and bounds are named", todo="name one of the two")
    frame = as_frame(data)
    for name in bounds:
        require_column(frame, name)
    frame, rows = select_rows(frame, list(others), missing)
    lower, upper = _bound(frame, bounds[0], 0.0), _bound(frame, bounds[1], np.inf)
    wrong = int(np.count_nonzero(lower > upper))
    if wrong:
        raise CannotAnswerError(
            "{lower} is after {upper} in {rows} of {total} rows",
            todo="correct these rows: the lower bound is the last time without the event",
            lower=bounds[0],
            upper=bounds[1],
            rows=wrong,
            total=len(frame),
        )
    times = ObservedTimes.between(lower, upper)
    silent = int(np.count_nonzero(times.kind == NOTHING))
    note = Note(
        "{rows} of {total} rows have neither bound and say nothing",
        code="no_bounds",
        rows=silent,
        total=len(times),
    )
    return ObservedInput(frame, times, rows, (warned(note),) if silent else ())


def _bound(frame: pd.DataFrame, name: str, absent: float) -> FloatArray:
    """Take a bound; missing and infinite ones are `absent`."""
    given = frame[[name]].copy()
    known = given[name].notna() & ~given[name].isin([np.inf, -np.inf])
    values = np.full(len(frame), absent)
    values[known.to_numpy()] = numbers(given[known], name)
    negative = int(np.count_nonzero(values < 0))
    if negative:
        raise CannotAnswerError(
            "column {column} is negative in {rows} of {total} rows",
            todo="times count from the start of follow-up: correct these rows",
            column=name,
            rows=negative,
            total=len(frame),
        )
    return values
