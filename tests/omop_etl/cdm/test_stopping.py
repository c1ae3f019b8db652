"""Statements that are stopped from another thread, and engines beside one another on one CDM."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from omop_etl.cdm import Cdm
from omop_etl.cdm.engines import Interrupted, Stop
from omop_etl.cdm.engines.base import scratch_table
from tests.servers.engines import TestEngine

NUMBERS = scratch_table("numbers", sa.Column("person_id", sa.BigInteger))
PERSONS = 3000
WITHIN = 1.0
"""Seconds in which a statement has to end."""


@pytest.fixture
def cdm(engine: TestEngine) -> Cdm:
    folder = engine.new_folder()
    pq.write_table(pa.table({"person_id": pa.array(range(PERSONS), pa.int64())}), folder / "person.parquet")
    return engine.open(folder)


def slow(cdm: Cdm) -> sa.Select[Any]:
    """Write a query that reckons with every triple of persons: minutes at least."""
    person = cdm.table("person")
    a, b, c = (person.alias(name) for name in "abc")
    reckoned = sa.func.sum(sa.func.abs(a.c.person_id * b.c.person_id - c.c.person_id))
    return sa.select(sa.cast(reckoned, sa.BigInteger).label("person_id")).select_from(
        a.join(b, sa.true()).join(c, sa.true())
    )


class Background:
    """Something that runs in a thread, and how it ended."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(work,))
        self._thread.start()

    def _run(self, work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:
            self.error = error

    def seconds_to_end(self) -> float:
        began = time.monotonic()
        self._thread.join(60)
        assert not self._thread.is_alive()
        return time.monotonic() - began

    @property
    def runs(self) -> bool:
        return self._thread.is_alive()


def persons(cdm: Cdm) -> int:
    return int(cdm.engine.scalar(sa.select(sa.func.count()).select_from(cdm.table("person"))))


def work_under(stop: Stop, cdm: Cdm, work: Callable[[], object]) -> Background:
    def run() -> None:
        with stop.reaches(cdm.engine):
            work()

    return Background(run)


@pytest.mark.parametrize("way", ["fetch", "insert"])
def test_a_running_statement_ends_within_a_second_and_the_engine_goes_on(cdm: Cdm, way: str) -> None:
    engine, query = cdm.engine, slow(cdm)
    engine.create(NUMBERS)
    stop = Stop()
    running = work_under(stop, cdm, lambda: engine.fetch(query) if way == "fetch" else engine.insert(NUMBERS, query))
    time.sleep(1.0)
    assert running.runs, running.error
    stop.ask()
    assert running.seconds_to_end() < WITHIN
    assert isinstance(running.error, Interrupted)
    assert persons(cdm) == PERSONS
    assert engine.scalar(sa.select(sa.func.count()).select_from(NUMBERS)) == 0


def test_a_stopped_engine_refuses_statements_until_it_resumes_but_removes_tables(cdm: Cdm) -> None:
    cdm.engine.create(NUMBERS)
    cdm.engine.stop()
    for call in (lambda: persons(cdm), lambda: cdm.engine.load(NUMBERS, pa.table({"person_id": [1]}))):
        with pytest.raises(Interrupted):
            call()
    cdm.engine.drop(NUMBERS)
    cdm.engine.resume()
    assert "numbers" not in cdm.engine.columns("scratch")
    assert persons(cdm) == PERSONS


def test_a_wish_to_stop_that_comes_when_the_work_has_just_ended_does_no_harm(cdm: Cdm) -> None:
    stop = Stop()
    with stop.reaches(cdm.engine):
        assert persons(cdm) == PERSONS
    stop.ask()
    cdm.engine.interrupt()
    assert [persons(cdm) for _ in range(3)] == [PERSONS] * 3
    with pytest.raises(Interrupted), stop.reaches(cdm.engine):
        pytest.fail("work that was stopped before it began must not begin")


def test_siblings_have_working_tables_of_their_own_and_are_stopped_alone(cdm: Cdm) -> None:
    beside = cdm.sibling()
    try:
        for one, number in ((cdm, 10), (beside, 20)):
            one.engine.create_as(NUMBERS, sa.select(sa.literal(number, sa.BigInteger).label("person_id")))
        assert [one.engine.scalar(sa.select(NUMBERS.c.person_id)) for one in (cdm, beside)] == [10, 20]
        assert list(beside.engine.columns("scratch")) == ["numbers"]
        assert (beside.snapshot, beside.tables) == (cdm.snapshot, cdm.tables)
        first, second = Stop(), Stop()
        running = [
            work_under(stop, one, lambda one=one: one.engine.fetch(slow(one)))  # type: ignore[misc]
            for stop, one in ((first, cdm), (second, beside))
        ]
        time.sleep(1.0)
        first.ask()
        assert running[0].seconds_to_end() < WITHIN
        time.sleep(0.3)
        assert running[1].runs
        assert persons(cdm) == PERSONS
        second.ask()
        assert running[1].seconds_to_end() < WITHIN
    finally:
        beside.close()
    assert cdm.engine.scalar(sa.select(NUMBERS.c.person_id)) == 10
    assert persons(cdm) == PERSONS


def test_a_sibling_of_a_cdm_file_reads_the_same_rows(tmp_path: Path) -> None:
    import duckdb

    from omop_etl.cdm import connect

    with duckdb.connect(str(tmp_path / "cdm.duckdb")) as made:
        made.execute("CREATE TABLE person AS SELECT range AS person_id FROM range(5)")
    with connect(f"duckdb:///{tmp_path}/cdm.duckdb") as cdm, cdm.sibling() as beside, beside.sibling() as another:
        assert [persons(one) for one in (cdm, beside, another)] == [5, 5, 5]
        assert len({one.engine.name_of(NUMBERS) for one in (cdm, beside, another)}) == 3
