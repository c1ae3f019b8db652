"""Criteria counted around an index event: windows, occurrences, groups, nesting."""

from typing import Any

import pytest

from tests.cohorts.patients import around, days, definition, patients, rule, starts
from tests.servers.engines import TestEngine

DRUG = {"DrugExposure": {"CodesetId": 2}}

TREATED = """
condition_occurrence
person | concept | start
1      | 10      | 2020-01-10
2      | 10      | 2020-01-10
3      | 10      | 2020-01-10

drug_exposure
person | concept | start      | end
1      | 20      | 2020-01-10 | 2020-01-20
2      | 20      | 2020-01-17 | 2020-02-20
2      | 21      | 2020-01-18 | 2020-02-20
"""


def included(cdm: Any, *criteria: Any, **more: Any) -> list[str]:
    return [row.split()[0] for row in starts(cdm, definition(InclusionRules=[rule(*criteria, **more)]))]


@pytest.mark.parametrize(
    ("window", "persons"),
    [
        (days(0, 0), ["1"]),
        (days(0, 7), ["1", "2"]),
        (days(1, 7), ["2"]),
        (days(1, 6), []),
        (days(None, None), ["1", "2"]),
        (days(0, None), ["1", "2"]),
        (days(7, 0), []),
    ],
)
def test_both_ends_of_a_window_count_and_a_window_that_ends_before_it_starts_holds_nothing(
    engine: TestEngine, window: dict[str, Any], persons: list[str]
) -> None:
    assert included(patients(engine, TREATED), around(DRUG, at_least=1, StartWindow=window)) == persons


def test_a_window_can_look_at_the_end_of_the_event(engine: TestEngine) -> None:
    ends_within_ten_days = days(0, 10, UseEventEnd=True)
    assert included(patients(engine, TREATED), around(DRUG, at_least=1, StartWindow=ends_within_ten_days)) == ["1"]


def test_an_end_window_looks_at_the_end_of_the_event_where_nothing_is_said(engine: TestEngine) -> None:
    cdm = patients(engine, TREATED)
    assert included(cdm, around(DRUG, at_least=1, EndWindow=days(0, 10))) == ["1"]
    assert included(cdm, around(DRUG, at_least=1, EndWindow=days(0, 10, UseEventEnd=False))) == ["1", "2"]


@pytest.mark.parametrize(
    ("occurrence", "persons"),
    [
        ({"at_least": 1}, ["1", "2"]),
        ({"exactly": 0}, ["3"]),
        ({"exactly": 1}, ["1", "2"]),
        ({"at_most": 0}, ["3"]),
        ({"at_most": 1}, ["1", "2", "3"]),
        ({"at_least": 0}, ["1", "2", "3"]),
        ({"at_least": 2}, []),
    ],
)
def test_no_record_counts_as_none(engine: TestEngine, occurrence: dict[str, int], persons: list[str]) -> None:
    assert included(patients(engine, TREATED), around(DRUG, **occurrence)) == persons


def test_a_distinct_count_counts_concepts_where_no_column_is_named(engine: TestEngine) -> None:
    any_drug = {"DrugExposure": {}}
    two_kinds = around(any_drug, at_least=2, Occurrence={"IsDistinct": True})
    two_ends = around(any_drug, at_least=2, Occurrence={"IsDistinct": True, "CountColumn": "END_DATE"})
    cdm = patients(engine, TREATED)
    assert included(cdm, two_kinds) == ["2"]
    assert included(cdm, two_ends) == []


def test_events_outside_the_observation_period_of_the_index_count_only_when_it_is_ignored(engine: TestEngine) -> None:
    cdm = patients(
        engine,
        """
        observation_period
        person | start      | end
        1      | 2020-01-01 | 2020-12-31

        condition_occurrence
        person | concept | start
        1      | 10      | 2020-01-10

        drug_exposure
        person | concept | start
        1      | 20      | 2019-12-31
        """,
    )
    before = days(-30, 0)
    assert included(cdm, around(DRUG, at_least=1, StartWindow=before)) == []
    assert included(cdm, around(DRUG, at_least=1, StartWindow=before, IgnoreObservationPeriod=True)) == ["1"]


def test_the_same_visit_can_be_required(engine: TestEngine) -> None:
    cdm = patients(
        engine,
        """
        visit_occurrence
        person | concept | start      | end
        1      | 1       | 2020-01-10 | 2020-01-12
        2      | 1       | 2020-01-10 | 2020-01-12
        2      | 1       | 2020-01-12 | 2020-01-13

        condition_occurrence
        person | concept | start      | visit
        1      | 10      | 2020-01-10 | 1
        1      | 20      | 2020-01-11 | 1
        2      | 10      | 2020-01-10 | 2
        2      | 20      | 2020-01-12 | 3
        """,
    )
    other = {"ConditionOccurrence": {"CodesetId": 2}}
    assert included(cdm, around(other, at_least=1)) == ["1", "2"]
    assert included(cdm, around(other, at_least=1, RestrictVisit=True)) == ["1"]


LAB = {"Measurement": {"CodesetId": 2, "ValueAsNumber": {"Value": 5.5, "Op": "gt"}}}


@pytest.mark.parametrize(
    ("group", "persons"),
    [
        ({"type": "ALL"}, ["1"]),
        ({"type": "ANY"}, ["1", "2", "3"]),
        ({"type": "AT_LEAST", "Count": 2}, ["1"]),
        ({"type": "AT_MOST", "Count": 1}, ["2", "3", "4"]),
        ({"type": "AT_MOST", "Count": 0}, ["4"]),
    ],
)
def test_groups_count_how_many_members_hold(engine: TestEngine, group: dict[str, Any], persons: list[str]) -> None:
    cdm = patients(
        engine,
        """
        condition_occurrence
        person | concept | start
        1      | 10      | 2020-01-10
        2      | 10      | 2020-01-10
        3      | 10      | 2020-01-10
        4      | 10      | 2020-01-10

        drug_exposure
        person | concept | start
        1      | 20      | 2020-01-11
        2      | 20      | 2020-01-11

        measurement
        person | concept | date       | value
        1      | 20      | 2020-01-11 | 5.6
        3      | 20      | 2020-01-11 | 9
        4      | 20      | 2020-01-11 | 5.5
        """,
    )
    assert included(cdm, around(DRUG, at_least=1), around(LAB, at_least=1), **group) == persons


def test_an_empty_group_holds_always(engine: TestEngine) -> None:
    assert included(patients(engine, TREATED)) == ["1", "2", "3"]


def test_demographics_are_members_of_a_group(engine: TestEngine) -> None:
    cdm = patients(
        engine,
        """
        person
        person | sex  | year
        1      | 8507 | 1950
        2      | 8532 | 1950
        3      | 8532 | 1990

        condition_occurrence
        person | concept | start
        1      | 10      | 2020-01-10
        2      | 10      | 2020-01-10
        3      | 10      | 2020-01-10
        """,
    )
    women_over_60 = {"Gender": [{"CONCEPT_ID": 8532}], "Age": {"Value": 60, "Op": "gt"}}
    assert included(cdm, DemographicCriteriaList=[women_over_60]) == ["2"]


def test_a_nested_criterion_is_counted_around_the_event_it_belongs_to(engine: TestEngine) -> None:
    """Person 1 has the drug within a week of a visit; person 2 has both, but far apart."""
    cdm = patients(
        engine,
        """
        condition_occurrence
        person | concept | start
        1      | 10      | 2020-01-01
        2      | 10      | 2020-01-01

        drug_exposure
        person | concept | start
        1      | 20      | 2020-03-01
        2      | 20      | 2020-03-01

        visit_occurrence
        person | concept | start      | end
        1      | 1       | 2020-03-03 | 2020-03-03
        2      | 1       | 2020-06-01 | 2020-06-01
        """,
    )
    near_visit = around({"VisitOccurrence": {}}, at_least=1, StartWindow=days(-7, 7))
    drug_near_visit = {"DrugExposure": {"CodesetId": 2, "CorrelatedCriteria": {"CriteriaList": [near_visit]}}}
    assert included(cdm, around(drug_near_visit, at_least=1)) == ["1"]


def test_a_missing_value_passes_no_comparison(engine: TestEngine) -> None:
    cdm = patients(
        engine,
        """
        measurement
        person | concept | date       | value | unit
        1      | 10      | 2020-01-01 | .     | 1
        2      | 10      | 2020-01-01 | 4     | .
        """,
    )

    def having(**attributes: Any) -> list[str]:
        return starts(cdm, definition({"Measurement": {"CodesetId": 1, **attributes}}))

    assert having(ValueAsNumber={"Value": 1, "Op": "gte"}) == ["2 2020-01-01"]
    assert having(ValueAsNumber={"Value": 9, "Op": "!eq"}) == ["2 2020-01-01"]
    assert having(UnitCS={"IsExclusion": True}) == ["2 2020-01-01"]
    assert having(UnitCS={"IsExclusion": False}) == ["1 2020-01-01"]


def test_a_text_with_a_quote_is_a_value_like_any_other(engine: TestEngine) -> None:
    cdm = patients(
        engine,
        """
        condition_occurrence
        person | concept | start      | stop_reason
        1      | 10      | 2020-01-01 | patient's wish
        2      | 10      | 2020-01-01 | cured
        """,
    )
    wish = {"Text": "t's w", "Op": "contains"}
    entry = {"ConditionOccurrence": {"CodesetId": 1, "StopReason": wish}}
    assert starts(cdm, definition(entry)) == ["1 2020-01-01"]
    entry = {"ConditionOccurrence": {"CodesetId": 1, "StopReason": {"Text": "'; DROP TABLE x; --", "Op": "!contains"}}}
    assert len(starts(cdm, definition(entry))) == 2
