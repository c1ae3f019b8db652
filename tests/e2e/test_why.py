"""Asking on the page why a person is out, where records may be seen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from cohorts import generate
from omop_etl.cdm import connect
from tests.e2e.conftest import idle, served
from workbench.records import DraftRow, open_records
from workbench.studies.library import DEMO_PROTOCOL
from workbench.studies.protocol import read_protocol
from workbench.workspace import Workspace

pytestmark = pytest.mark.e2e


def test_why_is_this_person_out(page: Page, demo: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = read_protocol(DEMO_PROTOCOL).definition
    with connect(demo.cdm_url) as cdm:
        masks = generate({"trial": trial}, cdm).masks("trial")
    person = int(masks[masks["mask"] == 255 - 2]["person_id"].iloc[0])
    records = open_records(demo.records_file)
    with records.session.begin() as session:
        session.merge(DraftRow(draft_id="why", kind="cohort", name="why", content=trial.to_json()))
    records.close()
    monkeypatch.setenv("RWE_ROWS", "true")
    with served(demo.folder) as address:
        page.goto(f"{address}/cohort?cohort=why&lang=zh")
        idle(page)
        page.get_by_text("某位患者为何入组或未入组？").click()
        page.get_by_label("患者编号（PERSON_ID）").fill(str(person))
        page.keyboard.press("Enter")
        idle(page)
        expect(page.get_by_text(f"患者 {person} 不在队列中。")).to_be_visible()
        expect(page.get_by_text("不满足第 2 条标准")).to_be_visible()
        expect(page.get_by_role("img", name="不满足").first).to_be_visible()
