"""Checks of windows in hours: order, what hours are counted between, and what the data knows of times."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cohorts import Evaluator, read_definition
from cohorts.lint import lint
from tests.cohorts.lint.test_lint import AT, BEFORE, DRUG, MEASURED, TYPED, clean, entry, found, only_rule
from tests.cohorts.patients import SETS, around, concept_set, days, definition, hours, patients, rule

CASES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "hours backwards": (
        only_rule(around(DRUG, at_least=1, StartWindow=hours(-1, -9))),
        "window order",
        "critical",
        f"{AT}.StartWindow",
    ),
    "hours that end before the day starts": (
        only_rule(around(DRUG, at_least=1, EndWindow={**days(2, None), "End": {"Hours": 24, "Coeff": 1}})),
        "window order",
        "critical",
        f"{AT}.EndWindow",
    ),
    "a single moment": (
        only_rule(around(DRUG, at_least=1, StartWindow=hours(-3, -3))),
        "single day",
        "info",
        f"{AT}.StartWindow",
    ),
    "the entry event again, by hours": (
        only_rule(around({"ConditionOccurrence": TYPED}, at_least=1, StartWindow=hours(-3, 0))),
        "duplicate criteria",
        "warning",
        AT,
    ),
    "look back by hours": (
        only_rule(around(DRUG, exactly=0, StartWindow=hours(-31 * 24, 0))),
        "time window",
        "warning",
        f"{AT}.StartWindow",
    ),
    "death before, by hours": (
        only_rule(around({"Death": {}}, exactly=0, StartWindow=hours(-9, -1))),
        "death time window",
        "warning",
        f"{AT}.StartWindow",
    ),
    "immortal time by hours": (
        only_rule(around(DRUG, at_least=1, StartWindow=hours(0, 6))),
        "immortal time",
        "warning",
        f"{AT}.StartWindow",
    ),
    "hours are beyond atlas": (
        only_rule(around(DRUG, at_least=1, EndWindow=hours(-6, 0))),
        "beyond atlas",
        "info",
        f"{AT}.EndWindow",
    ),
    "hours to an era": (
        only_rule(around({"DrugEra": {"CodesetId": 2}}, at_least=1, StartWindow=hours(-6, 0))),
        "times of day",
        "critical",
        f"{AT}.StartWindow",
    ),
    "hours to the end of a moment": (
        only_rule(around({"Measurement": MEASURED}, at_least=1, EndWindow=hours(-6, 0))),
        "times of day",
        "warning",
        f"{AT}.EndWindow",
    ),
    "hours from a period": (
        {**entry({"ObservationPeriod": {}}), **only_rule(around(DRUG, at_least=1, StartWindow=hours(-6, 0)))},
        "times of day",
        "critical",
        f"{AT}.StartWindow",
    ),
}


@pytest.mark.parametrize("name", list(CASES))
def test_each_check_finds_what_it_is_for_in_windows_of_hours(name: str) -> None:
    parts, check, severity, path = CASES[name]
    assert (check, severity, path) in found(clean(**parts))


def test_a_sound_window_of_hours_is_only_beyond_atlas() -> None:
    drug = {"DrugExposure": {"CodesetId": 2, "DrugType": [{"CONCEPT_ID": 1}]}}
    sound = clean(**only_rule(around(drug, at_least=1, StartWindow=hours(-6, 0))))
    assert found(sound) == [("beyond atlas", "info", f"{AT}.StartWindow")]
    mixed = {"Start": {"Days": 1, "Coeff": -1}, "End": {"Hours": 0, "Coeff": 1}}
    assert found(clean(**only_rule(around(drug, at_least=1, StartWindow=mixed))))[0][0] == "beyond atlas"


def test_hours_are_told_as_people_write_them() -> None:
    told = [
        problem.message()
        for hour in (6, 0.5)
        for problem in lint(read_definition(clean(**only_rule(around(DRUG, at_least=1, StartWindow=hours(0, hour))))))
        if problem.check == "immortal time"
    ]
    assert ["(up to 6 hours)" in told[0], "(up to 0.5 hours)" in told[1]] == [True, True]


def test_what_ends_and_what_is_counted_at_its_start_is_not_told() -> None:
    at_start = hours(-6, 0, UseEventEnd=False)
    for asked in (
        around({"Measurement": MEASURED}, at_least=1, EndWindow=at_start),
        around(DRUG, at_least=1, EndWindow=hours(-6, 0)),
    ):
        assert "times of day" not in [check for check, _, _ in found(clean(**only_rule(asked)))]


def test_hours_from_a_nested_era_are_told_too() -> None:
    around_era = {"Type": "ALL", "CriteriaList": [around(DRUG, at_least=1, StartWindow=hours(-6, 0))]}
    era = {"DrugEra": {"CodesetId": 2, "CorrelatedCriteria": around_era}}
    told = found(clean(**only_rule(around(era, at_least=1, StartWindow=BEFORE))))
    nested = f"{AT}.Criteria.DrugEra.CorrelatedCriteria.CriteriaList[0].StartWindow"
    assert ("times of day", "critical", nested) in told


TIMED = """
concept
concept | name | standard_concept | domain_id
10      | a    | S                | Condition
20      | b    | S                | Measurement
21      | c    | S                | Measurement
22      | d    | S                | Measurement

condition_occurrence
person | concept | starts at
1      | 10      | 2020-01-01 10:00:00

measurement
person | concept | at                  | date
1      | 20      | 2020-01-01 10:00:00 | 2020-01-01
1      | 20      | 2020-01-02 00:00:00 | 2020-01-02
1      | 20      | .                   | 2020-01-02
1      | 20      | 2020-01-02 05:00:00 | 2020-01-03
1      | 21      | 2020-01-01 10:00:00 | 2020-01-01
1      | 22      | .                   | 2020-01-01
"""


@pytest.mark.parametrize(
    ("concept", "severity", "without", "midnight"),
    [(20, "warning", 50, 25), (21, "", 0, 0), (22, "critical", 100, 0)],
)
def test_records_without_a_time_and_at_midnight_are_told_as_shares(
    concept: int, severity: str, without: int, midnight: int, tmp_path: Path
) -> None:
    lab = around({"Measurement": {"CodesetId": 2}}, at_least=1, StartWindow=hours(-6, 0))
    asked = {**definition(InclusionRules=[rule(lab)]), "ConceptSets": [SETS[0], concept_set(2, concept)]}
    with patients(tmp_path, TIMED) as cdm:
        told = [p for p in lint(read_definition(asked), Evaluator(cdm)) if p.check == "recorded times"]
    assert [problem.severity for problem in told] == ([severity] if severity else [])
    if told:
        assert told[0].path == f"{AT}.StartWindow"
        assert (
            f"{without} % of these records in measurement have no time of day, and {midnight} % are at midnight"
            in told[0].message()
        )
