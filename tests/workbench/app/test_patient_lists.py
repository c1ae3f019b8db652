"""The cohort page with a patient list: counted where the list is here, refused by name and mended where it is not."""

from __future__ import annotations

import hashlib

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from cohorts import read_definition
from omop_etl.cdm import connect
from tests.workbench.app.test_pages import language
from workbench.locales import Language, translator
from workbench.patient_lists import forget_list, keep_list
from workbench.records import DraftRow, open_records
from workbench.workspace import Workspace

__all__ = ["language"]


@pytest.fixture
def content(demo: Workspace, language: Language) -> bytes:
    """Thirty persons of the example, and twenty others; a list of its own in each language, for tests side by side."""
    with connect(demo.cdm_url) as cdm:
        person = cdm.table("person")
        numbers = cdm.engine.fetch(sa.select(person.c.person_id).order_by(person.c.person_id).limit(30)).column(0)
    lines = [*map(str, numbers.to_pylist()), *map(str, range(1, 21))]
    return "\n".join([f"person_id,{language}", *(f"{line}," for line in lines)]).encode()


def page(demo: Workspace, language: Language, monkeypatch: pytest.MonkeyPatch, content: bytes, draft: str) -> AppTest:
    digest = hashlib.sha256(content).hexdigest()
    definition = read_definition(
        {
            "PrimaryCriteria": {"CriteriaList": [{"PatientListMembership": {"ListId": 0}}]},
            "PatientLists": [{"id": 0, "name": "trial", "file": "trial.csv", "sha256": digest}],
        },
        semantics="exact",
    )
    records = open_records(demo.records_file)
    with records.session.begin() as session:
        session.merge(DraftRow(draft_id=draft, kind="cohort", name=draft, content=definition.to_json()))
    records.close()
    monkeypatch.setenv("RWE_HOME", str(demo.folder))
    shown = AppTest.from_string("from workbench.app.views import cohort\ncohort.show()", default_timeout=180)
    shown.query_params["lang"], shown.query_params["cohort"] = language, draft
    return shown.run()


def test_a_list_that_is_here_is_counted(
    demo: Workspace, language: Language, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = keep_list(demo, "trial.csv", content)
    shown = page(demo, language, monkeypatch, content, f"listed-{language}")
    forget_list(demo, kept.sha256)
    assert not shown.exception
    assert not shown.error
    assert [metric.value for metric in shown.metric] == ["30"]


def test_a_list_that_is_not_here_is_named_and_its_card_can_be_edited(
    demo: Workspace, language: Language, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    t = translator(language)
    shown = page(demo, language, monkeypatch, content + b"\n", f"not-here-{language}")
    assert not shown.exception
    said = t(
        "the definition names the patient list {name}; its file {file} is not here", name="trial", file="trial.csv"
    )
    assert said in [error.value for error in shown.error]
    shown.button(key="edit-entry").click().run()
    assert not shown.exception
    assert t("Patient list") in [box.label for box in shown.selectbox]
    assert next(box.value for box in shown.selectbox if box.label == t("Patient list"))
