"""The form in which every analysis gives back what it found."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from analyses.inputs import Rows
from analyses.notes import Note

if TYPE_CHECKING:
    from analyses.plots.labels import Labels


@dataclass(frozen=True, kw_only=True)
class Result(ABC):
    """What every result has: its rows, its settings, its remarks, its tables.

    Attributes
    ----------
    rows : Rows
        How many rows were given and used.
    settings : mapping
        What was asked for, by the names of the function's parameters.
    notes : tuple of Note
        What a reader must know beside the numbers.
    """

    method: ClassVar[str]

    rows: Rows
    settings: Mapping[str, Any]
    notes: tuple[Note, ...] = ()

    @property
    @abstractmethod
    def table(self) -> pd.DataFrame:
        """The main result, one row per finding."""

    @abstractmethod
    def summary(self) -> str:
        """Give the result as text, for a terminal or a notebook."""

    @abstractmethod
    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the result as an Altair chart; `labels` says in which words."""

    def tables(self) -> dict[str, pd.DataFrame]:
        """Name all tables of the result."""
        return {"table": self.table}

    def to_dict(self) -> dict[str, Any]:
        """Give the whole result in types that JSON knows; tables are lists of rows, undefined numbers None."""
        return {
            "method": self.method,
            "rows": {"given": self.rows.given, "used": self.rows.used},
            "settings": json_ready(self.settings),
            "notes": [json_ready(note.to_dict()) for note in self.notes],
            **{name: records(table) for name, table in self.tables().items()},
        }

    def _closing_lines(self) -> list[str]:
        """Say rows used and remarks, the same way at the end of every summary."""
        used = f"rows used: {self.rows.used} of {self.rows.given}"
        return [used, *(f"note: {note}" for note in self.notes)]


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn a table into rows of types that JSON knows.

    Examples
    --------
    >>> records(pd.DataFrame({"group": ["a", "b"], "median": [4.5, np.nan]}))
    [{'group': 'a', 'median': 4.5}, {'group': 'b', 'median': None}]
    """
    columns = {str(name): [json_ready(value) for value in table[name].tolist()] for name in table.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def json_ready(value: Any) -> Any:
    """Turn a value into types that JSON knows: undefined numbers are None, infinite ones ``"Inf"`` or ``"-Inf"``."""
    if isinstance(value, Mapping):
        return {str(key): json_ready(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(item) for item in value]
    if isinstance(value, np.ndarray):
        return json_ready(value.tolist())
    if isinstance(value, np.generic):
        return json_ready(value.item())
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, float) and not np.isfinite(value):
        return None if np.isnan(value) else ("Inf" if value > 0 else "-Inf")
    if isinstance(value, date):
        return value.isoformat()[:10]
    return value
