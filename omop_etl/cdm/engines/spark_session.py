"""The one Spark context that a process may have, shared by every CDM opened in it and stopped with the last."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from omop_etl.errors import CannotAnswerError, UsageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_CONTEXT: Final = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
_SESSION: Final = {"spark.sql.shuffle.partitions": "8", "spark.sql.session.timeZone": "UTC"}
_HIVE_SETTINGS: Final = "hive-site.xml"
_METASTORE: Final = "metastore_db"
_MARK: Final = "spark.rwe.context"
_lock = threading.Lock()


@dataclass(frozen=True)
class Catalog:
    """Where Spark keeps the names of tables.

    Attributes
    ----------
    hive : bool
        In a Hive metastore, which outlives the process; else in memory.
    warehouse : pathlib.Path, optional
        Folder with a metastore of its own; without one Spark's ``hive-site.xml`` says where the metastore is.
    """

    hive: bool = False
    warehouse: Path | None = None

    def settings(self, folder: Path) -> dict[str, str]:
        """Settings of a context with this catalog; `folder` is for what nobody keeps."""
        if not self.hive:
            return {"spark.sql.catalogImplementation": "in-memory", "spark.sql.warehouse.dir": folder.as_uri()}
        kept = {"spark.sql.catalogImplementation": "hive"}
        if self.warehouse is not None:
            kept["spark.sql.warehouse.dir"] = self.warehouse.as_uri()
            kept["spark.hadoop.javax.jdo.option.ConnectionURL"] = (
                f"jdbc:derby:;databaseName={self.warehouse / _METASTORE}"
            )
        return kept

    def check(self) -> None:
        """Raise UsageError where there is no such catalog; Spark would make an empty one."""
        if self.warehouse is not None and not (self.warehouse / _METASTORE).is_dir():
            raise UsageError(
                "{folder} is not the warehouse of a Spark: it holds no metastore_db",
                todo="point warehouse= to the folder that holds metastore_db",
                folder=self.warehouse,
            )
        if self.hive and self.warehouse is None and not any((folder / _HIVE_SETTINGS).exists() for folder in _conf()):
            raise UsageError(
                "Spark has no hive-site.xml here, so no database of a catalog can be found",
                todo="set SPARK_CONF_DIR to the folder of hive-site.xml, or add &warehouse=/folder",
            )


@dataclass
class _Context:
    """What runs in this process: the session that all others come from, and how many CDMs use it."""

    root: SparkSession
    master: str
    catalog: Catalog
    folder: Path
    ours: bool
    users: int = 0

    def serves(self, master: str, catalog: Catalog) -> bool:
        if self.master != master:
            return False
        return not catalog.hive or catalog == self.catalog or (self.catalog.hive and not self.ours)

    def stopped(self) -> bool:
        context = self.root.sparkContext._jsc
        return context is None or bool(context.sc().isStopped())


class SharedSession:
    """A Spark session with its own current database and temporary views, on the context of this process.

    Parameters
    ----------
    master : str
        Address of the master.
    catalog : Catalog
        Where databases are looked up.

    Attributes
    ----------
    session : pyspark.sql.SparkSession
        The session.

    Raises
    ------
    UsageError
        Spark is not installed, there is no such catalog, or this process already works with another cluster or
        catalog: a process has one Spark context at a time.
    CannotAnswerError
        The master cannot be reached.
    """

    _running: ClassVar[_Context | None] = None

    def __init__(self, master: str, catalog: Catalog) -> None:
        catalog.check()
        with _lock:
            running = SharedSession._running
            context = running if running is not None and not running.stopped() else _started(master, catalog)
            if not context.serves(master, catalog):
                raise UsageError(
                    "this process already works with the Spark master {running}, or with another catalog there",
                    todo="close the CDMs that are open on it first, or open this one in another process",
                    running=context.master,
                )
            self.session: SparkSession = context.root.newSession()
            context.users += 1
            self._context: _Context | None = context
            SharedSession._running = context
        for name, value in _SESSION.items():
            self.session.conf.set(name, value)

    def close(self) -> None:
        """Give the session back; with the last one the context stops, unless somebody else had started it."""
        with _lock:
            context, self._context = self._context, None
            if context is None:
                return
            context.users -= 1
            if context.users:
                return
            if SharedSession._running is context:
                SharedSession._running = None
            if context.ours:
                context.root.stop()
            shutil.rmtree(context.folder, ignore_errors=True)


def _started(master: str, catalog: Catalog) -> _Context:
    """Start a context, or find the one that this program's caller had started."""
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise UsageError(
            "Spark is not installed with this program", todo="install it with `pip install 'rwe-workbench[spark]'`"
        ) from None
    folder = Path(tempfile.mkdtemp(prefix="rwe-spark-context-"))
    builder = SparkSession.builder.master(master).appName("rwe-workbench").config(_MARK, folder.name)
    for name, value in {**_CONTEXT, **catalog.settings(folder)}.items():
        builder = builder.config(name, value)
    try:
        root = builder.getOrCreate()
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise CannotAnswerError(
            "the Spark master at {master} cannot be reached: {reason}",
            todo="check host and port, that Java 17 is installed, and that the master runs this version of Spark",
            master=master,
            reason=type(error).__name__,
        ) from None
    running = root.sparkContext
    if running.getConf().get(_MARK) != folder.name:
        hive = root.conf.get("spark.sql.catalogImplementation") == "hive"
        return _Context(root, str(running.master), Catalog(hive), folder, ours=False)
    running.setLogLevel("ERROR")
    if catalog.warehouse is not None:
        log = str(folder / "derby.log")
        java: Any = root._jvm
        java.java.lang.System.setProperty("derby.stream.error.file", log)
    return _Context(root, master, catalog, folder, ours=True)


def _conf() -> list[Path]:
    """Folders in which Spark looks for its settings."""
    import pyspark

    home = os.environ.get("SPARK_HOME") or str(Path(pyspark.__file__).parent)
    named = [os.environ.get(name) for name in ("SPARK_CONF_DIR", "HADOOP_CONF_DIR", "YARN_CONF_DIR")]
    return [Path(folder) for folder in (*named, f"{home}/conf") if folder]
