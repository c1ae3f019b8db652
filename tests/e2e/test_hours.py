"""Asking on a card for a result within hours of an admission, and reading the times of the rows that decided."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cohorts import CohortDefinition, generate
from cohorts.builder import cohort, concepts, measurement, visit
from omop_etl.cdm import connect
from tests.e2e.conftest import idle, served
from workbench.records import DraftRow, open_records
from workbench.workspace import Workspace

pytestmark = pytest.mark.e2e

CREATININE = concepts("肌酐", 3020564)
ADMISSION = concepts("住院", 9201)


def admitted(*, soon: bool) -> CohortDefinition:
    built = cohort("本队列：住院后数小时").entering_on(visit(ADMISSION).first())
    return (built.requiring("早期肌酐", measurement(CREATININE).after(hours=6)) if soon else built).definition()


def test_a_result_within_hours_of_the_admission(page: Page, demo: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect(demo.cdm_url) as cdm:
        masks = generate({"soon": admitted(soon=True)}, cdm).masks("soon")
    person = int(masks[masks["mask"] == 1]["person_id"].iloc[0])
    records = open_records(demo.records_file)
    with records.session.begin() as session:
        without = admitted(soon=False)
        session.merge(DraftRow(draft_id="hours", kind="cohort", name=without.name, content=without.to_json()))
    records.close()
    monkeypatch.setenv("RWE_ROWS", "true")
    shots = Path(os.environ["RWE_SHOTS"]) if "RWE_SHOTS" in os.environ else None
    with served(demo.folder) as address:
        page.goto(f"{address}/cohort?cohort=hours&lang=zh")
        expect(page.get_by_text("队列诊断", exact=True).first).to_be_visible(timeout=60_000)
        idle(page)
        page.get_by_role("button", name="添加标准").click()
        idle(page)
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("检索概念").fill("肌酐")
        idle(page)
        dialog.get_by_role("button", name="选择", exact=True).first.click()
        idle(page)
        dialog.get_by_label("时间", exact=True).click()
        page.get_by_role("option", name="指定起止小时").click()
        idle(page)
        expect(dialog.get_by_role("spinbutton", name="起始小时")).to_have_value("0")
        expect(dialog.get_by_role("spinbutton", name="截止小时")).to_have_value("6")
        if shots:
            page.screenshot(path=shots / "hours-dialog.png")
        dialog.get_by_role("button", name="保存").click()
        idle(page)
        expect(page.get_by_text("索引事件开始后 6 小时内").first).to_be_visible()
        if shots:
            page.screenshot(path=shots / "hours-card.png", full_page=True)
        page.get_by_text("某位患者为何入组或未入组？").click()
        page.get_by_label("患者编号（PERSON_ID）").fill(str(person))
        page.keyboard.press("Enter")
        idle(page)
        expect(page.get_by_text(f"患者 {person} 在队列中")).to_be_visible()
        expect(page.get_by_text(re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")).first).to_be_visible()
        if shots:
            page.screenshot(path=shots / "hours-why.png", full_page=True)
            page.goto(f"{address}/cohort?cohort=hours&lang=en")
            idle(page)
            page.get_by_role("button", name="Edit 1").click()
            idle(page)
            page.screenshot(path=shots / "hours-dialog-en.png")
