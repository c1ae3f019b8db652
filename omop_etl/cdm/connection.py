"""Open a CDM by its URL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from urllib.parse import unquote

import sqlalchemy as sa

from omop_etl.cdm.address import shown_address, without_options
from omop_etl.cdm.engines import Engine
from omop_etl.cdm.engines.duckdb import DuckDBEngine
from omop_etl.cdm.engines.postgres import PostgresEngine
from omop_etl.cdm.engines.spark import SparkEngine
from omop_etl.cdm.schema import ETL_SCHEMA, CdmVersion, cdm_version
from omop_etl.cdm.snapshot import snapshot_of_file, snapshot_of_folder, snapshot_of_tables
from omop_etl.errors import CannotAnswerError, UsageError

_ADDRESSES = (
    "duckdb:///file.duckdb, parquet:///folder, postgresql://user@host/database?schema=cdm, "
    "spark://host:7077?parquet=/folder, spark://host:7077?database=cdm"
)


class Cdm:
    """A CDM opened for reading: an engine, the schema of its version, and the snapshot's name.

    Use `connect` to make one, and close it (or use ``with``).

    Attributes
    ----------
    url : str
        What it was opened with, without user, password and other secrets.
    engine : Engine
        Runs queries and holds working tables.
    schema : CdmVersion
        Tables to write queries with.
    """

    def __init__(self, url: str, engine: Engine, fingerprint: Callable[[], str], version: str = "5.4") -> None:
        self.url = url
        self.engine = engine
        self.schema: CdmVersion = cdm_version(version)
        self._fingerprint = fingerprint

    @cached_property
    def snapshot(self) -> str:
        """Name of the data: the same for the same content, another for any other."""
        return self._fingerprint()

    @cached_property
    def tables(self) -> dict[str, list[str]]:
        """Tables that exist, with their columns."""
        return self.engine.columns()

    def require(self, name: str, columns: Iterable[str] = ()) -> None:
        """Make sure that a table and some of its columns exist.

        Parameters
        ----------
        name : str
            Table of the CDM.
        columns : iterable of str
            Columns the caller is going to use.

        Raises
        ------
        CannotAnswerError
            This CDM lacks the table or a column.
        """
        if name not in self.tables:
            raise CannotAnswerError(
                "this CDM has no table {table}", todo="load it, or leave out what needs it", table=name
            )
        missing = [column for column in columns if column not in self.tables[name]]
        if missing:
            raise CannotAnswerError(
                "table {table} of this CDM has no column {columns}",
                todo="load it, or leave out what needs it",
                table=name,
                columns=", ".join(missing),
            )

    def table(self, name: str, columns: Iterable[str] = ()) -> sa.Table:
        """Table to query, after `require`."""
        self.require(name, columns)
        return self.schema[name]

    def sibling(self) -> Cdm:
        """Open this CDM once more, with working tables of its own, for a thread that works at the same time.

        Its snapshot and tables are those known here. Close it before this one.
        """
        other = Cdm(self.url, self.engine.sibling(), lambda: self.snapshot, self.schema.version)
        other.tables = self.tables
        return other

    def close(self) -> None:
        """Close the database."""
        self.engine.close()

    def __enter__(self) -> Cdm:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def connect(url: str, *, memory: str = "", temp: Path | None = None) -> Cdm:
    """Open a CDM for reading.

    Parameters
    ----------
    url : str
        ``duckdb:///file.duckdb`` (or ``duckdb:////absolute/file.duckdb``); ``parquet:///folder``, a folder with one
        ``<table>.parquet`` per CDM table; ``postgresql://user@host:port/database?schema=cdm``; or
        ``spark://host:port?parquet=/folder``, or ``spark://host:port?database=cdm`` for a database of the Hive catalog
        that Spark's own ``hive-site.xml`` names (``&warehouse=/folder`` for the one that a Spark keeps in a folder);
        ``&scratch=/shared/folder`` is where all machines of the cluster see working tables.
    memory : str
        Memory limit of DuckDB, such as ``"4GB"``; empty for its default.
    temp : pathlib.Path, optional
        Folder for DuckDB's working tables that do not fit in memory.

    Returns
    -------
    Cdm
        The opened CDM. Close it.

    Raises
    ------
    UsageError
        The URL is not of a kind known here, or nothing exists at its path.
    CannotAnswerError
        What exists there is not a CDM.
    """
    scheme = url.partition(":")[0]
    if scheme in ("duckdb", "parquet"):
        path = _existing_path(url, scheme)
        cdm = _of_files(url, path, DuckDBEngine(path, memory=memory, temp=temp))
    elif scheme in ("postgresql", "postgres"):
        address, options = without_options(url, {"schema"})
        cdm = _of_server(url, PostgresEngine(address, options.get("schema", "public")))
    elif scheme == "spark":
        master, options = without_options(url, {"parquet", "database", "warehouse", "scratch"})
        cdm = _of_server(url, SparkEngine(master, database=options.get("database", ""), **_folders(options)))
    else:
        raise _unknown(url)
    try:
        if "person" not in cdm.tables:
            raise CannotAnswerError(
                "{url} holds no table person, so it is not a CDM",
                todo="point to a database made by `rwe etl run` or to another OMOP CDM",
                url=cdm.url,
            )
    except BaseException:
        cdm.close()
        raise
    return cdm


def _folders(options: Mapping[str, str]) -> dict[str, Path]:
    return {name: Path(options[name]) for name in ("parquet", "warehouse", "scratch") if options.get(name)}


def _unknown(url: str) -> UsageError:
    return UsageError("{url} is not a CDM address known here", todo=f"use one of: {_ADDRESSES}", url=shown_address(url))


def _of_files(url: str, path: Path, engine: Engine) -> Cdm:
    def snapshot() -> str:
        """Name that the run which made the CDM gave to its content; for another CDM, a digest of its files."""
        if "run" in engine.columns(ETL_SCHEMA):
            return str(engine.rows(f"SELECT snapshot FROM {ETL_SCHEMA}.run").column(0)[0])
        return snapshot_of_folder(path) if path.is_dir() else snapshot_of_file(path)

    return Cdm(url, engine, snapshot)


def _of_server(url: str, engine: Engine) -> Cdm:
    return Cdm(shown_address(url), engine, lambda: snapshot_of_tables(engine))


def _existing_path(url: str, scheme: str) -> Path:
    path = _path_of(url, scheme)
    if not path.exists():
        raise UsageError("nothing exists at {url}", todo="check the path after the three slashes", url=url)
    if scheme == "parquet" and (not path.is_dir() or not any(path.glob("*.parquet"))):
        raise CannotAnswerError(
            "{url} is not a folder with one .parquet file per CDM table",
            todo="point to the folder that holds person.parquet",
            url=url,
        )
    return path


def _path_of(url: str, scheme: str) -> Path:
    """Path of a URL: after three slashes a relative path, or else the absolute one; after two or four just the path."""
    rest = unquote(url[len(scheme) + 1 :])
    if not rest.startswith("//"):
        raise _unknown(url)
    path = Path(rest[2:])
    if rest.startswith("///") and not rest.startswith("////"):
        relative = Path(rest[3:])
        return relative if relative.exists() or not path.exists() else path
    return path
