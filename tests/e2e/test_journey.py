"""From Home to a Chinese report and a survival figure without typing code, every number being the same everywhere."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from docx import Document
from playwright.sync_api import Download, Page, expect

from tests.e2e.conftest import idle, served
from workbench.studies.library import DEMO_PROTOCOL
from workbench.workspace import Workspace

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def workbench(demo: Workspace) -> Iterator[str]:
    with served(demo.folder) as address:
        yield address


def metric(page: Page, label: str) -> str:
    box = page.get_by_test_id("stMetric").filter(has_text=label).first
    return box.get_by_test_id("stMetricValue").inner_text().strip()


def saved(download: Download, folder: Path) -> Path:
    target = folder / download.suggested_filename
    download.save_as(target)
    return target


def test_from_home_to_a_chinese_report_and_a_figure(
    page: Page, workbench: str, demo: Workspace, tmp_path: Path
) -> None:
    page.goto(workbench)
    idle(page)
    expect(page.get_by_role("heading", name="真实世界研究工作台")).to_be_visible()

    page.get_by_role("button", name="此类患者的试验可行性").click()
    expect(page.get_by_role("heading", name="可行性", exact=True)).to_be_visible(timeout=60_000)
    idle(page)
    eligible, entered = metric(page, "符合全部标准的患者"), metric(page, "发生入组事件的患者")

    page.get_by_role("tab", name="报告").click()
    with page.expect_download(timeout=60_000) as waiting:
        page.get_by_role("button", name="Word (.docx)").click()
    report = saved(waiting.value, tmp_path)
    assert report.name == "egfr_first_line-zh.docx"
    cells = cells_of(report)
    assert {eligible, entered} <= cells

    assert any(re.fullmatch(r"占发生入组事件者的 [\d.]+%", cell) for cell in cells)
    out = tmp_path / "by-command"
    call = [sys.executable, "-m", "workbench", "feasibility", "run", str(DEMO_PROTOCOL)]
    subprocess.run([*call, "--cdm", demo.cdm_url, "--out", str(out), "--format", "docx", "--lang", "zh"], check=True)
    assert cells_of(out / report.name) - {""} <= cells | stamped(out / report.name)
    funnel = pd.read_csv(out / "funnel.csv", dtype=str)
    assert (funnel["persons"].iloc[0], funnel["persons"].iloc[-1]) == (entered, eligible)
    page.get_by_role("tab", name="漏斗").click()
    shown = page.get_by_role("group", name="逐步筛选后的剩余患者").inner_text()
    assert [number for number in funnel["persons"] if number not in shown] == []

    page.get_by_role("link", name="生存分析").click()
    expect(page.get_by_role("heading", name="生存分析", exact=True)).to_be_visible(timeout=60_000)
    idle(page)
    adjusted = metric(page, "风险比（调整后）")
    written = pd.read_csv(demo.results / "osimertinib_gefitinib" / "tables" / "cox_adjusted.csv").iloc[0]
    assert adjusted == f"{written['hr']:.2f} ({written['hr_lower']:.2f}–{written['hr_upper']:.2f})"
    with page.expect_download(timeout=60_000) as waiting:
        page.get_by_role("button", name="PNG", exact=True).click()
    figure = saved(waiting.value, tmp_path)
    assert figure.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_a_criterion_is_added_by_searching_for_it(page: Page, workbench: str) -> None:
    page.goto(f"{workbench}/?lang=zh")
    idle(page)
    page.get_by_role("button", name="编辑该试验的队列").click()
    expect(page.get_by_role("heading", name="队列", exact=True)).to_be_visible(timeout=60_000)
    idle(page)
    before = metric(page, "符合全部标准的患者")
    page.get_by_role("button", name="添加标准").click()
    page.get_by_label("检索概念").fill("血小板")
    page.get_by_role("button", name="选择", exact=True).first.click()
    expect(page.get_by_text(re.compile(r"有此类记录的患者"))).to_be_visible()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("button", name="编辑 9")).to_be_visible(timeout=60_000)
    idle(page)
    assert re.fullmatch(r"[\d,<–]+", metric(page, "符合全部标准的患者"))
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_role("button", name="编辑 9")).to_have_count(0, timeout=60_000)
    idle(page)
    assert metric(page, "符合全部标准的患者") == before
    page.reload()
    idle(page)
    assert metric(page, "符合全部标准的患者") == before


def test_switching_the_language_keeps_what_was_chosen(page: Page, workbench: str) -> None:
    page.goto(f"{workbench}/feasibility?lang=zh")
    idle(page)
    page.get_by_role("button", name="4. ECOG 0–1").click()
    idle(page)
    chosen = metric(page, "符合全部标准的患者")
    for language, label in (("English", "Eligible persons"), ("中文", "符合全部标准的患者")) * 2:
        page.get_by_role("radio", name=language).click()
        idle(page)
        assert metric(page, label) == chosen


def test_a_button_that_leads_to_another_page_keeps_the_language(page: Page, workbench: str) -> None:
    page.goto(f"{workbench}/?lang=en")
    idle(page)
    page.get_by_role("button", name="Edit that trial's cohort").click()
    expect(page.get_by_role("heading", name="Cohort", exact=True)).to_be_visible(timeout=60_000)
    idle(page)
    assert "lang=en" in page.url
    expect(page.get_by_text("2. EGFR mutation positive")).to_be_visible()


def test_a_result_bundle_is_made_in_the_background(page: Page, workbench: str, demo: Workspace) -> None:
    page.goto(f"{workbench}/survival?lang=en")
    idle(page)
    page.get_by_role("tab", name="Report").click()
    page.get_by_role("button", name="Make the result bundle").click()
    expect(page.get_by_text("The job has been started.")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="Jobs").click()
    expect(page.get_by_text("done", exact=True).first).to_be_visible(timeout=120_000)
    manifest = json.loads((demo.results / "osimertinib_gefitinib" / "manifest.json").read_text())
    assert manifest["kind"] == "rwe-study-result/1"
    assert "osimertinib_gefitinib-en.pdf" in manifest["files"]


def cells_of(report: Path) -> set[str]:
    """Collect the lines of all cells of a report."""
    rows = (row for table in Document(str(report)).tables for row in table.rows)
    return {line for row in rows for cell in row.cells for line in cell.text.split("\n")}


def stamped(report: Path) -> set[str]:
    """Collect the cells that tell when and how a report was made."""
    return {row.cells[1].text for row in Document(str(report)).tables[-1].rows}
