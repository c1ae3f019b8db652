"""The cohort page: why a person is in or out, what the checks find, and what changed since it was opened."""

from __future__ import annotations

import copy

import pytest
from streamlit.testing.v1 import AppTest

from cohorts import generate, read_definition
from omop_etl.cdm import connect
from tests.workbench.app.test_pages import language
from workbench.locales import Language, translator
from workbench.records import DraftRow, open_records
from workbench.studies.library import DEMO_PROTOCOL
from workbench.studies.protocol import read_protocol
from workbench.workspace import Workspace

__all__ = ["language"]

TRIAL = read_protocol(DEMO_PROTOCOL).definition


@pytest.fixture
def page(language: Language, demo: Workspace, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Give the cohort page with the example trial as a draft, not yet run."""
    records = open_records(demo.records_file)
    with records.session.begin() as session:
        session.merge(DraftRow(draft_id="panels", kind="cohort", name="trial", content=TRIAL.to_json()))
    records.close()
    monkeypatch.setenv("RWE_HOME", str(demo.folder))
    shown = AppTest.from_string("from workbench.app.views import cohort\ncohort.show()", default_timeout=180)
    shown.query_params["lang"], shown.query_params["cohort"] = language, "panels"
    return shown


def html_of(shown: AppTest) -> str:
    return "\n".join(str(element.proto.body) for element in shown.get("html"))


@pytest.fixture(scope="module")
def somebody(demo: Workspace) -> tuple[int, int]:
    """Somebody who is in, and somebody who fails the mutation alone."""
    with connect(demo.cdm_url) as cdm:
        masks = generate({"trial": TRIAL}, cdm).masks("trial").set_index("person_id")["mask"]
    return int(masks[masks == 255].index[0]), int(masks[masks == 255 - 2].index[0])


def test_records_of_persons_are_not_shown_unless_that_is_allowed(page: AppTest, language: Language) -> None:
    shown = page.run()
    t = translator(language)
    assert not shown.exception
    assert t("Records of single persons are not shown on this installation.") in [info.value for info in shown.info]
    assert t("Number of the person (PERSON_ID)") not in [field.label for field in shown.text_input]


def test_the_panel_answers_for_who_is_in_and_who_is_out(
    page: AppTest, language: Language, somebody: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RWE_ROWS", "true")
    t, shown = translator(language), page.run()
    for person, verdict in zip(
        somebody, ("Person {person} is in the cohort: {spans}.", "Person {person} is not in the cohort."), strict=True
    ):
        shown.text_input(key="keep.why-person").set_value(str(person)).run()
        assert not shown.exception
        said = html_of(shown)
        assert t(verdict).split("{spans}")[0].format(person=person) in said
        assert "condition_occurrence" in said
    assert t("fails criterion {numbers}", numbers="2") in html_of(shown)


def test_a_number_that_is_none_is_not_looked_up(
    page: AppTest, language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RWE_ROWS", "true")
    shown = page.run()
    shown.text_input(key="keep.why-person").set_value("张三").run()
    assert [warning.value for warning in shown.warning] == [translator(language)("A person's number has digits only.")]


def test_findings_stand_in_the_card_they_concern(page: AppTest, language: Language) -> None:
    shown = page.run()
    t = translator(language)
    warned = [block.label for block in shown.expander if block.label.startswith(t("Checks: {findings}", findings=""))]
    assert len(warned) >= 7
    told = " ".join(text.value for text in shown.markdown)
    assert t("end the window on the index date, or set the index date later") in told


def test_changes_since_it_was_opened_are_told_and_counted(page: AppTest, language: Language) -> None:
    shown = page.run()
    t = translator(language)
    assert t("Nothing has changed since this definition was opened.") in [text.value for text in shown.markdown]
    content = copy.deepcopy(TRIAL.to_json())
    age = content["expression"]["InclusionRules"][0]["expression"]["DemographicCriteriaList"][0]["Age"]
    age["Extent"] = 60
    draft = shown.session_state["draft"]
    draft.past, draft.definition = [draft.definition], read_definition(content)
    shown.run()
    assert any("80 → 60" in text.value for text in shown.text)
    shown.button(key="count-changes").click().run()
    assert not shown.exception
    counted = {metric.label: metric.value for metric in shown.metric}
    assert counted[t("Entered")] in ("0", "…")
    with connect(Workspace.current().cdm_url) as cdm:
        made = generate({"old": TRIAL, "new": draft.definition}, cdm)
        left = made.persons("old") - made.persons("new")
    assert counted[t("Left")] == (str(left) if left >= 10 else "…")
