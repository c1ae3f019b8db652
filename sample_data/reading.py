"""Reads the files of an extract back, cell by cell, to hold an ETL's account against them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from sample_data.files import SPECS
from sample_data.table import FileSpec

FIRST_ROW_LINE = 2


def spec_of(file: str) -> FileSpec:
    """Layout of the file of this name.

    Raises
    ------
    KeyError
        If the extract has no such file.
    """
    return {spec.name: spec for spec in SPECS}[file]


def read_records(folder: Path, file: str) -> Iterator[tuple[int, list[str]]]:
    """Read the records of a file, the header left out.

    Parameters
    ----------
    folder
        Folder of the extract.
    file
        Name of the file.

    Yields
    ------
    tuple
        Physical line on which the record begins (the header is line 1), and its cells.
    """
    spec = spec_of(file)
    encoding = spec.written_as or spec.encoding
    with (folder / file).open(encoding=encoding, newline="") as lines:
        lines.read(len(spec.mark.decode(encoding)))
        records = csv.reader(lines, delimiter=spec.delimiter)
        next(records)
        line = FIRST_ROW_LINE
        for record in records:
            yield line, record
            line = records.line_num + 1


def read_cells(folder: Path, file: str, wanted: dict[int, set[str]]) -> dict[tuple[int, str], str]:
    """Read some cells of a file.

    Parameters
    ----------
    folder, file
        Where.
    wanted
        For each physical line the columns to read.
    """
    columns = spec_of(file).columns
    return {
        (line, column): record[columns.index(column)]
        for line, record in read_records(folder, file)
        if line in wanted
        for column in wanted[line]
        if column in columns and columns.index(column) < len(record)
    }
