"""One file of the extract while it is being made: columns of cells, with changes and additions kept until the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sample_data.cells import Cells, Encoder, join, written

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class FileSpec:
    """How one file of the extract is written.

    Parameters
    ----------
    name
        File name.
    encoding
        Encoding of the cells: `utf-8` or `gb18030`.
    columns
        Header, in order.
    delimiter, newline
        What stands between cells and after rows.
    mark
        Bytes at the start of the file (a byte order mark), if any.
    written_as
        Encoding of the file where it differs from that of the cells (UTF-16).
    quoted
        Columns of free text, always in quotes.
    """

    name: str
    encoding: str
    columns: tuple[str, ...]
    delimiter: str = ","
    newline: str = "\n"
    mark: bytes = b""
    written_as: str = ""
    quoted: tuple[str, ...] = ()


@dataclass
class FileTable:
    """Rows of one file that belong to one block of patients.

    Parameters
    ----------
    spec
        How the file is written.
    columns
        Cells of every column.
    person, encounter
        Position of each row's patient and encounter in the block; -1 where there is none.
    key
        Columns that name a row in ``truth/defects.csv``; their cells are ASCII, or the file is UTF-8.
    facts
        Further arrays, one element a row, that say what a row means.
    """

    spec: FileSpec
    columns: dict[str, Cells]
    person: Rows
    encounter: Rows
    key: tuple[str, ...]
    facts: dict[str, NDArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        missing = [name for name in self.spec.columns if name not in self.columns]
        if missing:
            raise ValueError(f"{self.spec.name}: no cells for {missing}")
        self.text = Encoder(self.spec.encoding)
        self.original = np.arange(len(self.person))
        self.taken = np.zeros(len(self.person), np.bool_)
        self.broken: Rows = np.empty(0, np.int64)
        self._changes: dict[str, list[tuple[Rows, Cells]]] = {}

    def __len__(self) -> int:
        return len(self.original)

    def cells(self, column: str, rows: Rows) -> Cells:
        """Cells of some rows as first written, before any change."""
        return self.columns[column].take(pa.array(self.original[rows]))

    def texts(self, column: str, rows: Rows) -> list[str]:
        """Cells of some rows as first written, decoded."""
        return [cell.decode(self.spec.encoding) for cell in self.cells(column, rows).to_pylist()]

    def change(self, column: str, rows: Rows, cells: Cells) -> None:
        """Replace cells; a later change of the same cell wins."""
        if len(rows):
            self._changes.setdefault(column, []).append((rows, cells))

    def change_texts(self, column: str, rows: Rows, texts: list[str]) -> None:
        """Replace cells by texts."""
        self.change(column, rows, self.text.each(texts))

    def repeat(self, rows: Rows) -> Rows:
        """Add copies of rows, as first written, at the end and give the positions of the copies."""
        copies = len(self) + np.arange(len(rows))
        self.original = np.concatenate([self.original, self.original[rows]])
        self.person = np.concatenate([self.person, self.person[rows]])
        self.encounter = np.concatenate([self.encounter, self.encounter[rows]])
        self.taken = np.concatenate([self.taken, np.ones(len(rows), np.bool_)])
        self.facts = {name: np.concatenate([values, values[rows]]) for name, values in self.facts.items()}
        return copies

    def drop(self, rows: Rows) -> None:
        """Take rows out; only before any change or copy."""
        keep = np.setdiff1d(np.arange(len(self)), rows)
        self.columns = {name: cells.take(pa.array(keep)) for name, cells in self.columns.items()}
        self.person, self.encounter = self.person[keep], self.encounter[keep]
        self.taken = self.taken[keep]
        self.original = np.arange(len(keep))
        self.facts = {name: values[keep] for name, values in self.facts.items()}

    def row_keys(self, rows: Rows) -> Cells:
        """Readable key of each row, from the cells as first written."""
        return join([self.cells(column, rows) for column in self.key], b"|")

    def finished(self, column: str) -> Cells:
        """Cells of a column with all changes and copies."""
        changes = self._changes.get(column)
        first = self.columns[column]
        if not changes:
            copies = self.original[len(first) :]
            return pa.concat_arrays([first, first.take(pa.array(copies))]) if len(copies) else first
        index = self.original.copy()
        pieces = [first]
        offset = len(first)
        for rows, cells in changes:
            index[rows] = offset + np.arange(len(rows))
            pieces.append(cells)
            offset += len(rows)
        return pa.concat_arrays(pieces).take(pa.array(index))

    def lines(self) -> Cells:
        """Every row as a line of the file, with its line end."""
        delimiter = self.spec.delimiter
        parts: list[Cells] = []
        for blank, columns in groupby(self.spec.columns, self._is_blank):
            if blank:
                parts.append(self.text.constant(delimiter * (len(list(columns)) - 1), len(self)))
            else:
                parts += [self._quoted(name) if name in self.spec.quoted else self.finished(name) for name in columns]
        parts[-1] = join([parts[-1], self.text.constant(self.spec.newline, len(self))])
        return join(parts, delimiter.encode())

    def _is_blank(self, column: str) -> bool:
        return column not in self._changes and len(written(self.columns[column])[0]) == 0

    def _quoted(self, column: str) -> Cells:
        quote = self.text.constant('"', len(self))
        return join([quote, self.finished(column), quote])
