"""The diagnostics of the cohort page: run on demand, in both languages, small counts hidden, errors kept inside."""

from __future__ import annotations

import os
import re

import pytest
from streamlit.testing.v1 import AppTest

from cohorts import CohortDefinition
from cohorts.library import phenotype
from tests.workbench.app.test_pages import language
from workbench.diagnostics.view import TITLES
from workbench.editor import new_definition
from workbench.locales import Language, Translator, translator
from workbench.records import DraftRow, open_records
from workbench.workspace import Workspace

__all__ = ["language"]

LOOKED_AT, BESIDE = f"looked-at-{os.getpid()}", f"beside-{os.getpid()}"
"""Drafts of this process alone: processes that run tests side by side share the example workspace."""

FAILURE, KIDNEY = phenotype("heart_failure").definition(), phenotype("chronic_kidney_disease").definition()


def save(workspace: Workspace, draft: str, definition: CohortDefinition) -> None:
    records = open_records(workspace.records_file)
    with records.session.begin() as session:
        session.merge(DraftRow(draft_id=draft, kind="cohort", name=definition.name, content=definition.to_json()))
    records.close()


@pytest.fixture
def page(language: Language, demo: Workspace, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Give the cohort page with a draft that is named in its address, not yet run."""
    save(demo, LOOKED_AT, FAILURE)
    save(demo, BESIDE, KIDNEY)
    monkeypatch.setenv("RWE_HOME", str(demo.folder))
    shown = AppTest.from_string("from workbench.app.views import cohort\ncohort.show()", default_timeout=180)
    shown.query_params["lang"], shown.query_params["cohort"] = language, LOOKED_AT
    return shown


def captions(shown: AppTest) -> list[str]:
    return [tab.label for tab in shown.tabs]


def run(shown: AppTest) -> AppTest:
    shown.button(key="run-diagnostics").click().run()
    assert not shown.exception
    assert not shown.error
    return shown


def titles(t: Translator) -> list[str]:
    return [t(title) for title in TITLES.values()]


def test_nothing_is_reckoned_before_the_button_is_pressed(page: AppTest, language: Language) -> None:
    t, shown = translator(language), page.run()
    assert not shown.exception
    assert t("Diagnostics") in [block.label for block in shown.expander]
    assert not set(titles(t)) & set(captions(shown))


def test_every_table_is_shown_and_no_small_count(page: AppTest, language: Language) -> None:
    t, shown = translator(language), run(page.run())
    assert captions(shown) == titles(t)
    tables = [table.value for table in shown.table]
    assert t("Source code") in tables[0].columns
    counted = [t(name) for name in ("Persons", "New entries", "Cohort", "Matched", "Events", "Records")]
    cells = [str(cell) for table in tables for name in table.columns if name in counted for cell in table[name]]
    assert len(cells) > 20
    assert not [cell for cell in cells if re.fullmatch(r"[1-9]", cell)]
    assert len(shown.get("arrow_vega_lite_chart") or shown.get("vega_lite_chart")) >= 2


def test_cohorts_beside_one_another_and_a_changed_choice(page: AppTest, language: Language) -> None:
    t, shown = translator(language), page.run()
    shown.multiselect(key=f"keep.beside-{LOOKED_AT}").set_value([BESIDE]).run()
    run(shown)
    assert t("In both cohorts") in shown.table[-1].value.columns
    shown.multiselect(key=f"keep.beside-{LOOKED_AT}").set_value([]).run()
    assert not captions(shown)
    again = t("The definition or the choice has changed. Run the diagnostics again.")
    assert again in [info.value for info in shown.info]


def test_a_cohort_of_few_or_nobody_says_so(page: AppTest, language: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RWE_SMALL_COUNT", "900")
    t, shown = translator(language), run(page.run())
    assert not captions(shown)
    few = t("Too few persons are in this cohort for its diagnostics to be shown.")
    assert few in [info.value for info in shown.info]


def test_a_definition_without_an_entry_event_is_not_run(page: AppTest, language: Language, demo: Workspace) -> None:
    save(demo, LOOKED_AT, new_definition("empty"))
    shown = page.run()
    assert not shown.exception
    assert "run-diagnostics" not in [button.key for button in shown.button]


def test_an_unforeseen_error_stays_in_the_panel(
    page: AppTest, language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("person 4711")

    monkeypatch.setenv("RWE_SMALL_COUNT", "11")  # nothing that is kept from another test
    t, shown = translator(language), page.run()
    monkeypatch.setattr("workbench.app.cohort.diagnostics.diagnose", fail)
    shown.button(key="run-diagnostics").click().run()
    assert not shown.exception
    assert len(shown.error) == 1
    assert "4711" not in shown.error[0].value
    assert t("Eligible persons") in [metric.label for metric in shown.metric]
