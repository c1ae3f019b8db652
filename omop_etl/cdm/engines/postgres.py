"""PostgreSQL: a department's server. Working tables are temporary tables of the session."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, ClassVar

import psycopg
import pyarrow as pa
import pyarrow.csv as pacsv
from psycopg import sql as pgsql
from sqlglot import exp
from typing_extensions import override

from omop_etl.cdm.engines.base import SCRATCH_SCHEMA, Engine, Macro
from omop_etl.cdm.schema import CDM_SCHEMA
from omop_etl.errors import CannotAnswerError

_GREW = 1.2
"""A working table is analysed again when it has grown by this factor."""

_ARROW_BY_OID: dict[int, pa.DataType] = {
    16: pa.bool_(),
    20: pa.int64(),
    21: pa.int32(),
    23: pa.int32(),
    700: pa.float64(),
    701: pa.float64(),
    1082: pa.date32(),
    1114: pa.timestamp("us"),
    1700: pa.float64(),
}
"""Arrow types of PostgreSQL's, by oid; all others are read as text."""

_POSTGRES_TYPES: dict[pa.DataType, str] = {
    pa.int64(): "bigint",
    pa.int32(): "integer",
    pa.float64(): "double precision",
    pa.date32(): "date",
    pa.timestamp("us"): "timestamp",
    pa.bool_(): "boolean",
    pa.string(): "text",
}

_SECONDS_TO_CANCEL = 5.0

_NULL = "\\N"
_BATCH = 65_536
"""Rows that are copied in one piece."""


def _as_integer(value: exp.Expression) -> exp.Expression:
    return exp.cast(value.copy(), "int")


class PostgresEngine(Engine):
    """A CDM in a schema of a PostgreSQL database.

    Parameters
    ----------
    address : str
        Connection string of libpq, without parameters of ours.
    schema : str
        Schema that holds the CDM tables.
    """

    dialect = "postgres"
    macros: ClassVar[Mapping[str, Macro]] = {
        "rwe_add_days": lambda date, days: exp.Paren(this=exp.Add(this=date.copy(), expression=_as_integer(days))),
        "rwe_days_between": lambda start, end: exp.Paren(this=exp.Sub(this=end.copy(), expression=start.copy())),
        "rwe_month_start": lambda date: exp.cast(exp.func("date_trunc", "'month'", date.copy()), "date"),
        "rwe_make_date": lambda *parts: exp.func("make_date", *map(_as_integer, parts)),
    }

    def __init__(self, address: str, schema: str = "public") -> None:
        super().__init__()
        self._address = address
        self.schemas: Mapping[str, str] = {CDM_SCHEMA: schema, SCRATCH_SCHEMA: "pg_temp"}
        self._analysed: dict[str, int] = {}
        self._sizes: dict[str, int] = {}
        try:
            self._connection = psycopg.connect(address, autocommit=True)
        except psycopg.Error as error:
            raise CannotAnswerError(
                "the PostgreSQL server cannot be reached: {reason}",
                todo="check host, port, database, user and password",
                reason=type(error).__name__,
            ) from None

    @override
    def run(self, sql: str) -> None:
        cursor = self._connection.execute(_text(sql))
        if sql.startswith("INSERT INTO "):
            self._count(sql.split(maxsplit=3)[2], cursor.rowcount)

    @override
    def rows(self, sql: str) -> pa.Table:
        with self._connection.cursor() as cursor:
            cursor.execute(_text(f"SELECT * FROM ({sql}) AS described LIMIT 0"))
            described = cursor.description or []
            types = {column.name: _ARROW_BY_OID.get(column.type_code, pa.string()) for column in described}
            with cursor.copy(_text(f"COPY ({sql}) TO STDOUT (FORMAT csv, NULL '{_NULL}')")) as copied:
                data = b"".join(copied)
        names = list(types)
        if not data:
            return pa.schema(types.items()).empty_table()
        return pacsv.read_csv(
            io.BytesIO(data),
            read_options=pacsv.ReadOptions(column_names=names),
            parse_options=pacsv.ParseOptions(newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                column_types=types,
                null_values=[_NULL],
                quoted_strings_can_be_null=False,
                strings_can_be_null=True,
                true_values=["t"],
                false_values=["f"],
            ),
        )

    @override
    def put(self, target: str, data: pa.Table) -> None:
        columns = ", ".join(f'"{field.name}" {_POSTGRES_TYPES[field.type]}' for field in data.schema)
        with self._connection.cursor() as cursor:
            cursor.execute(_text(f"DROP TABLE IF EXISTS {target}"))
            cursor.execute(_text(f"CREATE TABLE {target} ({columns})"))
            with cursor.copy(_text(f"COPY {target} FROM STDIN (FORMAT csv)")) as copy:
                for batch in data.to_batches(max_chunksize=_BATCH):
                    copy.write(_as_csv(batch))
            cursor.execute(_text(f"ANALYZE {target}"))

    @override
    def columns(self, schema: str = CDM_SCHEMA) -> dict[str, list[str]]:
        found = self._connection.execute(
            "SELECT lower(c.relname), array_agg(lower(a.attname) ORDER BY a.attnum) "
            "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
            "WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') "
            "AND n.oid = CASE %(schema)s WHEN 'pg_temp' THEN pg_my_temp_schema() ELSE to_regnamespace(%(schema)s) END "
            "GROUP BY 1",
            {"schema": self.schemas.get(schema, schema)},
        ).fetchall()
        return dict(found)

    @override
    def digest(self, table: str) -> str:
        name = f'{self.schemas[CDM_SCHEMA]}."{table}"'
        query = f"SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {name} AS t"
        return str(self._connection.execute(_text(query)).fetchone())

    @override
    def interrupt(self) -> None:
        try:
            self._connection.cancel_safe(timeout=_SECONDS_TO_CANCEL)
        except psycopg.Error:
            return

    @override
    def sibling(self) -> PostgresEngine:
        return PostgresEngine(self._address, self.schemas[CDM_SCHEMA])

    @override
    def close(self) -> None:
        self._connection.close()

    def _count(self, target: str, rows: int) -> None:
        """Keep the planner's statistics of a growing working table true enough."""
        size = self._sizes[target] = self._sizes.get(target, 0) + max(rows, 0)
        if size > _GREW * self._analysed.get(target, 0):
            self._connection.execute(_text(f"ANALYZE {target}"))
            self._analysed[target] = size


def _as_csv(batch: pa.RecordBatch) -> bytes:
    """Write rows as CSV in which nothing is null and an empty text is in quotes."""
    output = io.BytesIO()
    pacsv.write_csv(batch, output, pacsv.WriteOptions(include_header=False))
    return output.getvalue()


def _text(sql: str) -> Any:
    return pgsql.SQL(sql)
