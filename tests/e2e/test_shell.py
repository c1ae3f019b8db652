"""The frame of the workbench in a browser, before there is any data."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import idle, served

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def empty_workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("empty")) as address:
        yield address


def test_the_language_is_switched_and_stays_in_the_address(page: Page, empty_workbench: str) -> None:
    page.goto(empty_workbench)
    idle(page)
    expect(page.get_by_role("link", name="首页")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    for language, home, code in (("English", "Home", "en"), ("中文", "首页", "zh-CN"), ("English", "Home", "en")):
        page.get_by_role("radio", name=language).click()
        idle(page)
        expect(page.get_by_role("link", name=home)).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", code)
    assert "lang=en" in page.url
    page.reload()
    idle(page)
    expect(page.get_by_role("link", name="Home")).to_be_visible()


def test_an_empty_workbench_says_how_to_begin(page: Page, empty_workbench: str) -> None:
    page.goto(f"{empty_workbench}/?lang=en")
    idle(page)
    expect(page.get_by_text("There is no data here yet.")).to_be_visible()
    expect(page.get_by_text("rwe demo")).to_be_visible()


def test_chinese_shows_where_the_machine_has_no_chinese_font(page: Page, empty_workbench: str) -> None:
    page.goto(f"{empty_workbench}/?lang=zh")
    idle(page)
    for weight in (400, 700):
        loaded = page.evaluate(
            f"document.fonts.load('{weight} 16px \"RWE Sans SC\"', '数').then(found => found.length)"
        )
        assert loaded == 1
    stack = page.evaluate("getComputedStyle(document.querySelector('h1')).fontFamily")
    assert "RWE Sans SC" in stack
