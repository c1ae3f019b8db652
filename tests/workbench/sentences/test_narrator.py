"""Definitions in words: nothing left out, no double negatives, Chinese word order."""

from __future__ import annotations

from typing import Any

import pytest

from cohorts import read_definition
from cohorts.definition import Criterion
from workbench.locales import Language, translator
from workbench.sentences import Narrator
from workbench.sentences.words import ATTRIBUTES, EVENTS, STRUCTURE

SETS = [
    {"id": 0, "name": "肺癌", "expression": {"items": []}},
    {"id": 1, "name": "吉非替尼", "expression": {"items": []}},
    {"id": 2, "name": "血红蛋白", "expression": {"items": []}},
]


def window(start: int | None, end: int | None) -> dict[str, Any]:
    def bound(days: int | None, side: int) -> dict[str, Any]:
        return {"Coeff": side} if days is None else {"Days": abs(days), "Coeff": -1 if days < 0 else 1}

    return {"Start": bound(start, -1), "End": bound(end, 1)}


def criterion(kind: dict[str, Any], *, kind_of: int = 2, count: int = 1, days: Any = (None, 0)) -> dict[str, Any]:
    return {"Criteria": kind, "StartWindow": window(*days), "Occurrence": {"Type": kind_of, "Count": count}}


def said(rule: dict[str, Any], language: Language) -> str:
    definition = read_definition(
        {
            "ConceptSets": SETS,
            "PrimaryCriteria": {"CriteriaList": [{"ConditionOccurrence": {"CodesetId": 0, "First": True}}]},
            "InclusionRules": [{"name": "r", "expression": rule}],
        }
    )
    expression = definition.expression
    assert expression.inclusion_rules is not None
    return Narrator.of(translator(language), expression).rule(expression.inclusion_rules[0])


HAEMOGLOBIN = {
    "Measurement": {
        "CodesetId": 2,
        "ValueAsNumber": {"Value": 90, "Op": "gte"},
        "Unit": [{"CONCEPT_ID": 8636, "CONCEPT_NAME": "g/L"}],
    }
}


def test_other_units_are_said_to_be_converted_where_they_are() -> None:
    expression = {"ConceptSets": SETS, "PrimaryCriteria": {"CriteriaList": [HAEMOGLOBIN]}}
    told = {
        semantics: Narrator.of(translator("en"), definition.expression, semantics=definition.semantics).entry(
            definition.expression
        )[0]
        for semantics in ("circe", "exact")
        if (definition := read_definition(expression, semantics=semantics))
    }
    assert told == {
        "circe": 'A person enters with: result of "血红蛋白" (value ≥ 90 g/L).',
        "exact": 'A person enters with: result of "血红蛋白" (value ≥ 90 g/L, other units converted).',
    }


USED, DIAGNOSED = {"DrugExposure": {"CodesetId": 1}}, {"ConditionOccurrence": {"CodesetId": 0}}


def by_hours(kind: dict[str, Any], start: float, end: float) -> dict[str, Any]:
    bounds = [{"Hours": abs(hour), "Coeff": -1 if hour < 0 else 1} for hour in (start, end)]
    return {**criterion(kind), "StartWindow": {"Start": bounds[0], "End": bounds[1]}}


@pytest.mark.parametrize(
    ("rule", "english", "chinese"),
    [
        (
            {"Type": "ALL", "CriteriaList": [by_hours(USED, 0, 6)]},
            'Use of "吉非替尼" at least once, within 6 hours after the start of the index event.',
            "索引事件开始后 6 小时内，使用“吉非替尼”至少 1 次。",
        ),
        (
            {"Type": "ALL", "CriteriaList": [by_hours(HAEMOGLOBIN, -1.5, 0)]},
            'Result of "血红蛋白" (value ≥ 90 g/L) at least once, within 1 hour 30 minutes before the start of the '
            "index event.",
            "索引事件开始前 1 小时 30 分钟内，“血红蛋白”结果（数值 ≥ 90 g/L）至少 1 次。",
        ),
        (
            {"Type": "ALL", "CriteriaList": [criterion(HAEMOGLOBIN, days=(-30, 0))]},
            'Result of "血红蛋白" (value ≥ 90 g/L) at least once, in the 30 days up to the index date.',
            "索引日期前 30 天内（含当日），“血红蛋白”结果（数值 ≥ 90 g/L）至少 1 次。",
        ),
        (
            {"Type": "ALL", "CriteriaList": [criterion(USED, kind_of=0, count=0)]},
            'No use of "吉非替尼", on or before the index date.',
            "索引日期当日或之前，无使用“吉非替尼”的记录。",
        ),
        (
            {"Type": "ANY", "CriteriaList": [criterion(USED), criterion(DIAGNOSED, count=2, days=(1, 90))]},
            'Any of: use of "吉非替尼" at least once, on or before the index date; diagnosis of "肺癌" at least '
            "2 times, 1 to 90 days after the index date.",
            "满足其一：索引日期当日或之前，使用“吉非替尼”至少 1 次；索引日期后 1–90 天，诊断“肺癌”至少 2 次。",
        ),
        (
            {"Type": "ALL", "DemographicCriteriaList": [{"Age": {"Value": 18, "Extent": 75, "Op": "bt"}}]},
            "Age 18–75.",
            "年龄 18–75。",
        ),
        (
            {"Type": "ALL", "CriteriaList": [criterion(DIAGNOSED, kind_of=1, count=3, days=(None, None))]},
            'Diagnosis of "肺癌" at most 3 times, at any time.',
            "任意时间，诊断“肺癌”至多 3 次。",
        ),
        (
            {"Type": "ALL", "Groups": [{"Type": "AT_LEAST", "Count": 1, "CriteriaList": [criterion(USED)] * 2}]},
            'At least 1 of: use of "吉非替尼" at least once, on or before the index date; use of "吉非替尼" at least '
            "once, on or before the index date.",
            "至少满足 1 项：索引日期当日或之前，使用“吉非替尼”至少 1 次；索引日期当日或之前，使用“吉非替尼”至少 1 次。",
        ),
    ],
)
def test_a_rule_in_words(rule: dict[str, Any], english: str, chinese: str) -> None:
    assert said(rule, "en") == english
    assert said(rule, "zh") == chinese


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ((None, None), "at any time"),
        ((None, -1), "1 day or more before the index date"),
        ((None, 7), "up to 7 days after the index date"),
        ((0, None), "on or after the index date"),
        ((5, None), "5 days or more after the index date"),
        ((-5, None), "from 5 days before the index date on"),
        ((0, 0), "on the index date"),
        ((0, 30), "in the 30 days from the index date on"),
        ((-7, 7), "from 7 days before to 7 days after the index date"),
        ((-365, -1), "1 to 365 days before the index date"),
    ],
)
def test_a_window_in_words(days: Any, words: str) -> None:
    rule = {"Type": "ALL", "CriteriaList": [criterion(USED, days=days)]}
    assert said(rule, "en") == f'Use of "吉非替尼" at least once, {words}.'


def test_the_whole_definition_in_order() -> None:
    definition = read_definition(
        {
            "ConceptSets": SETS,
            "PrimaryCriteria": {
                "CriteriaList": [DIAGNOSED],
                "ObservationWindow": {"PriorDays": 365, "PostDays": 0},
                "PrimaryCriteriaLimit": {"Type": "First"},
            },
            "InclusionRules": [{"name": "adult", "expression": {"Type": "ALL"}}],
            "CensoringCriteria": [{"Death": {}}],
            "EndStrategy": {"DateOffset": {"DateField": "StartDate", "Offset": 30}},
            "CollapseSettings": {"CollapseType": "ERA", "EraPad": 7},
        }
    )
    assert Narrator.of(translator("en"), definition.expression).definition(definition.expression) == [
        'A person enters with: diagnosis of "肺癌".',
        "At least 365 days of observation before it are required.",
        "Of several such events of a person, the first one counts.",
        "adult: No condition.",
        "A person leaves 30 days after the index date.",
        "A person leaves early with: death.",
        "Periods at most 7 days apart are merged.",
    ]


@pytest.mark.parametrize("kind", sorted(Criterion.kinds))
def test_every_kind_and_every_attribute_has_a_word(kind: str) -> None:
    assert kind in EVENTS
    fields = set(Criterion.kinds[kind].model_fields) - STRUCTURE
    named = {field.removesuffix("_cs") for field in fields if not field.endswith("_exclude")}
    assert named <= set(ATTRIBUTES)
