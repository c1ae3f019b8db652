"""The working database of a run: DuckDB in memory, spilling to a folder of its own when the memory limit is reached."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.compute as pc
from duckdb.func import PythonUDFType

from omop_etl.errors import RweError
from omop_etl.sources.staging import LINE_BITS

SCHEMAS = ("src", "voc", "link", "w")
"""Source files, vocabulary lookups, natural keys of rows, and work tables."""

DEFAULT_MEMORY = "2GB"


class Working:
    """A connection with the schemas of a run.

    Parameters
    ----------
    folder : pathlib.Path
        Where it may write.
    memory : str
        Limit of DuckDB's memory, such as ``"2GB"``.
    threads : int
        Threads; 0 for one per processor.

    Raises
    ------
    RweError
        The memory limit is not one.
    """

    def __init__(self, folder: Path, memory: str = DEFAULT_MEMORY, threads: int = 0) -> None:
        self.connection = duckdb.connect(":memory:")
        self.run("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false")
        self.run("SET preserve_insertion_order = false")
        self.run(f"SET threads = {threads or os.cpu_count() or 1}")
        self.run("SET temp_directory = $1", [str(folder)])
        try:
            self.connection.execute("SET memory_limit = $1", [memory])
        except duckdb.Error:
            self.connection.close()
            raise RweError("{memory} is not an amount of memory", todo="write it like 4GB", memory=memory) from None
        for schema in SCHEMAS:
            self.run(f"CREATE SCHEMA {schema}")
        self.connection.create_function("nfkc", _nfkc, ["VARCHAR"], "VARCHAR", type=PythonUDFType.ARROW)
        self.run(_MACROS)

    def run(self, sql: str, parameters: Iterable[Any] = ()) -> None:
        """Run statements.

        Raises
        ------
        RweError
            The database refused; the message has no data in it.
        """
        try:
            self.connection.execute(sql, list(parameters))
        except duckdb.Error as error:
            raise _plain(error) from None

    def rows(self, sql: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        try:
            return self.connection.execute(sql, list(parameters)).fetchall()
        except duckdb.Error as error:
            raise _plain(error) from None

    def value(self, sql: str, parameters: Iterable[Any] = ()) -> Any:
        """First value of the first row of a query."""
        return self.rows(sql, parameters)[0][0]

    def close(self) -> None:
        """Close the database; what it spilled is removed."""
        self.connection.close()


_MACROS = f"""
CREATE MACRO physical_line(row_number) AS row_number & {(1 << LINE_BITS) - 1};
CREATE MACRO file_number(row_number) AS CAST(row_number >> {LINE_BITS} AS INTEGER);
CREATE MACRO line_name(row_number) AS 'line ' || physical_line(row_number);
"""


def _nfkc(cells: Any) -> Any:
    """Texts in Unicode's normalisation form KC."""
    return pc.utf8_normalize(cells, form="NFKC")


def _plain(error: duckdb.Error) -> RweError:
    """Error without the values that DuckDB puts into some messages."""
    text = str(error)
    if isinstance(error, duckdb.OutOfMemoryException) and "max_temp_directory_size" not in text:
        return RweError("the memory limit is too low for this extract", todo="run again with a higher --memory")
    if isinstance(error, duckdb.IOException) or "No space left" in text or "max_temp_directory_size" in text:
        return RweError(
            "the disk cannot take what the run has to write",
            todo="make room in the target's folder, or choose another folder, and run again",
        )
    if isinstance(error, duckdb.ConversionException):
        return RweError(
            "a value could not be converted while the mapping was run",
            todo="read it in the mapping with number, integer, date or result",
        )
    harmless = isinstance(error, duckdb.BinderException | duckdb.ParserException | duckdb.CatalogException)
    reason = text.splitlines()[0] if harmless and text else type(error).__name__
    return RweError("the working database refused a statement: {reason}", todo="report this", reason=reason)
