"""Asking on a card for time in another cohort that was saved before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cohorts.library import phenotype
from tests.e2e.conftest import idle, served
from workbench.records import DraftRow, open_records
from workbench.workspace import Workspace

pytestmark = pytest.mark.e2e

NAMES = {"heart_failure": "本队列：心衰", "chronic_kidney_disease": "另一队列：肾病"}
"""Names that no other test looks for: all share the example workspace."""


def test_who_was_in_the_other_cohort_before(page: Page, demo: Workspace) -> None:
    records = open_records(demo.records_file)
    with records.session.begin() as session:
        for name, title in NAMES.items():
            named = phenotype(name).definition("zh").model_copy(update={"name": title})
            session.merge(DraftRow(draft_id=f"card-{name}", kind="cohort", name=named.name, content=named.to_json()))
    records.close()
    with served(demo.folder) as address:
        page.goto(f"{address}/cohort?cohort=card-heart_failure&lang=zh")
        expect(page.get_by_text("队列诊断", exact=True).first).to_be_visible(
            timeout=60_000
        )  # the last part of the page
        idle(page)
        page.get_by_role("button", name="添加标准").click()
        idle(page)
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("记录类型").click()
        page.get_by_role("option", name="处于另一队列的时段").click()
        idle(page)
        expect(dialog.get_by_text("请选择队列。")).to_be_visible()
        dialog.get_by_label("队列", exact=True).click()
        page.get_by_role("option", name="另一队列：肾病", exact=True).click()
        idle(page)
        if folder := os.environ.get("RWE_SHOTS"):
            page.screenshot(path=Path(folder) / "other-cohort.png")
        dialog.get_by_role("button", name="保存").click()
        idle(page)
        expect(page.get_by_text("处于队列“另一队列：肾病”的时段").first).to_be_visible()
        if folder:
            page.screenshot(path=Path(folder) / "other-cohort-card.png", full_page=True)
