"""What kind of variable a column is, and its values without the missing ones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from analyses.inputs import BoolArray, FloatArray, IntArray, factor, numbers
from omop_etl.errors import CannotAnswerError

Kind = Literal["number", "binary", "category"]
"""A number is described by mean and quantiles, a binary variable by its second level, a category by all levels."""

MISSING_CODE = -1


@dataclass(frozen=True)
class Variable:
    """A column of a table of characteristics.

    Attributes
    ----------
    name : str
        The column.
    kind : {"number", "binary", "category"}
        What it is.
    values : numpy.ndarray
        Numbers, undefined (NaN) where missing; or codes of the levels, -1 where missing.
    levels : tuple
        Levels in order; none for a number.
    """

    name: str
    kind: Kind
    values: FloatArray | IntArray
    levels: tuple[Any, ...] = ()

    @property
    def missing(self) -> BoolArray:
        """True for rows without a value."""
        return np.isnan(self.values) if self.kind == "number" else self.values == MISSING_CODE

    def of(self, rows: BoolArray) -> FloatArray:
        """Take the values of some rows: numbers without missing ones, or the shares of the levels."""
        own = self.values[rows & ~self.missing]
        if self.kind == "number":
            return own
        counts = np.bincount(own, minlength=len(self.levels))
        with np.errstate(invalid="ignore"):
            return counts / len(own)


def variable_of(frame: pd.DataFrame, name: str, categorical: Collection[str]) -> Variable:
    """Decide what a column is.

    Parameters
    ----------
    frame : pandas.DataFrame
        The data.
    name : str
        The column; it may have missing values, but no infinite ones.
    categorical : collection of str
        Numeric columns that are to be taken as categories.

    Returns
    -------
    Variable
        Booleans and numbers that are only 0 and 1 are binary; text and categories are categories, binary with two
        levels.

    Raises
    ------
    CannotAnswerError
        The column is a date, or has infinite values.
    """
    column = frame[name]
    if pd.api.types.is_datetime64_any_dtype(column):
        raise CannotAnswerError(
            "column {column} holds dates, which have no mean",
            todo="convert it to days since the index date or to a calendar year, or leave it out",
            column=name,
        )
    present = column.notna().to_numpy()
    known = frame.loc[present, [name]]
    is_number = pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)
    if is_number and name not in categorical:
        values = np.full(len(frame), np.nan)
        values[present] = numbers(known, name)
        if not np.isin(values[present], (0, 1)).all() or not present.any():
            return Variable(name, "number", values)
        return Variable(name, "binary", np.where(present, values, MISSING_CODE).astype(np.int64), (0, 1))
    codes = np.full(len(frame), MISSING_CODE, dtype=np.int64)
    found = factor(known, name)
    codes[present] = found.codes
    return Variable(name, "binary" if len(found) == 2 else "category", codes, found.levels)
