"""The record of what was injected where: the rows of ``truth/defects.csv`` and ``truth/rates.csv``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sample_data.cells import Cells, Encoder, join, padded_numbers, whole_numbers, written
from sample_data.defects.rates import RATES
from sample_data.table import FileTable

Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]

DEFECT_COLUMNS = ("defect_id", "kind", "file", "line", "column", "key", "expected", "cause")
RATE_COLUMNS = ("file", "kind", "at_risk", "injected")


_TEXT = Encoder("utf-8")


@dataclass
class _Entries:
    """Defects of one kind in one column of a file; `twins` is -1 where the key is not the line of another row."""

    first_id: int
    kind: str
    column: str
    expected: str
    rows: Rows
    keys: Cells
    twins: Rows
    causes: Rows


def _written(file: str, entries: list[_Entries], lines: Rows) -> bytes:
    sizes = [len(entry.rows) for entry in entries]
    rows, twins, causes = (
        np.concatenate([getattr(entry, name) for entry in entries]) for name in ("rows", "twins", "causes")
    )
    numbers = np.concatenate([np.arange(entry.first_id, entry.first_id + len(entry.rows)) for entry in entries])
    which = np.repeat(np.arange(len(entries)), sizes)

    def repeated(*texts: str) -> Cells:
        return _TEXT.each(texts).take(pa.array(which))

    keys = pa.concat_arrays([entry.keys for entry in entries])
    own_key = twins < 0
    cells = [
        _numbered(numbers),
        repeated(*(f"{entry.kind},{file}" for entry in entries)),
        whole_numbers(lines[rows]),
        repeated(*(entry.column for entry in entries)),
        join([_TEXT.where(own_key, keys), _TEXT.where(~own_key, whole_numbers(lines[twins]))]),
        repeated(*(entry.expected for entry in entries)),
        join([_TEXT.where(causes > 0, _numbered(causes)), _TEXT.constant("\n", len(rows))]),
    ]
    return bytes(written(join(cells, b","))[0])


def _numbered(numbers: Rows) -> Cells:
    return join([_TEXT.constant("D", len(numbers)), padded_numbers(numbers, 9)])


def _successes(rng: np.random.Generator, trials: int, chance: float) -> Rows:
    """Positions of the successes among independent trials, by their geometric gaps: quick where they are rare."""
    if trials == 0 or chance == 0.0:
        return np.empty(0, np.int64)
    expected = trials * chance
    gaps = rng.geometric(chance, int(expected + 6.0 * expected**0.5 + 16.0))
    positions = np.cumsum(gaps) - 1
    return positions[positions < trials]


@dataclass
class DefectLog:
    """Collects the defects of an extract, block by block."""

    next_id: int = 1
    at_risk: Counter[tuple[str, str]] = field(default_factory=Counter)
    injected: Counter[tuple[str, str]] = field(default_factory=Counter)
    _entries: dict[str, list[_Entries]] = field(default_factory=dict)

    def add(
        self,
        kind: str,
        table: FileTable,
        rows: Rows,
        column: str,
        expected: str,
        *,
        causes: Rows | None = None,
        twins: Rows | None = None,
        keys: Cells | None = None,
    ) -> Rows:
        """Record defects of one kind, mark their rows as taken, and give their numbers.

        Parameters
        ----------
        kind, expected
            What was done, and what an ETL should make of it.
        table, rows
            Where.
        column
            Damaged column; empty for a whole row.
        causes
            Numbers of the defects from which these follow, one each.
        twins
            Rows of which these are copies; their lines become the keys.
        keys
            Keys of the rows, where those of the rows as first written do not fit.
        """
        table.taken[rows] = True
        size = len(rows)
        first_id = self.next_id
        self.next_id += size
        if size:
            entry = _Entries(
                first_id=first_id,
                kind=kind,
                column=column,
                expected=expected,
                rows=rows,
                keys=table.row_keys(rows) if keys is None else keys,
                twins=np.full(size, -1, np.int64) if twins is None else twins,
                causes=np.zeros(size, np.int64) if causes is None else causes,
            )
            self._entries.setdefault(table.spec.name, []).append(entry)
        return np.arange(first_id, self.next_id)

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
        at_risk = len(table) if population is None else int(population.sum())
        candidates = np.flatnonzero(free)
        chance = min(0.5, RATES[kind] * at_risk / max(len(candidates), 1))
        chosen = candidates[_successes(rng, len(candidates), chance)]
        self.count(kind, table, at_risk, len(chosen))
        return chosen

    def count(self, kind: str, table: FileTable, at_risk: int, injected: int) -> None:
        """Add to the counts of ``truth/rates.csv``."""
        self.at_risk[table.spec.name, kind] += at_risk
        self.injected[table.spec.name, kind] += injected

    def flush(self, file: str, lines: Rows) -> bytes:
        """Give the rows of ``truth/defects.csv`` of one file, whose physical lines are now known, and forget them."""
        entries = self._entries.pop(file, [])
        return _written(file, entries, lines) if entries else b""

    def rates(self) -> list[tuple[str, ...]]:
        """Rows of ``truth/rates.csv``."""
        return [
            (file, kind, str(self.at_risk[file, kind]), str(self.injected[file, kind]))
            for file, kind in sorted(self.at_risk)
        ]

    def injected_by_kind(self) -> dict[str, int]:
        """Number of injected defects of each kind, over all files."""
        totals: Counter[str] = Counter()
        for (_, kind), number in self.injected.items():
            totals[kind] += number
        return dict(totals)
