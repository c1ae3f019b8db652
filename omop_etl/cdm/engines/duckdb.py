"""DuckDB: the embedded default. Reads a DuckDB file or a folder of Parquet files."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import duckdb
import pyarrow as pa
from sqlglot import exp
from typing_extensions import override

from omop_etl.cdm.engines.base import SCRATCH_SCHEMA, Engine, Macro
from omop_etl.cdm.schema import CDM_SCHEMA, ETL_SCHEMA
from omop_etl.errors import CannotAnswerError

_FEW_ROWS = 64
_NUMBERS = itertools.count(2)
_TWINS = min(4, os.cpu_count() or 1) - 1

_DUCKDB_TYPES = {
    pa.int64(): "BIGINT",
    pa.int32(): "INTEGER",
    pa.float64(): "DOUBLE",
    pa.date32(): "DATE",
    pa.timestamp("us"): "TIMESTAMP",
    pa.bool_(): "BOOLEAN",
    pa.string(): "VARCHAR",
}


def _integer(value: exp.Expression) -> exp.Expression:
    return exp.cast(value.copy(), "int")


class DuckDBEngine(Engine):
    """A CDM in a DuckDB file or a Parquet folder; working tables live in memory and spill to `temp`.

    Parameters
    ----------
    source : pathlib.Path
        A ``.duckdb`` file, attached read-only so that others can read it too, or a folder with one
        ``<table>.parquet`` per CDM table.
    memory : str
        Memory limit in DuckDB's notation, for example ``"4GB"``; empty for DuckDB's default.
    temp : pathlib.Path, optional
        Folder to spill to when the memory limit is reached.
    """

    dialect = "duckdb"
    together = 8
    schemas: Mapping[str, str] = {CDM_SCHEMA: CDM_SCHEMA, SCRATCH_SCHEMA: SCRATCH_SCHEMA}
    macros: ClassVar[Mapping[str, Macro]] = {
        "rwe_add_days": lambda date, days: exp.Paren(this=exp.Add(this=date.copy(), expression=_integer(days))),
        "rwe_days_between": lambda start, end: exp.cast(
            exp.Paren(this=exp.Sub(this=end.copy(), expression=start.copy())), "int"
        ),
        "rwe_month_start": lambda date: exp.cast(exp.func("date_trunc", "'month'", date.copy()), "date"),
        "rwe_make_date": lambda year, month, day: exp.func("make_date", year.copy(), month.copy(), day.copy()),
    }

    def __init__(self, source: Path, *, memory: str = "", temp: Path | None = None) -> None:
        super().__init__()
        self._connection = duckdb.connect(":memory:")
        for setting in ("autoinstall_known_extensions", "autoload_known_extensions", "preserve_insertion_order"):
            self._connection.execute(f"SET {setting} = false")
        if memory:
            self._connection.execute(f"SET memory_limit = '{memory}'")
        if temp is not None:
            self._connection.execute(f"SET temp_directory = '{_quoted(temp)}'")
        self._connection.execute(f"CREATE SCHEMA {SCRATCH_SCHEMA}")
        self._first = True
        if source.is_dir():
            self._attach_parquet(source)
        else:
            self._attach_file(source)
        self._twins: tuple[DuckDBEngine, ...] = self._new_twins()

    def _attach_file(self, source: Path) -> None:
        try:
            self._connection.execute(f"ATTACH '{_quoted(source)}' AS {CDM_SCHEMA} (READ_ONLY)")
        except duckdb.Error as error:
            raise CannotAnswerError(
                "{file} cannot be opened as a DuckDB database: {reason}",
                todo="check the path; if another program has it open for writing, close that program first",
                file=source.name,
                reason=type(error).__name__,
            ) from None
        self._show_account()

    def _show_account(self) -> None:
        """Make the account of the run that made the CDM readable under its own schema name."""
        tables = self._connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = $1 AND schema_name = $2",
            [CDM_SCHEMA, ETL_SCHEMA],
        ).fetchall()
        self._connection.execute(f"CREATE SCHEMA {ETL_SCHEMA}")
        for (table,) in tables:
            self._connection.execute(
                f'CREATE VIEW {ETL_SCHEMA}."{table}" AS SELECT * FROM {CDM_SCHEMA}.{ETL_SCHEMA}."{table}"'
            )

    def _attach_parquet(self, folder: Path) -> None:
        self._connection.execute(f"CREATE SCHEMA {CDM_SCHEMA}")
        for file in sorted(folder.glob("*.parquet")):
            self._connection.execute(
                f"CREATE VIEW {CDM_SCHEMA}.\"{file.stem.lower()}\" AS SELECT * FROM read_parquet('{_quoted(file)}')"
            )

    @override
    def run(self, sql: str) -> None:
        self._connection.execute(sql)

    @override
    def rows(self, sql: str) -> pa.Table:
        return self._connection.execute(sql).to_arrow_table()

    @override
    def put(self, target: str, data: pa.Table) -> None:
        if data.num_rows <= _FEW_ROWS:
            self._put_few(target, data)
            return
        self._connection.register("rwe_incoming", data)
        try:
            self._connection.execute(f"CREATE OR REPLACE TABLE {target} AS SELECT * FROM rwe_incoming")
        finally:
            self._connection.unregister("rwe_incoming")

    def _put_few(self, target: str, data: pa.Table) -> None:
        """Make a small table by bound values: registering Arrow data costs more than a few rows are worth."""
        names = ", ".join(f'"{field.name}"' for field in data.schema)
        types = [_DUCKDB_TYPES[field.type] for field in data.schema]
        row = f"({', '.join(f'?::{name}' for name in types)})"
        if data.num_rows:
            values = f"VALUES {', '.join([row] * data.num_rows)}"
        else:
            values = f"SELECT {', '.join(f'NULL::{name}' for name in types)} WHERE false"
        rows = zip(*(column.to_pylist() for column in data.columns), strict=True)
        self._connection.execute(
            f"CREATE OR REPLACE TABLE {target} AS SELECT * FROM ({values}) AS few ({names})",
            [value for row in rows for value in row],
        )

    @override
    def columns(self, schema: str = CDM_SCHEMA) -> dict[str, list[str]]:
        found = self._connection.execute(
            "SELECT lower(table_name), list(lower(column_name) ORDER BY column_index) FROM duckdb_columns() "
            "WHERE (schema_name = $1 AND database_name = current_database()) "
            "OR (database_name = $1 AND schema_name = 'main') GROUP BY 1",
            [self.schemas.get(schema, schema)],
        ).fetchall()
        return dict(found)

    @override
    def digest(self, table: str) -> str:
        found = self._connection.execute(f'SELECT count(*), sum(hash(t)) FROM {CDM_SCHEMA}."{table}" AS t').fetchone()
        return str(found)

    @property
    @override
    def twins(self) -> Sequence[Engine]:
        return self._twins

    @override
    def interrupt(self) -> None:
        for engine in (self, *self._twins):
            engine._connection.interrupt()

    @override
    def sibling(self) -> DuckDBEngine:
        """Open another connection to the same database in memory: its limit of memory and its cache serve both."""
        scratch = f"{SCRATCH_SCHEMA}_{next(_NUMBERS)}"
        other = self._beside({**self.schemas, SCRATCH_SCHEMA: scratch})
        other.run(f"CREATE SCHEMA {scratch}")
        other._twins = other._new_twins()
        return other

    @override
    def close(self) -> None:
        if not self._first:
            self.run(f"DROP SCHEMA {self.schemas[SCRATCH_SCHEMA]} CASCADE")
        for engine in (*self._twins, self):
            engine._connection.close()

    def _new_twins(self) -> tuple[DuckDBEngine, ...]:
        """Make engines with the same working tables; a lone statement still uses every processor."""
        twins = tuple(self._beside(self.schemas) for _ in range(_TWINS))
        for twin in twins:
            twin._translated, twin._stopped = self._translated, self._stopped
        return twins

    def _beside(self, schemas: Mapping[str, str]) -> DuckDBEngine:
        other = object.__new__(DuckDBEngine)
        Engine.__init__(other)
        other._connection, other.schemas, other._twins, other._first = self._connection.cursor(), schemas, (), False
        return other


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
