"""Baseline covariates: one person per case, every value read off the tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from analyses.dataset import Dataset, DatasetSpec, build
from omop_etl.errors import CannotAnswerError
from tests.analyses.dataset.small_cdm import cohort_rows, small_cdm

#  person  sex   born
PERSONS = """
1 | 8507 | 1960 | 3 | 2
2 | 8532 | 1960 | . | .
3 | 8551 | 1960 | 3 | 1
4 | 8507 | 1990 | 12 | 31
"""
OBSERVED = """
1 | 2018-01-01 | 2021-12-31
2 | 2018-01-01 | 2021-12-31
3 | 2018-01-01 | 2021-12-31
4 | 2020-03-01 | 2021-12-31
"""
ROWS = """
a | 1 | 2020-03-01 | 2020-06-01
a | 2 | 2020-03-01 | 2020-06-01
b | 3 | 2020-03-01 | 2020-06-01
b | 4 | 2020-03-01 | 2020-06-01
"""
#  person  concept  start        end          (10 is above 11)
CONDITIONS = """
1 | 10 | 2020-02-29 | 2020-03-05
1 | 11 | 2019-09-01 | .
1 | 10 | 2018-12-31 | .
2 | 12 | 2020-02-01 | .
3 | 11 | 2020-03-01 | .
3 | 10 | 2020-03-02 | .
"""
#  person  concept  date         value  unit  answer
MEASUREMENTS = """
1 | 20 | 2020-01-01 | 100 | 8749 | .
1 | 20 | 2020-02-01 | 2 | 8840 | .
1 | 20 | 2020-02-20 | 90 | 8749 | .
1 | 20 | 2020-02-20 | 80 | 8749 | .
1 | 20 | 2020-03-10 | 70 | 8749 | .
2 | 20 | 2020-02-20 | . | 8749 | .
3 | 20 | 2020-02-20 | 5 | 1 | .
3 | 30 | 2020-01-20 | . | . | 45884084
3 | 30 | 2020-02-20 | . | . | 45878583
1 | 30 | 2020-01-20 | . | . | 45884084
2 | 30 | 2020-01-20 | . | . | 9999
4 | 30 | 2020-01-20 | . | . | 0
"""
CONCEPTS = "45884084 | Positive\n45878583 | Negative"


@pytest.fixture(scope="module")
def cdm(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return small_cdm(
        tmp_path_factory.mktemp("cdm"),
        person=PERSONS,
        observation_period=OBSERVED,
        condition_occurrence=CONDITIONS,
        measurement=MEASUREMENTS,
        concept=CONCEPTS,
        concept_ancestor="10 | 10\n10 | 11\n11 | 11",
    )


def built(cdm: Any, *covariates: dict[str, Any]) -> Dataset:
    spec = {"exposure": [{"cohort": "a"}, {"cohort": "b"}], "outcome": {"kind": "death"}, "covariates": covariates}
    return build(cdm, cohort_rows(ROWS), DatasetSpec.model_validate(spec))


def condition(**more: Any) -> dict[str, Any]:
    asked = {"kind": "records", "name": "x", "domain": "condition_occurrence", "concepts": {"include": [10]}}
    return asked | more


def creatinine(**more: Any) -> dict[str, Any]:
    asked = {"kind": "records", "name": "x", "domain": "measurement", "concepts": {"include": [20]}, "value": "number"}
    return asked | more


def values(dataset: Dataset) -> list[Any]:
    return [None if pd.isna(value) else value for value in dataset.table["x"]]


def dictionary(dataset: Dataset, name: str = "x") -> dict[str, Any]:
    return dataset.dictionary.set_index("name").loc[name].to_dict()


def test_age_sex_year_and_observation(cdm: Any) -> None:
    kinds = [
        {"kind": "age"},
        {"kind": "age", "name": "age_c", "method": "year"},
        {"kind": "sex"},
        {"kind": "index_year"},
    ]
    dataset = built(cdm, *kinds, {"kind": "prior_observation"})
    table = dataset.table
    assert table["age"].tolist() == [59, 59, 60, 29]  # without a birthday the first of July counts
    assert table["age_c"].tolist() == [60, 60, 60, 30]
    assert table["sex"].tolist()[:2] == ["male", "female"]
    assert pd.isna(table["sex"][2])
    assert table["index_year"].tolist() == [2020] * 4
    assert table["prior_observation_days"].tolist() == [790, 790, 790, 0]
    assert (dictionary(dataset, "sex")["present"], dictionary(dataset, "sex")["no_value"]) == (3, 1)


def test_any_record_in_the_window_both_ends_included(cdm: Any) -> None:
    assert values(built(cdm, condition(window={"start": -365, "end": 0}))) == [1, 0, 1, 0]
    assert values(built(cdm, condition(window={"start": -365, "end": -1}))) == [1, 0, 0, None]
    assert values(built(cdm, condition(window={"start": -182, "end": -182}))) == [1, 0, 0, None]
    assert values(built(cdm, condition(window={"start": -181, "end": -2}))) == [0, 0, 0, None]


def test_absent_is_told_from_not_observed(cdm: Any) -> None:
    """Person 4 enters observation on the index date: nothing is known about the year before it."""
    found = dictionary(built(cdm, condition(window={"start": -365, "end": -1})))
    assert [found[name] for name in ("present", "absent", "no_value", "unobserved")] == [1, 2, 0, 1]


def test_counts_and_descendants(cdm: Any) -> None:
    assert values(built(cdm, condition(statistic="count", window={"end": None}))) == [3, 0, 2, 0]
    alone = {"include": [10], "descendants": False}
    assert values(built(cdm, condition(statistic="count", window={"end": None}, concepts=alone))) == [2, 0, 1, 0]
    without = {"include": [10], "exclude": [11]}
    assert values(built(cdm, condition(statistic="count", window={"end": None}, concepts=without))) == [2, 0, 1, 0]


def test_days_since_the_latest_record(cdm: Any) -> None:
    dataset = built(cdm, condition(statistic="days_since"))
    assert values(dataset) == [1, None, 0, None]
    assert dictionary(dataset)["kind"] == "days_since"


def test_a_record_that_goes_on_counts_with_overlap_only(cdm: Any) -> None:
    window = {"start": 2, "end": 10}
    assert values(built(cdm, condition(window=window))) == [0, 0, 0, 0]
    assert values(built(cdm, condition(window=window, overlap=True))) == [1, 0, 0, 0]


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        ("first", 100),
        ("last", 70),
        ("nearest", 70),
        ("min", 2),
        ("max", 100),
        ("mean", np.mean([100, 2, 90, 80, 70])),
    ],
)
def test_numeric_statistics(cdm: Any, statistic: str, expected: float) -> None:
    dataset = built(cdm, creatinine(statistic=statistic, window={"start": -100, "end": 9}))
    assert values(dataset) == [pytest.approx(expected), None, 5.0, None]


def test_nearest_prefers_the_earlier_of_two_days_as_near(cdm: Any) -> None:
    dataset = built(cdm, creatinine(statistic="nearest", window={"start": -10, "end": 10}))
    assert values(dataset)[0] == 70


def test_of_two_values_on_one_day_the_later_record_counts(cdm: Any) -> None:
    for statistic in ("last", "nearest"):
        assert values(built(cdm, creatinine(statistic=statistic, window={"start": -12, "end": 8})))[0] == 80


def test_units_are_converted_and_others_have_no_usable_value(cdm: Any) -> None:
    units = {"unit": 8749, "convert": {8840: 88.4}}
    dataset = built(cdm, creatinine(statistic="max", units=units))
    assert values(dataset) == [pytest.approx(176.8), None, None, None]
    found = dictionary(dataset)
    assert [found[name] for name in ("present", "absent", "no_value", "unobserved")] == [1, 1, 2, 0]
    assert found["unit"] == 8749


def test_values_decide_whether_a_record_counts(cdm: Any) -> None:
    high = creatinine(statistic="count", value=None, where={"at_least": 80, "at_most": 95})
    assert values(built(cdm, high)) == [2, 0, 0, 0]
    converted = high | {"where": {"at_least": 150}, "units": {"unit": 8749, "convert": {8840: 88.4}}}
    assert values(built(cdm, converted)) == [1, 0, 0, 0]


def test_coded_values_are_named_by_the_document_or_the_vocabulary(cdm: Any) -> None:
    asked = creatinine(concepts={"include": [30]}, statistic="last", value="concept", levels={45884084: "阳性"})
    dataset = built(cdm, asked)
    assert values(dataset) == ["阳性", "9999", "Negative", None]
    assert dataset.table["x"].cat.categories.tolist() == ["阳性", "9999", "Negative"]
    assert dictionary(dataset)["no_value"] == 1  # concept 0 is no value


def test_any_record_with_a_coded_value(cdm: Any) -> None:
    positive = creatinine(concepts={"include": [30]}, statistic="any", value=None, where={"concepts": [45884084]})
    assert values(built(cdm, positive)) == [1, 0, 1, 0]


def test_many_covariates_at_once_equal_each_alone(cdm: Any) -> None:
    asked = [
        condition(name="x1", window={"start": -365, "end": -1}),
        creatinine(name="x2", statistic="first"),
        creatinine(name="x3", statistic="last", units={"unit": 8749}),
        condition(name="x4", statistic="count", concepts={"include": [12], "descendants": False}),
        creatinine(name="x5", concepts={"include": [30]}, statistic="first", value="concept"),
    ]
    together = built(cdm, *asked).table
    for covariate in asked:
        alone = built(cdm, covariate).table[covariate["name"]]
        pd.testing.assert_series_equal(together[covariate["name"]], alone)


def test_the_dictionary_describes_every_column(cdm: Any) -> None:
    dataset = built(cdm, condition(label="高血压", window={"start": -365, "end": 0}))
    assert dataset.dictionary["name"].tolist() == dataset.table.columns.tolist()
    found = dictionary(dataset)
    assert (found["label"], found["kind"], found["domain"]) == ("高血压", "binary", "condition_occurrence")
    assert (found["window_start"], found["window_end"]) == (-365, 0)
    assert "observation_end" in dataset.summary()


def test_the_document_survives_json() -> None:
    spec = DatasetSpec.model_validate(
        {"exposure": [{"cohort": "a"}], "outcome": {"kind": "death"}, "covariates": [condition(), {"kind": "age"}]}
    )
    assert DatasetSpec.model_validate_json(spec.model_dump_json()) == spec


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"statistic": "mean"}, "statistic mean needs value"),
        ({"statistic": "any", "value": "number"}, "statistic any takes no value"),
        ({"statistic": "last", "value": "number"}, "condition_occurrence has no values"),
        ({"statistic": "median"}, "statistic"),
        ({"window": {"start": 0, "end": -1}}, "the window ends before it starts"),
        ({"name": "time"}, "covariates need names of their own: time"),
        ({"domain": "notes"}, "domain"),
        ({"concepts": {"include": []}}, "include"),
        ({"unknown": 1}, "Extra inputs are not permitted"),
    ],
)
def test_a_document_that_makes_no_sense_is_refused(change: dict, message: str) -> None:
    spec = {"exposure": [{"cohort": "a"}], "outcome": {"kind": "death"}, "covariates": [condition(**change)]}
    with pytest.raises(ValidationError, match=message):
        DatasetSpec.model_validate(spec)


def test_groups_need_names_of_their_own_and_windows_must_reach_the_time_at_risk() -> None:
    groups = [{"cohort": "a", "label": "x"}, {"cohort": "b", "label": "x"}]
    with pytest.raises(ValidationError, match="exposure groups need names of their own"):
        DatasetSpec.model_validate({"exposure": groups, "outcome": {"kind": "death"}})
    risk = {"start_day": 30, "window_days": 10}
    with pytest.raises(ValidationError, match="nobody is ever at risk"):
        DatasetSpec.model_validate({"exposure": groups[:1], "outcome": {"kind": "death"}, "time_at_risk": risk})


def test_a_domain_that_the_cdm_lacks_is_named(cdm: Any) -> None:
    with pytest.raises(CannotAnswerError, match="this CDM has no table procedure_occurrence"):
        built(cdm, condition(domain="procedure_occurrence"))
