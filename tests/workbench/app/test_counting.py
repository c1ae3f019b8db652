"""What a page shows while it counts, after a stop and after an error, in both languages."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from cohorts import Evaluator
from cohorts.library import phenotype
from tests.workbench.app.test_pages import language
from workbench.counting import Task
from workbench.locales import Language, translator
from workbench.records import DraftRow, open_records
from workbench.workspace import Workspace

__all__ = ["language"]

DRAFT = f"counting-{os.getpid()}"


@pytest.fixture
def page(language: Language, demo: Workspace, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Give the cohort page with a draft of its own, so that nothing of it is kept from another test."""
    definition = phenotype("heart_failure").definition("en").model_copy(update={"name": f"{DRAFT} {time.time()}"})
    records = open_records(demo.records_file)
    with records.session.begin() as session:
        session.merge(DraftRow(draft_id=DRAFT, kind="cohort", name=definition.name, content=definition.to_json()))
    records.close()
    monkeypatch.setenv("RWE_HOME", str(demo.folder))
    monkeypatch.setenv("RWE_SMALL_COUNT", str(100 + int(time.time() * 1000) % 800))
    shown = AppTest.from_string("from workbench.app.views import cohort\ncohort.show()", default_timeout=180)
    shown.query_params["lang"], shown.query_params["cohort"] = language, DRAFT
    return shown


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let counts of the page begin with statements that end only when they are stopped; pages do not wait for them."""

    def generate(
        definitions: object, cdm: object, *, evaluator: Evaluator, progress: Callable[[int, int], None]
    ) -> None:
        progress(3, 20)
        while True:
            evaluator.scalar(_numbers())

    monkeypatch.setattr("workbench.app.results.generate", generate)
    monkeypatch.setattr("workbench.app.counting.AT_ONCE", 0.3)


def _numbers() -> sa.Select[tuple[int]]:
    return sa.select(sa.literal(1, sa.BigInteger).label("n"))


def test_progress_and_a_stop_button_stand_where_the_number_will_be(
    page: AppTest, slow: None, language: Language
) -> None:
    t, shown = translator(language), page.run()
    assert not shown.exception
    assert t("Eligible persons") not in [metric.label for metric in shown.metric]
    stop = next(button for button in shown.button if button.key == "stop-count")
    assert stop.label == t("Stop")
    stop.click().run()
    assert t("Stopped: there is no result for this version.") in [info.value for info in shown.info]
    assert "stop-count" not in [button.key for button in shown.button]
    shown.run()
    assert t("Stopped: there is no result for this version.") in [info.value for info in shown.info]
    shown.button(key="again-count").click().run()
    assert "stop-count" in [button.key for button in shown.button]
    shown.button(key="stop-count").click().run()


def test_an_unforeseen_error_of_the_thread_is_shown_once_numbered_and_without_its_text(
    page: AppTest, language: Language, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("person 4711")

    with monkeypatch.context() as broken:
        broken.setattr("workbench.app.results.generate", fail)
        numbers = [_number(page.run()) for _ in range(2)]
    assert numbers[0] == numbers[1], "looking again at the same failure is no new one"
    logged = capsys.readouterr().err
    assert logged.count(numbers[0]) == 1
    assert "4711" not in logged + " ".join(error.value for error in page.error)
    assert "edit-entry" in [button.key for button in page.button], "the cards stay usable"
    page.button(key="again-count").click().run()
    assert not page.error
    assert translator(language)("Eligible persons") in [metric.label for metric in page.metric]


def _number(shown: AppTest) -> str:
    assert not shown.exception
    assert len(shown.error) == 1
    found = re.search(r"[0-9a-f]{6}", shown.error[0].value)
    assert found
    return found[0]


def test_nothing_that_a_session_holds_names_a_person(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.app import data

    seats = []
    whole = data.current_seat
    monkeypatch.setattr(data, "current_seat", lambda: seats.append(whole()) or seats[-1])
    for module in ("counting", "cohort.summary", "cohort.why", "views.cohort"):
        monkeypatch.setattr(f"workbench.app.{module}.current_seat", data.current_seat)
    monkeypatch.setenv("RWE_ROWS", "true")
    page.run()
    page.text_input(key="keep.why-person").set_value("4711").run()
    assert not page.exception
    held = seats[-1]
    assert "why" not in held._tickets
    assert not [key for key in held._desk._kept if "why" in key]
    assert isinstance(held._tickets["count"].task, Task)
