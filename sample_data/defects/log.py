"""The record of what was injected where: the rows of ``truth/defects.csv`` and ``truth/rates.csv``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sample_data.defects.rates import RATES
from sample_data.table import FileTable

Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]

DEFECT_COLUMNS = ("defect_id", "kind", "file", "line", "column", "key", "expected", "cause")
RATE_COLUMNS = ("file", "kind", "at_risk", "injected")


@dataclass
class _Entries:
    first_id: int
    kind: str
    file: str
    rows: Rows
    columns: list[str]
    keys: list[str]
    twins: Rows | None
    expected: str
    causes: list[int]

    def written(self, lines: Rows) -> list[tuple[str, ...]]:
        keys = self.keys if self.twins is None else [str(line) for line in lines[self.twins].tolist()]
        return [
            (f"D{self.first_id + number:09d}", self.kind, self.file, str(line), column, key, self.expected, cause)
            for number, (line, column, key, cause) in enumerate(
                zip(lines[self.rows].tolist(), self.columns, keys, map(_cause_text, self.causes), strict=True)
            )
        ]


def _cause_text(cause: int) -> str:
    return f"D{cause:09d}" if cause else ""


@dataclass
class DefectLog:
    """Collects the defects of an extract, block by block."""

    next_id: int = 1
    at_risk: Counter[tuple[str, str]] = field(default_factory=Counter)
    injected: Counter[tuple[str, str]] = field(default_factory=Counter)
    _entries: list[_Entries] = field(default_factory=list)

    def add(
        self,
        kind: str,
        table: FileTable,
        rows: Rows,
        columns: str | list[str],
        expected: str,
        *,
        causes: list[int] | None = None,
        twins: Rows | None = None,
        keys: list[str] | None = None,
    ) -> list[int]:
        """Record defects of one kind, mark their rows as taken, and give their numbers.

        Parameters
        ----------
        kind, expected
            What was done, and what an ETL should make of it.
        table, rows
            Where.
        columns
            Damaged column: one for all rows or one each; empty for a whole row.
        causes
            Numbers of the defects from which these follow, one each.
        twins
            Rows of which these are copies; their lines become the keys.
        keys
            Keys of the rows, where those of the rows as first written do not fit.
        """
        table.taken[rows] = True
        size = len(rows)
        entries = _Entries(
            first_id=self.next_id,
            kind=kind,
            file=table.spec.name,
            rows=rows,
            columns=[columns] * size if isinstance(columns, str) else columns,
            keys=keys or (table.row_keys(rows) if twins is None else [""] * size),
            twins=twins,
            expected=expected,
            causes=causes or [0] * size,
        )
        self.next_id += size
        if size:
            self._entries.append(entries)
        return list(range(entries.first_id, self.next_id))

    def draw(
        self,
        kind: str,
        table: FileTable,
        rng: np.random.Generator,
        eligible: Flags | None = None,
        population: Flags | None = None,
    ) -> Rows:
        """Draw the rows that get a defect and count them against the rows at risk.

        Parameters
        ----------
        kind
            Key of `sample_data.defects.rates.RATES`, the share of `population` that is wanted.
        table
            Rows to draw from; rows that are taken already are never drawn.
        rng
            Stream of random numbers.
        eligible
            Rows on which this defect is possible; all by default.
        population
            Rows that the rate refers to; all by default.
        """
        free = ~table.taken
        if eligible is not None:
            free &= eligible
        wanted = RATES[kind] * (len(table) if population is None else int(population.sum()))
        candidates = np.flatnonzero(free)
        chosen = candidates[rng.random(len(candidates)) < min(0.5, wanted / max(len(candidates), 1))]
        self.count(kind, table, len(table) if population is None else int(population.sum()), len(chosen))
        return chosen

    def count(self, kind: str, table: FileTable, at_risk: int, injected: int) -> None:
        """Add to the counts of ``truth/rates.csv``."""
        self.at_risk[table.spec.name, kind] += at_risk
        self.injected[table.spec.name, kind] += injected

    def flush(self, file: str, lines: Rows) -> list[tuple[str, ...]]:
        """Give the rows of ``truth/defects.csv`` of one file, whose physical lines are now known, and forget them."""
        mine = [entries for entries in self._entries if entries.file == file]
        self._entries = [entries for entries in self._entries if entries.file != file]
        return [row for entries in mine for row in entries.written(lines)]

    def rates(self) -> list[tuple[str, ...]]:
        """Rows of ``truth/rates.csv``."""
        return [
            (file, kind, str(self.at_risk[file, kind]), str(self.injected[file, kind]))
            for file, kind in sorted(self.at_risk)
        ]
