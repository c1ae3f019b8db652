"""Rows, outcome and design matrix of a regression, checked once for all models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analyses.collinearity import INTERCEPT, refuse_collinear
from analyses.design import Design, parts_of
from analyses.inputs import (
    Factor,
    FloatArray,
    Missing,
    Rows,
    as_frame,
    factor,
    indicator,
    numbers,
    positive_numbers,
    select_rows,
)
from analyses.regression.families import Outcome
from omop_etl.errors import CannotAnswerError


@dataclass(frozen=True)
class RegressionInput:
    """Data of a regression after all checks.

    Attributes
    ----------
    frame : pandas.DataFrame
        The rows used.
    rows : Rows
        How many were given and used.
    design : Design or None
        Covariates; None for the intercept alone.
    x : numpy.ndarray
        Design matrix, the constant first.
    offset, weight : numpy.ndarray
        Known part of the predictor, and case weights.
    cluster : Factor or None
        Cluster of every row.
    """

    frame: pd.DataFrame
    rows: Rows
    design: Design | None
    x: FloatArray
    offset: FloatArray
    weight: FloatArray
    cluster: Factor | None

    @property
    def names(self) -> list[str]:
        """Names of the coefficients."""
        return [INTERCEPT, *([] if self.design is None else self.design.names)]


def regression_input(
    data: Any,
    *,
    outcome: str,
    covariates: Sequence[str],
    reference: Mapping[str, Any] | None = None,
    offset: str | None = None,
    weights: str | None = None,
    cluster: str | None = None,
    others: Sequence[str | None] = (),
    missing: Missing = "refuse",
    check_rank: bool = True,
) -> RegressionInput:
    """Check the columns of a regression and take them as arrays.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per observation.
    outcome : str
        Column of the outcome.
    covariates : sequence of str
        Columns, and products such as ``"arm:sex"``; none for the intercept alone.
    reference : mapping, optional
        Reference level per categorical column.
    offset, weights, cluster : str, optional
        Columns of a known part of the predictor, of case weights above zero, and of what belongs together.
    others : sequence of str
        Further columns that the model uses; None is passed over.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.
    check_rank : bool
        Refuse collinear columns.

    Returns
    -------
    RegressionInput
        The arrays.

    Raises
    ------
    UsageError
        A column does not exist, or a covariate is named twice.
    CannotAnswerError
        Missing or infinite values, weights that are not above zero, a constant column, collinear columns.
    """
    frame = as_frame(data)
    used = [part for name in covariates for part in parts_of(frame, name)]
    more = [name for name in (offset, weights, cluster, *others) if name is not None]
    frame, rows = select_rows(frame, [outcome, *used, *more], missing)
    design = Design.of(frame, covariates, reference) if covariates else None
    one = np.ones((len(frame), 1))
    x = one if design is None else np.column_stack([one, design.matrix(frame)])
    checked = RegressionInput(
        frame=frame,
        rows=rows,
        design=design,
        x=x,
        offset=np.zeros(len(frame)) if offset is None else numbers(frame, offset),
        weight=np.ones(len(frame)) if weights is None else positive_numbers(frame, weights),
        cluster=None if cluster is None else factor(frame, cluster),
    )
    if check_rank:
        refuse_collinear(x, checked.names)
    return checked


def outcome_of(checked: RegressionInput, name: str, family: str, trials: str | None = None) -> Outcome:
    """Take the outcome that a distribution can have.

    Raises
    ------
    CannotAnswerError
        It holds other values, or is the same in all rows.
    """
    if family == "binomial" and trials is None:
        value = indicator(checked.frame, name).astype(float)
        _refuse_one_value(value, name)
        return Outcome(value, checked.weight)
    value = numbers(checked.frame, name)
    if family == "gamma":
        _refuse_one_value(value, name)
        return Outcome(positive_numbers(checked.frame, name), checked.weight)
    if family != "gaussian":
        wrong = (value < 0) | (value != np.floor(value))
        if wrong.any():
            raise CannotAnswerError(
                "column {column} is no count in {rows} of {total} rows",
                todo="give whole numbers of at least 0",
                column=name,
                rows=int(wrong.sum()),
                total=len(value),
            )
    if trials is not None:
        size = positive_numbers(checked.frame, trials)
        if np.any(value > size):
            raise CannotAnswerError(
                "{column} is greater than {trials} in {rows} of {total} rows",
                todo="give the number of events, and of all trials",
                column=name,
                trials=trials,
                rows=int((value > size).sum()),
                total=len(value),
            )
        share = value / size
        _refuse_one_value(share if share.min() == share.max() and share.min() in (0.0, 1.0) else np.arange(2.0), name)
        return Outcome(share, checked.weight * size, size)
    _refuse_one_value(value, name)
    return Outcome(value, checked.weight)


def _refuse_one_value(value: FloatArray, name: str) -> None:
    if (value == value[0]).all():
        raise CannotAnswerError(
            "column {column} has the same value in all rows, so there is nothing to explain",
            todo="check the outcome and the filter that the data come from",
            column=name,
        )
