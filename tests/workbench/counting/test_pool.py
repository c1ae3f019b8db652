"""Who gets which evaluator, and when."""

from __future__ import annotations

import threading
import time

import pytest

from benchmarks.cohorts.trial import trial
from cohorts import Evaluator
from cohorts.engine.plan import plan
from omop_etl.cdm import Cdm
from omop_etl.cdm.engines import Interrupted, Stop
from tests.workbench.counting.conftest import held
from workbench.counting import Desk, EvaluatorPool, Question, Seat, Task

TRIAL, EDITED = ([plan(trial(threshold=threshold)).cohort] for threshold in (7.0, 8.0))


def test_an_edited_definition_comes_back_to_where_the_rest_of_it_stands(pool: EvaluatorPool) -> None:
    with pool.lend("a", Stop(), TRIAL) as warm:
        warm.evaluate(TRIAL)
        with pool.lend("b", Stop()) as cold:
            assert cold is not warm
    with pool.lend("b", Stop()) as other:
        assert other is cold, "work without nodes takes no warm evaluator away"
        with pool.lend("a", Stop(), EDITED) as again:
            assert again is warm
            assert 0 < again.missing(EDITED) < 10


def test_those_who_ask_wait_where_all_are_lent_and_can_be_stopped_while_they_wait(cdm: Cdm) -> None:
    pool, let_go = EvaluatorPool(cdm, 1), threading.Event()
    desk = Desk(pool)
    first, second = (Seat(desk).ask("count", held(name, let_go)) for name in ("first", "second"))
    time.sleep(0.3)
    assert sorted((first.task.status, second.task.status)) == ["running", "waiting"]
    waiting = first if first.task.status == "waiting" else second
    desk.withdraw(waiting)
    assert waiting.task.wait(1.0)
    assert waiting.task.status == "stopped"
    let_go.set()
    desk.close()


def test_a_session_that_asks_for_much_leaves_a_place_to_others(cdm: Cdm) -> None:
    pool, let_go = EvaluatorPool(cdm, 3), threading.Event()
    desk = Desk(pool)
    greedy = Seat(desk)
    many = [greedy.ask(f"place-{n}", held(f"greedy-{n}", let_go)) for n in range(5)]
    time.sleep(0.3)
    assert [ticket.task.status for ticket in many].count("running") == 2
    began = threading.Event()
    other = Seat(desk).ask("count", held("other", let_go, began))
    assert began.wait(5.0)
    assert other.task.status == "running"
    let_go.set()
    assert all(ticket.task.wait(10.0) for ticket in many)
    assert {ticket.task.status for ticket in many} == {"done"}
    desk.close()


def test_an_evaluator_that_cannot_be_made_gives_its_place_back(cdm: Cdm, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = EvaluatorPool(cdm, 1)
    with monkeypatch.context() as broken:
        broken.setattr(cdm, "sibling", lambda: (_ for _ in ()).throw(OSError("no connection")))
        for _ in range(2):
            with pytest.raises(OSError, match="no connection"), pool.lend("a", Stop()):
                pytest.fail("there is nothing to lend")
    with pool.lend("a", Stop()) as evaluator:
        assert isinstance(evaluator, Evaluator)
    pool.close()


def test_an_evaluator_that_nobody_uses_is_closed(cdm: Cdm, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = EvaluatorPool(cdm, 4)
    schemas = "SELECT count(*) AS n FROM duckdb_schemas() WHERE schema_name LIKE 'scratch_%'"

    def made() -> int:
        return int(cdm.engine.rows(schemas).column(0)[0].as_py())

    before = made()
    with pool.lend("a", Stop()), pool.lend("b", Stop()):
        assert made() == before + 2
    monkeypatch.setattr("workbench.counting.pool._IDLE", 0.0)
    with pool.lend("a", Stop()):
        time.sleep(0.01)
    assert made() == before + 1
    pool.close()
    assert made() == before


def test_work_that_was_stopped_before_it_began_is_not_lent_anything(pool: EvaluatorPool) -> None:
    stop = Stop()
    stop.ask()
    with pytest.raises(Interrupted), pool.lend("a", stop):
        pytest.fail("nothing is lent")
    question: Question[int] = Question(("x",), lambda evaluator, task: 1)
    ticket = Seat(Desk(pool)).ask("count", question)
    assert ticket.task.wait(10.0)
    assert isinstance(ticket.task, Task)
    assert ticket.task.result == 1
