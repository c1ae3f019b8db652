"""When a person leaves the cohort, and how the spans of a person are merged and clipped."""

from typing import Any

import pytest

from omop_etl.errors import RweError
from tests.cohorts.patients import definition, patients, rows
from tests.servers.engines import TestEngine

OBSERVED = """
observation_period
person | start      | end
1      | 2020-01-01 | 2020-12-31

condition_occurrence
person | concept | start      | end
1      | 10      | 2020-03-01 | 2020-03-10
1      | 20      | 2020-05-01 | .

drug_exposure
person | concept | start      | end
1      | 20      | 2020-02-20 | 2020-03-05
1      | 20      | 2020-03-15 | 2020-04-10
1      | 20      | 2020-06-01 | 2020-06-10
"""

NONE: dict[str, Any] = {"EndStrategy": None}


def offset(days: int, field: str = "StartDate") -> dict[str, Any]:
    return {"EndStrategy": {"DateOffset": {"DateField": field, "Offset": days}}}


def drug_era(**parts: int) -> dict[str, Any]:
    return {"EndStrategy": {"CustomEra": {"DrugCodesetId": 2, "GapDays": 0, "Offset": 0, **parts}}}


CENSORED = {"CensoringCriteria": [{"ConditionOccurrence": {"CodesetId": 2}}]}


@pytest.mark.parametrize(
    ("parts", "end"),
    [
        pytest.param(NONE, "2020-12-31", id="without a strategy: the end of the observation period"),
        pytest.param(offset(30), "2020-03-31", id="a fixed number of days after the start"),
        pytest.param(offset(5, "EndDate"), "2020-03-15", id="or after the end of the event"),
        pytest.param(offset(5000), "2020-12-31", id="never after the end of the observation period"),
        pytest.param(drug_era(), "2020-03-05", id="the end of the drug era that the start lies in"),
        pytest.param(
            drug_era(GapDays=10),
            "2020-04-10",
            id="gaps of so many days do not end an era",
        ),
        pytest.param(drug_era(GapDays=9), "2020-03-05", id="a gap of one day more does"),
        pytest.param(drug_era(Offset=3), "2020-03-08", id="days added to each exposure"),
        pytest.param(drug_era(DaysSupplyOverride=60), "2020-05-14", id="days of supply for each exposure"),
        pytest.param({**NONE, **CENSORED}, "2020-05-01", id="a censoring event ends it earlier"),
        pytest.param({**offset(10), **CENSORED}, "2020-03-11", id="the earliest end wins"),
        pytest.param({**drug_era(GapDays=10), **CENSORED}, "2020-04-10", id="of all candidates"),
    ],
)
def test_the_end_of_a_cohort_is_the_earliest_candidate(engine: TestEngine, parts: dict[str, Any], end: str) -> None:
    assert rows(patients(engine, OBSERVED), definition(**parts)) == [f"1 2020-03-01 {end}"]


BOTH = {"DateOffset": {"DateField": "StartDate", "Offset": 20}, **drug_era(GapDays=10)["EndStrategy"]}


@pytest.mark.parametrize(
    ("strategy", "end"),
    [
        pytest.param(BOTH, "2020-03-21", id="the fixed day before the use ends"),
        pytest.param({**BOTH, "DateOffset": {"Offset": 90}}, "2020-04-10", id="the end of use before the fixed day"),
        pytest.param({**BOTH, **drug_era()["EndStrategy"]}, "2020-03-05", id="whatever gaps end the use"),
    ],
)
def test_of_two_exits_the_one_that_comes_first_counts(engine: TestEngine, strategy: dict[str, Any], end: str) -> None:
    cdm = patients(engine, OBSERVED)
    assert rows(cdm, definition(EndStrategy=strategy), "exact") == [f"1 2020-03-01 {end}"]
    with pytest.raises(RweError, match="EndStrategy: Circe knows either"):
        rows(cdm, definition(EndStrategy=strategy), "circe")


def test_an_end_before_the_start_drops_the_row(engine: TestEngine) -> None:
    assert rows(patients(engine, OBSERVED), definition(**offset(-3))) == []


SPANS = """
condition_occurrence
person | concept | start
1      | 10      | 2020-01-01
1      | 10      | 2020-01-11
1      | 10      | 2020-01-31
"""


@pytest.mark.parametrize(
    ("pad", "expected"),
    [
        (0, ["1 2020-01-01 2020-01-21", "1 2020-01-31 2020-02-10"]),
        (9, ["1 2020-01-01 2020-01-21", "1 2020-01-31 2020-02-10"]),
        (10, ["1 2020-01-01 2020-02-10"]),
    ],
)
def test_spans_that_touch_or_lie_within_the_pad_are_merged(engine: TestEngine, pad: int, expected: list[str]) -> None:
    collapse = {"CollapseType": "ERA", "EraPad": pad}
    assert rows(patients(engine, SPANS), definition(CollapseSettings=collapse, **offset(10))) == expected


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ({"StartDate": "2020-01-10"}, ["1 2020-01-10 2020-01-21", "1 2020-01-31 2020-02-10"]),
        ({"EndDate": "2020-01-10"}, ["1 2020-01-01 2020-01-10"]),
        ({"StartDate": "2020-01-25", "EndDate": "2020-02-01"}, ["1 2020-01-31 2020-02-01"]),
    ],
)
def test_a_window_of_dates_clips_the_merged_spans(
    engine: TestEngine, window: dict[str, str], expected: list[str]
) -> None:
    assert rows(patients(engine, SPANS), definition(CensorWindow=window, **offset(10))) == expected
