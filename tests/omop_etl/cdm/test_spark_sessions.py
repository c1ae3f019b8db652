"""CDMs on Spark side by side in one process, and a CDM in a database of a catalog."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from omop_etl.cdm import Cdm, connect
from omop_etl.cdm.engines.base import scratch_table
from omop_etl.errors import CannotAnswerError, UsageError

pytestmark = [pytest.mark.xdist_group("spark"), pytest.mark.slow]

NUMBERS = scratch_table("numbers", sa.Column("person_id", sa.BigInteger))


def cdm_of(folder: Path, *persons: int) -> Path:
    folder.mkdir()
    pq.write_table(pa.table({"person_id": pa.array(persons, pa.int64())}), folder / "person.parquet")
    return folder


def persons(cdm: Cdm) -> list[int]:
    person = cdm.table("person")
    rows = cdm.engine.fetch(sa.select(person.c.person_id).order_by(person.c.person_id))
    return rows.column(0).to_pylist()  # type: ignore[no-any-return]


def databases(cdm: Cdm) -> set[str]:
    return {database.name for database in cdm.engine._session.catalog.listDatabases()}  # type: ignore[attr-defined]


@pytest.fixture(scope="module", autouse=True)
def _alone(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("running_spark").let_go()


@pytest.fixture(scope="module")
def two(_alone: None, spark: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cdm, Cdm]]:
    folder = tmp_path_factory.mktemp("cdms")
    with ExitStack() as opened:
        folders = cdm_of(folder / "it's the first", 1, 2), cdm_of(folder / "second", 3)
        first, second = (opened.enter_context(connect(f"{spark}?parquet={cdm}")) for cdm in folders)
        yield first, second


def test_two_cdms_have_working_tables_of_their_own(two: tuple[Cdm, Cdm]) -> None:
    for cdm, number in zip(two, (10, 20), strict=True):
        cdm.engine.create_as(NUMBERS, sa.select(sa.literal(number, sa.BigInteger).label("person_id")))
    assert [cdm.engine.scalar(sa.select(NUMBERS.c.person_id)) for cdm in two] == [10, 20]
    for cdm, number in zip(two, (11, 21), strict=True):
        cdm.engine.load(NUMBERS, pa.table({"person_id": [number]}))
    assert [cdm.engine.scalar(sa.select(NUMBERS.c.person_id)) for cdm in two] == [11, 21]
    assert [list(cdm.engine.columns("scratch")) for cdm in two] == [["numbers"], ["numbers"]]


def test_interrupting_one_cdm_leaves_the_statement_of_the_other_running(two: tuple[Cdm, Cdm]) -> None:
    first, second = two
    ended: list[BaseException | None] = []

    endless = "SELECT count(sha(CAST(id AS STRING))) FROM range(1000000000000)"

    def work_for_ever() -> None:
        try:
            first.engine.rows(endless)
        except Exception as error:
            ended.append(error)

    thread = threading.Thread(target=work_for_ever)
    thread.start()
    jobs = first.engine._session.sparkContext.statusTracker()  # type: ignore[attr-defined]
    _wait_until(lambda: jobs.getActiveJobsIds())
    second.engine.interrupt()
    time.sleep(0.5)
    assert jobs.getActiveJobsIds()
    assert ended == []
    first.engine.interrupt()
    thread.join(60)
    assert "cancelled" in str(ended[0])


def _wait_until(true: Any) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def test_a_process_works_with_one_master_and_one_catalog_at_a_time(two: tuple[Cdm, Cdm], tmp_path: Path) -> None:
    (tmp_path / "metastore_db").mkdir()
    master = two[0].url.partition("?")[0]
    for url in (f"spark://elsewhere:7077?parquet={tmp_path}", f"{master}?database=hospital&warehouse={tmp_path}"):
        with pytest.raises(UsageError, match=f"already works with the Spark master {master}, or with another catalog"):
            connect(url)
    assert persons(two[1]) == [3]


def test_closing_one_cdm_leaves_the_other_open_and_its_rows_alone(two: tuple[Cdm, Cdm], spark: str) -> None:
    first, second = two
    assert persons(first) == [1, 2]
    for _ in range(2):
        first.close()
    assert persons(second) == [3]
    context = second.engine._session.sparkContext  # type: ignore[attr-defined]
    second.close()
    assert context._jsc is None
    with connect(first.url) as again:
        assert persons(again) == [1, 2]


MAKE_WAREHOUSE = """
import sys
from pyspark.sql import SparkSession
folder = sys.argv[1]
settings = {
    "spark.ui.enabled": "false",
    "spark.sql.catalogImplementation": "hive",
    "spark.sql.warehouse.dir": folder,
    "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder}/metastore_db;create=true",
}
builder = SparkSession.builder.master("local[1]")
for name, value in settings.items():
    builder = builder.config(name, value)
session = builder.getOrCreate()
session.sql("CREATE DATABASE hospital")
session.sql("CREATE TABLE hospital.person USING parquet AS SELECT 7L AS person_id")
session.stop()
"""


@pytest.fixture(scope="module")
def warehouse(spark: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("warehouse")
    made = subprocess.run(
        [sys.executable, "-c", MAKE_WAREHOUSE, str(folder)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    shutil.copytree(folder / "metastore_db", folder / "spare" / "metastore_db")
    return folder


def test_a_cdm_in_a_database_of_a_warehouse_is_opened_and_left_as_it_was(spark: str, warehouse: Path) -> None:
    url = f"{spark}?database=hospital&warehouse={warehouse}"
    with connect(url) as cdm:
        assert persons(cdm) == [7]
        assert cdm.url == url
        cdm.engine.create_as(NUMBERS, sa.select(cdm.table("person").c.person_id))
        assert list(cdm.engine.columns("scratch")) == ["numbers"]
        assert len(databases(cdm)) == 3


def test_a_database_that_does_not_exist_is_refused_and_the_next_may_be_opened(spark: str, warehouse: Path) -> None:
    with pytest.raises(CannotAnswerError, match="holds no table person"):
        connect(f"{spark}?database=elsewhere&warehouse={warehouse}")
    with connect(f"{spark}?database=hospital&warehouse={warehouse}") as cdm:
        assert persons(cdm) == [7]
        assert databases(cdm) - {cdm.engine._working} == {"default", "hospital"}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("database=cdm", "Spark has no hive-site.xml here"),
        ("database=cdm&warehouse=/nowhere", "/nowhere is not the warehouse of a Spark"),
        ("database=cdm&parquet=/folder", "either a folder or a database"),
        ("", "either a folder or a database"),
    ],
)
def test_a_catalog_that_is_not_there_is_refused_before_spark_starts(
    monkeypatch: pytest.MonkeyPatch, options: str, reason: str
) -> None:
    for name in ("SPARK_CONF_DIR", "HADOOP_CONF_DIR", "YARN_CONF_DIR"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UsageError, match=reason):
        connect(f"spark://nobody:7077?{options}")


HIVE_SITE = """<configuration><property>
<name>javax.jdo.option.ConnectionURL</name><value>jdbc:derby:;databaseName={folder}/metastore_db</value>
</property></configuration>"""

READ = """
import sys
import sqlalchemy as sa
from omop_etl.cdm import connect
with connect(sys.argv[1]) as cdm:
    print(cdm.engine.scalar(sa.select(cdm.table("person").c.person_id)))
"""

REFUSED = """
import sys
from omop_etl.cdm import connect
from omop_etl.errors import CannotAnswerError
try:
    connect(sys.argv[1])
except CannotAnswerError as error:
    print(error.text().partition(",")[0])
"""

KEEP = """
import sys
from pyspark.sql import SparkSession
from omop_etl.cdm import connect
mine = SparkSession.builder.master(sys.argv[1].partition("?")[0]).getOrCreate()
mine.sql("SELECT 5 AS five").createOrReplaceTempView("five")
with connect(sys.argv[1]) as cdm:
    assert list(cdm.tables) == ["person"]
print(mine.sql("SELECT five FROM five").collect()[0][0])
"""


def in_a_process_of_its_own(program: str, url: str, **environment: str) -> str:
    run = [sys.executable, "-c", program, url]
    done = subprocess.run(run, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.slow
def test_the_catalog_is_the_one_that_the_settings_of_spark_name(spark: str, warehouse: Path, tmp_path: Path) -> None:
    spare = warehouse / "spare"  # this process has the other one open until it ends
    (tmp_path / "hive-site.xml").write_text(HIVE_SITE.format(folder=spare))
    assert in_a_process_of_its_own(READ, f"{spark}?database=hospital", SPARK_CONF_DIR=str(tmp_path)) == "7"


@pytest.mark.slow
def test_a_warehouse_that_another_process_has_open_is_refused(spark: str, warehouse: Path) -> None:
    url = f"{spark}?database=hospital&warehouse={warehouse}"
    with connect(url) as cdm:
        assert persons(cdm) == [7]
    assert in_a_process_of_its_own(REFUSED, url) == "the catalog of Spark cannot be opened"


@pytest.mark.slow
def test_a_context_that_somebody_else_had_started_is_left_running(spark: str, tmp_path: Path) -> None:
    assert in_a_process_of_its_own(KEEP, f"{spark}?parquet={cdm_of(tmp_path / 'cdm', 1)}") == "5"
