"""Spark: a cluster. The CDM is a folder of Parquet files or a database; working tables are files in a folder."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa
from sqlglot import exp
from typing_extensions import override

from omop_etl.cdm.engines.base import SCRATCH_SCHEMA, Engine, Macro
from omop_etl.cdm.engines.spark_session import Catalog, SharedSession
from omop_etl.cdm.schema import CDM_SCHEMA
from omop_etl.errors import CannotAnswerError, UsageError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def _call(name: str, *arguments: exp.Expression) -> exp.Expression:
    return exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])


def _as_integer(value: exp.Expression) -> exp.Expression:
    return exp.cast(value.copy(), "int")


class SparkEngine(Engine):
    """A CDM on a Spark cluster.

    Parameters
    ----------
    master : str
        Address of the master, ``spark://host:port`` or ``local[n]``.
    parquet : pathlib.Path, optional
        Folder with one Parquet file or folder per CDM table, readable by every worker.
    database : str
        Database of the Hive catalog that holds the CDM, where there is no folder. Working tables then go to a database
        of their own in that catalog, removed at the end.
    warehouse : pathlib.Path, optional
        Folder of a Spark warehouse with its own metastore (``metastore_db``), to look `database` up in; one process at
        a time can have it open. Without it Spark's ``hive-site.xml`` names the metastore.
    scratch : pathlib.Path, optional
        Folder that driver and workers share, for working tables; a temporary folder of this machine by default.
    """

    dialect = "spark"
    macros: ClassVar[Mapping[str, Macro]] = {
        "rwe_add_days": lambda date, days: _call("DATE_ADD", date, _as_integer(days)),
        "rwe_days_between": lambda start, end: _call("DATEDIFF", end, start),
        "rwe_month_start": lambda date: _call("TRUNC", date, exp.Literal.string("MM")),
        "rwe_make_date": lambda year, month, day: _call("MAKE_DATE", year, month, day),
    }

    def __init__(
        self,
        master: str,
        *,
        parquet: Path | None = None,
        database: str = "",
        warehouse: Path | None = None,
        scratch: Path | None = None,
    ) -> None:
        super().__init__()
        if (parquet is None) == (not database):
            raise UsageError(
                "a CDM on Spark is either a folder or a database",
                todo="give one of ?parquet=/folder and ?database=name",
            )
        self._again = partial(
            SparkEngine, master, parquet=parquet, database=database, warehouse=warehouse, scratch=scratch
        )
        self._working = f"rwe_{uuid.uuid4().hex[:12]}"
        self._cdm = database or f"cdm_{uuid.uuid4().hex[:12]}"
        self.schemas: Mapping[str, str] = {CDM_SCHEMA: self._cdm, SCRATCH_SCHEMA: ""}
        with ExitStack() as undo:
            folder = Path(tempfile.mkdtemp(prefix="rwe-spark-", dir=scratch)).absolute()
            undo.callback(shutil.rmtree, folder, ignore_errors=True)
            shared = SharedSession(master, Catalog(hive=bool(database), warehouse=warehouse and warehouse.absolute()))
            undo.callback(shared.close)
            self._session = shared.session
            for name in (self._working,) if database else (self._working, self._cdm):
                self._create_database(name, folder / name)
                undo.callback(self.run, f"DROP DATABASE IF EXISTS {name} CASCADE")
            self.run(f"USE {self._working}")
            if parquet is not None:
                self._attach(parquet)
            self._undo = undo.pop_all()

    def _create_database(self, name: str, folder: Path) -> None:
        from pyspark.errors import AnalysisException

        try:
            self.run(f"CREATE DATABASE {name} LOCATION '{_quoted(folder)}'")
        except AnalysisException as error:
            raise CannotAnswerError(
                "the catalog of Spark cannot be opened, or nothing can be written to it: {reason}",
                todo="check that no other process has the warehouse open and that you may create a database in it",
                reason=type(error).__name__,
            ) from None

    def _attach(self, folder: Path) -> None:
        for file in sorted(folder.glob("*.parquet")):
            self.run(f"CREATE TABLE {self._cdm}.{file.stem.lower()} USING parquet LOCATION '{_quoted(file.resolve())}'")

    def _sql(self, text: str) -> DataFrame:
        """Run a statement as one of this CDM's jobs, so that `interrupt` reaches these and no other's."""
        self._session.sparkContext.setJobGroup(self._working, "rwe-workbench", interruptOnCancel=True)
        return self._session.sql(text)

    @override
    def run(self, sql: str) -> None:
        self._sql(sql)

    @override
    def rows(self, sql: str) -> pa.Table:
        return self._sql(sql).toArrow()

    @override
    def put(self, target: str, data: pa.Table) -> None:
        self._session.createDataFrame(data).createOrReplaceTempView(target)

    @override
    def remove(self, target: str) -> None:
        if not self._session.catalog.dropTempView(target):
            super().remove(target)

    @override
    def columns(self, schema: str = CDM_SCHEMA) -> dict[str, list[str]]:
        database = self.schemas.get(schema, schema) or self._working
        if not self._session.catalog.databaseExists(database):
            return {}
        tables = [table.name for table in self._session.catalog.listTables(database)]
        return {
            name.lower(): [column.lower() for column in self._session.table(f"{database}.{name}").columns]
            for name in tables
        }

    @override
    def digest(self, table: str) -> str:
        query = f"SELECT count(*), sum(CAST(xxhash64(*) AS DECIMAL(38, 0))) FROM {self._cdm}.{table}"
        return str(self._sql(query).collect()[0])

    @override
    def interrupt(self) -> None:
        self._session.sparkContext.cancelJobGroup(self._working)

    @override
    def sibling(self) -> SparkEngine:
        return self._again()

    @override
    def close(self) -> None:
        self._undo.close()


def _quoted(path: Path) -> str:
    return f"file://{path}".replace("\\", "\\\\").replace("'", "\\'")
