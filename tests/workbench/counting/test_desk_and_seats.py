"""Sessions that count at once, stop, and change their minds, on a real DuckDB with twenty thousand persons."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from benchmarks.cohorts.trial import trial
from cohorts import Evaluator, generate
from omop_etl.cdm import Cdm
from omop_etl.cdm.engines import Interrupted
from omop_etl.errors import CannotAnswerError
from tests.workbench.counting.conftest import count, endless, held
from workbench.access import DisclosurePolicy
from workbench.counting import Desk, Question, Seat, Task
from workbench.counts import StepCount, attrition_counts

LONG = 60.0


def wait_until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + LONG
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)


def expected(cdm: Cdm, threshold: float) -> list[StepCount]:
    """Steps of the same definition, counted alone on a connection of its own."""
    with cdm.sibling() as alone:
        attrition = generate({"alone": trial(threshold=threshold)}, alone).attrition("alone")
    return attrition_counts(attrition, DisclosurePolicy(threshold=10))


def test_two_sessions_count_at_the_same_time_and_get_what_each_would_get_alone(desk: Desk, cdm: Cdm) -> None:
    seats, thresholds = [Seat(desk), Seat(desk)], [(7.0, 9.0, 3.0), (8.0, 7.0, 4.0)]
    for both in zip(*thresholds, strict=True):
        tickets = [seat.ask("count", count(one)) for seat, one in zip(seats, both, strict=True)]
        assert all(ticket.task.wait(LONG) for ticket in tickets)
        assert [ticket.task.result for ticket in tickets] == [expected(cdm, one) for one in both]


def test_a_short_count_does_not_wait_for_a_long_one_of_another_session(desk: Desk) -> None:
    long = Seat(desk).ask("count", endless("long"))
    wait_until(lambda: long.task.stage == "endless")
    short = Seat(desk).ask("count", count(7.0))
    assert short.task.wait(LONG)
    assert short.task.status == "done"
    assert long.task.active


def test_what_two_sessions_ask_for_at_once_is_worked_out_once_and_then_kept(desk: Desk) -> None:
    let_go, seats = threading.Event(), [Seat(desk), Seat(desk), Seat(desk)]
    first, second = (seat.ask("count", held("same", let_go)) for seat in seats[:2])
    assert first.task is second.task
    let_go.set()
    assert first.task.wait(LONG)
    assert seats[2].ask("count", held("same", let_go)).task is first.task


def test_a_stopped_count_ends_within_a_second_and_leaves_the_evaluator_as_it_was(desk: Desk, cdm: Cdm) -> None:
    seat = Seat(desk)
    ticket = seat.ask("count", endless("stopped"))
    wait_until(lambda: ticket.task.stage == "endless")
    seat.stop("count")
    assert not ticket.waits
    assert ticket.task.wait(1.0)
    assert ticket.task.status == "stopped"
    assert seat.ask("count", endless("stopped")) is ticket, "what was stopped is not begun again by looking at it"
    for threshold in (7.0, 8.0):
        after = seat.ask("count", count(threshold))
        assert after.task.wait(LONG)
        assert after.task.result == expected(cdm, threshold)


def test_an_edit_interrupts_the_count_before_it_and_takes_its_evaluator_over(desk: Desk) -> None:
    seat = Seat(desk)
    older = seat.ask("count", endless("older"))
    wait_until(lambda: older.task.stage == "endless")
    used: list[int] = []

    def look(evaluator: Evaluator, task: Task[int]) -> int:
        used.append(evaluator.missing(question.nodes()))
        return 1

    question = Question(("newer",), look, endless("newer").nodes)
    newer = seat.ask("count", question)
    assert older.task.wait(1.0)
    assert older.task.status == "stopped"
    assert newer.task.wait(LONG)
    assert newer.task.status == "done"
    assert used == [0], "the nodes that both versions share are there already"


def test_ten_edits_in_a_row_leave_only_the_last_count(desk: Desk, cdm: Cdm) -> None:
    seat = Seat(desk)
    tickets = [seat.ask("count", count(threshold)) for threshold in range(2, 12)]
    assert all(ticket.task.wait(LONG) for ticket in tickets)
    assert {ticket.task.status for ticket in tickets[:-1]} <= {"stopped", "done"}
    assert tickets[-1].task.result == expected(cdm, 11.0)


def test_work_that_another_session_waits_for_goes_on(desk: Desk) -> None:
    let_go, seats = threading.Event(), (Seat(desk), Seat(desk))
    tickets = [seat.ask("count", held("shared", let_go)) for seat in seats]
    seats[0].stop("count")
    assert not tickets[0].waits
    assert tickets[1].waits
    let_go.set()
    assert tickets[1].task.wait(LONG)
    assert tickets[1].task.status == "done"


def test_a_session_that_ends_stops_what_it_waited_for(desk: Desk) -> None:
    seat = Seat(desk)
    tickets = [seat.ask(place, endless(place)) for place in ("count", "feasibility")]
    wait_until(lambda: all(ticket.task.status == "running" for ticket in tickets))
    seat.leave()
    assert all(ticket.task.wait(1.5) for ticket in tickets)
    assert {ticket.task.status for ticket in tickets} == {"stopped"}


def test_to_look_asks_for_nothing(desk: Desk) -> None:
    """A fragment that is polled while its session ends would begin work that nobody is left to stop."""
    seat = Seat(desk)
    assert seat.look("count", count(7.0)) is None
    ticket = seat.ask("count", count(7.0))
    assert seat.look("count", count(7.0)) is ticket
    assert seat.look("count", count(8.0)) is None
    seat.leave()
    assert seat.look("count", count(7.0)) is None


def test_a_stop_that_comes_when_the_count_has_just_ended_keeps_the_answer(desk: Desk) -> None:
    seat = Seat(desk)
    ticket = seat.ask("count", count(7.0))
    assert ticket.task.wait(LONG)
    seat.stop("count")
    ticket.task.stop.ask()
    assert seat.ask("count", count(7.0)).task.status == "done"
    assert Seat(desk).ask("count", count(7.0)).task is ticket.task


@pytest.mark.parametrize("error", [CannotAnswerError("no such table"), ValueError("unforeseen")])
def test_an_error_reaches_whoever_asked_and_is_asked_again_only_on_demand(desk: Desk, error: Exception) -> None:
    calls: list[int] = []

    def fail(evaluator: Evaluator, task: Task[int]) -> int:
        calls.append(1)
        raise error

    seat, question = Seat(desk), Question(("failing",), fail)
    ticket = seat.ask("count", question)
    assert ticket.task.wait(LONG)
    assert (ticket.task.status, ticket.task.error) == ("failed", error)
    assert seat.ask("count", question) is ticket
    seat.again("count")
    assert seat.ask("count", question).task.wait(LONG)
    assert len(calls) == 2
    good = seat.ask("count", count(7.0))
    assert good.task.wait(LONG)
    assert good.task.status == "done"


def test_an_answer_about_single_persons_is_not_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.counting.desk._FORGET", 0.2)
    question = Question(("why", 42), lambda evaluator, task: object(), kept=False)
    first = Seat(desk).ask("why", question)
    assert first.task.wait(LONG)
    second = Seat(desk).ask("why", question)
    assert first.task is not second.task
    wait_until(lambda: first.task._result is None)
    assert first.task.status == "stopped"


def test_a_desk_that_closes_stops_all_work(desk: Desk) -> None:
    ticket = Seat(desk).ask("count", endless("closing"))
    wait_until(lambda: ticket.task.stage == "endless")
    desk.close()
    assert ticket.task.wait(1.0)
    assert ticket.task.status == "stopped"


def test_progress_names_the_step_and_how_many_there_are(desk: Desk) -> None:
    seen: list[tuple[str, int, int]] = []

    def work(evaluator: Evaluator, task: Task[int]) -> int:
        def told(step: int, steps: int) -> None:
            task.tell_steps(step, steps)
            seen.append((task.stage, task.step, task.steps))

        generate({"one": trial()}, evaluator.cdm, evaluator=evaluator, progress=told)
        return 1

    ticket = Seat(desk).ask("count", Question(("progress",), work))
    assert ticket.task.wait(LONG)
    steps = seen[0][2]
    assert seen[0] == ("Counting", 0, steps)
    assert seen[-1] == ("Counting", steps, steps)
    assert steps > 20
    assert [step for _, step, _ in seen] == sorted(step for _, step, _ in seen)
    assert ticket.task.seconds > 0


def test_work_between_statements_hears_the_wish_to_stop() -> None:
    def work(task: Task[int]) -> int:
        while True:
            task.tell("step", 0.5)
            time.sleep(0.01)

    task = Task(work)
    wait_until(lambda: task.stage == "step")
    task.stop.ask()
    assert task.wait(1.0)
    assert task.status == "stopped"
    with pytest.raises(Interrupted):
        task.stop.check()
