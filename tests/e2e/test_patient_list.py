"""Bringing a patient list in on a card, and counting who is on it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from cohorts.library import phenotype
from omop_etl.cdm import connect
from tests.e2e.conftest import idle, served
from workbench.records import DraftRow, open_records
from workbench.workspace import Workspace

pytestmark = pytest.mark.e2e

NAME = "本队列：名单内心衰"
WORDS = {
    "zh": {
        "last": "队列诊断",
        "add": "添加标准",
        "kind": "记录类型",
        "option": "在患者名单中",
        "choose": "请选择患者名单。",
        "more": "导入或删除名单",
        "keep": "保存该名单",
        "counted": "在本数据库中；共 60 行，其中重复 20 行。",
        "save": "保存",
        "said": "在患者名单“入组名单”中的时段",
    },
    "en": {
        "last": "Diagnostics",
        "add": "Add a criterion",
        "kind": "What is asked for",
        "option": "Time on a patient list",
        "choose": "Choose a patient list.",
        "more": "Bring in or remove a list",
        "keep": "Keep this list",
        "counted": "persons found in this database; 60 rows, 20 of them repeated.",
        "save": "Save",
        "said": 'time on the patient list "入组名单"',
    },
}


def write_list(demo: Workspace, folder: Path) -> Path:
    """Forty persons of the example in 60 rows, as a hospital in China saves them, and nobody else."""
    with connect(demo.cdm_url) as cdm:
        person = cdm.table("person", ["person_source_value"])
        found = cdm.engine.fetch(
            sa.select(person.c.person_source_value).order_by(person.c.person_source_value).limit(40)
        )
    numbers = found.column(0).to_pylist()
    (folder / "入组名单.csv").write_text("患者ID\n" + "\n".join([*numbers, *numbers[:20]]), encoding="gb18030")
    return folder / "入组名单.csv"


@pytest.mark.parametrize("language", list(WORDS))
def test_a_list_is_brought_in_on_a_card_and_counted(page: Page, demo: Workspace, tmp_path: Path, language: str) -> None:
    words = WORDS[language]
    records = open_records(demo.records_file)
    with records.session.begin() as session:
        named = phenotype("heart_failure").definition("zh").model_copy(update={"name": f"{NAME} {language}"})
        key = f"list-{language}"
        session.merge(DraftRow(draft_id=key, kind="cohort", name=named.name, content=named.to_json()))
    records.close()
    shots = os.environ.get("RWE_SHOTS")
    with served(demo.folder) as address:
        page.goto(f"{address}/cohort?cohort={key}&lang={language}")
        expect(page.get_by_text(words["last"], exact=True).first).to_be_visible(timeout=60_000)
        idle(page)
        page.get_by_role("button", name=words["add"]).click()
        idle(page)
        dialog = page.get_by_role("dialog")
        dialog.get_by_label(words["kind"]).click()
        page.get_by_role("option", name=words["option"], exact=True).click()
        idle(page)
        expect(dialog.get_by_text(words["choose"])).to_be_visible()
        dialog.get_by_text(words["more"]).click()
        idle(page)
        dialog.locator("input[type=file]").set_input_files(write_list(demo, tmp_path))
        idle(page)
        if shots:
            page.screenshot(path=Path(shots) / f"list-upload-{language}.png")
        dialog.get_by_role("button", name=words["keep"]).click()
        idle(page)
        expect(dialog.get_by_text(words["counted"])).to_be_visible()
        expect(dialog.get_by_text("40").first).to_be_visible()
        if shots:
            page.screenshot(path=Path(shots) / f"list-counted-{language}.png")
        dialog.get_by_role("button", name=words["save"], exact=True).click()
        idle(page)
        expect(page.get_by_text(words["said"]).first).to_be_visible()
        if shots:
            page.screenshot(path=Path(shots) / f"list-card-{language}.png", full_page=True)
        assert page.get_by_role("dialog").count() == 0
        records = open_records(demo.records_file)
        with records.session() as session:
            saved = session.get_one(DraftRow, key).content
        records.close()
    (known,) = saved["expression"]["PatientLists"]
    assert set(known) == {"id", "name", "file", "sha256"}
    assert (demo.patient_lists / f"{known['sha256']}.csv").stat().st_mode & 0o077 == 0
