"""Windows in hours: times of day to the second, records that have none, ends, nesting, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cohorts import read_definition
from cohorts.engine.plan import plan
from omop_etl.cdm import connect
from omop_etl.errors import CannotAnswerError, RweError
from tests.cohorts.patients import CONDITION, around, days, definition, hours, patients, rule, starts
from tests.servers.engines import TestEngine

LAB = {"Measurement": {"CodesetId": 2}}
DRUG = {"DrugExposure": {"CodesetId": 2}}
VISIT = {"VisitOccurrence": {"CodesetId": 1}}

AFTER_MIDNIGHT = """
condition_occurrence
person | concept | starts at
1      | 10      | 2020-01-10 22:30:00
2      | 10      | 2020-01-10 22:30:00
3      | 10      | 2020-01-10 22:30:00

measurement
person | concept | at
1      | 20      | 2020-01-11 04:30:00
2      | 20      | 2020-01-11 04:30:01
3      | 20      | 2020-01-10 22:29:59
"""


def included(cdm: Any, *criteria: Any, entry: Any = CONDITION, semantics: Any = "exact", **more: Any) -> list[str]:
    asked = definition(entry, InclusionRules=[rule(*criteria)], **more)
    return [row.split()[0] for row in starts(cdm, asked, semantics)]


@pytest.mark.parametrize(
    ("window", "persons"),
    [
        (hours(0, 6), ["1"]),
        (hours(0, None), ["1", "2"]),
        (hours(-6, 0), ["3"]),
        (hours(-0.0003, 0), ["3"]),
        (hours(None, 6), ["1", "3"]),
        (hours(6, 7), ["1", "2"]),
        (hours(6.0002, 7), ["2"]),
        (hours(7, 6), []),
    ],
)
@pytest.mark.parametrize("semantics", ["exact", "circe"])
def test_hours_are_counted_to_the_second_and_over_midnight(
    engine: TestEngine, window: dict[str, Any], persons: list[str], semantics: str
) -> None:
    cdm = patients(engine, AFTER_MIDNIGHT)
    assert included(cdm, around(LAB, at_least=1, StartWindow=window), semantics=semantics) == persons


def test_one_bound_can_be_in_hours_and_the_other_in_days(engine: TestEngine) -> None:
    """A day is a date: the day of the index event ends at midnight, an hour and a half after it."""
    cdm = patients(engine, AFTER_MIDNIGHT)
    same_day_from_the_event_on = {"Start": {"Hours": 0, "Coeff": 1}, "End": {"Days": 0, "Coeff": 1}}
    a_day_before_to_seven_hours_after = {"Start": {"Days": 1, "Coeff": -1}, "End": {"Hours": 7, "Coeff": 1}}
    assert included(cdm, around(LAB, at_least=1, StartWindow=same_day_from_the_event_on)) == []
    assert included(cdm, around(LAB, at_least=1, StartWindow=a_day_before_to_seven_hours_after)) == ["1", "2", "3"]


UNKNOWN = """
condition_occurrence
person | concept | starts at           | start
1      | 10      | 2020-01-10 12:00:00 | 2020-01-10
2      | 10      | .                   | 2020-01-10
3      | 10      | 2020-01-10 12:00:00 | 2020-01-10
4      | 10      | 2020-01-10 00:00:00 | 2020-01-10

measurement
person | concept | at                  | date
1      | 20      | .                   | 2020-01-11
2      | 20      | 2020-01-11 12:00:00 | 2020-01-11
3      | 20      | 2020-01-12 13:00:00 | 2020-01-11
4      | 20      | 2020-01-11 00:00:00 | 2020-01-11
"""


@pytest.mark.parametrize(
    ("window", "persons"),
    [
        pytest.param(hours(0, 24), ["4"], id="midnight is a time; an unknown time might be outside"),
        pytest.param(hours(0, 36), ["1", "2", "3", "4"], id="noon to the end of the next day are 36 hours at most"),
        pytest.param(
            hours(0, 35.9998), ["1", "3", "4"], id="and from the start of a day to the next noon just so many"
        ),
        pytest.param(hours(12, 36), ["1", "2", "3", "4"], id="noon to the start of the next day are 12 hours at least"),
        pytest.param(hours(12.0003, 36), ["2", "4"], id="and from the end of a day to the next noon a second more"),
        pytest.param(hours(48, 96), [], id="too far, whatever the times"),
    ],
)
def test_where_a_time_is_not_known_dates_decide_if_they_can_and_else_the_record_does_not_count(
    engine: TestEngine, window: dict[str, Any], persons: list[str]
) -> None:
    """Persons 1 and 3 lack the time of the result (3 has one of another day), person 2 that of the diagnosis."""
    assert included(patients(engine, UNKNOWN), around(LAB, at_least=1, StartWindow=window)) == persons


def test_what_may_have_happened_in_the_window_does_not_count_as_having_happened(engine: TestEngine) -> None:
    cdm = patients(engine, UNKNOWN)
    assert included(cdm, around(LAB, exactly=0, StartWindow=hours(0, 24))) == ["1", "2", "3"]
    assert included(cdm, around(LAB, at_most=0, StartWindow=hours(0, 48))) == []


STAYS = """
visit_occurrence
person | concept | starts at           | ends at
1      | 10      | 2020-01-10 08:00:00 | 2020-01-10 20:00:00
2      | 10      | 2020-01-10 08:00:00 | 2020-01-10 20:00:00
3      | 10      | 2020-01-10 08:00:00 | 2020-01-10 20:00:00

drug_exposure
person | concept | starts at           | end        | ends at             | days
1      | 20      | 2020-01-10 19:00:00 | 2020-01-10 | 2020-01-10 23:00:00 | .
2      | 20      | 2020-01-10 21:00:00 | .          | .                   | .
3      | 20      | 2020-01-10 19:30:00 | .          | .                   | 2
"""


@pytest.mark.parametrize(
    ("windows", "persons"),
    [
        pytest.param({"StartWindow": hours(-1, 0, UseIndexEnd=True)}, ["1", "3"], id="from the end of the stay"),
        pytest.param({"StartWindow": hours(0, 15, UseEventEnd=True)}, ["1"], id="to the end of the drug"),
        pytest.param({"EndWindow": hours(0, 3, UseIndexEnd=True)}, ["1"], id="an end window looks at the end"),
        pytest.param({"EndWindow": hours(0, 12, UseEventEnd=False)}, ["1", "3"], id="or at the start if told so"),
        pytest.param({"EndWindow": hours(37, 37)}, ["2"], id="no end: a day after its start, at the same time"),
        pytest.param({"EndWindow": hours(59.5, 59.5)}, ["3"], id="no end: by the days of supply, at the same time"),
        pytest.param({"StartWindow": hours(11, 12), "EndWindow": hours(14, 16)}, ["1"], id="both windows"),
    ],
)
def test_starts_and_ends_have_times_of_their_own(
    engine: TestEngine, windows: dict[str, Any], persons: list[str]
) -> None:
    assert included(patients(engine, STAYS), around(DRUG, at_least=1, **windows), entry=VISIT) == persons


def test_two_results_some_hours_apart_are_a_result_around_a_result(engine: TestEngine) -> None:
    """Person 1 has them 3 hours apart, over the change to summer time, of which a CDM knows nothing."""
    cdm = patients(
        engine,
        """
        condition_occurrence
        person | concept | starts at
        1      | 10      | 2020-03-28 20:00:00
        2      | 10      | 2020-03-28 20:00:00

        measurement
        person | concept | at
        1      | 20      | 2020-03-29 00:30:00
        1      | 20      | 2020-03-29 03:30:00
        2      | 20      | 2020-03-29 00:30:00
        2      | 20      | 2020-03-29 03:29:59
        """,
    )
    second = {"Type": "ALL", "CriteriaList": [around(LAB, at_least=1, StartWindow=hours(3, None))]}
    two = {"Measurement": {"CodesetId": 2, "CorrelatedCriteria": second}}
    assert included(cdm, around(two, at_least=1, StartWindow=days(0, 1))) == ["1"]
    assert included(cdm, around(two, at_least=1, StartWindow=hours(0, 4.5))) == ["1"]
    assert included(cdm, around(two, at_least=1, StartWindow=hours(0, 4))) == []
    assert [row.split()[0] for row in starts(cdm, definition(two), "exact")] == ["1"]


@pytest.mark.parametrize(
    ("limit", "persons"), [("All", ["1", "2"]), ("First", ["1"]), ("Last", ["2"])], ids=["all", "first", "last"]
)
def test_each_entry_event_has_the_time_of_its_own_record(engine: TestEngine, limit: str, persons: list[str]) -> None:
    """Two kinds of entry event, in the order of dates and record numbers, as without hours."""
    cdm = patients(
        engine,
        """
        condition_occurrence
        person | concept | condition_occurrence_id | starts at
        1      | 10      | 1                       | 2020-01-10 10:00:00
        2      | 10      | 2                       | 2020-01-10 02:00:00
        2      | 10      | 3                       | 2020-01-12 10:00:00

        drug_exposure
        person | concept | drug_exposure_id | starts at
        1      | 20      | 2                | 2020-01-10 09:00:00
        1      | 20      | 9                | 2020-01-12 01:00:00
        2      | 20      | 1                | 2020-01-10 01:00:00

        measurement
        person | concept | at
        1      | 20      | 2020-01-10 10:30:00
        2      | 20      | 2020-01-12 10:30:00
        """,
    )
    entry = [CONDITION, DRUG]
    within_the_hour = around(LAB, at_least=1, StartWindow=hours(0, 1))
    found = starts(cdm, definition(entry, limit=limit, InclusionRules=[rule(within_the_hour)]), "exact")
    assert [row.split()[0] for row in found] == persons


def test_qualified_events_keep_their_times(engine: TestEngine) -> None:
    cdm = patients(engine, AFTER_MIDNIGHT)
    additional = {"Type": "ALL", "CriteriaList": [around(LAB, at_least=1, StartWindow=hours(-1, 7))]}
    asked = {"AdditionalCriteria": additional, "QualifiedLimit": {"Type": "First"}}
    assert included(cdm, around(LAB, at_least=1, StartWindow=hours(6, 7)), **asked) == ["1", "2"]


def test_adjusted_dates_keep_the_time_of_what_they_are_counted_from(engine: TestEngine) -> None:
    """The drug counts as starting a day after its own end: the time is that of the end."""
    cdm = patients(
        engine,
        """
        condition_occurrence
        person | concept | starts at
        1      | 10      | 2020-01-10 10:00:00

        drug_exposure
        person | concept | starts at           | ends at
        1      | 20      | 2020-01-10 12:00:00 | 2020-01-10 18:00:00
        """,
    )
    moved = {"StartWith": "END_DATE", "StartOffset": 1, "EndWith": "END_DATE", "EndOffset": 1}
    drug = {"DrugExposure": {"CodesetId": 2, "DateAdjustment": moved}}
    assert included(cdm, around(drug, at_least=1, StartWindow=hours(32, 32))) == ["1"]


def test_a_death_has_a_time(engine: TestEngine) -> None:
    cdm = patients(
        engine,
        """
        condition_occurrence
        person | concept | starts at
        1      | 10      | 2020-01-10 20:00:00
        2      | 10      | 2020-01-10 20:00:00

        death
        person | at
        1      | 2020-01-11 20:00:00
        2      | 2020-01-11 20:00:01
        """,
    )
    assert included(cdm, around({"Death": {}}, at_least=1, StartWindow=hours(0, 24))) == ["1"]


@pytest.mark.parametrize(
    ("expression", "where", "what"),
    [
        (
            definition(InclusionRules=[rule(around({"DrugEra": {}}, at_least=1, StartWindow=hours(0, 6)))]),
            "InclusionRules[0].expression.CriteriaList[0].StartWindow",
            "to DrugEra",
        ),
        (
            definition(
                [CONDITION, {"ObservationPeriod": {}}],
                InclusionRules=[rule(around(LAB, at_least=1, EndWindow=hours(0, 6)))],
            ),
            "InclusionRules[0].expression.CriteriaList[0].EndWindow",
            "from an entry event of ObservationPeriod",
        ),
        (
            definition(
                {
                    "PayerPlanPeriod": {
                        "CorrelatedCriteria": {
                            "Type": "ALL",
                            "CriteriaList": [around(LAB, at_least=1, StartWindow=hours(0, 6))],
                        }
                    }
                }
            ),
            "PrimaryCriteria.CriteriaList[0].PayerPlanPeriod.CorrelatedCriteria.CriteriaList[0].StartWindow",
            "from PayerPlanPeriod",
        ),
        (
            definition(
                InclusionRules=[
                    rule(around({"CustomEra": {"CriteriaList": [LAB]}}, at_least=1, StartWindow=hours(0, 6)))
                ]
            ),
            "InclusionRules[0].expression.CriteriaList[0].StartWindow",
            "to CustomEra",
        ),
        (
            definition(
                InclusionRules=[
                    rule(around({"CohortMembership": {"CohortId": 1}}, at_least=1, StartWindow=hours(0, 6)))
                ],
                Cohorts=[{"id": 1, "name": "other", "expression": definition()}],
            ),
            "InclusionRules[0].expression.CriteriaList[0].StartWindow",
            "to CohortMembership",
        ),
    ],
)
def test_hours_around_what_has_dates_only_are_refused_by_name(expression: Any, where: str, what: str) -> None:
    with pytest.raises(RweError) as refused:
        plan(read_definition(expression, semantics="exact"))
    assert where in str(refused.value)
    assert f"hours cannot be counted {what}, which has dates only" in str(refused.value)


@pytest.mark.parametrize(
    ("bound", "why"),
    [
        ({"Days": 1, "Hours": 2, "Coeff": 1}, "a bound has Days or Hours, not both"),
        ({"Hours": -2, "Coeff": 1}, "greater than or equal to 0"),
        ({"Hours": "soon", "Coeff": 1}, "End.Hours"),
    ],
)
def test_a_bound_that_makes_no_sense_is_refused_with_its_path(bound: dict[str, Any], why: str) -> None:
    window = {"Start": {"Coeff": -1}, "End": bound}
    with pytest.raises(RweError) as refused:
        read_definition(definition(InclusionRules=[rule(around(LAB, at_least=1, StartWindow=window))]))
    assert "CriteriaList[0].StartWindow.End" in str(refused.value)
    assert why in str(refused.value)


def test_a_cdm_without_the_column_of_times_cannot_answer(tmp_path: Path) -> None:
    patients(tmp_path, AFTER_MIDNIGHT).close()
    table = pq.read_table(tmp_path / "measurement.parquet")
    pq.write_table(table.drop_columns(["measurement_datetime"]), tmp_path / "measurement.parquet")
    with connect(f"parquet://{tmp_path}") as cdm:
        assert included(cdm, around(LAB, at_least=1, StartWindow=days(0, 1))) == ["1", "2", "3"]
        with pytest.raises(CannotAnswerError, match="measurement_datetime"):
            included(cdm, around(LAB, at_least=1, StartWindow=hours(0, 6)))
