"""Explanations of small tables: the fate of each event, the rows that decided it, and near misses in figures."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cohorts import read_definition
from cohorts.explain import COHORT, PATIENT_LIST, Explanation, explain
from cohorts.patient_lists import SHELF, rows_of_frame
from omop_etl.cdm import Cdm
from tests.cohorts.patients import CONDITION, SETS, around, concept_set, days, definition, patients, rule

DRUG = {"DrugExposure": {"CodesetId": 2}}
AFTER = days(0, 30)


def why(cdm: Cdm, expression: dict[str, Any], person: int = 1, semantics: Any = "circe") -> Explanation:
    return explain(read_definition(expression, semantics=semantics), cdm, [person])[0]


def fates(explained: Explanation) -> list[str]:
    return [f"{fate.record.start} {fate.kind}" for fate in explained.fates]


@pytest.mark.parametrize(
    ("drug", "kind", "missed"), [("2020-02-02", "late", 2), ("2019-12-29", "early", 3), ("2021-02-01", "late", 367)]
)
def test_a_record_outside_the_window_says_by_how_many_days(drug: str, kind: str, missed: int, tmp_path: Path) -> None:
    cdm = patients(
        tmp_path,
        f"""
        condition_occurrence
        person | concept | start
        1      | 10      | 2020-01-01

        drug_exposure
        person | concept | start
        1      | 20      | {drug}
        """,
    )
    found = why(cdm, definition(InclusionRules=[rule(around(DRUG, at_least=1, StartWindow=AFTER))]))
    assert fates(found) == ["2020-01-01 rules"]
    finding = found.fates[0].rules[0].finding
    assert (finding.met, finding.found, finding.required) == (False, 0, 1)
    assert [(w.low, w.high) for w in finding.windows] == [(date(2020, 1, 1), date(2020, 1, 31))]
    (near,) = finding.near
    assert (near.record.table, near.record.row_id, near.record.start) == ("drug_exposure", 1, date.fromisoformat(drug))
    assert [(miss.kind, miss.days) for miss in near.misses] == [(kind, missed)]


def test_a_value_below_the_threshold_says_by_how_much(tmp_path: Path) -> None:
    cdm = patients(
        tmp_path,
        """
        condition_occurrence
        person | concept | start
        1      | 10      | 2020-01-01

        measurement
        person | concept | date       | value | unit
        1      | 20      | 2020-01-05 | 89.7  | 8
        1      | 20      | 2020-01-06 | 95    | 9

        concept
        concept | name
        8       | g/L
        9       | mg/dL
        """,
    )
    asked = {"CodesetId": 2, "ValueAsNumber": {"Value": 90, "Op": "gte"}, "Unit": [{"CONCEPT_ID": 8}]}
    found = why(cdm, definition(InclusionRules=[rule(around({"Measurement": asked}, at_least=1, StartWindow=AFTER))]))
    low, other_unit = sorted(found.fates[0].rules[0].finding.near, key=lambda row: row.record.row_id)
    assert [(m.target, m.value, m.short_by) for m in low.misses] == [("value", 89.7, 0.3)]
    assert (low.record.value, low.record.unit_name) == (89.7, "g/L")
    assert [(m.target, m.value, m.names) for m in other_unit.misses] == [("unit", 9, ("mg/dL",))]


def test_too_few_and_too_many_occurrences_name_the_rows_that_count(tmp_path: Path) -> None:
    cdm = patients(
        tmp_path,
        """
        condition_occurrence
        person | concept | start
        1      | 10      | 2020-01-01

        drug_exposure
        person | concept | start
        1      | 20      | 2020-01-02
        1      | 20      | 2020-01-03
        """,
    )
    three = rule(around(DRUG, at_least=3, StartWindow=AFTER))
    none = rule(around(DRUG, exactly=0, StartWindow=AFTER))
    few, many = (r.finding for r in why(cdm, definition(InclusionRules=[three, none])).fates[0].rules)
    assert (few.found, few.required, few.met) == (2, 3, False)
    assert (many.found, many.required, many.met) == (2, 0, False)
    assert [row.record.row_id for row in few.counted] == [row.record.row_id for row in many.counted] == [1, 2]


def test_another_visit_and_the_first_on_record_are_told(tmp_path: Path) -> None:
    cdm = patients(
        tmp_path,
        """
        condition_occurrence
        person | concept | start      | visit
        1      | 10      | 2020-01-01 | 7
        1      | 11      | 2020-01-01 | 8
        1      | 12      | 2019-01-01 | 9
        """,
    )
    other = {"ConditionOccurrence": {"CodesetId": 4}}
    first = {"ConditionOccurrence": {"CodesetId": 5, "First": True}}
    sets = [*SETS, concept_set(4, 11), concept_set(5, 11, 12)]
    rules = [
        rule(around(other, at_least=1, StartWindow=days(0, 0), RestrictVisit=True)),
        rule(around(first, at_least=1, StartWindow=days(0, 0))),
    ]
    visit, ordinal = (
        r.finding for r in why(cdm, {**definition(InclusionRules=rules), "ConceptSets": sets}).fates[0].rules
    )
    assert [[m.kind for m in row.misses] for row in visit.near] == [["visit"]]
    assert {row.record.row_id: [m.kind for m in row.misses] for row in ordinal.near} == {2: ["not_first"], 3: ["early"]}


def test_nested_criteria_are_explained_around_the_record(tmp_path: Path) -> None:
    cdm = patients(
        tmp_path,
        """
        condition_occurrence
        person | concept | start
        1      | 10      | 2020-01-01

        drug_exposure
        person | concept | start
        1      | 20      | 2020-01-10

        measurement
        person | concept | date
        1      | 21      | 2020-01-15
        """,
    )
    measured = {"Measurement": {"CodesetId": 6}}
    nested = {"Type": "ALL", "CriteriaList": [around(measured, at_least=1, StartWindow=days(-3, 3))]}
    drug = {"DrugExposure": {"CodesetId": 2, "CorrelatedCriteria": nested}}
    expression = definition(InclusionRules=[rule(around(drug, at_least=1, StartWindow=AFTER))])
    found = why(cdm, {**expression, "ConceptSets": [*SETS, concept_set(6, 21)]})
    (near,) = found.fates[0].rules[0].finding.near
    assert [miss.kind for miss in near.misses] == ["nested"]
    assert near.nested is not None
    inner = near.nested.members[0]
    assert (inner.met, inner.windows[0].high, inner.near[0].misses[0].days) == (False, date(2020, 1, 13), 2)


def test_groups_and_demographics_say_what_holds(tmp_path: Path) -> None:
    cdm = patients(
        tmp_path,
        """
        person
        person | sex  | year
        1      | 8532 | 1950

        condition_occurrence
        person | concept | start
        1      | 10      | 2020-01-01
        """,
    )
    person = {"Age": {"Value": 18, "Extent": 65, "Op": "bt"}, "Gender": [{"CONCEPT_ID": 8532}]}
    either = rule(around(DRUG, at_least=1), type="ANY", DemographicCriteriaList=[person])
    finding = why(cdm, definition(InclusionRules=[either])).fates[0].rules[0].finding
    assert (finding.met, finding.found, finding.required, finding.comparison) == (False, 0, 1, "at_least")
    tested = {t.miss.target: (t.passed, t.miss.value, t.miss.short_by) for t in finding.members[1].tested}
    assert tested == {"age": (False, 70, 5), "gender": (True, 8532, None)}


def test_every_step_before_the_rules_has_a_fate(tmp_path: Path) -> None:
    cdm = patients(
        tmp_path,
        """
        observation_period
        person | start      | end
        1      | 2020-01-01 | 2020-12-31

        condition_occurrence
        person | concept | start
        1      | 10      | 2019-06-01
        1      | 10      | 2020-01-31
        1      | 10      | 2020-03-01
        1      | 10      | 2020-04-01
        1      | 10      | 2020-12-30
        """,
    )
    found = why(cdm, definition(limit="First", ObservationWindow={"PriorDays": 40, "PostDays": 5}))
    assert fates(found) == [
        "2019-06-01 unobserved",
        "2020-01-31 unobserved",
        "2020-03-01 in",
        "2020-04-01 entry_limit",
        "2020-12-30 unobserved",
    ]
    outside, early, _, _, late = found.fates
    assert outside.period_start is None
    assert (early.days_before_short, early.days_after_short) == (10, 0)
    assert (late.days_before_short, late.days_after_short) == (0, 4)


def test_limits_exits_and_cuts_after_the_rules_have_a_fate(tmp_path: Path) -> None:
    cdm = patients(
        tmp_path,
        """
        condition_occurrence
        person | concept | start      | end
        1      | 10      | 2020-01-01 | 2020-01-01
        1      | 10      | 2021-01-01 | 2021-01-31
        """,
    )
    last = why(cdm, definition(ExpressionLimit={"Type": "Last"}))
    assert fates(last) == ["2020-01-01 expression_limit", "2021-01-01 in"]
    ends = {"DateOffset": {"DateField": "EndDate", "Offset": -5}}
    assert fates(why(cdm, definition(EndStrategy=ends))) == ["2020-01-01 no_exit", "2021-01-01 in"]
    cut = why(cdm, definition(CensorWindow={"EndDate": "2020-06-30"}))
    assert fates(cut) == ["2020-01-01 in", "2021-01-01 outside_window"]
    none = {"Type": "ALL", "CriteriaList": [around(DRUG, at_least=1)]}
    assert fates(why(cdm, definition(AdditionalCriteria=none))) == ["2020-01-01 additional", "2021-01-01 additional"]
    every = {"AdditionalCriteria": {"Type": "ALL"}, "QualifiedLimit": {"Type": "First"}}
    assert fates(why(cdm, definition(**every))) == ["2020-01-01 in", "2021-01-01 qualified_limit"]


@pytest.mark.parametrize(
    ("parts", "end", "reason"),
    [
        ({"EndStrategy": None}, date(2029, 12, 31), "observation_end"),
        ({}, date(2020, 1, 1), "fixed"),
        ({"EndStrategy": {"CustomEra": {"DrugCodesetId": 2, "GapDays": 0}}}, date(2020, 1, 11), "era_end"),
        ({"EndStrategy": None, "CensoringCriteria": [{"Death": {}}]}, date(2021, 5, 5), "censoring"),
    ],
)
def test_why_follow_up_ended(parts: dict[str, Any], end: date, reason: str, tmp_path: Path) -> None:
    cdm = patients(
        tmp_path,
        """
        condition_occurrence
        person | concept | start
        1      | 10      | 2020-01-01

        drug_exposure
        person | concept | start      | end
        1      | 20      | 2020-01-01 | 2020-01-11

        death
        person | date
        1      | 2021-05-05
        """,
    )
    fate = why(cdm, definition(**parts)).fates[0]
    assert (fate.end, fate.end_reasons) == (end, (reason,))


def test_who_has_no_entry_event_is_shown_what_came_near(tmp_path: Path) -> None:
    cdm = patients(
        tmp_path,
        """
        person
        person | year
        1      | 2003

        condition_occurrence
        person | concept | start
        1      | 10      | 2020-01-01
        """,
    )
    adult = {"ConditionOccurrence": {"CodesetId": 1, "Age": {"Value": 18, "Op": "gte"}}}
    found = why(cdm, definition(adult))
    assert (found.is_in, found.fates) == (False, ())
    (miss,) = found.almost[0].near[0].misses
    assert (miss.target, miss.value, miss.short_by) == ("age", 17, 1)
    exact = why(cdm, definition(adult), semantics="exact").almost[0].near[0].misses[0]
    assert (exact.target, exact.value, exact.short_by) == ("exact age", 16, 2)


def test_only_the_persons_asked_for_are_explained_in_their_order(tmp_path: Path) -> None:
    cdm = patients(
        tmp_path,
        """
        condition_occurrence
        person | concept | start
        1      | 10      | 2020-01-01
        2      | 11      | 2020-01-01
        3      | 10      | 2020-01-01
        """,
    )
    found = explain(read_definition(definition(CONDITION)), cdm, [3, 99, 2, 3])
    assert [(e.person_id, e.known, e.is_in) for e in found] == [(3, True, True), (99, False, False), (2, True, False)]


def test_a_cohort_that_was_entered_too_late_says_so_and_its_rows_are_called_rows_of_a_cohort(tmp_path: Path) -> None:
    cdm = patients(
        tmp_path,
        """
        condition_occurrence
        person | concept | start
        1      | 10      | 2020-01-01

        drug_exposure
        person | concept | start      | end
        1      | 20      | 2020-02-02 | 2020-03-03
        """,
    )
    treated = {"id": 1, "name": "treated", "semantics": "circe", "expression": definition(DRUG, EndStrategy=None)}
    asked = around({"CohortMembership": {"CohortId": 1}}, at_least=1, StartWindow=AFTER)
    found = why(cdm, definition(InclusionRules=[rule(asked)], Cohorts=[treated]))
    (near,) = found.fates[0].rules[0].finding.near
    assert (near.record.table, near.record.start, near.record.end) == (COHORT, date(2020, 2, 2), date(2029, 12, 31))
    assert [(miss.kind, miss.days) for miss in near.misses] == [("late", 2)]
    long = around({"CohortMembership": {"CohortId": 1, "Duration": {"Op": "lt", "Value": 9}}}, at_least=1)
    found = why(cdm, definition(InclusionRules=[rule(long)], Cohorts=[treated]))
    (near,) = found.fates[0].rules[0].finding.near
    assert [(miss.kind, miss.target, miss.value) for miss in near.misses] == [("attribute", "duration", 3620)]


def test_the_row_of_a_patient_list_that_nearly_counts_says_by_how_much(tmp_path: Path) -> None:
    cdm = patients(
        tmp_path,
        """
        condition_occurrence
        person | concept | start
        1      | 10      | 2020-01-01
        2      | 10      | 2020-01-01
        """,
    )
    listed = rows_of_frame(pd.DataFrame({"person_id": [1], "start": ["2020-02-02"], "end": ["2020-03-03"]}))
    SHELF.put_rows(listed)
    asked = around({"PatientListMembership": {"ListId": 1}}, at_least=1, StartWindow=AFTER)
    parts = {"InclusionRules": [rule(asked)], "PatientLists": [{"id": 1, "sha256": listed.sha256}]}
    (near,) = why(cdm, definition(**parts)).fates[0].rules[0].finding.near
    assert (near.record.table, near.record.start, near.record.end) == (
        PATIENT_LIST,
        date(2020, 2, 2),
        date(2020, 3, 3),
    )
    assert [(miss.kind, miss.days) for miss in near.misses] == [("late", 2)]
    (other,) = explain(read_definition(definition(**parts)), cdm, [2])
    assert (other.fates[0].rules[0].met, other.fates[0].rules[0].finding.near) == (False, ())
