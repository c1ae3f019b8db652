"""The Python builder writes the same documents as a hand-written expression, and they mean the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from cohorts import generate, read_definition
from cohorts.builder import (
    Records,
    age,
    any_of,
    at_least_of,
    cohort,
    concepts,
    condition,
    death,
    drug,
    drug_era,
    measurement,
    member_of,
    sex,
    visit,
)
from omop_etl.errors import UsageError
from tests.cohorts.patients import hours, patients

TEN, TWENTY = concepts("ten", 10), concepts("twenty", 20)

PATIENTS = """
person
person | sex  | year
1      | 8507 | 1950
2      | 8532 | 1950
3      | 8507 | 2010

condition_occurrence
person | concept | start
1      | 10      | 2020-01-10
1      | 10      | 2020-06-01
2      | 10      | 2020-01-10
3      | 10      | 2020-01-10
4      | 10      | 2020-01-10

drug_exposure
person | concept | start      | end
1      | 20      | 2020-01-05 | 2020-01-20
2      | 20      | 2020-01-12 | 2020-02-20
4      | 20      | 2019-01-05 | 2019-01-20

measurement
person | concept | date       | value
1      | 20      | 2020-01-11 | 5.6
2      | 20      | 2020-01-11 | 7.5
4      | 20      | 2020-01-11 | 9

death
person | date
2      | 2020-03-01
"""


def persons(folder: Path, built: object) -> list[str]:
    definition = built.definition()  # type: ignore[attr-defined]
    with patients(folder, PATIENTS) as cdm:
        rows = generate({"built": definition}, cdm).rows.to_pylist()
    return [f"{row['subject_id']} {row['cohort_start_date']} {row['cohort_end_date']}" for row in rows]


def test_the_document_is_the_one_that_circe_would_write() -> None:
    built = (
        cohort("trial")
        .entering_on(condition(TEN).first(), keep="all")
        .observed(before=365)
        .requiring("adult man", age(18, 75), sex("male"))
        .requiring("treated", drug(TWENTY).before(30).at_least(2))
        .excluding("measured", measurement(TWENTY).with_value(above=7, unit=8840).within(-90, 0))
        .leaving(after=365)
        .censored_by(death())
        .merging_within(30)
        .definition("circe")
    )
    assert built.expression.to_json() == {
        "ConceptSets": [
            {
                "id": number,
                "name": name,
                "expression": {"items": [{"concept": {"CONCEPT_ID": concept}, "includeDescendants": True}]},
            }
            for number, (name, concept) in enumerate([("ten", 10), ("twenty", 20)])
        ],
        "PrimaryCriteria": {
            "CriteriaList": [{"ConditionOccurrence": {"CodesetId": 0, "First": True}}],
            "ObservationWindow": {"PriorDays": 365, "PostDays": 0},
            "PrimaryCriteriaLimit": {"Type": "All"},
        },
        "InclusionRules": [
            {
                "name": "adult man",
                "expression": {
                    "Type": "ALL",
                    "CriteriaList": [],
                    "DemographicCriteriaList": [
                        {"Age": {"Value": 18, "Op": "bt", "Extent": 75}},
                        {"Gender": [{"CONCEPT_ID": 8507}]},
                    ],
                    "Groups": [],
                },
            },
            {
                "name": "treated",
                "expression": {
                    "Type": "ALL",
                    "CriteriaList": [
                        {
                            "Criteria": {"DrugExposure": {"CodesetId": 1}},
                            "StartWindow": {
                                "Start": {"Days": 30, "Coeff": -1},
                                "End": {"Days": 1, "Coeff": -1},
                                "UseEventEnd": False,
                            },
                            "Occurrence": {"Type": 2, "Count": 2},
                        }
                    ],
                    "DemographicCriteriaList": [],
                    "Groups": [],
                },
            },
            {
                "name": "measured",
                "expression": {
                    "Type": "ALL",
                    "CriteriaList": [
                        {
                            "Criteria": {
                                "Measurement": {
                                    "CodesetId": 1,
                                    "ValueAsNumber": {"Value": 7, "Op": "gt"},
                                    "Unit": [{"CONCEPT_ID": 8840}],
                                }
                            },
                            "StartWindow": {
                                "Start": {"Days": 90, "Coeff": -1},
                                "End": {"Days": 0, "Coeff": 1},
                                "UseEventEnd": False,
                            },
                            "Occurrence": {"Type": 0, "Count": 0},
                        }
                    ],
                    "DemographicCriteriaList": [],
                    "Groups": [],
                },
            },
        ],
        "ExpressionLimit": {"Type": "First"},
        "EndStrategy": {"DateOffset": {"DateField": "StartDate", "Offset": 365}},
        "CensoringCriteria": [{"Death": {}}],
        "CollapseSettings": {"CollapseType": "ERA", "EraPad": 30},
    }
    assert read_definition(built.to_json()).hash == built.hash


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        (age(18), ["1", "2", "4"]),
        (sex("female"), ["2"]),
        (drug(TWENTY).before(), ["1", "4"]),
        (drug(TWENTY).before(30), ["1"]),
        (drug(TWENTY).after(7), ["2"]),
        (drug(TWENTY).within(0, 20, ending=True), ["1"]),
        (drug(TWENTY).absent(), ["3"]),
        (measurement(TWENTY).with_value(at_least=7, at_most=8), ["2"]),
        (any_of(sex("female"), drug(TWENTY).before(30)), ["1", "2"]),
        (at_least_of(2, age(18), sex("male"), drug(TWENTY).before()), ["1", "4"]),
        (visit().absent(), ["1", "2", "3", "4"]),
    ],
)
def test_a_rule_keeps_the_persons_that_it_describes(tmp_path: Path, rule: object, kept: list[str]) -> None:
    built = cohort("rule").entering_on(condition(TEN).first()).requiring("rule", rule)  # type: ignore[arg-type]
    assert [row.split()[0] for row in persons(tmp_path, built)] == kept


def test_exits_are_fixed_or_follow_exposure_or_events(tmp_path: Path) -> None:
    entry = cohort("exit").entering_on(condition(TEN).first()).requiring("women", sex("female"))
    assert persons(tmp_path, entry.leaving(after=30)) == ["2 2020-01-10 2020-02-09"]
    assert persons(tmp_path, entry.censored_by(death())) == ["2 2020-01-10 2020-03-01"]
    exposed = cohort("exit").entering_on(drug(TWENTY).first()).requiring("women", sex("female"))
    assert persons(tmp_path, exposed.leaving_when_exposure_ends(TWENTY)) == ["2 2020-01-12 2020-02-20"]


def test_of_two_exits_the_first_counts(tmp_path: Path) -> None:
    exposed = cohort("exit").entering_on(drug(TWENTY).first()).requiring("women", sex("female"))
    assert persons(tmp_path, exposed.leaving_when_exposure_ends(TWENTY).leaving(after=5)) == ["2 2020-01-12 2020-01-17"]
    assert persons(tmp_path, exposed.leaving(after=500).leaving_when_exposure_ends(TWENTY)) == [
        "2 2020-01-12 2020-02-20"
    ]


def test_another_cohort_is_a_criterion_and_stands_in_the_document_once(tmp_path: Path) -> None:
    treated = cohort("treated").entering_on(drug(TWENTY)).leaving(after=0).definition()
    asked = (
        cohort("asked")
        .entering_on(condition(TEN).first())
        .requiring("treated", any_of(member_of(treated).within(-30, -1), member_of(treated).after()))
    )
    with patients(tmp_path, PATIENTS) as cdm:
        made = generate({"asked": asked.definition(), "treated": treated}, cdm)
        frame = made.rows.to_pandas()
    people = frame.groupby("cohort_name")["subject_id"].agg(set)
    assert people["asked"]
    assert people["asked"] <= people["treated"]
    (other,) = asked.definition().expression.cohorts or []
    assert (other.id, other.name, other.expression) == (0, "treated", treated.expression)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: cohort("empty").definition(), "has no entry event"),
        (lambda: concepts("empty"), "is empty"),
        (lambda: measurement().with_value(), "bounds do not make one comparison"),
        (lambda: measurement().with_value(above=3, at_least=4), "bounds do not make one comparison"),
        (lambda: condition().having(colour="red"), "ConditionOccurrence has no attribute colour"),
        (lambda: condition().lasting(at_least=3), "ConditionOccurrence has no length"),
        (lambda: any_of(), "has no members"),
        (lambda: sex("both"), "is no sex known here"),
    ],
)
def test_what_makes_no_sense_is_refused_when_it_is_written(wrong: object, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        wrong()  # type: ignore[operator]


def test_lengths_are_asked_of_eras_and_visits() -> None:
    numbers = {TEN: 0}
    assert drug_era(TEN).lasting(at_least=90).criterion(numbers).to_json() == {
        "DrugEra": {"CodesetId": 0, "EraLength": {"Value": 90, "Op": "gte"}}
    }
    assert visit().lasting(at_most=3).criterion({}).to_json() == {
        "VisitOccurrence": {"VisitLength": {"Value": 3, "Op": "lte"}}
    }


@pytest.mark.parametrize(
    ("records", "key", "window"),
    [
        (measurement(TWENTY).within_hours(-3, 0.5), "StartWindow", hours(-3, 0.5, UseEventEnd=False)),
        (measurement(TWENTY).before(hours=3), "StartWindow", hours(-3, 0, UseEventEnd=False)),
        (measurement(TWENTY).after(hours=6), "StartWindow", hours(0, 6, UseEventEnd=False)),
        (
            drug(TWENTY).within_hours(None, 6, of_end=True, ending=True),
            "EndWindow",
            hours(None, 6, UseIndexEnd=True, UseEventEnd=True),
        ),
    ],
)
def test_windows_of_hours_are_written_as_by_hand(records: Records, key: str, window: dict[str, object]) -> None:
    asked = cohort("c").entering_on(condition(TEN)).requiring("r", records).definition().expression.to_json()
    assert asked["InclusionRules"][0]["expression"]["CriteriaList"][0][key] == window


def test_a_window_in_days_and_hours_is_refused() -> None:
    with pytest.raises(UsageError, match="not both"):
        measurement(TWENTY).after(3, hours=6)
    with pytest.raises(UsageError, match="not both"):
        measurement(TWENTY).before(3, hours=6)
