"""Columns of a design matrix that others determine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analyses.inputs import FloatArray
from omop_etl.errors import CannotAnswerError

INTERCEPT = "intercept"
"""Name of the constant column."""

_OWN = 1e-9
"""Share of a column's square length that earlier columns must leave unexplained."""


def collinear_columns(x: FloatArray) -> dict[int, list[int]]:
    """Find columns that earlier columns determine.

    Parameters
    ----------
    x : numpy.ndarray
        Design matrix, shape (rows, columns).

    Returns
    -------
    dict
        Position of every redundant column, with the positions of those that determine it.

    Examples
    --------
    >>> collinear_columns(np.array([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0], [1.0, 1.0, 0.0]]))
    {2: [0, 1]}
    """
    length = np.sqrt(np.sum(x**2, axis=0))
    scaled = x / np.where(length > 0, length, 1.0)
    found: dict[int, list[int]] = {}
    kept: list[int] = []
    for column in range(x.shape[1]):
        if length[column] == 0:
            found[column] = []
            continue
        if kept:
            share = np.linalg.lstsq(scaled[:, kept], scaled[:, column], rcond=None)[0]
            rest = scaled[:, column] - scaled[:, kept] @ share
            centred = scaled[:, column] - scaled[:, column].mean()
            if float(rest @ rest) <= _OWN * max(float(centred @ centred), np.finfo(float).eps):
                found[column] = [other for other, part in zip(kept, share, strict=True) if abs(part) > 1e-6]
                continue
        kept.append(column)
    return found


def refuse_collinear(x: FloatArray, names: Sequence[str]) -> None:
    """Refuse a design matrix with a column that others determine.

    Raises
    ------
    CannotAnswerError
        Names the column and what determines it; or there are fewer rows than columns.
    """
    if len(x) < x.shape[1]:
        raise CannotAnswerError(
            "{rows} rows are too few for {columns} coefficients",
            todo="use fewer covariates",
            rows=len(x),
            columns=x.shape[1],
        )
    for column, others in collinear_columns(x).items():
        if others:
            raise CannotAnswerError(
                "{column} is determined by {others}",
                todo="leave one of these covariates out",
                column=names[column],
                others=", ".join(names[other] for other in others),
            )
        raise CannotAnswerError("{column} is 0 in all rows", todo="leave this covariate out", column=names[column])
