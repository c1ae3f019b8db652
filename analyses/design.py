"""Covariates as columns of a design matrix: numbers as they are, categories against a reference, products."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analyses.inputs import FloatArray, factor, numbers
from omop_etl.errors import CannotAnswerError, UsageError

PRODUCT = ":"
"""Joins the columns of an interaction in the name of a covariate."""


@dataclass(frozen=True)
class Column:
    """One column of a design matrix.

    Attributes
    ----------
    term : str
        Covariate that it belongs to.
    parts : tuple of (str, object)
        Column of the data and the level that is 1 (None for a number); several for a product.
    """

    term: str
    parts: tuple[tuple[str, Any], ...]

    @property
    def name(self) -> str:
        """Name of the coefficient: ``age``, ``stage[IV]``, ``arm[b]:sex[male]``."""
        return PRODUCT.join(column if level is None else f"{column}[{level}]" for column, level in self.parts)

    @property
    def level(self) -> Any:
        """Level that is compared with the reference, None where there is none or for a product."""
        return self.parts[0][1] if len(self.parts) == 1 else None

    def values(self, frame: pd.DataFrame) -> FloatArray:
        """Compute the column for given rows."""
        factors = [
            numbers(frame, column) if level is None else (frame[column] == level).to_numpy(dtype=np.float64)
            for column, level in self.parts
        ]
        return factors[0] if len(factors) == 1 else np.prod(factors, axis=0)


@dataclass(frozen=True)
class Design:
    """How covariates become columns; made from the data of a fit, applied to any rows.

    Attributes
    ----------
    columns : tuple of Column
        In the order of the coefficients.
    levels : mapping
        Per categorical column its levels, the reference first.
    """

    columns: tuple[Column, ...]
    levels: Mapping[str, tuple[Any, ...]]

    @classmethod
    def of(cls, frame: pd.DataFrame, covariates: Sequence[str], reference: Mapping[str, Any] | None = None) -> Design:
        """Decide on the columns.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows without missing values.
        covariates : sequence of str
            Columns, and products such as ``"arm:sex"``. Numbers and booleans are used as they are; all else is
            categorical.
        reference : mapping, optional
            Reference level per categorical column; the first level by default.

        Returns
        -------
        Design
            Columns in the order of the covariates.

        Raises
        ------
        UsageError
            A covariate is named twice, or a reference level does not occur.
        CannotAnswerError
            A column has the same value in all rows.

        Examples
        --------
        >>> frame = pd.DataFrame({"age": [61, 70, 58], "stage": ["IV", "III", "II"]})
        >>> [column.name for column in Design.of(frame, ["age", "stage"], reference={"stage": "III"}).columns]
        ['age', 'stage[II]', 'stage[IV]']
        """
        repeated = sorted({name for name in covariates if list(covariates).count(name) > 1})
        if repeated or not covariates:
            raise UsageError(
                "covariates name {columns}",
                todo="name every covariate once, at least one",
                columns=", ".join(repeated) + " twice" if repeated else "no column",
            )
        used = list(dict.fromkeys(part for name in covariates for part in parts_of(frame, name)))
        levels = {
            name: _levels(frame, name, (reference or {}).get(name)) for name in used if not _is_number(frame[name])
        }
        for name in set(used) - set(levels):
            _refuse_constant(bool((frame[name] == frame[name].iloc[0]).all()), name)
        columns = (Column(name, parts) for name in covariates for parts in _expanded(parts_of(frame, name), levels))
        return cls(tuple(columns), levels)

    @property
    def names(self) -> list[str]:
        """Names of the coefficients."""
        return [column.name for column in self.columns]

    @property
    def data_columns(self) -> list[str]:
        """Columns of the data that are needed."""
        return list(dict.fromkeys(name for column in self.columns for name, _ in column.parts))

    def matrix(self, frame: pd.DataFrame) -> FloatArray:
        """Compute the design matrix for given rows, shape (rows, columns).

        Raises
        ------
        CannotAnswerError
            A categorical column has a level that the fit did not see.
        """
        for name, levels in self.levels.items():
            unknown = int((~frame[name].isin(levels)).sum())
            if unknown:
                raise CannotAnswerError(
                    "column {column} has in {rows} of {total} rows a level that the model was not fitted with",
                    todo="fit the model with such rows, or leave them out",
                    column=name,
                    rows=unknown,
                    total=len(frame),
                )
        return np.column_stack([column.values(frame) for column in self.columns])

    def terms(self) -> dict[str, list[int]]:
        """Positions of the coefficients of every covariate."""
        found: dict[str, list[int]] = {}
        for position, column in enumerate(self.columns):
            found.setdefault(column.term, []).append(position)
        return found


def parts_of(frame: pd.DataFrame, covariate: str) -> list[str]:
    """Name the columns of a covariate: itself, or the factors of a product."""
    return [covariate] if covariate in frame.columns else covariate.split(PRODUCT)


def centres(matrix: FloatArray) -> FloatArray:
    """Give the point at which R centres covariates: the mean, but 0 for columns that hold only -1, 0 and 1.

    Parameters
    ----------
    matrix : numpy.ndarray
        Design matrix, shape (rows, columns).

    Returns
    -------
    numpy.ndarray
        One value per column.
    """
    return np.array([0.0 if _is_indicator(column) else column.mean() for column in matrix.T])


def _is_indicator(values: FloatArray) -> bool:
    return bool(values.min() >= -1 and values.max() <= 1 and np.isin(values, (-1.0, 0.0, 1.0)).all())


def _is_number(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column))


def _levels(frame: pd.DataFrame, name: str, reference: Any) -> tuple[Any, ...]:
    levels = factor(frame, name).levels
    _refuse_constant(len(levels) == 1, name)
    if reference is None:
        return levels
    if reference not in levels:
        raise UsageError(
            "the reference level of column {column} does not occur in the data",
            todo="use one of its {levels} levels",
            column=name,
            levels=len(levels),
        )
    return (reference, *(level for level in levels if level != reference))


def _expanded(parts: list[str], levels: Mapping[str, tuple[Any, ...]]) -> Iterator[tuple[tuple[str, Any], ...]]:
    """All products of the columns of the parts."""
    if not parts:
        yield ()
        return
    for rest in _expanded(parts[1:], levels):
        for level in levels.get(parts[0], (None, None))[1:]:
            yield ((parts[0], level), *rest)


def _refuse_constant(constant: bool, name: str) -> None:
    if constant:
        raise CannotAnswerError(
            "column {column} has the same value in all rows",
            todo="leave it out of the covariates: it can explain no difference",
            column=name,
        )
