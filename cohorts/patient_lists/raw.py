"""The cells of a patient list as text, whatever kind of file holds them, with the line of each row."""

from __future__ import annotations

import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cohorts.patient_lists.cells import EXACT_DIGITS
from cohorts.patient_lists.columns import columns_of
from cohorts.patient_lists.faults import Fault, Lines
from omop_etl.errors import RweError
from omop_etl.sources import open_reader


@dataclass(frozen=True)
class Raw:
    """The cells of the columns that are needed.

    Attributes
    ----------
    file : str
        Name of the file.
    columns : dict of str to str
        What a column is for, to its name in the header.
    cells : dict of str to pyarrow.Array
        What a column is for, to its cells as text.
    lines : numpy.ndarray of int64
        Line of each row.
    faults : tuple of Fault
        Cells that no text stands for.
    """

    file: str
    columns: dict[str, str]
    cells: dict[str, pa.Array] = field(repr=False)
    lines: Lines
    faults: tuple[Fault, ...] = ()


def from_text(path: Path, file: str) -> Raw:
    """Read delimited text."""
    reader = open_reader(path, "\t" if path.suffix.lower() == ".tsv" else None)
    chunks = list(reader.chunks())
    malformed = np.array([record.line for chunk in chunks for record in chunk.malformed], np.int64)
    tables = [chunk.table for chunk in chunks] or [
        pa.table({name: pa.array([], pa.string()) for name in reader.header})
    ]
    lines = np.concatenate([chunk.lines for chunk in chunks]) if chunks else np.empty(0, np.int64)
    faults = (Fault("fields", "", malformed),) if malformed.size else ()
    return _of_table(file, reader.header, pa.concat_tables(tables), lines, faults)


def from_parquet(path: Path, file: str) -> Raw:
    """Read a Parquet file."""
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError):
        raise RweError("{file} cannot be read as Parquet", todo="write the file again", file=file) from None
    return from_arrow(table, file)


def from_arrow(table: pa.Table, file: str) -> Raw:
    """Read typed columns."""
    header = [_clean(name) for name in table.column_names]
    lines = np.arange(1, table.num_rows + 1, dtype=np.int64)
    columns = columns_of(file, header, _filled(header, table))
    cells, faults = {}, []
    for role, name in columns.items():
        cells[role], lost = _as_text(table.column(header.index(name)).combine_chunks())
        if lost is not None and (bad := lines[lost.to_numpy(zero_copy_only=False)]).size:
            faults.append(Fault("digits lost", name, bad))
    return Raw(file, columns, cells, lines, tuple(faults))


def from_workbook(path: Path, file: str) -> Raw:
    """Read the only sheet of a workbook, its first row being the header."""
    rows = _sheet(path, file)
    header = [_clean(cell.value) for cell in rows[0]] if rows else []
    kept = [
        (number, row) for number, row in enumerate(rows[1:], start=2) if any(cell.value is not None for cell in row)
    ]
    filled = {name for _, row in kept for name, cell in zip(header, row, strict=False) if cell.value is not None}
    columns = columns_of(file, header, filled)
    lines = np.array([number for number, _ in kept], np.int64)
    cells, faults = {}, []
    for role, name in columns.items():
        place = header.index(name)
        read = [_written(row[place]) if place < len(row) else ("", "") for _, row in kept]
        cells[role] = pa.array([text for text, _ in read], pa.string())
        for rule in dict.fromkeys(rule for _, rule in read if rule):
            faults.append(Fault(rule, name, lines[np.array([broken == rule for _, broken in read])]))
    return Raw(file, columns, cells, lines, tuple(faults))


def _of_table(file: str, header: list[str], table: pa.Table, lines: Lines, faults: tuple[Fault, ...]) -> Raw:
    """Take the columns of a table of text, without rows in which every cell is empty."""
    empty = [pc.equal(pc.utf8_trim_whitespace(column), "") for column in table.columns]
    holds = ~np.logical_and.reduce([column.to_numpy() for column in empty])
    table, lines = table.filter(pa.array(holds)), lines[holds]
    columns = columns_of(file, header, _filled(header, table))
    cells = {role: table.column(name).combine_chunks() for role, name in columns.items()}
    return Raw(file, columns, cells, lines, faults)


def _filled(header: Sequence[str], table: pa.Table) -> list[str]:
    return [name for name, column in zip(header, table.columns, strict=True) if _holds_anything(column)]


def _holds_anything(column: pa.ChunkedArray) -> bool:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return bool(pc.any(pc.not_equal(pc.utf8_trim_whitespace(column), "")).as_py())
    return bool(column.null_count < len(column))


def _as_text(column: pa.Array) -> tuple[pa.Array, pa.Array | None]:
    """Write typed cells as text; a floating-point number that is too long for its digits is marked as lost."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _as_text(column.dictionary_decode())
    if pa.types.is_floating(kind):
        lost = pc.fill_null(pc.greater_equal(pc.abs(column), float(EXACT_DIGITS)), False)
        whole = pc.equal(pc.floor(column), column)
        numbers = pc.if_else(pc.and_(whole, pc.invert(lost)), column, None).cast(pa.int64()).cast(pa.string())
        return pc.coalesce(numbers, pc.if_else(lost, None, column).cast(pa.string())), lost
    if pa.types.is_timestamp(kind):
        return column.cast(pa.date32()).cast(pa.string()), None
    return column.cast(pa.string()), None


def _sheet(path: Path, file: str) -> list[tuple[Any, ...]]:
    """Rows of the one sheet of a workbook that holds anything."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(path, read_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, OSError, ValueError):
        raise RweError(
            "{file} cannot be read as an Excel workbook", todo="save it again as .xlsx, without a password", file=file
        ) from None
    try:
        sheets = [rows for sheet in book.worksheets if (rows := list(sheet.iter_rows())) and _any_cell(rows)]
    finally:
        book.close()
    if len(sheets) > 1:
        raise RweError("{file} has several sheets", todo="leave the sheet with the list only", file=file)
    if not sheets:
        raise RweError("{file} is empty", todo="export it again, with its header line", file=file)
    return sheets[0]


def _any_cell(rows: list[tuple[Any, ...]]) -> bool:
    return any(cell.value is not None for row in rows for cell in row)


def _written(cell: Any) -> tuple[str, str]:
    """Write a cell as text, or name the rule that it breaks."""
    value = cell.value
    if value is None:
        return "", ""
    if cell.data_type in ("f", "e") or isinstance(value, bool):
        return "", "formula"
    if isinstance(value, date):
        return value.isoformat()[:10], ""
    if isinstance(value, int | float):
        if abs(value) >= EXACT_DIGITS:
            return "", "digits lost"
        return str(int(value)) if float(value).is_integer() else str(value), ""
    return str(value), ""


def _clean(name: object) -> str:
    return unicodedata.normalize("NFKC", "" if name is None else str(name)).strip()
