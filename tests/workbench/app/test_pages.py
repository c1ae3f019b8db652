"""Every page in both languages: on the example data, without data, and with the numbers that the command line gives."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cohorts.library import phenotype
from omop_etl.cdm import connect
from tests.workbench.rwe_command import Rwe
from workbench.access import DisclosurePolicy
from workbench.locales import LANGUAGES, Language, translator
from workbench.studies.library import DEMO_PROTOCOL, DEMO_STUDY
from workbench.studies.protocol import read_protocol
from workbench.studies.run_feasibility import run_protocol
from workbench.studies.run_study import run_study
from workbench.studies.study import read_study
from workbench.studies.survival_words import ratio_text
from workbench.workspace import Workspace

MAIN = Path(__file__).resolve().parents[3] / "workbench" / "app" / "main.py"
VIEWS = ("home", "data", "cohort", "feasibility", "survival", "jobs")
TEN = DisclosurePolicy(threshold=10)


@pytest.fixture(params=list(LANGUAGES))
def language(request: pytest.FixtureRequest) -> Language:
    return request.param


def page(view: str, language: Language, folder: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Run one view as the script of a session."""
    monkeypatch.setenv("RWE_HOME", str(folder))
    shown = AppTest.from_string(
        f"from workbench.app.errors import guarded\nfrom workbench.app.views import {view}\nguarded({view}.show)()",
        default_timeout=180,
    )
    shown.query_params["lang"] = language
    return shown.run()


def metrics(shown: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in shown.metric}


@pytest.mark.parametrize("view", VIEWS)
def test_a_page_shows_the_example_without_an_error(
    view: str, language: Language, demo: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page(view, language, demo.folder, monkeypatch)
    assert not shown.exception
    assert not shown.error
    title = shown.title[0].value
    assert bool(re.search(r"[\u4e00-\u9fff]", title)) == (language == "zh")


@pytest.mark.parametrize("view", VIEWS)
def test_a_page_without_data_says_what_to_do(
    view: str, language: Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page(view, language, tmp_path, monkeypatch)
    assert not shown.exception
    assert not shown.error
    assert len(shown.info) == 1


def test_the_frame_has_all_pages_in_the_language_asked_for(
    language: Language, demo: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RWE_HOME", str(demo.folder))
    shown = AppTest.from_file(str(MAIN), default_timeout=180)
    shown.query_params["lang"] = language
    shown.run()
    assert not shown.exception
    assert shown.title[0].value == translator(language)("RWE Workbench")
    with connect(demo.cdm_url) as cdm:
        assert any(cdm.snapshot in text.value for text in shown.markdown)


def test_a_cdm_that_cannot_be_read_is_refused_in_words(
    language: Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cdm.duckdb").write_bytes(b"not a database")
    shown = page("data", language, tmp_path, monkeypatch)
    assert not shown.exception
    assert len(shown.error) == 1
    assert "DuckDB" in shown.error[0].value
    assert "Traceback" not in shown.error[0].value


def test_feasibility_shows_the_numbers_of_the_command(
    language: Language, rwe: Rwe, demo: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    t = translator(language)
    shown = metrics(page("feasibility", language, demo.folder, monkeypatch))
    out = tmp_path / "out"
    rwe(
        "feasibility", "run", DEMO_PROTOCOL, "--cdm", demo.cdm_url, "--out", out, "--format", "html", "--lang", language
    )
    report = (out / f"egfr_first_line-{language}.html").read_text()
    with connect(demo.cdm_url) as cdm:
        expected = run_protocol(read_protocol(DEMO_PROTOCOL), cdm, TEN).view
    assert shown[t("Eligible persons")] == str(expected.eligible)
    assert shown[t("Persons with the entry event")] == str(expected.entered)
    for value in (shown[t("Eligible persons")], shown[t("Persons with the entry event")]):
        assert f'<dd class="value">{value.replace("<", "&lt;")}</dd>' in report


def test_switching_a_criterion_off_recomputes_at_once(demo: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = page("feasibility", "en", demo.folder, monkeypatch)
    before = metrics(shown)["Eligible persons"]
    criteria = next(group for group in shown.button_group if len(group.options) >= 8)
    criteria.set_value(criteria.value[:2]).run()
    assert not shown.exception
    with connect(demo.cdm_url) as cdm:
        steps = run_protocol(read_protocol(DEMO_PROTOCOL), cdm, TEN).view.steps
    assert metrics(shown)["Eligible persons"] == str(steps[4].persons) != before
    assert any("Shown with all criteria only" in info.value for info in shown.info)


def test_survival_shows_the_numbers_of_the_study(
    language: Language, demo: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    t = translator(language)
    shown = metrics(page("survival", language, demo.folder, monkeypatch))
    with connect(demo.cdm_url) as cdm:
        view = run_study(read_study(DEMO_STUDY), cdm, TEN)
    assert view.crude is not None
    assert view.adjusted is not None
    assert shown[t("Hazard ratio, crude")] == ratio_text(view.crude.exposure)
    assert shown[t("Hazard ratio, adjusted")] == ratio_text(view.adjusted.exposure)


def test_the_account_adds_up_on_the_data_page(demo: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = page("data", "en", demo.folder, monkeypatch)
    account = next(frame.value for frame in shown.dataframe if "Rejected" in frame.value.columns)
    assert (account["Read"] == account["Loaded"] + account["Merged"] + account["Rejected"]).all()
    written = json.loads((demo.folder / "cdm.account.json").read_text())
    assert account["Read"].sum() == sum(file["rows_read"] for file in written["files"])


def test_a_cohort_is_begun_named_and_remembered(demo: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = page("cohort", "en", demo.folder, monkeypatch)
    shown.button(key="new-definition").click().run()
    assert any("Say first what brings a person in." in info.value for info in shown.info)
    name = next(field for field in shown.text_input if field.label == "Name of the cohort")
    name.set_value("肺癌初治").run()
    assert not shown.exception
    again = page("cohort", "en", demo.folder, monkeypatch)
    assert "肺癌初治" in again.selectbox[0].options


def test_the_editor_opens_a_definition_and_counts_it(
    language: Language, demo: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.app.cohort.draft import Draft
    from workbench.records import DraftRow, open_records

    definition = read_protocol(DEMO_PROTOCOL).definition
    records = open_records(demo.records_file)
    with records.session.begin() as session:
        row = DraftRow(draft_id="trial", kind="cohort", name="trial", content=definition.to_json())
        session.merge(row)
    records.close()
    monkeypatch.setenv("RWE_HOME", str(demo.folder))
    shown = AppTest.from_string("from workbench.app.views import cohort\ncohort.show()", default_timeout=180)
    shown.query_params["lang"], shown.query_params["cohort"] = language, "trial"
    shown.run()
    assert not shown.exception
    with connect(demo.cdm_url) as cdm:
        eligible = run_protocol(read_protocol(DEMO_PROTOCOL), cdm, TEN).view.eligible
    assert metrics(shown)[translator(language)("Eligible persons")] == str(eligible)
    assert len([button for button in shown.button if (button.key or "").startswith("edit-rule-")]) == 8
    draft: Draft = shown.session_state["draft"]
    assert draft.definition == definition


def test_an_unforeseen_error_shows_a_number_and_no_text_of_its_own(
    demo: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("张三 1980-01-01")

    monkeypatch.setattr("workbench.app.views.data.profile", fail)
    shown = page("data", "en", demo.folder, monkeypatch)
    assert not shown.exception
    assert re.search(r"\(number [0-9a-f]{6}\)", shown.error[0].value)
    assert (
        "张三" not in " ".join(element.value for element in [*shown.error, *shown.markdown]) + capsys.readouterr().err
    )


def test_a_cohort_begins_with_a_phenotype_of_the_library(
    language: Language, demo: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page("cohort", language, demo.folder, monkeypatch)
    shown.selectbox(key="library").select("heart_failure").run()
    known = phenotype("heart_failure")
    assert any(known.limits[language] in text.value for text in shown.markdown)
    shown.button(key="library-open").click().run()
    assert not shown.exception
    assert shown.session_state["draft"].definition.name == known.title[language]
    assert metrics(shown)[translator(language)("Eligible persons")] != "0"
