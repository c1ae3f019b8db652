"""Explanations of numbers in other units: what each was recorded as and compared as, and what cannot be judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cohorts import read_definition
from cohorts.explain import Evidence, Explanation, Finding, explain
from tests.cohorts.patients import CONDITION, around, days, definition, patients, rule

TABLES = """
condition_occurrence
person | concept | start
1      | 10      | 2020-01-01

measurement
person | concept | date       | value | unit
1      | 20      | 2020-01-05 | 1.26  | 8636
1      | 20      | 2020-01-06 | 1.2   | 8636
1      | 20      | 2020-01-07 | 7     | 8753
1      | 20      | 2020-01-08 | 7     | .
1      | 20      | 2020-01-09 | 110   | 8840

concept
concept | name                | code   | vocabulary
8840    | milligram per decilitre | mg/dL  | UCUM
8636    | gram per litre      | g/L    | UCUM
8753    | millimole per litre | mmol/L | UCUM
"""

HIGH = {
    "Measurement": {
        "CodesetId": 2,
        "ValueAsNumber": {"Value": 126, "Op": "gte"},
        "Unit": [{"CONCEPT_ID": 8840}],
    }
}


def why(folder: Path, expression: dict[str, Any]) -> Explanation:
    with patients(folder, TABLES) as cdm:
        return explain(read_definition(expression, semantics="exact"), cdm, [1])[0]


def finding(folder: Path, **often: int) -> Finding:
    wanted = rule(around(HIGH, StartWindow=days(0, 30), **often))
    return why(folder, definition(CONDITION, InclusionRules=[wanted])).fates[0].rules[0].finding


def missed(rows: tuple[Evidence, ...]) -> dict[int, list[tuple[Any, ...]]]:
    return {r.record.row_id: [(m.kind, m.target, m.value, m.short_by, m.names) for m in r.misses] for r in rows}


def test_a_record_in_another_unit_shows_what_it_was_compared_as(tmp_path: Path) -> None:
    found = finding(tmp_path, at_least=2)
    assert (found.met, found.found, found.undecided) == (False, 1, 0)
    record = found.counted[0].record
    assert (record.value, record.unit_name, record.converted, record.converted_unit_name) == (
        1.26,
        "gram per litre",
        126,
        "milligram per decilitre",
    )


def test_a_near_miss_is_told_in_the_unit_asked_for_and_an_unknown_unit_as_such(tmp_path: Path) -> None:
    assert missed(finding(tmp_path, at_least=4).near) == {
        2: [("attribute", "value", 120, 6, ())],
        3: [("unit", "value", 7, None, ("millimole per litre",))],
        4: [("unit", "value", 7, None, ())],
    }


@pytest.mark.parametrize(
    ("often", "comparison", "required"),
    [({"exactly": 0}, "exactly", 0), ({"at_most": 2}, "at_most", 2), ({"exactly": 2}, "exactly", 2)],
)
def test_what_may_count_is_shown_where_it_must_not_be_overlooked(
    tmp_path: Path, often: dict[str, int], comparison: str, required: int
) -> None:
    """One high result and two that nobody can judge: neither none, nor two at most, nor just two."""
    found = finding(tmp_path, **often)
    assert (found.met, found.comparison, found.required) == (False, comparison, required)
    assert (found.found, found.undecided) == (3, 2)
    assert [(row.record.row_id, row.undecided) for row in found.counted] == [(1, False), (3, True), (4, True)]


def test_an_entry_event_in_another_unit_shows_what_it_was_compared_as(tmp_path: Path) -> None:
    explained = why(tmp_path, definition(HIGH))
    assert [(fate.record.row_id, fate.record.converted) for fate in explained.fates] == [(1, 126)]


def test_a_person_without_a_known_event_is_told_what_could_not_be_judged(tmp_path: Path) -> None:
    higher = {"Measurement": {**HIGH["Measurement"], "ValueAsNumber": {"Value": 200, "Op": "gte"}}}
    explained = why(tmp_path, definition(higher))
    assert not explained.is_in
    assert [(row.record.row_id, row.misses[0].kind) for row in explained.almost[0].near] == [
        (3, "unit"),
        (4, "unit"),
        (1, "attribute"),
    ]
