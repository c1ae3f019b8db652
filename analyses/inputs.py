"""Columns in, arrays out: what every analysis asks of its data, and what it refuses.

Nothing is repaired and no row is left out unless the caller says so. Messages name columns and numbers of rows, never
values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from omop_etl.errors import CannotAnswerError, UsageError

FloatArray: TypeAlias = npt.NDArray[Any]
IntArray: TypeAlias = npt.NDArray[Any]
BoolArray: TypeAlias = npt.NDArray[Any]

Missing = Literal["refuse", "drop"]
"""What to do with rows that lack a value: refuse them, or leave them out and say how many."""


@dataclass(frozen=True)
class Rows:
    """How many rows an analysis was given and how many it used.

    Attributes
    ----------
    given, used : int
        They differ only where the caller asked for rows with missing values to be left out.
    """

    given: int
    used: int

    @property
    def left_out(self) -> int:
        """Rows left out for a missing value."""
        return self.given - self.used


@dataclass(frozen=True)
class Factor:
    """A grouping column as codes.

    Attributes
    ----------
    codes : numpy.ndarray
        Position in `levels` of every row.
    levels : tuple
        The values that occur, in the order of the categories or else sorted.
    """

    codes: IntArray
    levels: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.levels)


def as_frame(data: Any) -> pd.DataFrame:
    """Take a data frame, an Arrow table or a mapping of arrays as a data frame.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        Columns of equal length.

    Returns
    -------
    pandas.DataFrame
        `data` itself where it is a data frame already.

    Raises
    ------
    UsageError
        It is none of these.
    CannotAnswerError
        It has no rows.
    """
    if isinstance(data, pd.DataFrame):
        frame = data
    elif isinstance(data, Mapping):
        frame = pd.DataFrame(data)
    elif hasattr(data, "to_pandas"):
        frame = data.to_pandas()
    else:
        raise UsageError(
            "a {kind} is not a table",
            todo="give a pandas data frame, an Arrow table or a mapping of column name to values",
            kind=type(data).__name__,
        )
    if not len(frame):
        raise CannotAnswerError("the data have no rows", todo="check the cohort or the filter they come from")
    return frame


def select_rows(frame: pd.DataFrame, columns: Sequence[str], missing: Missing = "refuse") -> tuple[pd.DataFrame, Rows]:
    """Take the columns of an analysis, and refuse or leave out rows with a missing value in one of them.

    Parameters
    ----------
    frame : pandas.DataFrame
        The data.
    columns : sequence of str
        Columns that the analysis uses.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    (pandas.DataFrame, Rows)
        The rows used (`frame` itself where that is all of them), and how many rows were given and used.

    Raises
    ------
    UsageError
        A column does not exist, exists twice, or `missing` is unknown.
    CannotAnswerError
        A column has missing values and they are refused, or no row is left.

    Examples
    --------
    >>> frame = pd.DataFrame({"days": [5, 8, None], "died": [1, 0, 1]})
    >>> select_rows(frame, ["days", "died"])
    Traceback (most recent call last):
    omop_etl.errors.CannotAnswerError: column days has a missing value in 1 of 3 rows
      what to do: fill them in, choose other columns, or say missing="drop" to leave these rows out
    >>> select_rows(frame, ["days", "died"], missing="drop")[1]
    Rows(given=3, used=2)
    """
    if missing not in ("refuse", "drop"):
        raise UsageError("missing={missing!r} is not known", todo='use "refuse" or "drop"', missing=missing)
    wanted = list(dict.fromkeys(columns))
    complete = np.ones(len(frame), dtype=bool)
    for name in wanted:
        require_column(frame, name)
        lacking = frame[name].isna().to_numpy()
        if missing == "refuse" and lacking.any():
            raise CannotAnswerError(
                "column {column} has a missing value in {rows} of {total} rows",
                todo='fill them in, choose other columns, or say missing="drop" to leave these rows out',
                **_affected(name, lacking),
            )
        complete &= ~lacking
    if complete.all():
        return frame, Rows(len(frame), len(frame))
    if not complete.any():
        raise CannotAnswerError(
            "no row has a value in every one of the columns {columns}",
            todo="leave out the column with the most missing values",
            columns=", ".join(wanted),
        )
    return frame[complete], Rows(len(frame), int(complete.sum()))


def numbers(frame: pd.DataFrame, name: str) -> FloatArray:
    """Take the finite numbers of a column.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows without missing values, see `select_rows`.
    name : str
        A numeric or boolean column.

    Returns
    -------
    numpy.ndarray
        One float per row.

    Raises
    ------
    CannotAnswerError
        The column is not numeric, or some values are infinite.
    """
    column = frame[name]
    if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)):
        raise CannotAnswerError(
            "column {column} holds {kind}, not numbers",
            todo="convert it (a date to days since the index date, text to numbers) or name another column",
            column=name,
            kind=str(column.dtype),
        )
    values = column.to_numpy(dtype=np.float64)
    infinite = ~np.isfinite(values)
    if infinite.any():
        raise CannotAnswerError(
            "column {column} is infinite or not a number in {rows} of {total} rows",
            todo="find out where these values come from; a division by zero or a sentinel are usual",
            **_affected(name, infinite),
        )
    return values


def positive_numbers(frame: pd.DataFrame, name: str) -> FloatArray:
    """Take finite numbers above zero, such as weights."""
    values = numbers(frame, name)
    if np.any(values <= 0):
        raise CannotAnswerError(
            "column {column} is zero or negative in {rows} of {total} rows",
            todo="leave out rows that shall not count, before the analysis",
            **_affected(name, values <= 0),
        )
    return values


def indicator(frame: pd.DataFrame, name: str) -> BoolArray:
    """Take a column that holds 0 and 1 only, such as an event.

    Raises
    ------
    CannotAnswerError
        The column holds anything else.
    """
    values = numbers(frame, name)
    other = (values != 0) & (values != 1)
    if other.any():
        raise CannotAnswerError(
            "column {column} is neither 0 nor 1 in {rows} of {total} rows",
            todo="code it as 1 for the event and 0 for none",
            **_affected(name, other),
        )
    return values == 1


def factor(frame: pd.DataFrame, names: str | Sequence[str]) -> Factor:
    """Code a grouping column, or the combinations of several.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows without missing values.
    names : str or sequence of str
        One column, or several whose combinations form the groups.

    Returns
    -------
    Factor
        Levels are in the order of the categories where a column is categorical, or else sorted; combinations are
        tuples.
    """
    if isinstance(names, str):
        return _factor_of_column(frame[names])
    parts = [_factor_of_column(frame[name]) for name in names]
    if len(parts) == 1:
        return parts[0]
    shape = tuple(len(part) for part in parts)
    used, codes = np.unique(np.ravel_multi_index([part.codes for part in parts], shape), return_inverse=True)
    positions = zip(*np.unravel_index(used, shape), strict=True)
    levels = tuple(tuple(part.levels[at] for part, at in zip(parts, row, strict=True)) for row in positions)
    return Factor(codes.astype(np.int64), levels)


def _factor_of_column(column: pd.Series) -> Factor:
    if isinstance(column.dtype, pd.CategoricalDtype):
        used = column.cat.remove_unused_categories()
        return Factor(used.cat.codes.to_numpy(dtype=np.int64), tuple(used.cat.categories.tolist()))
    codes, levels = pd.factorize(column, sort=not pd.api.types.is_object_dtype(column))
    if not pd.api.types.is_object_dtype(column):
        return Factor(codes.astype(np.int64), tuple(levels.tolist()))
    order = sorted(range(len(levels)), key=lambda at: (type(levels[at]).__name__, levels[at]))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return Factor(rank[codes], tuple(levels[at] for at in order))


def require_column(frame: pd.DataFrame, name: str) -> None:
    """Refuse a column that does not exist or exists twice."""
    found = int((frame.columns == name).sum())
    if found == 1:
        return
    if found:
        raise UsageError(
            "the data have {found} columns named {column}", todo="rename all but one", found=found, column=name
        )
    raise UsageError(
        "the data have no column {column}",
        todo="use one of: {columns}",
        column=name,
        columns=", ".join(str(other) for other in frame.columns[:50]),
    )


def _affected(column: str, wrong: BoolArray) -> dict[str, object]:
    """Coordinates of a refusal: the column, how many rows are wrong, of how many."""
    return {"column": column, "rows": int(np.count_nonzero(wrong)), "total": len(wrong)}
