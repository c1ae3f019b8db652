"""Read files into Parquet, all columns as text, so that everything after is columnar and set-based."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from omop_etl.errors import RweError
from omop_etl.sources.discovery import SourceFile
from omop_etl.sources.reader import Chunk, FileReader, open_reader
from omop_etl.sources.records import Malformed

LINE_BITS = 40
"""A row is known by one number: the number of its file, shifted by this many bits, plus its physical line."""

LINE = "line"
"""Column of a staged file that holds the row's number."""

MALFORMED_SCHEMA = pa.schema([("line", pa.int64()), ("fields", pa.int32()), ("text", pa.string())])


@dataclass(frozen=True)
class StagedFile:
    """One file, read.

    Attributes
    ----------
    number : int
        Its number in the account.
    source : SourceFile
        Where it came from.
    path : pathlib.Path
        Parquet file with `LINE` and the columns of the header.
    malformed_path : pathlib.Path
        Parquet file with the records that do not have the fields of the header.
    header : tuple of str
        Columns of the header.
    empty : frozenset of str
        Columns that hold nothing in any row.
    rows, malformed : int
        How many records there are of each kind.
    encoding, delimiter, sha256 : str
        What the account says about the file.
    mark : bool
        It begins with a byte order mark.
    """

    number: int
    source: SourceFile
    path: Path
    malformed_path: Path
    header: tuple[str, ...]
    empty: frozenset[str]
    rows: int
    malformed: int
    encoding: str
    delimiter: str
    sha256: str
    mark: bool


def stage_file(
    source: SourceFile,
    number: int,
    folder: Path,
    delimiter: str | None = None,
    progress: Callable[[int], None] = lambda rows: None,
) -> StagedFile:
    """Read a file into Parquet.

    Parameters
    ----------
    source : SourceFile
        The file.
    number : int
        Its number in the account.
    folder : pathlib.Path
        Where the Parquet files go.
    delimiter : str, optional
        What separates the fields; found from the header where it is not given.
    progress : callable
        Called with the number of records read so far.

    Returns
    -------
    StagedFile
        What was read.

    Raises
    ------
    RweError
        The file is empty, cannot be decoded, or its header cannot be used.
    """
    reader = open_reader(source.path, delimiter)
    if LINE in reader.header:
        raise RweError(
            "{file}: a column is called {name}, which this program needs for itself",
            todo="rename the column",
            file=source.name,
            name=LINE,
        )
    path, malformed_path = folder / f"{number}.parquet", folder / f"{number}.malformed.parquet"
    written = _write(reader, path, malformed_path, number << LINE_BITS, progress)
    return StagedFile(
        number=number,
        source=source,
        path=path,
        malformed_path=malformed_path,
        header=tuple(reader.header),
        empty=frozenset(written.empty),
        rows=written.rows,
        malformed=written.malformed,
        encoding=reader.encoding.name,
        delimiter=reader.delimiter,
        sha256=reader.sha256,
        mark=bool(reader.encoding.mark),
    )


@dataclass
class _Written:
    """What has been written so far."""

    empty: set[str]
    rows: int = 0
    malformed: int = 0

    def add(self, chunk: Chunk) -> None:
        self.rows += chunk.table.num_rows
        self.malformed += len(chunk.malformed)
        self.empty -= {name for name in self.empty if pc.max(pc.binary_length(chunk.table[name])).as_py()}


def _write(
    reader: FileReader, path: Path, malformed_path: Path, offset: int, progress: Callable[[int], None]
) -> _Written:
    schema = pa.schema([(LINE, pa.int64()), *((name, pa.string()) for name in reader.header)])
    written = _Written(set(reader.header))
    with (
        pyarrow.parquet.ParquetWriter(path, schema, compression="snappy") as good,
        pyarrow.parquet.ParquetWriter(malformed_path, MALFORMED_SCHEMA) as bad,
    ):
        for chunk in reader.chunks():
            lines = pa.array(chunk.lines.astype(np.int64) + offset)
            good.write_table(pa.table([lines, *chunk.table.columns], schema=schema), row_group_size=1 << 17)
            if chunk.malformed:
                bad.write_table(_malformed(chunk.malformed, offset))
            written.add(chunk)
            progress(written.rows + written.malformed)
    return written


def _malformed(records: list[Malformed], offset: int) -> pa.Table:
    lines = [record.line + offset for record in records]
    fields = [record.fields for record in records]
    return pa.table([lines, fields, [record.text for record in records]], schema=MALFORMED_SCHEMA)
