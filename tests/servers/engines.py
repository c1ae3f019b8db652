"""A small CDM on any engine: a folder of Parquet files, read by DuckDB or Spark, or loaded into PostgreSQL."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from omop_etl.cdm import Cdm, connect
from tests.servers.loading import load_folder

ENGINES: Final = ("duckdb", "postgresql", "spark")
"""Names of the engines, in the names of tests and in declared gaps."""

_SERVERS: Final = {"postgresql": "postgres", "spark": "spark"}
"""Fixture of the server that an engine needs."""

_SPARK_FOR_FEW_ROWS: Final = {
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.codegen.wholeStage": "false",
}
"""A handful of rows needs neither many tasks nor a compiler; the conformance tests run with Spark's own settings."""


class TestEngine:
    """One engine for one test: puts small CDMs on it and closes them at the end.

    `folder` is where it may write; `server` is the address of the server, empty for DuckDB.
    """

    __test__ = False

    def __init__(self, name: str, folder: Path, server: str = "") -> None:
        self.name, self._folder, self._server = name, folder, server
        self._opened = ExitStack()
        self._made = 0

    def new_folder(self) -> Path:
        """Make a folder for the tables of a CDM."""
        self._made += 1
        folder = self._folder / f"{self.name}_{self._made}"
        folder.mkdir()
        return folder

    def open(self, tables: Path) -> Cdm:
        """Open the CDM of a folder with one Parquet file per table."""
        cdm = self._opened.enter_context(connect(self._address(tables)))
        if self.name == "spark":
            for name, value in _SPARK_FOR_FEW_ROWS.items():
                cdm.engine._session.conf.set(name, value)  # type: ignore[attr-defined]
        return cdm

    def close(self) -> None:
        self._opened.close()

    def _address(self, tables: Path) -> str:
        if self.name == "postgresql":
            return load_folder(tables, self._server, _schema_of(tables))
        return f"{self._server}?parquet={tables}" if self.name == "spark" else f"parquet://{tables}"


def _schema_of(tables: Path) -> str:
    return f"small_{hashlib.sha256(str(tables).encode()).hexdigest()[:12]}"


def _cases() -> Iterator[Any]:
    """Each engine; the tests of one server stay in one worker."""
    for name in ENGINES:
        server = _SERVERS.get(name)
        marks = [pytest.mark.engine(name), *([pytest.mark.xdist_group(server)] if server else [])]
        yield pytest.param(name, id=name, marks=marks)


@pytest.fixture(params=_cases())
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestEngine]:
    """Give each engine in turn; marks of the test say where it runs (see `tests.servers.gaps`)."""
    if request.param == "spark":
        request.getfixturevalue("running_spark").keep()
    server = request.getfixturevalue(_SERVERS[request.param]) if request.param in _SERVERS else ""
    made = TestEngine(request.param, tmp_path, server)
    yield made
    made.close()


class RunningSpark:
    """Keeps one CDM on Spark open, so that the cluster's programs start once for many tests and stay warm."""

    def __init__(self, master: str, folder: Path) -> None:
        pq.write_table(pa.table({"person_id": [1]}), folder / "person.parquet")
        self._url = f"{master}?parquet={folder}"
        self._open: Cdm | None = None

    def keep(self) -> None:
        """Open it, if it is not."""
        self._open = self._open or connect(self._url)

    def let_go(self) -> None:
        """Close it, for tests that want Spark to themselves."""
        if self._open is not None:
            self._open.close()
        self._open = None


@pytest.fixture(scope="session")
def running_spark(spark: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSpark]:
    """Give the CDM that keeps Spark running; not open yet."""
    running = RunningSpark(spark, tmp_path_factory.mktemp("running"))
    yield running
    running.let_go()
