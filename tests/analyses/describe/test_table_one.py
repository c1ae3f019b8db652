"""Table 1 on a handful of patients: every number can be checked by hand."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from analyses.describe import compare_groups, smd_of_numbers, smd_of_shares, table_one
from omop_etl.errors import CannotAnswerError, UsageError

#  arm  age  sex     stage  ecog  smoker
PATIENTS = pd.DataFrame(
    [
        ("a", 50, "male", "III", 0, 1),
        ("a", 60, "female", "IV", 1, 0),
        ("a", 70, "female", "IV", 2, 1),
        ("b", 40, "male", "II", 1, 0),
        ("b", 50, "male", None, 1, 0),
        ("b", 60, "female", "IV", 0, 0),
        ("b", 70, "male", "IV", 2, 1),
    ],
    columns=["arm", "age", "sex", "stage", "ecog", "smoker"],
)


def cell(table: pd.DataFrame, variable: str, group: str, level: object = None) -> pd.Series:
    found = table[(table["variable"] == variable) & (table["group"] == group)]
    return (found if level is None else found[found["level"] == level]).iloc[0]


def test_numbers_are_described_by_mean_and_quartiles() -> None:
    age = cell(table_one(PATIENTS, group="arm").table, "age", "b")
    assert (age["kind"], age["rows"], age["missing"]) == ("number", 4, 0)
    assert (age["mean"], age["median"], age["q1"], age["q3"], age["min"], age["max"]) == (55, 55, 47.5, 62.5, 40, 70)
    assert age["sd"] == pytest.approx(np.sqrt(500 / 3))


def test_shares_are_of_those_with_a_value_and_missing_ones_are_counted() -> None:
    table = table_one(PATIENTS, group="arm").table
    stage = cell(table, "stage", "b", "IV")
    assert (stage["count"], stage["missing"]) == (2, 1)
    assert stage["percent"] == pytest.approx(100 * 2 / 3)
    assert cell(table, "stage", "a", "II")["count"] == 0


def test_zero_and_one_are_binary_and_other_whole_numbers_stay_numbers() -> None:
    table = table_one(PATIENTS, group="arm").table
    kinds = table.groupby("variable")["kind"].first().to_dict()
    assert kinds == {"age": "number", "sex": "binary", "stage": "category", "ecog": "number", "smoker": "binary"}
    as_levels = table_one(PATIENTS, group="arm", categorical=["ecog"]).table
    assert cell(as_levels, "ecog", "b", 1)["count"] == 2


def test_printed_table_shows_each_variable_once() -> None:
    shown = table_one(PATIENTS, group="arm", variables=["age", "sex", "stage"], nonnormal=["age"]).display()
    assert shown[["variable", "level", "a", "b"]].values.tolist() == [
        ["age", None, "60.0 [55.0, 65.0]", "55.0 [47.5, 62.5]"],
        ["sex", "male", "1 (33.3%)", "3 (75.0%)"],
        ["stage", "II", "0 (0.0%)", "1 (33.3%)"],
        ["stage", "III", "1 (33.3%)", "0 (0.0%)"],
        ["stage", "IV", "2 (66.7%)", "2 (66.7%)"],
        ["stage", "(missing)", "0 (0.0%)", "1 (25.0%)"],
    ]
    assert (shown["smd"] != "").tolist() == [True, True, True, False, False, False]


def test_difference_of_numbers_is_in_pooled_standard_deviations() -> None:
    differences = table_one(PATIENTS, group="arm").differences.set_index("variable")["smd"]
    assert differences["age"] == pytest.approx((60 - 55) / np.sqrt((100 + 500 / 3) / 2))
    # Binary: of the second level, smokers, 2/3 against 1/4.
    assert differences["smoker"] == pytest.approx((2 / 3 - 1 / 4) / np.sqrt((2 / 9 + 3 / 16) / 2))


def test_two_levels_as_category_or_as_binary_differ_in_sign_only() -> None:
    a, b = np.array([0.25, 0.75]), np.array([0.5, 0.5])
    padded = smd_of_shares(np.array([0.25, 0.75, 0.0]), np.array([0.5, 0.5, 0.0]))
    assert padded == smd_of_shares(a, b) == pytest.approx(0.25 / np.sqrt((0.1875 + 0.25) / 2))
    assert smd_of_shares(b, a) == -smd_of_shares(a, b)


def test_difference_where_nothing_varies() -> None:
    assert smd_of_numbers(np.array([1.0, 1.0]), np.array([1.0, 1.0])) == 0
    assert smd_of_numbers(np.array([2.0, 2.0]), np.array([1.0, 1.0])) == np.inf
    assert np.isnan(smd_of_numbers(np.array([2.0]), np.array([1.0, 3.0])))


def test_three_groups_give_three_pairs_and_their_largest_difference() -> None:
    three = PATIENTS.assign(arm=["a", "b", "c", "a", "b", "c", "a"])
    result = table_one(three, group="arm", variables=["age"])
    assert result.differences[["a", "b"]].values.tolist() == [["a", "b"], ["a", "c"], ["b", "c"]]
    assert result.max_smd["smd"][0] == result.differences["smd"].abs().max()


def test_tests_are_made_on_request_only() -> None:
    assert table_one(PATIENTS, group="arm").group_tests.empty
    tests = table_one(
        PATIENTS, group="arm", variables=["age", "ecog", "stage"], nonnormal=["ecog"], tests=True
    ).group_tests
    assert tests["test"].tolist() == ["welch", "wilcoxon", "chi2"]
    assert tests["rows"].tolist() == [7, 7, 6]


def test_a_table_of_everybody_needs_no_groups() -> None:
    result = table_one(PATIENTS, variables=["age"])
    assert result.table["group"].tolist() == ["all"]
    assert result.differences.empty
    assert "smd" not in result.display()


def test_the_result_is_plain_json() -> None:
    text = json.loads(json.dumps(table_one(PATIENTS, group="arm", tests=True).to_dict()))
    assert text["rows"] == {"given": 7, "used": 7}
    assert text["table"][0]["variable"] == "age"
    assert "Characteristics" in table_one(PATIENTS, group="arm").summary()


def test_a_category_keeps_its_order_and_empty_columns_are_described_as_missing() -> None:
    ordered = PATIENTS.assign(stage=pd.Categorical(PATIENTS["stage"], ["IV", "III", "II", "I"]), empty=np.nan)
    table = table_one(ordered, variables=["stage", "empty"]).table
    assert table.loc[table["variable"] == "stage", "level"].tolist() == ["IV", "III", "II"]
    assert cell(table, "empty", "all")["missing"] == 7


@pytest.mark.parametrize(
    ("change", "refusal", "message"),
    [
        ({"arm": [None, *"aaabbb"]}, CannotAnswerError, "column arm has a missing value in 1 of 7 rows"),
        ({"age": [np.inf] * 7}, CannotAnswerError, "column age is infinite or not a number in 7 of 7 rows"),
        ({"age": pd.Timestamp("2024-01-01")}, CannotAnswerError, "column age holds dates"),
    ],
)
def test_data_that_do_not_fit_are_refused(change: dict, refusal: type[Exception], message: str) -> None:
    with pytest.raises(refusal, match=message):
        table_one(PATIENTS.assign(**change), group="arm")


def test_unknown_columns_and_tests_are_refused() -> None:
    with pytest.raises(UsageError, match="no column weight"):
        table_one(PATIENTS, variables=["weight"])
    with pytest.raises(UsageError, match='test="t" compares two groups, not 3'):
        compare_groups(PATIENTS.dropna(), variable="age", group="stage", test="t")
    with pytest.raises(UsageError, match="two by two"):
        compare_groups(PATIENTS, variable="stage", group="arm", test="fisher")
    with pytest.raises(UsageError, match="test=median is not known"):
        compare_groups(PATIENTS, variable="age", group="arm", test="median")


def test_fisher_equals_r() -> None:
    """R: fisher.test(matrix(c(1,3,2,1),2))$p.value = 0.4857143."""
    assert compare_groups(PATIENTS, variable="sex", group="arm", test="fisher").p == pytest.approx(0.4857142857142857)
