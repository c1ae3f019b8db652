"""Follow-up that ends by one of several causes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analyses.inputs import BoolArray, IntArray, Missing, as_frame, factor, require_column
from analyses.survival.data import SurvivalInput, checked_follow_up
from omop_etl.errors import CannotAnswerError, UsageError


@dataclass(frozen=True)
class CausesInput:
    """Data of an analysis of competing risks after all checks.

    Attributes
    ----------
    checked : SurvivalInput
        Rows and their follow-up; the event is that of any cause.
    causes : tuple
        The causes, in the order of the results.
    cause : numpy.ndarray
        Position of the cause of every row among `causes`, -1 where the row is censored.
    """

    checked: SurvivalInput
    causes: tuple[Any, ...]
    cause: IntArray

    def of(self, cause: Any) -> BoolArray:
        """Say which rows had the event of a cause.

        Raises
        ------
        UsageError
            There is no such cause.
        """
        if cause not in self.causes:
            raise UsageError(
                "{cause} is none of the causes",
                todo="use one of: {known}",
                cause=cause,
                known=", ".join(str(known) for known in self.causes),
            )
        return self.cause == self.causes.index(cause)


def causes_input(
    data: Any,
    *,
    duration: str,
    event: str,
    censored: Any = 0,
    causes: Sequence[Any] | None = None,
    entry: str | None = None,
    weights: str | None = None,
    others: Sequence[str | None] = (),
    missing: Missing = "refuse",
    timefix: bool = True,
) -> CausesInput:
    """Check the columns of an analysis of competing risks and take them as arrays.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person, or per interval of a person.
    duration : str
        Column of times at which follow-up ends.
    event : str
        Column of what ends it: a cause, or `censored`.
    censored : object
        Value of `event` that says that nothing happened.
    causes : sequence, optional
        The causes in the order wanted; by default all that occur, sorted.
    entry, weights, others, missing, timefix
        As in `analyses.survival.data.survival_input`.

    Returns
    -------
    CausesInput
        The arrays and what the causes are.

    Raises
    ------
    UsageError
        A column does not exist, or a value of `event` is none of `causes`.
    CannotAnswerError
        The follow-up does not fit, or nothing happened to anybody.

    Examples
    --------
    >>> data = {"days": [3.0, 5.0, 8.0], "end": ["relapse", "none", "death"]}
    >>> found = causes_input(data, duration="days", event="end", censored="none")
    >>> found.causes, found.cause
    (('death', 'relapse'), array([ 1, -1,  0]))
    """
    require_column(as_frame(data), event)
    checked = checked_follow_up(
        data,
        duration=duration,
        happened=lambda frame: (frame[event] != censored).to_numpy(dtype=bool),
        entry=entry,
        weights=weights,
        used=[duration, event, entry, weights, *others],
        missing=missing,
        timefix=timefix,
    )
    if not checked.times.event.any():
        raise CannotAnswerError(
            "column {column} has no event in {rows} rows",
            todo="check the outcome and the follow-up",
            column=event,
            rows=len(checked.times),
        )
    known, code = _coded(checked.frame[event], censored, causes, event)
    return CausesInput(checked, known, code)


def _coded(
    column: pd.Series, censored: Any, causes: Sequence[Any] | None, name: str
) -> tuple[tuple[Any, ...], IntArray]:
    values = factor(column.to_frame(), str(column.name))
    if censored not in values.levels and not pd.api.types.is_numeric_dtype(column):
        raise UsageError(
            "column {column} does not hold the value that says that a row is censored",
            todo="name that value with censored=",
            column=name,
        )
    occurring = [level for level in values.levels if level != censored]
    known = tuple(occurring if causes is None else causes)
    unknown = [level for level in occurring if level not in known]
    if unknown:
        rows = int(column.isin(unknown).sum())
        raise UsageError(
            "column {column} has in {rows} of {total} rows an event that is none of the causes",
            todo="name all causes, or leave causes out",
            column=name,
            rows=rows,
            total=len(column),
        )
    position = {level: at for at, level in enumerate(known)}
    return known, np.array([position.get(level, -1) for level in values.levels], dtype=np.int64)[values.codes]
