"""Attrition: every step at which events and persons leave, from the records to the rows of the cohort."""

from typing import Any

from tests.cohorts.patients import around, definition, made, patients, rule
from tests.servers.engines import TestEngine

JOURNEY = """
observation_period
person | start      | end
1      | 2020-01-01 | 2020-12-31
2      | 2020-01-01 | 2020-12-31
3      | 2020-01-01 | 2020-12-31
4      | 2020-01-01 | 2020-12-31
5      | 2020-01-01 | 2020-12-31

condition_occurrence
person | concept | start      | end
1      | 10      | 2020-05-01 | 2020-05-10
1      | 10      | 2020-05-05 | 2020-05-20
2      | 10      | 2019-05-01 | 2019-05-02
3      | 10      | 2020-01-15 | 2020-01-20
4      | 10      | 2020-06-01 | 2020-05-20
5      | 10      | 2020-09-01 | 2020-09-05
5      | 10      | 2020-11-01 | 2020-11-05

measurement
person | concept | date       | value
1      | 20      | 2020-05-01 | 7
4      | 20      | 2020-05-01 | 7
5      | 20      | 2020-05-01 | 7
"""

MEASURED = {**rule(around({"Measurement": {"CodesetId": 2}}, at_least=1)), "name": "measured"}
FROM_END = {"EndStrategy": {"DateOffset": {"DateField": "EndDate", "Offset": 0}}}


def steps(engine: TestEngine, **parts: Any) -> list[list[Any]]:
    attrition = made(patients(engine, JOURNEY), definition(**parts)).attrition("cohort")
    return attrition[["kind", "events", "persons"]].to_numpy().tolist()  # type: ignore[no-any-return]


def test_every_step_from_the_record_to_the_row(engine: TestEngine) -> None:
    found = steps(
        engine,
        ObservationWindow={"PriorDays": 30, "PostDays": 0},
        InclusionRules=[MEASURED],
        CensorWindow={"StartDate": "2020-01-01", "EndDate": "2020-08-31"},
        **FROM_END,
    )
    assert found == [
        ["entry", 7, 5],
        ["within_observation", 6, 4],  # person 2 was diagnosed before anyone looked
        ["observation", 5, 3],  # person 3 was seen for 14 days before
        ["rule", 5, 3],
        ["exit", 4, 2],  # person 4 would leave before entering
        ["merged", 3, 2],  # the two spans of person 1 overlap
        ["rows", 1, 1],  # person 5 enters after the window
    ]


def test_an_additional_criterion_and_its_limit_are_steps(engine: TestEngine) -> None:
    additional = {"Type": "ALL", "CriteriaList": [around({"Measurement": {"CodesetId": 2}}, at_least=1)]}
    found = steps(engine, AdditionalCriteria=additional, QualifiedLimit={"Type": "First"})
    assert found == [
        ["entry", 7, 5],
        ["observation", 6, 4],
        ["additional", 5, 3],
        ["qualified_limit", 3, 3],
        ["exit", 3, 3],
        ["rows", 3, 3],
    ]


def test_limits_of_the_entry_and_of_the_whole_are_steps(engine: TestEngine) -> None:
    found = steps(engine, limit="Last", InclusionRules=[MEASURED], ExpressionLimit={"Type": "Last"})
    assert found == [
        ["entry", 7, 5],
        ["observation", 6, 4],
        ["entry_limit", 4, 4],
        ["rule", 3, 3],
        ["expression_limit", 3, 3],
        ["exit", 3, 3],
        ["rows", 3, 3],
    ]


def test_what_is_excluded_adds_up_to_what_came_in(engine: TestEngine) -> None:
    attrition = made(patients(engine, JOURNEY), definition(InclusionRules=[MEASURED], **FROM_END)).attrition("cohort")
    for counted in ("events", "persons"):
        left = attrition[counted].iloc[0] - attrition[f"excluded_{counted}"].sum()
        assert left == attrition[counted].iloc[-1]


def test_the_tables_of_ohdsi_count_events_and_the_best_event_of_each_person(engine: TestEngine) -> None:
    late = {
        **rule(DemographicCriteriaList=[{"OccurrenceStartDate": {"Value": "2020-05-03", "Op": "gt"}}]),
        "name": "late",
    }
    window = {"StartDate": "2020-01-01", "EndDate": "2020-08-31"}
    expression = definition(InclusionRules=[MEASURED, late], CensorWindow=window)
    tables = made(patients(engine, JOURNEY), expression).stats_tables()
    assert tables.cohort_inclusion.column("name").to_pylist() == ["measured", "late"]
    assert [tuple(row.values()) for row in tables.cohort_inclusion_result.to_pylist()] == [
        (1, 0, 0b00, 1),  # the event of person 3
        (1, 0, 0b01, 1),  # the first of person 1
        (1, 0, 0b11, 4),
        (1, 1, 0b00, 1),
        (1, 1, 0b11, 3),  # persons 1, 4 and 5 by their best event
    ]
    assert [tuple(row.values()) for row in tables.cohort_inclusion_stats.to_pylist()] == [
        (1, 0, 0, 5, 0, 6),
        (1, 1, 0, 4, 1, 6),  # without the second rule the first event of person 1 would stay too
        (1, 0, 1, 3, 0, 4),
        (1, 1, 1, 3, 0, 4),
    ]
    assert [tuple(row.values()) for row in tables.cohort_summary_stats.to_pylist()] == [(1, 0, 6, 4), (1, 1, 4, 3)]
    assert tables.cohort_censor_stats.to_pylist() == [{"cohort_definition_id": 1, "lost_count": 1}]


def test_a_definition_without_rules_or_window_has_no_rows_in_the_tables_of_ohdsi(engine: TestEngine) -> None:
    tables = made(patients(engine, JOURNEY), definition()).stats_tables()
    assert {name: table.num_rows for name, table in tables.items()} == dict.fromkeys(
        (
            "cohort_inclusion",
            "cohort_inclusion_result",
            "cohort_inclusion_stats",
            "cohort_summary_stats",
            "cohort_censor_stats",
        ),
        0,
    )
