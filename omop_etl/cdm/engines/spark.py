"""Spark: a cluster. The CDM is a folder of Parquet files or a database; working tables are files in a folder."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa
from sqlglot import exp
from typing_extensions import override

from omop_etl.cdm.engines.base import SCRATCH_SCHEMA, Engine, Macro
from omop_etl.cdm.schema import CDM_SCHEMA
from omop_etl.errors import CannotAnswerError, UsageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.shuffle.partitions": "8",
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.showConsoleProgress": "false",
}


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
        Database of the catalog that holds the CDM, where there is no folder.
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
        self, master: str, *, parquet: Path | None = None, database: str = "", scratch: Path | None = None
    ) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp(prefix="rwe-spark-", dir=scratch))
        self._session = _session(master, self._folder)
        self._working = f"rwe_{uuid.uuid4().hex[:12]}"
        self._cdm = database or f"cdm_{uuid.uuid4().hex[:12]}"
        self.schemas: Mapping[str, str] = {CDM_SCHEMA: self._cdm, SCRATCH_SCHEMA: ""}
        self.run(f"CREATE DATABASE {self._working}")
        self.run(f"USE {self._working}")
        if parquet is not None:
            self._attach(parquet)

    def _attach(self, folder: Path) -> None:
        self.run(f"CREATE DATABASE {self._cdm}")
        for file in sorted(folder.glob("*.parquet")):
            location = str(file.resolve()).replace("'", "\\'")
            self.run(f"CREATE TABLE {self._cdm}.{file.stem.lower()} USING parquet LOCATION '{location}'")

    @override
    def run(self, sql: str) -> None:
        self._session.sql(sql)

    @override
    def rows(self, sql: str) -> pa.Table:
        return self._session.sql(sql).toArrow()

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
        return str(self._session.sql(query).collect()[0])

    @override
    def interrupt(self) -> None:
        self._session.sparkContext.cancelAllJobs()

    @override
    def close(self) -> None:
        self._session.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


def _session(master: str, folder: Path) -> SparkSession:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise UsageError(
            "Spark is not installed with this program", todo="install it with `pip install 'rwe-workbench[spark]'`"
        ) from None
    builder = SparkSession.builder.master(master).appName("rwe-workbench")
    for name, value in {**_SETTINGS, "spark.sql.warehouse.dir": folder.as_uri()}.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except Exception as error:
        raise CannotAnswerError(
            "the Spark master at {master} cannot be reached: {reason}",
            todo="check host and port, that Java 17 is installed, and that the master runs this version of Spark",
            master=master,
            reason=type(error).__name__,
        ) from None
    session.sparkContext.setLogLevel("ERROR")
    return session
