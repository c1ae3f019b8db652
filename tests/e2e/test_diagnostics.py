"""Looking at what a cohort is made of, beside another one, and taking the workbook away."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from cohorts.library import phenotype
from tests.e2e.conftest import idle, served
from workbench.records import DraftRow, open_records
from workbench.workspace import Workspace

pytestmark = pytest.mark.e2e


def test_what_is_this_cohort_made_of(page: Page, demo: Workspace) -> None:
    records = open_records(demo.records_file)
    with records.session.begin() as session:
        for name in ("heart_failure", "chronic_kidney_disease"):
            definition = phenotype(name).definition("zh")
            row = DraftRow(draft_id=name, kind="cohort", name=definition.name, content=definition.to_json())
            session.merge(row)
    records.close()
    with served(demo.folder) as address:
        page.goto(f"{address}/cohort?cohort=heart_failure&lang=zh")
        idle(page)
        page.get_by_text("队列诊断", exact=True).click()
        expect(page.get_by_role("button", name="运行队列诊断")).to_be_in_viewport()
        page.wait_for_timeout(500)
        page.get_by_label("与其他队列比较（可选）").click()
        page.get_by_role("option", name="慢性肾脏病", exact=True).click()
        page.keyboard.press("Escape")
        idle(page)
        page.get_by_role("button", name="运行队列诊断").click()
        idle(page)
        expect(page.get_by_role("cell", name="I50.9", exact=True)).to_be_visible()
        page.get_by_role("tab", name="新入组", exact=True).click()
        expect(page.get_by_text("按性别的新入组")).to_be_visible()
        page.get_by_role("tab", name="与匹配者的差异", exact=True).click()
        expect(page.get_by_text("队列患者", exact=False).first).to_be_visible()
        expect(page.get_by_text("两个队列均有")).to_be_visible()
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Excel").click()
        assert waiting.value.suggested_filename == "diagnostics-zh.xlsx"
