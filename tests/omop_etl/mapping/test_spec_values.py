"""Columns, texts, numbers, choices and conditions."""

from __future__ import annotations

from typing import Any

import pytest

from omop_etl.mapping import MappingError
from tests.omop_etl.mapping.language import Language
from tests.omop_etl.spec import rows_of

CELLS = [
    ("  a ", "a"),
    ("\ta\r", "a"),
    ("ＡＢＣ１２３", "ABC123"),
    ("　全角空格　", "全角空格"),
    ("℃", "°C"),
    ("", None),
    ("   ", None),
    ("NULL", None),
    ("#N/A", None),
    ("\\N", None),
    ("0", "0"),
    ("-", "-"),
]


@pytest.mark.parametrize(("cell", "value"), CELLS)
def test_a_column_is_cleaned(language: Language, cell: str, value: str | None) -> None:
    assert language.values("c", [{"c": cell}]) == [value]


def test_a_raw_column_is_not(language: Language) -> None:
    assert language.values({"raw": "c"}, [{"c": " ＡＢ "}, {"c": ""}]) == [" ＡＢ ", None]


NUMBERS = [("12", 12.0), ("-0.5", -0.5), (".5", 0.5), ("1e3", 1000.0)]
NUMBERS += [("12a", None), ("外出", None), ("", None), ("1,2", None)]


@pytest.mark.parametrize(("cell", "value"), NUMBERS)
def test_plain_numbers(language: Language, cell: str, value: float | None) -> None:
    assert language.values({"number": "c"}, [{"c": cell}]) == [value]


def test_whole_numbers_are_whole(language: Language) -> None:
    assert language.values({"integer": "c"}, [{"c": "7"}, {"c": "7.0"}, {"c": "7.5"}, {"c": "x"}]) == [7, 7, None, None]


def test_texts(language: Language) -> None:
    rows = [{"a": "ZY", "b": "", "c": "120/80"}]
    assert language.values({"concat": ["a", "b", {"text": "1"}], "with": "-"}, rows) == ["ZY-1"]
    assert language.values({"concat": ["b"]}, rows) == [None]
    assert language.values({"first_of": ["b", "a"]}, rows) == ["ZY"]
    assert language.values({"upper": {"text": "i10"}}, rows) == ["I10"]
    assert language.values({"replace": "c", "pattern": "[0-9]", "by": "#"}, rows) == ["###/##"]
    assert language.values({"extract": "c", "pattern": "/([0-9]+)$", "group": 1}, rows) == ["80"]
    assert language.values({"extract": "c", "pattern": "x"}, rows) == [None]


def test_a_value_map_and_its_default(language: Language) -> None:
    maps = {"sex": {"1": 8507, "男": 8507, "2": 8532}}
    rows = [{"s": "1"}, {"s": "男"}, {"s": "9"}, {"s": ""}]
    assert language.values({"map": "s", "using": "sex"}, rows, value_maps=maps) == [8507, 8507, None, None]
    with_default = {"value_maps": maps, "value_defaults": {"sex": 0}}
    assert language.values({"map": "s", "using": "sex"}, rows, **with_default) == [8507, 8507, 0, 0]


CONDITIONS: list[tuple[Any, list[bool]]] = [
    ({"empty": "x"}, [False, False, True]),
    ({"present": "x"}, [True, True, False]),
    ({"equals": ["x", {"text": "取消"}]}, [True, False, False]),
    ({"in": "x", "list": ["取消", "作废"]}, [True, False, False]),
    ({"matches": "x", "pattern": "^[0-9]+$"}, [False, True, False]),
    ({"not": {"matches": "x", "pattern": "^[0-9]+$"}}, [True, False, True]),
    ({"all": [{"present": "x"}, {"not": {"in": "x", "list": ["取消"]}}]}, [False, True, False]),
    ({"any": [{"empty": "x"}, {"in": "x", "list": ["取消"]}]}, [True, False, True]),
    ({"less": [{"number": "x"}, 50]}, [False, True, False]),
    ({"between": {"number": "x"}, "low": 40, "high": 45}, [False, True, False]),
    ({"damaged_identifier": "x"}, [False, False, False]),
]


@pytest.mark.parametrize(("condition", "expected"), CONDITIONS)
def test_conditions_are_met_or_not_and_never_unknown(language: Language, condition: Any, expected: list[bool]) -> None:
    assert language.values(condition, [{"x": "取消"}, {"x": "45"}, {"x": ""}]) == expected


def test_an_identifier_that_a_spreadsheet_has_rounded(language: Language) -> None:
    rows = [{"x": x} for x in ("1.00123E+11", "1E+11", "1.2e12", "P0000012345", "100123456789", "E11")]
    assert language.values({"damaged_identifier": "x"}, rows) == [True, True, True, False, False, False]


def test_the_first_line_of_a_choice_that_holds_counts(language: Language) -> None:
    choice = {
        "choose": [
            {"when": {"in": "x", "list": ["a", "b"]}, "take": {"text": "first"}},
            {"when": {"in": "x", "list": ["b", "c"]}, "take": {"text": "second"}},
        ],
        "otherwise": {"text": "rest"},
    }
    assert language.values(choice, [{"x": x} for x in "abcd"]) == ["first", "first", "second", "rest"]


def test_numbers_are_multiplied(language: Language) -> None:
    assert language.values({"times": [{"number": "x"}, 100]}, [{"x": "1.72"}]) == [172.0]


def test_values_may_use_each_other_in_any_order(language: Language) -> None:
    lets = {"c": {"concat": ["b", {"text": "!"}]}, "b": {"upper": "a"}}
    assert language.lets(lets, [{"a": "x"}]) == {"c": ["X!"], "b": ["X"]}


REFUSED = [
    ("nothing", "nothing is called nothing here"),
    ({"year": "x"}, "this must be date or datetime, not text"),
    ({"map": "x", "using": "sex"}, "there is no value map sex"),
    ({"find": "numbers", "key": ["x"]}, "no earlier file fills a register numbers"),
    ({"choose": [{"when": {"present": "x"}, "take": 1}], "otherwise": {"text": "a"}}, "these have different types"),
    ({"first_of": [{"date": "x"}, "x"]}, "these have different types: date, text"),
]


@pytest.mark.parametrize(("expression", "message"), REFUSED)
def test_what_does_not_fit_is_refused_with_its_place(language: Language, expression: Any, message: str) -> None:
    with pytest.raises(MappingError, match=message) as refused:
        language.values(expression, [{"x": "1"}])
    assert "mapping, test.let.value" in str(refused.value)


def test_values_that_use_each_other_in_a_circle_are_refused(language: Language) -> None:
    with pytest.raises(MappingError, match="use each other in a circle: a, b, a"):
        language.lets({"a": {"upper": "b"}, "b": {"upper": "a"}}, [{"x": "1"}])


def test_what_is_computed_once_per_value_reaches_every_row(language: Language) -> None:
    """Results are read once per distinct text; rows with equal texts, and rows without one, must all keep theirs."""
    rows = rows_of("""
        id | text
        1  | <0.5
        2  | 7.1
        3  | <0.5
        4  |
    """)
    found = language.values({"result": "text"}, rows)
    assert [(v["number"], v["missing"]) for v in found] == [(0.5, False), (7.1, False), (0.5, False), (None, True)]
