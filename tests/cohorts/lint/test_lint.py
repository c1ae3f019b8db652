"""Each check finds what it is for, at its place, and is silent where nothing is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cohorts import Evaluator, read_definition
from cohorts.lint import Problem, lint
from tests.cohorts.patients import CONDITION, SETS, around, concept_set, days, definition, patients, rule

DRUG = {"DrugExposure": {"CodesetId": 2}}
BEFORE = days(-30, 0)
OBSERVED = {"PriorDays": 30, "PostDays": 0}
USED = SETS[:2]


def clean(**parts: Any) -> dict[str, Any]:
    """Definition in which no check finds more than the note on the origin of records."""
    typed = {"ConditionOccurrence": {"CodesetId": 1, "ConditionType": [{"CONCEPT_ID": 1}]}}
    drug = {"DrugExposure": {"CodesetId": 2, "DrugType": [{"CONCEPT_ID": 1}]}}
    rules = [rule(around(drug, at_least=1, StartWindow=BEFORE))]
    exit_ = {"DateOffset": {"DateField": "StartDate", "Offset": 30}}
    expression = definition(typed, ObservationWindow=OBSERVED, InclusionRules=rules, EndStrategy=exit_)
    return {**expression, "ConceptSets": USED, **parts}


def problems(expression: dict[str, Any]) -> list[Problem]:
    return lint(read_definition(expression))


def found(expression: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(problem.check, problem.severity, problem.path) for problem in problems(expression)]


def entry(criterion: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"PrimaryCriteria": {"CriteriaList": [criterion], "ObservationWindow": OBSERVED, **more}}


def only_rule(*criteria: Any, **more: Any) -> dict[str, Any]:
    return {"InclusionRules": [rule(*criteria, **more)]}


TYPED = {"CodesetId": 1, "ConditionType": [{"CONCEPT_ID": 1}]}
MEASURED = {"CodesetId": 2, "MeasurementType": [{"CONCEPT_ID": 1}], "ValueAsNumber": {"Value": 1, "Op": "gt"}}
AT = "InclusionRules[0].expression.CriteriaList[0]"
IN_ENTRY = "PrimaryCriteria.CriteriaList[0].ConditionOccurrence"
GRAMS, MILLIGRAMS = [{"CONCEPT_ID": 8}], [{"CONCEPT_ID": 9}]


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    assert found(clean()) == []


CASES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "initial event": (
        {"PrimaryCriteria": {"CriteriaList": []}, "ConceptSets": USED[1:]},
        "initial event",
        "critical",
        "PrimaryCriteria.CriteriaList",
    ),
    "incomplete rule": ({"InclusionRules": [{"name": "r"}]}, "incomplete rule", "critical", "InclusionRules[0]"),
    "no exit": (
        {"EndStrategy": None, **entry({"ConditionOccurrence": TYPED}, PrimaryCriteriaLimit={"Type": "All"})},
        "no exit",
        "warning",
        "EndStrategy",
    ),
    "exit criteria": (
        {"EndStrategy": {"CustomEra": {"GapDays": 0}}},
        "exit criteria",
        "critical",
        "EndStrategy.CustomEra.DrugCodesetId",
    ),
    "exit offset": (
        {"EndStrategy": {"DateOffset": {"DateField": "StartDate", "Offset": 0}}},
        "exit offset",
        "warning",
        "EndStrategy.DateOffset.Offset",
    ),
    "events progression": (
        entry({"ConditionOccurrence": TYPED}, PrimaryCriteriaLimit={"Type": "First"}),
        "events progression",
        "warning",
        "ExpressionLimit",
    ),
    "unused": ({"ConceptSets": SETS}, "unused concepts", "warning", "ConceptSets[2]"),
    "missing": (
        only_rule(
            around({"Death": {"CodesetId": 9, "DeathType": [{"CONCEPT_ID": 1}]}}, at_least=1, StartWindow=BEFORE)
        ),
        "missing concept set",
        "critical",
        f"{AT}.Criteria.Death.CodesetId",
    ),
    "empty": ({"ConceptSets": [USED[0], concept_set(2)]}, "empty concept set", "critical", "ConceptSets[1]"),
    "the same set twice": (
        {"ConceptSets": [USED[0], concept_set(2, 10)]},
        "duplicate concept sets",
        "warning",
        "ConceptSets[1]",
    ),
    "range without end": (
        entry({"ConditionOccurrence": {**TYPED, "Age": {"Op": "bt", "Value": 3}}}),
        "range",
        "critical",
        f"{IN_ENTRY}.Age",
    ),
    "range backwards": (
        entry({"ConditionOccurrence": {**TYPED, "Age": {"Op": "bt", "Value": 3, "Extent": 2}}}),
        "range",
        "critical",
        f"{IN_ENTRY}.Age",
    ),
    "negative age": (
        entry({"ConditionOccurrence": {**TYPED, "Age": {"Op": "gt", "Value": -3}}}),
        "range",
        "warning",
        f"{IN_ENTRY}.Age",
    ),
    "no date": (
        entry({"ConditionOccurrence": {**TYPED, "OccurrenceStartDate": {"Op": "gt", "Value": "20x"}}}),
        "range",
        "critical",
        f"{IN_ENTRY}.OccurrenceStartDate",
    ),
    "censor window": (
        {"CensorWindow": {"StartDate": "2020-01-01", "EndDate": "2019-01-01"}},
        "range",
        "critical",
        "CensorWindow",
    ),
    "empty list": (
        entry({"ConditionOccurrence": {**TYPED, "Gender": []}}),
        "concept",
        "warning",
        f"{IN_ENTRY}.Gender",
    ),
    "selection": (
        entry({"ConditionOccurrence": {**TYPED, "GenderCS": {"IsExclusion": False}}}),
        "concept set selection",
        "warning",
        f"{IN_ENTRY}.GenderCS",
    ),
    "text": (
        entry({"ConditionOccurrence": {**TYPED, "StopReason": {"Op": "contains", "Text": ""}}}),
        "text",
        "warning",
        f"{IN_ENTRY}.StopReason",
    ),
    "nothing asked": (
        only_rule(DemographicCriteriaList=[{}]),
        "attribute",
        "warning",
        "InclusionRules[0].expression.DemographicCriteriaList[0]",
    ),
    "no concept set": (
        entry({"ConditionOccurrence": {"ConditionType": [{"CONCEPT_ID": 1}]}}),
        "concept set criteria",
        "warning",
        IN_ENTRY,
    ),
    "at least 0": (
        only_rule(around(DRUG, at_least=0, StartWindow=BEFORE)),
        "occurrence",
        "warning",
        f"{AT}.Occurrence",
    ),
    "too many of a group": (
        only_rule(around(DRUG, at_least=1, StartWindow=BEFORE), type="AT_LEAST", Count=2),
        "group count",
        "critical",
        "InclusionRules[0].expression.Count",
    ),
    "the same twice": (
        only_rule(*[around(DRUG, at_least=2, StartWindow=BEFORE)] * 2),
        "duplicate criteria",
        "warning",
        "InclusionRules[0].expression.CriteriaList[1]",
    ),
    "the entry event again": (
        only_rule(around({"ConditionOccurrence": TYPED}, at_least=1, StartWindow=BEFORE)),
        "duplicate criteria",
        "warning",
        AT,
    ),
    "window backwards": (
        only_rule(around(DRUG, at_least=1, StartWindow=days(-1, -9))),
        "window order",
        "critical",
        f"{AT}.StartWindow",
    ),
    "a single day": (
        only_rule(around(DRUG, at_least=1, StartWindow=days(-30, -30))),
        "single day",
        "info",
        f"{AT}.StartWindow",
    ),
    "look back": (
        only_rule(around(DRUG, exactly=0, StartWindow=days(-365, 0))),
        "time window",
        "warning",
        f"{AT}.StartWindow",
    ),
    "death before": (
        only_rule(around({"Death": {}}, exactly=0, StartWindow=days(-9, -1))),
        "death time window",
        "warning",
        f"{AT}.StartWindow",
    ),
    "immortal time": (
        only_rule(around(DRUG, at_least=1, StartWindow=days(0, 90))),
        "immortal time",
        "warning",
        f"{AT}.StartWindow",
    ),
    "immortal time without end": (
        only_rule(around(DRUG, at_least=1, StartWindow=days(0, None))),
        "immortal time",
        "warning",
        f"{AT}.StartWindow",
    ),
    "observation after": (
        entry({"ConditionOccurrence": TYPED}, ObservationWindow={"PriorDays": 30, "PostDays": 9}),
        "immortal time",
        "warning",
        "PrimaryCriteria.ObservationWindow.PostDays",
    ),
    "counts exclude each other": (
        only_rule(around(DRUG, at_least=2, StartWindow=BEFORE), around(DRUG, at_most=1, StartWindow=BEFORE)),
        "contradictions",
        "critical",
        "InclusionRules[0].expression.CriteriaList[1]",
    ),
    "ages exclude each other": (
        only_rule(DemographicCriteriaList=[{"Age": {"Op": "lt", "Value": 18}}, {"Age": {"Op": "gte", "Value": 18}}]),
        "contradictions",
        "critical",
        "InclusionRules[0].expression.DemographicCriteriaList[1]",
    ),
    "empty sub-group": (
        only_rule(around(DRUG, at_least=1, StartWindow=BEFORE), Groups=[{"Type": "ALL"}]),
        "empty group",
        "warning",
        "InclusionRules[0].expression.Groups[0]",
    ),
    "number without unit": (
        only_rule(around({"Measurement": MEASURED}, at_least=1, StartWindow=BEFORE)),
        "units",
        "info",
        f"{AT}.Criteria.Measurement.ValueAsNumber",
    ),
    "number in two units": (
        only_rule(around({"Measurement": {**MEASURED, "Unit": GRAMS + MILLIGRAMS}}, at_least=1, StartWindow=BEFORE)),
        "units",
        "warning",
        f"{AT}.Criteria.Measurement.Unit",
    ),
    "drug era": (
        only_rule(around({"DrugEra": {"CodesetId": 2}}, at_least=1, StartWindow=BEFORE)),
        "drug era",
        "info",
        f"{AT}.Criteria.DrugEra",
    ),
    "origin": (entry(CONDITION), "domain type", "info", IN_ENTRY),
}


@pytest.mark.parametrize("name", list(CASES))
def test_a_check_finds_what_it_is_for(name: str) -> None:
    parts, *expected = CASES[name]
    assert tuple(expected) in found(clean(**parts))


def test_a_window_unlike_the_others_stands_out() -> None:
    usual = [
        around({"DrugExposure": {"CodesetId": 2, "First": f}}, at_least=n, StartWindow=BEFORE)
        for n, f in ((1, True), (1, False), (2, True))
    ]
    odd = around(DRUG, at_least=3, StartWindow=days(-3, 0))
    assert ("time pattern", "info", "InclusionRules[0].expression.CriteriaList[3].StartWindow") in found(
        clean(**only_rule(*usual, odd))
    )


def test_conditions_of_an_any_group_do_not_contradict() -> None:
    either = only_rule(
        around(DRUG, at_least=2, StartWindow=BEFORE), around(DRUG, at_most=1, StartWindow=BEFORE), type="ANY"
    )
    assert "contradictions" not in [check for check, _, _ in found(clean(**either))]


def test_rules_contradict_each_other_too() -> None:
    rules = [rule(around(DRUG, at_least=2, StartWindow=BEFORE)), rule(around(DRUG, exactly=0, StartWindow=BEFORE))]
    assert ("contradictions", "critical", "InclusionRules[1].expression.CriteriaList[0]") in found(
        clean(InclusionRules=rules)
    )


def test_the_gravest_come_first_and_say_what_to_do() -> None:
    told = problems({"PrimaryCriteria": {"CriteriaList": []}, "ConceptSets": SETS})
    assert [problem.severity for problem in told] == ["critical", "warning", "warning", "warning"]
    assert all(problem.message() and problem.advice() for problem in told)


VOCABULARY = """
concept
concept | name       | invalid | standard_concept | domain_id
10      | bronchitis | .       | S                | Condition
11      | old        | D       | .                | Condition
12      | local      | .       | .                | Condition
20      | drug       | .       | S                | Drug
8       | g/L        | .       | S                | Unit
9       | mg/dL      | .       | S                | Unit
30      | test       | .       | S                | Measurement

measurement
person | concept | date       | value | unit
1      | 30      | 2020-01-01 | 5     | 8
1      | 30      | 2020-01-02 | 50    | 9
"""


def against_data(folder: Path, expression: dict[str, Any]) -> dict[str, tuple[str, str]]:
    with patients(folder, VOCABULARY) as cdm:
        told = lint(read_definition(expression), Evaluator(cdm))
    return {problem.check: (problem.severity, problem.path) for problem in told}


def test_concepts_are_looked_up_in_the_vocabulary(tmp_path: Path) -> None:
    sets = [concept_set(1, 11, 12, 77), concept_set(2, 10), concept_set(3, 78)]
    entries = [
        {"ConditionOccurrence": {"CodesetId": 1}},
        {"DrugExposure": {"CodesetId": 2}},
        {"Death": {"CodesetId": 3}},
    ]
    told = against_data(tmp_path, {**definition(entries), "ConceptSets": sets})
    assert told["invalid concept"] == ("warning", "ConceptSets[0].expression.items[0]")
    assert told["non-standard concept"] == ("warning", "ConceptSets[0].expression.items[1]")
    assert told["unknown concept"] == ("warning", "ConceptSets[2]")
    assert told["empty in the vocabulary"] == ("critical", "ConceptSets[2]")
    assert told["domain mismatch"] == ("warning", "PrimaryCriteria.CriteriaList[1].DrugExposure.CodesetId")


@pytest.mark.parametrize(
    ("unit", "path"),
    [(None, "ValueAsNumber"), ([{"CONCEPT_ID": 7}], "Unit"), (GRAMS, "")],
)
def test_units_are_compared_with_those_of_the_results(unit: Any, path: str, tmp_path: Path) -> None:
    asked = {"CodesetId": 1, "ValueAsNumber": {"Value": 1, "Op": "gt"}, **({"Unit": unit} if unit else {})}
    told = against_data(tmp_path, {**definition({"Measurement": asked}), "ConceptSets": [concept_set(1, 30)]})
    expected = ("critical", f"PrimaryCriteria.CriteriaList[0].Measurement.{path}") if path else None
    assert told.get("recorded units") == expected


def test_source_codes_need_not_be_standard(tmp_path: Path) -> None:
    by_source = {"ConditionOccurrence": {"ConditionSourceConcept": 1}}
    assert "non-standard concept" not in against_data(
        tmp_path, {**definition(by_source), "ConceptSets": [concept_set(1, 12)]}
    )
