"""Read one delimited file as text: its header, then chunks of records with their physical lines."""

from __future__ import annotations

import csv
import hashlib
import io
import queue
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from omop_etl.errors import RweError
from omop_etl.sources.encoding import Encoding, decode_blocks, detect_encoding
from omop_etl.sources.records import Malformed, OpenQuoteError, RecordCutter, Records

LONGEST_RECORD = 1 << 28
"""Bytes of UTF-8 that one record may have; a longer one is a quote that was never closed."""

_DELIMITERS = ",\t|^;"
_BLOCKS_AHEAD = 2


@dataclass(frozen=True)
class Chunk:
    """Some records of a file.

    Attributes
    ----------
    lines : numpy.ndarray of int64
        Physical line on which each row of `table` begins.
    table : pyarrow.Table
        All columns of the file as text, under the names of its header.
    malformed : list of Malformed
        Records with another number of fields than the header.
    """

    lines: npt.NDArray[np.int64]
    table: pa.Table
    malformed: list[Malformed]


class FileReader:
    """One file, opened: encoding, delimiter and header are known, the records are still to be read.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    encoding : Encoding
        How it is encoded.
    delimiter : str
        One character.
    header : list of str
        Column names, in Unicode's NFKC form and without surrounding blanks.
    sha256 : str
        Digest of the file's bytes; known when all chunks have been read.
    """

    def __init__(self, path: Path, encoding: Encoding, delimiter: str, header: list[str]) -> None:
        self.path = path
        self.encoding = encoding
        self.delimiter = delimiter
        self.header = header
        self.sha256 = ""
        self._digest = hashlib.sha256()

    def chunks(self) -> Iterator[Chunk]:
        """Read the records.

        Yields
        ------
        Chunk
            In the order of the file.

        Raises
        ------
        RweError
            A byte does not fit the encoding, or a quoted field is never closed.
        """
        cutter: RecordCutter | None = None
        with self.path.open("rb") as data:
            for raw, text in _ahead(decode_blocks(data, self.encoding, self.path)):
                self._digest.update(raw)
                if cutter is None:
                    header = text[: _end_of_first_record(text)]
                    cutter = RecordCutter(self.delimiter, len(self.header), 1 + header.count(b"\n"))
                    text = text[len(header) :]
                yield from self._chunk(self._cut(cutter, text))
        if cutter is not None:
            yield from self._chunk(self._finish(cutter))
        self.sha256 = self._digest.hexdigest()

    def _cut(self, cutter: RecordCutter, text: bytes) -> Records:
        records = cutter.cut(text)
        if cutter.pending > LONGEST_RECORD:
            raise self._never_closed(cutter.line)
        return records

    def _finish(self, cutter: RecordCutter) -> Records:
        try:
            return cutter.finish()
        except OpenQuoteError as error:
            raise self._never_closed(error.line) from None

    def _never_closed(self, line: int) -> RweError:
        return RweError(
            "{file}, line {line}: a quoted field begins in this record and is never closed",
            todo="close the quotation mark or remove it",
            file=self.path.name,
            line=line,
        )

    def _chunk(self, records: Records) -> Iterator[Chunk]:
        if not len(records.lines) and not records.malformed:
            return
        table = self._parse(records.body)
        if table.num_rows != len(records.lines):
            raise AssertionError(f"{self.path.name}: {table.num_rows} rows parsed from {len(records.lines)} records")
        yield Chunk(records.lines, table, records.malformed)

    def _parse(self, body: bytes) -> pa.Table:
        if not body:
            return pa.table({name: pa.array([], pa.string()) for name in self.header})
        return pyarrow.csv.read_csv(
            pa.BufferReader(body),
            pyarrow.csv.ReadOptions(column_names=self.header, block_size=len(body) + 1, use_threads=False),
            pyarrow.csv.ParseOptions(delimiter=self.delimiter, newlines_in_values=True, ignore_empty_lines=False),
            pyarrow.csv.ConvertOptions(
                check_utf8=False, strings_can_be_null=False, column_types=dict.fromkeys(self.header, pa.string())
            ),
        )


def open_reader(path: Path, delimiter: str | None = None) -> FileReader:
    """Find encoding, delimiter and header of a file.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    delimiter : str, optional
        What separates the fields; found from the header where it is not given.

    Returns
    -------
    FileReader
        Ready to give the file's chunks.

    Raises
    ------
    RweError
        The file is empty, cannot be decoded, or its header has a blank or a repeated name.
    """
    encoding = detect_encoding(path)
    with path.open("rb") as data:
        first = next(decode_blocks(data, encoding, path))[1]
    header_record = first[: _end_of_first_record(first)]
    if not header_record.strip():
        raise RweError("{file} is empty", todo="export it again, with its header line", file=path.name)
    found = delimiter or _delimiter_of(header_record)
    header = _names_in(header_record, found)
    _check_header(path, header)
    return FileReader(path, encoding, found, header)


def _delimiter_of(head: bytes) -> str:
    """Most frequent candidate outside quotes; a comma where there is none."""
    unquoted = b"".join(head.split(b'"')[0::2])
    counts = {mark: unquoted.count(mark.encode()) for mark in _DELIMITERS}
    return max(counts, key=lambda mark: counts[mark])


def _end_of_first_record(text: bytes) -> int:
    """Where the first record ends: after the first line break outside quotes."""
    position = text.find(b"\n")
    while position >= 0 and text.count(b'"', 0, position) % 2:
        position = text.find(b"\n", position + 1)
    return position + 1 if position >= 0 else len(text)


def _names_in(header: bytes, delimiter: str) -> list[str]:
    names = next(csv.reader(io.StringIO(header.decode(), newline=""), delimiter=delimiter))
    return [unicodedata.normalize("NFKC", name).strip() for name in names]


def _check_header(path: Path, header: list[str]) -> None:
    if "" in header:
        raise RweError(
            "{file}: column {number} of the header has no name",
            todo="name every column, and look for a stray delimiter at the end of the header",
            file=path.name,
            number=header.index("") + 1,
        )
    repeated = [name for name, count in Counter(header).items() if count > 1]
    if repeated:
        raise RweError(
            "{file}: the header has {columns} more than once",
            todo="give each column a name of its own",
            file=path.name,
            columns=", ".join(repeated),
        )


def _ahead(blocks: Iterator[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """Decode in a thread of its own, a few blocks ahead of whoever parses them."""
    ready: queue.Queue[tuple[bytes, bytes] | BaseException | None] = queue.Queue(_BLOCKS_AHEAD)
    stopped = threading.Event()

    def decode() -> None:
        try:
            for block in blocks:
                while not stopped.is_set():
                    try:
                        ready.put(block, timeout=0.1)
                        break
                    except queue.Full:
                        continue
                if stopped.is_set():
                    return
            ready.put(None)
        except BaseException as error:
            ready.put(error)

    worker = threading.Thread(target=decode, daemon=True)
    worker.start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        worker.join()
