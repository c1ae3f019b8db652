"""Counts that take long: followed, stopped, superseded, beside one another, in both languages.

They are slow honestly: ten thousand persons with a hundred records each, all of whose diagnoses bring them in, and
rules that look at years of records around each.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.cohorts.population import RecordKind, make_population
from benchmarks.cohorts.trial import CONDITION, DRUG, MEASUREMENT, trial
from cohorts import CohortDefinition, read_definition
from tests.e2e.conftest import idle, served
from workbench.locales import LANGUAGES, Language, translator
from workbench.records import DraftRow, open_records
from workbench.workspace import Workspace

pytestmark = pytest.mark.e2e

PERSONS = 10_000
KINDS = {"Measurement": MEASUREMENT, "DrugExposure": DRUG, "ConditionOccurrence": CONDITION}
LONG = 60_000
STOPPED_WITHIN = 2.0
"""Seconds from the click to the words: the engine stops within one, and the page looks twice a second."""


def demanding(rules: int, *, days: int = 3000, more: dict[str, Any] | None = None) -> CohortDefinition:
    """Ask for many records in years around every diagnosis; other `days`, and nothing of it has been counted before."""
    content = trial().to_json()["expression"]
    entry = {"CriteriaList": [{"ConditionOccurrence": {"CodesetId": 0}}], "PrimaryCriteriaLimit": {"Type": "All"}}
    sets = [_all_of(0, CONDITION), *(_all_of(n, kind) for n, kind in enumerate(KINDS.values(), start=1))]
    asked = [
        _rule(number, days + number, more or {list(KINDS)[number % 3]: {"CodesetId": number % 3 + 1}})
        for number in range(rules)
    ]
    window = {"ObservationWindow": {"PriorDays": 0, "PostDays": 0}}
    changed = {"ConceptSets": sets, "PrimaryCriteria": entry | window, "InclusionRules": asked}
    return read_definition({**content, **changed}, name="slow", semantics="exact")


def _all_of(number: int, kind: RecordKind) -> dict[str, Any]:
    broad = range(kind.first_concept - 1, kind.first_concept - 1 - max(1, kind.concepts // 50), -1)
    items = [{"concept": {"CONCEPT_ID": n, "CONCEPT_NAME": str(n)}, "includeDescendants": True} for n in broad]
    return {"id": number, "name": f"set {number}", "expression": {"items": items}}


def _rule(number: int, days: int, criterion: dict[str, Any]) -> dict[str, Any]:
    window = {"Start": {"Coeff": -1, "Days": days}, "End": {"Coeff": 1, "Days": 3000}}
    around = {"Criteria": criterion, "StartWindow": window, "Occurrence": {"Type": 2, "Count": 10 + number}}
    return {"name": f"rule {number}", "expression": {"Type": "ALL", "CriteriaList": [around]}}


SLOW: dict[str, CohortDefinition] = {"zh": demanding(12), "en": demanding(12, days=2900)}
SUPERSEDING: dict[str, CohortDefinition] = {"zh": demanding(12, days=2800), "en": demanding(12, days=2700)}
MIDDLING, LEFT = demanding(4, days=2600), demanding(12, days=2500)
IMPOSSIBLE = demanding(1, more={"Death": {}})


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("counting")
    make_population(folder / "population.duckdb", PERSONS)
    records = open_records(Workspace(folder).records_file)
    with records.session.begin() as session:
        for language in LANGUAGES:
            drafts = {
                "slow": SLOW[language],
                "quick": trial(),
                "middling": MIDDLING,
                "left": LEFT,
                "impossible": IMPOSSIBLE,
            }
            for name, definition in drafts.items():
                named = definition.model_copy(update={"name": f"{name} {language}"})
                draft = f"{name}-{language}"
                session.merge(DraftRow(draft_id=draft, kind="cohort", name=named.name, content=named.to_json()))
    records.close()
    with served(folder, cdm=f"duckdb:///{folder}/population.duckdb") as address:
        yield address


@pytest.fixture(params=list(LANGUAGES))
def language(request: pytest.FixtureRequest) -> Language:
    return request.param


def shot(page: Page, name: str) -> None:
    if folder := os.environ.get("RWE_SHOTS"):
        page.screenshot(path=Path(folder) / f"counting-{name}.png")


def is_counting(page: Page, language: Language) -> None:
    t = translator(language)
    expect(page.get_by_role("button", name=t("Stop"), exact=True)).to_be_visible(timeout=LONG)


def is_counted(page: Page, language: Language) -> str:
    box = page.get_by_test_id("stMetric").filter(has_text=translator(language)("Eligible persons"))
    expect(box).to_be_visible(timeout=LONG)
    return box.get_by_test_id("stMetricValue").inner_text().strip()


def test_a_slow_count_is_followed_stopped_and_begun_again(page: Page, address: str, language: Language) -> None:
    t = translator(language)
    page.goto(f"{address}/cohort?cohort=slow-{language}&lang={language}")
    is_counting(page, language)
    pattern = re.escape(t("{stage}: step {step} of {steps} · {seconds} s")).replace(r"\{", "{").replace(r"\}", "}")
    pattern = pattern.format(stage=t("Counting"), step=r"\d+", steps=r"\d+", seconds=r"[1-9]\d*")
    expect(page.get_by_text(re.compile(pattern))).to_be_visible(timeout=LONG)
    expect(page.get_by_role("button", name=t("Add a criterion"))).to_be_enabled()
    shot(page, f"running-{language}")
    page.get_by_role("button", name=t("Stop"), exact=True).click()
    clicked = time.monotonic()
    expect(page.get_by_text(t("Stopped: there is no result for this version."))).to_be_visible()
    assert time.monotonic() - clicked < STOPPED_WITHIN
    idle(page)
    expect(page.get_by_test_id("stMetric")).to_have_count(0)
    shot(page, f"stopped-{language}")
    page.get_by_role("button", name=t("Start again")).click()
    is_counting(page, language)


def test_an_edit_supersedes_the_count_and_the_old_number_is_never_the_new(
    page: Page, address: str, language: Language
) -> None:
    t = translator(language)
    page.goto(f"{address}/cohort?cohort=quick-{language}&lang={language}")
    number = is_counted(page, language)
    idle(page)
    shot(page, f"done-{language}")
    page.get_by_text(t("JSON, export and fingerprint")).click()
    area = page.get_by_label(t("JSON of the expression"))
    area.fill(json.dumps(SUPERSEDING[language].expression.to_json()))
    area.press("Control+Enter")
    page.get_by_role("button", name=t("Apply the JSON")).click()
    is_counting(page, language)
    earlier = page.get_by_text(t("Of the version before: {persons} eligible persons", persons=number))
    expect(earlier).to_be_visible()
    expect(page.get_by_test_id("stMetric")).to_have_count(0)
    earlier.scroll_into_view_if_needed()
    page.mouse.wheel(0, -5000)
    page.wait_for_timeout(700)
    is_counting(page, language)
    shot(page, f"superseding-{language}")
    page.get_by_role("button", name=t("Undo")).click()
    assert is_counted(page, language) == number
    expect(earlier).to_have_count(0)
    expect(page.get_by_role("button", name=t("Stop"), exact=True)).to_have_count(0)


def test_two_researchers_count_at_the_same_time(page: Page, address: str, browser: Browser) -> None:
    page.goto(f"{address}/cohort?cohort=slow-zh&lang=zh")
    is_counting(page, "zh")
    other = browser.new_context(locale="en", viewport={"width": 1440, "height": 1100}).new_page()
    other.goto(f"{address}/cohort?cohort=quick-en&lang=en")
    is_counted(other, "en")
    is_counting(page, "zh")
    other.context.close()


def test_a_page_that_is_closed_stops_its_count(address: str, browser: Browser) -> None:
    first = browser.new_context(locale="zh-CN").new_page()
    first.goto(f"{address}/cohort?cohort=left-zh&lang=zh")
    expect(first.get_by_text(re.compile(r"· ([4-9]|\d\d+) 秒"))).to_be_visible(timeout=LONG)
    first.context.close()
    second = browser.new_context(locale="zh-CN").new_page()
    opened = time.monotonic()
    second.goto(f"{address}/cohort?cohort=left-zh&lang=zh")
    standing = second.get_by_text(re.compile(r"· \d+ 秒"))
    expect(standing.first).to_be_visible(timeout=LONG)
    seconds = re.search(r"· (\d+) 秒", standing.first.inner_text())
    assert seconds is not None
    assert int(seconds[1]) <= time.monotonic() - opened + 1, "the count of the closed page was not there to be joined"
    second.context.close()


def test_a_dialog_stays_open_while_the_count_behind_it_ends(page: Page, address: str) -> None:
    page.goto(f"{address}/cohort?cohort=middling-zh&lang=zh")
    page.get_by_role("button", name="添加标准").click(timeout=LONG)
    dialog = page.get_by_role("dialog")
    expect(page.get_by_text("正在计数").first).to_be_visible()
    dialog.get_by_label("名称", exact=True).fill("不会丢失")
    is_counted(page, "zh")
    page.wait_for_timeout(1500)
    expect(dialog.get_by_label("名称", exact=True)).to_have_value("不会丢失")
    shot(page, "dialog")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    idle(page)
    expect(page.get_by_text("剩余").first).to_be_visible()


def test_what_the_data_cannot_answer_is_said_beside_the_cards(page: Page, address: str, language: Language) -> None:
    t = translator(language)
    page.goto(f"{address}/cohort?cohort=impossible-{language}&lang={language}")
    what = t("this CDM has no table {table}", table="death")
    expect(page.get_by_text(what).first).to_be_visible(timeout=LONG)
    idle(page)
    expect(page.get_by_role("button", name=t("Add a criterion"))).to_be_visible()
    shot(page, f"error-{language}")
