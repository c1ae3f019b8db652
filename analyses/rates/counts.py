"""Counts given as numbers, checked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analyses.inputs import FloatArray
from omop_etl.errors import CannotAnswerError


def whole_counts(name: str, given: npt.ArrayLike) -> FloatArray:
    """Take whole numbers of at least 0.

    Raises
    ------
    CannotAnswerError
        Some are negative, missing, infinite or not whole.

    Examples
    --------
    >>> whole_counts("events", [3, -1])
    Traceback (most recent call last):
    omop_etl.errors.CannotAnswerError: events: 1 of 2 values are not whole numbers of at least 0
      what to do: give counts
    """
    values = np.atleast_1d(np.asarray(given, dtype=np.float64))
    wrong = ~np.isfinite(values) | (values < 0) | (values != np.floor(values))
    if wrong.any():
        raise CannotAnswerError(
            "{name}: {rows} of {total} values are not whole numbers of at least 0",
            todo="give counts",
            name=name,
            rows=int(wrong.sum()),
            total=len(values),
        )
    return values


def positive_values(name: str, given: npt.ArrayLike) -> FloatArray:
    """Take finite numbers above 0.

    Raises
    ------
    CannotAnswerError
        Some are not.
    """
    values = np.atleast_1d(np.asarray(given, dtype=np.float64))
    wrong = ~(np.isfinite(values) & (values > 0))
    if wrong.any():
        raise CannotAnswerError(
            "{name}: {rows} of {total} values are not above 0",
            todo="leave out what has no time at risk, or correct it",
            name=name,
            rows=int(wrong.sum()),
            total=len(values),
        )
    return values
