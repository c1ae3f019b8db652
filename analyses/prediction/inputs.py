"""Outcomes and predicted risks, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analyses.inputs import BoolArray, FloatArray, Missing, Rows, as_frame, indicator, numbers, select_rows
from omop_etl.errors import CannotAnswerError


def outcome_and_columns(
    data: Any, outcome: str, columns: Sequence[str], missing: Missing
) -> tuple[pd.DataFrame, BoolArray, Rows]:
    """Take an outcome of both kinds, and columns without missing values.

    Raises
    ------
    CannotAnswerError
        The outcome holds other values than 0 and 1, or one of them only.
    """
    frame, rows = select_rows(as_frame(data), [outcome, *columns], missing)
    happened = indicator(frame, outcome)
    if happened.all() or not happened.any():
        raise CannotAnswerError(
            "column {column} has the same value in all rows, so there is nothing to predict",
            todo="check the outcome and the filter that the data come from",
            column=outcome,
        )
    return frame, happened, rows


def risks(frame: pd.DataFrame, name: str) -> FloatArray:
    """Take probabilities.

    Raises
    ------
    CannotAnswerError
        Some lie outside of 0 to 1.
    """
    values = numbers(frame, name)
    outside = (values < 0) | (values > 1)
    if outside.any():
        raise CannotAnswerError(
            "column {column} is not between 0 and 1 in {rows} of {total} rows",
            todo="give predicted probabilities, not linear predictors",
            column=name,
            rows=int(outside.sum()),
            total=len(values),
        )
    return values


def ranks_of(values: FloatArray) -> FloatArray:
    """Take values that differ by rounding only (1e-11 of the greatest) as equal."""
    order = np.argsort(values, kind="stable")
    step = np.diff(values[order]) > 1e-11 * float(np.abs(values).max() or 1.0)
    found = np.empty(len(values))
    found[order] = np.append(0, np.cumsum(step))
    return found
