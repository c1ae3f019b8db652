"""The hospital's vocabulary: small tables, written for this package, of what can be diagnosed, measured and given.

Codes, ingredient names and units are facts of the public code systems. Each table is a CSV file beside this module.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import yaml
from numpy.typing import NDArray


@dataclass(frozen=True)
class Table:
    """One catalogue table, column by column.

    Examples
    --------
    >>> table("drugs")["name"][table("drugs").position("OSIMERTINIB")]
    '甲磺酸奥希替尼片'
    """

    name: str
    columns: dict[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __getitem__(self, column: str) -> tuple[str, ...]:
        return self.columns[column]

    def numbers(self, column: str) -> NDArray[np.float64]:
        """Read a column as numbers, a blank cell as NaN."""
        return np.array([float(text) if text else np.nan for text in self[column]])

    def lists(self, column: str) -> tuple[tuple[str, ...], ...]:
        """Read a column of lists that are separated by ``|``."""
        return tuple(tuple(text.split("|")) if text else () for text in self[column])

    def position(self, key: str) -> int:
        """Row number of the entry with this key."""
        return _positions(self.name)[key]

    def positions(self, keys: tuple[str, ...] | list[str]) -> NDArray[np.int64]:
        """Row numbers of several keys; -1 for a blank one."""
        lookup = _positions(self.name)
        return np.array([lookup[key] if key else -1 for key in keys], np.int64)


@cache
def table(name: str) -> Table:
    """Read the catalogue table of this name."""
    source = resources.files(__package__).joinpath(f"{name}.csv")
    rows = list(csv.DictReader(source.read_text(encoding="utf-8").splitlines()))
    columns = {column: tuple(row[column] for row in rows) for column in rows[0]}
    return Table(name, columns)


@cache
def _positions(name: str) -> dict[str, int]:
    return {key: row for row, key in enumerate(table(name)["key"])}


@cache
def texts(name: str) -> dict[str, dict[str, list[str]]]:
    r"""Read the sentence templates of this name: section, then purpose, then the wordings to choose from.

    A ``\n`` in a template stands for a new line.
    """
    source = resources.files(f"{__package__}.templates").joinpath(f"{name}.yaml")
    content: dict[str, dict[str, list[str]]] = yaml.safe_load(source.read_text(encoding="utf-8"))
    return {
        section: {kind: [text.replace("\\n", "\n") for text in wordings] for kind, wordings in kinds.items()}
        for section, kinds in content.items()
    }
