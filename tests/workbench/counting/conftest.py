"""A synthetic CDM, a desk on it, and questions that take as long as a test wants."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from benchmarks.cohorts.population import make_population
from benchmarks.cohorts.trial import trial
from cohorts import Evaluator
from cohorts.engine.plan import plan
from omop_etl.cdm import Cdm, connect
from workbench.access import DisclosurePolicy
from workbench.app.results import counted_steps
from workbench.counting import Desk, EvaluatorPool, Question, Task
from workbench.counts import StepCount

PERSONS = 20_000


@pytest.fixture(scope="session")
def population(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("population") / "cdm.duckdb"
    make_population(Path(file), PERSONS)
    return f"duckdb:///{file}"


@pytest.fixture
def cdm(population: str) -> Iterator[Cdm]:
    with connect(population) as opened:
        yield opened


@pytest.fixture
def pool(cdm: Cdm) -> Iterator[EvaluatorPool]:
    made = EvaluatorPool(cdm, 4)
    yield made
    made.close()


@pytest.fixture
def desk(pool: EvaluatorPool) -> Iterator[Desk]:
    made = Desk(pool)
    yield made
    made.close()


def count(threshold: float) -> Question[list[StepCount]]:
    """Count the trial of the benchmark with a laboratory threshold, as the cohort page does."""
    return counted_steps(trial(threshold=threshold), DisclosurePolicy(threshold=10))


def endless(name: str, threshold: float = 7.0) -> Question[int]:
    """Reckon with every triple of persons after the trial has been evaluated: hours."""
    node = plan(trial(threshold=threshold)).cohort

    def work(evaluator: Evaluator, task: Task[int]) -> int:
        evaluator.evaluate([node], task.tell_steps)
        task.tell("endless", 0.5)
        return int(evaluator.scalar(triples(evaluator.cdm)))

    return Question(("endless", name), work, lambda: [node])


def held(name: str, until: threading.Event, began: threading.Event | None = None) -> Question[Evaluator]:
    """Hold an evaluator until a test lets go of it."""

    def work(evaluator: Evaluator, task: Task[Evaluator]) -> Evaluator:
        if began is not None:
            began.set()
        while not until.wait(0.01):
            task.stop.check()
        return evaluator

    return Question(("held", name), work)


def triples(cdm: Cdm) -> sa.Select[Any]:
    person = cdm.table("person")
    a, b, c = (person.alias(name) for name in "abc")
    reckoned = sa.func.sum(sa.func.abs(a.c.person_id * b.c.person_id - c.c.person_id))
    return sa.select(sa.cast(reckoned, sa.BigInteger)).select_from(a.join(b, sa.true()).join(c, sa.true()))
