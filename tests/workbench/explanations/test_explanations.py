"""Explanations in words: ten persons of the example read against its raw rows, and figures in both languages."""

from __future__ import annotations

import json

import duckdb
import pytest

from cohorts import CohortDefinition, generate
from cohorts.engine.domains import DOMAINS
from cohorts.engine.domains.targets import DEMOGRAPHIC_TARGETS
from cohorts.explain import Explanation, Miss, explain
from omop_etl.cdm import connect
from workbench.explanations import explain_persons
from workbench.explanations.words import TARGETS, miss_words
from workbench.locales import LANGUAGES, Language, translator
from workbench.studies.library import DEMO_PROTOCOL
from workbench.studies.protocol import read_protocol
from workbench.workspace import Workspace

HAEMOGLOBIN, CREATININE, ECOG = 4, 5, 3
"""Positions of three rules of the example trial, and below the concept, the unit and the test of each."""

QUESTIONS = {
    HAEMOGLOBIN: (3000963, "value_as_number >= 90 AND unit_concept_id = 8636"),
    CREATININE: (3020564, "value_as_number <= 132.6 AND unit_concept_id = 8749"),
    ECOG: (2000000101, "value_as_number <= 1"),
}


@pytest.fixture(scope="module")
def trial() -> CohortDefinition:
    return read_protocol(DEMO_PROTOCOL).definition


@pytest.fixture(scope="module")
def ten(demo: Workspace, trial: CohortDefinition) -> list[int]:
    """For each rule somebody who fails it alone, as far as there is one, and others up to ten."""
    with connect(demo.cdm_url) as cdm:
        masks = generate({"trial": trial}, cdm).masks("trial")
    full = (1 << 8) - 1
    alone = [masks[masks["mask"] == full - (1 << bit)]["person_id"].head(1).tolist() for bit in range(8)]
    persons = [person for found in alone for person in found] + masks[masks["mask"] == full]["person_id"].tolist()
    return persons[:10]


@pytest.fixture(scope="module")
def explained(demo: Workspace, trial: CohortDefinition, ten: list[int]) -> list[Explanation]:
    with connect(demo.cdm_url) as cdm:
        return explain(trial, cdm, ten)


@pytest.mark.parametrize("rule", list(QUESTIONS))
def test_ten_persons_read_against_the_raw_rows(rule: int, demo: Workspace, explained: list[Explanation]) -> None:
    concept, test = QUESTIONS[rule]
    raw = duckdb.connect(str(demo.cdm_file), read_only=True)
    compared = 0
    for person in explained:
        entry = raw.execute(
            "SELECT condition_occurrence_id, condition_start_date FROM condition_occurrence WHERE person_id = ? AND "
            "condition_concept_id IN (SELECT descendant_concept_id FROM concept_ancestor WHERE ancestor_concept_id = "
            "443388 EXCEPT SELECT descendant_concept_id FROM concept_ancestor WHERE ancestor_concept_id = 4110591) "
            "ORDER BY condition_start_date, condition_occurrence_id LIMIT 1",
            [person.person_id],
        ).fetchone()
        (fate,) = person.fates
        assert (fate.record.row_id, fate.record.start) == entry
        rows = raw.execute(
            f"SELECT measurement_id, value_as_number FROM measurement JOIN observation_period USING (person_id) "
            f"WHERE person_id = ? AND measurement_concept_id = ? AND {test} AND measurement_date "
            "BETWEEN ?::DATE - 30 AND ?::DATE + 90 "
            "AND measurement_date BETWEEN observation_period_start_date AND observation_period_end_date "
            "ORDER BY measurement_date, measurement_id",
            [person.person_id, concept, fate.record.start, fate.record.start],
        ).fetchall()
        finding = fate.rules[rule].finding
        assert (finding.found, finding.met) == (len(rows), bool(rows))
        assert [(row.record.row_id, row.record.value) for row in finding.counted] == rows[: len(finding.counted)]
        compared += 1
    assert compared == 10


def test_whoever_fails_one_rule_alone_is_told_so(demo: Workspace, explained: list[Explanation]) -> None:
    failed = [[n for n, rule in enumerate(person.fates[0].rules) if not rule.met] for person in explained]
    assert all(len(rules) <= 1 for rules in failed)
    assert len({rules[0] for rules in failed if rules}) >= 5
    assert [person.is_in for person in explained] == [not rules for rules in failed]


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_the_words_of_a_page_and_a_terminal(
    language: Language, demo: Workspace, trial: CohortDefinition, ten: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    with connect(demo.cdm_url) as cdm:
        told = explain_persons(translator(language), trial, cdm, ten)
    for person in told:
        verdict, event, *rest = person.lines
        assert (verdict.level, verdict.sign) == (0, "yes" if person.explanation.is_in else "no")
        assert str(person.explanation.person_id) in verdict.text
        assert str(person.explanation.fates[0].record.row_id) in event.text
        assert [line.sign for line in rest if line.level == 2 and line.sign in ("yes", "no")] == [
            "yes" if rule.met else "no" for rule in person.explanation.fates[0].rules
        ]
    noted = json.loads(capsys.readouterr().err.strip().splitlines()[-1])
    assert (noted["event"], noted["persons"]) == ("rows_shown", 10)
    assert not any(str(number) in json.dumps(noted) for number in ten)


@pytest.mark.parametrize(
    ("miss", "english", "chinese"),
    [
        (Miss("late", days=2), "2 days too late", "晚了 2 天"),
        (Miss("early", days=1), "1 day too early", "早了 1 天"),
        (Miss("late", days=3, from_end=True), "ends 3 days too late", "结束晚了 3 天"),
        (Miss("visit"), "in another visit", "属于另一次就诊"),
        (Miss("late", seconds=2520), "42 minutes too late", "晚了 42 分钟"),
        (Miss("early", seconds=3661), "1 hour 1 minute too early", "早了 1 小时 1 分钟"),
        (Miss("late", seconds=1, from_end=True), "ends 1 second too late", "结束晚了 1 秒"),
        (Miss("late", seconds=90 * 3600), "3 days too late", "晚了 3 天"),
        (
            Miss("no_time"),
            "may lie in the window or not: a time of day is not known",
            "是否在时间窗内无法确定：缺少具体时间",
        ),
        (
            Miss("attribute", target="value", test="gte", asked=90.0, value=89.7),
            "value 89.7, 0.3 below (asked: ≥ 90)",
            "数值 89.7，差 0.3（要求：≥ 90）",
        ),
        (
            Miss("attribute", target="age", test="bt", asked=18.0, extent=75.0, value=76),
            "age 76, 1 above (asked: 18–75)",
            "年龄 76，高出 1（要求：18–75）",
        ),
        (Miss("attribute", target="value", test="lt", asked=5.0, value=None), "value is not recorded", "数值无记录"),
        (
            Miss("attribute", target="unit", test="in", value=8840, names=("mg/dL",)),
            "unit is mg/dL, which is not asked for",
            "单位为mg/dL，不在要求之列",
        ),
        (Miss("attribute", target="abnormal", test="holds", value=False), "not abnormal", "并非异常"),
        (
            Miss("unit", target="value", test="gte", asked=126.0, value=7.0, names=("mmol/L",)),
            "value 7 cannot be judged: its unit (mmol/L) cannot be converted",
            "数值 7，单位（mmol/L）无法换算，不能判断",
        ),
        (
            Miss("unit", target="value", test="gte", asked=126.0, value=7.0),
            "value 7 cannot be judged: its unit is not known",
            "数值 7，单位不明，不能判断",
        ),
    ],
)
def test_near_misses_in_words(miss: Miss, english: str, chinese: str) -> None:
    assert miss_words(translator("en"), miss, {}) == english
    assert miss_words(translator("zh"), miss, {}) == chinese


def test_everything_that_can_be_tested_has_a_name() -> None:
    named = {name: target for domain in DOMAINS.values() for name, target in domain.targets.items()}
    targets = {name for name, target in named.items() if target.unit is None} | set(DEMOGRAPHIC_TARGETS)
    assert targets - set(TARGETS) == set()
