"""What every engine can do: run a query written in SQLAlchemy Core, and keep scratch tables beside a read-only CDM."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import pyarrow as pa
import sqlalchemy as sa
import sqlglot
from sqlalchemy.dialects import postgresql
from sqlglot import exp

from omop_etl.cdm.engines.stopping import Interrupted
from omop_etl.cdm.schema import CDM_SCHEMA

SCRATCH_SCHEMA = "scratch"
"""Schema name of the working tables of a session, in queries."""

Macro = Callable[..., Any]

_TRIES = 10
"""How often a working table is removed that an interrupt keeps from being removed."""

_ARROW_TYPES: dict[type[sa.types.TypeEngine], pa.DataType] = {
    sa.BigInteger: pa.int64(),
    sa.Integer: pa.int32(),
    sa.Double: pa.float64(),
    sa.Date: pa.date32(),
    sa.DateTime: pa.timestamp("us"),
    sa.Boolean: pa.bool_(),
    sa.String: pa.string(),
    sa.Text: pa.string(),
}


def scratch_table(name: str, *columns: sa.Column[Any]) -> sa.Table:
    """Describe a working table; it exists only once an engine has created it."""
    return sa.Table(name, sa.MetaData(), *columns, schema=SCRATCH_SCHEMA)


def arrow_schema(table: sa.Table) -> pa.Schema:
    """Arrow schema that the rows of `table` have."""
    return pa.schema([(c.name, _ARROW_TYPES[type(c.type)]) for c in table.columns])


class Engine(ABC):
    """A database that holds one CDM, opened for reading, and a private schema of working tables.

    A query is compiled once to PostgreSQL's dialect and translated by sqlglot; the marker functions of
    `omop_etl.cdm.dates` are replaced by the engine's own. Subclasses say how text is run, how rows come back and how
    rows are loaded, and nothing else.

    One engine serves one thread at a time; a lock makes others wait. Threads that are to work at the same time have an
    engine each (`sibling`).
    """

    dialect: ClassVar[str]
    """Name of the engine's SQL dialect in sqlglot."""

    schemas: Mapping[str, str]
    """Where the schemas of the queries (``cdm``, ``scratch``) really are."""

    macros: ClassVar[Mapping[str, Macro]]
    """Marker function to the expression that means it here."""

    together: ClassVar[int] = 1
    """How many small queries for one working table are best run as one statement."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._translated: WeakKeyDictionary[sa.ClauseElement, str] = WeakKeyDictionary()
        self._stopped = threading.Event()

    # -- what an engine must supply ---------------------------------------------------------------------------------
    @abstractmethod
    def run(self, sql: str) -> None:
        """Run a statement of the engine's own dialect and drop its result."""

    @abstractmethod
    def rows(self, sql: str) -> pa.Table:
        """Run a query of the engine's own dialect."""

    @abstractmethod
    def put(self, target: str, data: pa.Table) -> None:
        """Make a table of these rows, in the place of an older one."""

    @abstractmethod
    def columns(self, schema: str = CDM_SCHEMA) -> dict[str, list[str]]:
        """Tables that exist in a schema, with their columns, all in lower case."""

    @abstractmethod
    def digest(self, table: str) -> str:
        """Digest of the rows of a CDM table, whatever their order; comparable within one kind of engine."""

    @property
    def twins(self) -> Sequence[Engine]:
        """Other connections to the same working tables, for statements that run side by side; none by default."""
        return ()

    @abstractmethod
    def interrupt(self) -> None:
        """Stop the running statement; safe to call from another thread."""

    @abstractmethod
    def sibling(self) -> Engine:
        """Open the same CDM once more, with working tables of its own, for a thread that works at the same time."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the database and of every working table."""

    # -- what follows from it ---------------------------------------------------------------------------------------
    def stop(self) -> None:
        """Stop the running statement and refuse those that follow, until `resume`; safe from another thread.

        A statement that begins in this very moment may escape: whoever wants the work ended asks again until it has
        (see `omop_etl.cdm.engines.stopping.Stop`). Working tables can be removed meanwhile.
        """
        self._stopped.set()
        self.interrupt()

    def resume(self) -> None:
        """Run statements again after `stop`."""
        self._stopped.clear()

    def remove(self, target: str) -> None:
        """Remove a working table if it exists."""
        self.run(f"DROP TABLE IF EXISTS {target}")

    def sql(self, statement: sa.ClauseElement) -> str:
        """Text of a statement in the engine's own dialect.

        Parameters
        ----------
        statement : sqlalchemy.ClauseElement
            A query or a DDL element over tables of the schemas ``cdm`` and ``scratch``. Values in it are typed
            literals; concept lists and the like belong in tables.

        Returns
        -------
        str
            One statement. The translation of a statement object is kept for as long as the object lives.
        """
        text = self._translated.get(statement)
        if text is None:
            compiled = statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
            text = self._localised(sqlglot.parse_one(str(compiled), dialect="postgres")).sql(
                dialect=self.dialect, copy=False
            )
            self._translated[statement] = text
        return text

    def fetch(self, query: sa.ClauseElement) -> pa.Table:
        """Rows of a query, as an Arrow table."""
        with self._running():
            return self.rows(self.sql(query))

    def scalar(self, query: sa.ClauseElement) -> Any:
        """First value of the first row of a query."""
        return self.fetch(query).column(0)[0].as_py()

    def create(self, table: sa.Table) -> None:
        """Create an empty working table."""
        with self._running():
            self.run(self.sql(sa.schema.CreateTable(table)))

    def create_as(self, table: sa.Table, query: sa.ClauseElement) -> None:
        """Create a working table from the rows of a query."""
        with self._running():
            self.run(f"CREATE TABLE {self.name_of(table)} AS {self.sql(query)}")

    def insert(self, table: sa.Table, *queries: sa.Select[Any] | sa.CompoundSelect[Any]) -> None:
        """Append the rows of queries to a working table; a query's columns stand in the table's order."""
        names = ", ".join(c.name for c in table.columns)
        texts = [self.sql(query) for query in queries]
        rows = texts[0] if len(texts) == 1 else " UNION ALL ".join(f"({text})" for text in texts)
        with self._running():
            self.run(f"INSERT INTO {self.name_of(table)} ({names}) {rows}")

    def load(self, table: sa.Table, data: pa.Table) -> None:
        """Make `table` anew with the rows of Arrow; the columns are cast to the table's types."""
        with self._running():
            self.put(self.name_of(table), data.select(table.columns.keys()).cast(arrow_schema(table)))

    def drop(self, table: sa.Table) -> None:
        """Remove a working table if it exists."""
        with self._lock:
            for _ in range(_TRIES):
                try:
                    return self.remove(self.name_of(table))
                except Exception:
                    if not self._stopped.is_set():
                        raise
            raise Interrupted

    @contextmanager
    def _running(self) -> Iterator[None]:
        """Run a statement in the turn of this thread, unless the engine is stopped, and say so where it was."""
        with self._lock:
            if self._stopped.is_set():
                raise Interrupted
            try:
                yield
            except Exception:
                if self._stopped.is_set():
                    raise Interrupted from None
                raise

    def name_of(self, table: sa.Table) -> str:
        """Full name of a table in this engine."""
        schema = table.schema or SCRATCH_SCHEMA
        return ".".join(part for part in (self.schemas.get(schema, schema), table.name) if part)

    def _localised(self, tree: exp.Expr) -> exp.Expr:
        for table in tree.find_all(exp.Table):
            if table.db in self.schemas:
                here = self.schemas[table.db]
                table.set("db", exp.to_identifier(here) if here else None)
        for column in tree.find_all(exp.Column):
            column.set("db", None)  # tables of one query differ by name, and a schema may be called otherwise here
        root = exp.Paren(this=tree)
        innermost_first = reversed(list(root.find_all(exp.Anonymous)))
        for marker in innermost_first:
            macro = self.macros.get(str(marker.this).lower())
            if macro is not None:
                marker.replace(macro(*marker.expressions))
        return root.this
