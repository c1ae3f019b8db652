"""Spec: under exact semantics a number is compared in the unit that is asked for, whatever unit it was recorded in.

Whom each table should let in was worked out by hand: 1 g/L is 100 mg/dL, 1 mmol/L of glucose (180.156 g/mol) is 18.0156
mg/dL, 98.6 °F are 37 °C, HbA1c of 48 mmol/mol is 0.09148 * 48 + 2.152 = 6.54 %.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from cohorts import generate, read_definition
from tests.cohorts.patients import around, concept_set, days, definition, patients, rule, starts
from tests.servers.engines import TestEngine

UNITS = """
concept
concept | code       | vocabulary
8840    | mg/dL      | UCUM
8636    | g/L        | UCUM
8753    | mmol/L     | UCUM
8749    | umol/L     | UCUM
9444    | 10*9/L     | UCUM
8848    | 10*3/uL    | UCUM
8647    | {cells}/uL | UCUM
8985    | [iU]/mL    | UCUM
8799    | {copies}/mL | UCUM
586323  | Cel        | UCUM
9289    | [degF]     | UCUM
8554    | %          | UCUM
9579    | mmol/mol   | UCUM
9529    | kg         | UCUM
9557    | meq/L      | UCUM
8876    | mm[Hg]     | UCUM
44777602 | kPa       | UCUM
2000000402 | mg/mmol  | RWE Local
99      | g/L        | SNOMED
10      | .          | .
20      | .          | .
3013826 | .          | .
3004410 | .          | .
3015377 | .          | .
"""


def measured(value: dict[str, Any], *units: int, concept: int = 20, **more: Any) -> dict[str, Any]:
    asked = [{"CONCEPT_ID": unit} for unit in units]
    return {"Measurement": {"CodesetId": concept, "ValueAsNumber": value, "Unit": asked, **more}}


def at_least(value: float) -> dict[str, Any]:
    return {"Value": value, "Op": "gte"}


def asking(entry: Any, **parts: Any) -> dict[str, Any]:
    sets = [concept_set(number, number) for number in (10, 20, 3013826, 3004410, 3015377)]
    return definition(entry, ConceptSets=[*sets, concept_set(5, 8840, 8636)], **parts)


def people(engine: TestEngine, records: str, expression: dict[str, Any], semantics: str = "exact") -> list[int]:
    found = starts(patients(engine, f"{records.strip()}\n\n{UNITS.strip()}\n"), expression, semantics)
    return [int(row.split()[0]) for row in found]


GLUCOSE = """
measurement
person | concept | date       | value | unit
1      | 20      | 2020-01-01 | 126   | 8840
2      | 20      | 2020-01-01 | 1.26  | 8636
3      | 20      | 2020-01-01 | 1.25  | 8636
4      | 20      | 2020-01-01 | 126   | .
5      | 20      | 2020-01-01 | 126   | 0
6      | 20      | 2020-01-01 | 7     | 8753
7      | 20      | 2020-01-01 | 126   | 9529
8      | 20      | 2020-01-01 | 126   | 99
9      | 20      | 2020-01-01 | .     | 8840
"""


def test_a_value_in_another_unit_is_converted(engine: TestEngine) -> None:
    """126 mg/dL are 1.26 g/L; without a unit, in a mass, in moles of something unknown: it cannot be said."""
    asked = asking(measured(at_least(126), 8840))
    assert people(engine, GLUCOSE, asked) == [1, 2]
    assert people(engine, GLUCOSE, asked, "circe") == [1]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Value": 57, "Op": "gte"}, [1, 2]),
        ({"Value": 57, "Op": "gt"}, []),
        ({"Value": 57, "Op": "lte"}, [1, 2, 3]),
        ({"Value": 57, "Op": "lt"}, [3]),
        ({"Value": 57, "Op": "eq"}, [1, 2]),
        ({"Value": 57, "Op": "!eq"}, [3]),
        ({"Value": 57, "Op": "bt", "Extent": 60}, [1, 2]),
        ({"Value": 50, "Op": "bt", "Extent": 57}, [1, 2, 3]),
        ({"Value": 57, "Op": "!bt", "Extent": 60}, [3]),
    ],
)
def test_a_converted_value_on_the_threshold_lies_on_it(
    engine: TestEngine, value: dict[str, Any], expected: list[int]
) -> None:
    """0.57 g/L * 100 is 56.99999999999999 in floating point."""
    records = """
    measurement
    person | concept | date       | value | unit
    1      | 20      | 2020-01-01 | 57    | 8840
    2      | 20      | 2020-01-01 | 0.57  | 8636
    3      | 20      | 2020-01-01 | 0.56  | 8636
    4      | 20      | 2020-01-01 | 57    | 0
    """
    assert people(engine, records, asking(measured(value, 8840))) == expected


@pytest.mark.parametrize(
    ("asked", "unit", "recorded", "met"),
    [
        (4, 9444, (4, 8848), True),
        (4, 9444, (4000, 8647), True),
        (4, 9444, (3999, 8647), False),
        (37, 586323, (98.6, 9289), True),
        (37, 586323, (98.5, 9289), False),
        (0, 586323, (32, 9289), True),
        (8, 44777602, (60.1, 8876), True),
        (8, 44777602, (60, 8876), False),
        (1000, 8799, (5000, 8985), False),
        (6.5, 8554, (65, 9579), False),
    ],
    ids=lambda value: str(value),
)
def test_units_of_one_kind_are_converted_and_no_others(
    engine: TestEngine, asked: float, unit: int, recorded: tuple[float, int], met: bool
) -> None:
    """Cells per microlitre, degrees, pressures; but no international units into copies, no mmol/mol into percent."""
    records = f"""
    measurement
    person | concept | date       | value | unit
    1      | 20      | 2020-01-01 | {recorded[0]} | {recorded[1]}
    """
    assert people(engine, records, asking(measured(at_least(asked), unit))) == ([1] if met else [])


@pytest.mark.parametrize(
    ("concept", "asked", "unit", "recorded", "met"),
    [
        (3013826, 7, 8753, (126.2, 8840), True),
        (3013826, 7, 8753, (126, 8840), False),
        (3013826, 126, 8840, (7, 8753), True),
        (3013826, 126, 8840, (6990, 8749), False),
        (3004410, 6.5, 8554, (48, 9579), True),
        (3004410, 6.5, 8554, (47, 9579), False),
        (3004410, 48, 9579, (6.55, 8554), True),
        (3015377, 2.5, 8753, (5, 9557), True),
        (3015377, 2.5, 8753, (4.9, 9557), False),
        (20, 7, 8753, (1000, 8840), False),
    ],
    ids=lambda value: str(value),
)
def test_mass_becomes_substance_where_the_molar_mass_is_known(
    engine: TestEngine, concept: int, asked: float, unit: int, recorded: tuple[float, int], met: bool
) -> None:
    records = f"""
    measurement
    person | concept   | date       | value         | unit
    1      | {concept} | 2020-01-01 | {recorded[0]} | {recorded[1]}
    """
    assert people(engine, records, asking(measured(at_least(asked), unit, concept=concept))) == ([1] if met else [])


def test_several_units_each_hold_for_their_own_records(engine: TestEngine) -> None:
    """Asked for in mg/dL and in g/L: 2 is meant in either; umol/L could be either, and is neither."""
    records = """
    measurement
    person | concept | date       | value | unit
    1      | 3013826 | 2020-01-01 | 2     | 8840
    2      | 3013826 | 2020-01-01 | 2     | 8636
    3      | 3013826 | 2020-01-01 | 1     | 8636
    4      | 3013826 | 2020-01-01 | 99999 | 8749
    """
    asked = measured(at_least(2), 8840, 8636, concept=3013826)
    assert people(engine, records, asking(asked)) == [1, 2]


def test_units_that_are_the_same_by_another_name_are_one(engine: TestEngine) -> None:
    records = """
    measurement
    person | concept | date       | value | unit
    1      | 20      | 2020-01-01 | 4     | 9444
    2      | 20      | 2020-01-01 | 4     | 8848
    3      | 20      | 2020-01-01 | 4000  | 8647
    4      | 20      | 2020-01-01 | 4     | 8647
    """
    assert people(engine, records, asking(measured(at_least(4), 9444, 8848))) == [1, 2, 3]


def test_a_concept_set_names_units_too(engine: TestEngine) -> None:
    of_set = {"CodesetId": 20, "ValueAsNumber": at_least(126), "UnitCS": {"CodesetId": 5, "IsExclusion": False}}
    excluded = {**of_set, "UnitCS": {"CodesetId": 5, "IsExclusion": True}}
    assert people(engine, GLUCOSE, asking({"Measurement": of_set})) == [1]
    assert people(engine, GLUCOSE, asking({"Measurement": excluded})) == [5, 7, 8]


def test_a_number_without_a_unit_and_a_unit_without_a_number_ask_what_they_say(engine: TestEngine) -> None:
    number = {"Measurement": {"CodesetId": 20, "ValueAsNumber": at_least(126)}}
    unit = {"Measurement": {"CodesetId": 20, "Unit": [{"CONCEPT_ID": 8636}]}}
    for semantics in ("circe", "exact"):
        assert people(engine, GLUCOSE, asking(number), semantics) == [1, 4, 5, 7, 8]
        assert people(engine, GLUCOSE, asking(unit), semantics) == [2, 3]


def test_limits_of_the_reference_range_are_converted_and_ratios_are_not(engine: TestEngine) -> None:
    records = """
    measurement
    person | concept | date       | value | unit | low  | high
    1      | 20      | 2020-01-01 | 2     | 8636 | 0.7  | 1
    2      | 20      | 2020-01-01 | 200   | 8840 | 70   | 100
    3      | 20      | 2020-01-01 | 2     | 8636 | 0.7  | 0.9
    4      | 20      | 2020-01-01 | 1     | 8636 | 0.7  | 1
    """
    asked = {
        "CodesetId": 20,
        "Unit": [{"CONCEPT_ID": 8840}],
        "RangeHigh": at_least(100),
        "RangeLow": {"Value": 71, "Op": "lt"},
        "RangeHighRatio": at_least(2),
    }
    assert people(engine, records, asking({"Measurement": asked})) == [1, 2]


def test_observations_are_converted(engine: TestEngine) -> None:
    records = """
    observation
    person | concept | date       | value | unit
    1      | 20      | 2020-01-01 | 1.26  | 8636
    2      | 20      | 2020-01-01 | 126   | .
    """
    asked = {"CodesetId": 20, "ValueAsNumber": at_least(126), "Unit": [{"CONCEPT_ID": 8840}]}
    assert people(engine, records, asking({"Observation": asked})) == [1]


HIGH = measured(at_least(126), 8840)
ENTERED = {"ConditionOccurrence": {"CodesetId": 10}}
COUNTED = """
condition_occurrence
person | concept | start
1      | 10      | 2020-01-01
2      | 10      | 2020-01-01
3      | 10      | 2020-01-01
4      | 10      | 2020-01-01
5      | 10      | 2020-01-01

measurement
person | concept | date       | value | unit
2      | 20      | 2020-01-02 | 1     | 8636
2      | 20      | 2020-01-02 | .     | .
3      | 20      | 2020-01-02 | 2     | 8636
4      | 20      | 2020-01-02 | 5     | .
5      | 20      | 2020-01-02 | 5     | .
5      | 20      | 2020-01-03 | 2     | 8636
"""


def group(*members: Any, type: str, **more: Any) -> dict[str, Any]:
    return {"Type": type, "CriteriaList": list(members), **more}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(rule(around(HIGH, at_least=1)), [3, 5], id="at least one"),
        pytest.param(rule(around(HIGH, exactly=0)), [1, 2], id="none"),
        pytest.param(rule(around(HIGH, exactly=1)), [3], id="just one"),
        pytest.param(rule(around(HIGH, at_most=1)), [1, 2, 3, 4], id="one at most"),
        pytest.param(rule(around(HIGH, at_least=1), type="AT_MOST", Count=0), [1, 2], id="not: at least one"),
        pytest.param(rule(around(HIGH, exactly=0), type="AT_MOST", Count=0), [3, 5], id="not: none"),
        pytest.param(rule(around(HIGH, at_most=1), type="AT_MOST", Count=0), [], id="not: one at most"),
        pytest.param(rule(around(HIGH, exactly=1), type="AT_MOST", Count=0), [1, 2], id="not: just one"),
        pytest.param(
            rule(
                Groups=[
                    group(type="AT_MOST", Count=0, Groups=[group(around(HIGH, exactly=0), type="AT_MOST", Count=0)])
                ]
            ),
            [1, 2],
            id="not: not: none",
        ),
    ],
)
def test_what_is_not_known_is_neither_there_nor_absent(
    engine: TestEngine, asked: dict[str, Any], expected: list[int]
) -> None:
    """1 has no result, 2 a low one, 3 a high one, 4 one in an unknown unit, 5 that and a high one."""
    assert people(engine, COUNTED, asking(ENTERED, InclusionRules=[asked])) == expected


@pytest.mark.parametrize(
    ("often", "expected"), [({"at_least": 1}, [2]), ({"exactly": 0}, [1, 4])], ids=["at least one", "none"]
)
def test_what_is_not_known_around_a_record_leaves_it_open(
    engine: TestEngine, often: dict[str, int], expected: list[int]
) -> None:
    """A visit with a high result: 1 has no such visit, 2 has, 3 may have, 4 has one with a low result."""
    records = """
    condition_occurrence
    person | concept | start
    1      | 10      | 2020-01-01
    2      | 10      | 2020-01-01
    3      | 10      | 2020-01-01
    4      | 10      | 2020-01-01

    visit_occurrence
    person | concept | start      | end
    2      | 10      | 2020-01-05 | 2020-01-06
    3      | 10      | 2020-01-05 | 2020-01-06
    4      | 10      | 2020-01-05 | 2020-01-06

    measurement
    person | concept | date       | value | unit
    2      | 20      | 2020-01-05 | 2     | 8636
    3      | 20      | 2020-01-05 | 2     | .
    4      | 20      | 2020-01-05 | 1     | 8636
    """
    inside = group(around(HIGH, at_least=1, StartWindow=days(0, 1)), type="ALL")
    visit = {"VisitOccurrence": {"CodesetId": 10, "CorrelatedCriteria": inside}}
    assert people(engine, records, asking(ENTERED, InclusionRules=[rule(around(visit, **often))])) == expected


KINDS = ("exactly", "at_most", "at_least")
COMPARED = {"exactly": int.__eq__, "at_most": int.__le__, "at_least": int.__ge__}


def test_what_is_known_is_what_holds_in_every_case(tmp_path: Path) -> None:
    """Persons with up to two high results, two low ones and two in an unknown unit, against every count.

    The oracle goes through the cases: each result of which nothing is known may be high or not. A criterion is known to
    be met if it is in all cases, and known not to be met if it is in none; only the latter makes "not" of it true.
    """
    results = {"high": ("2", "8636"), "low": ("1", "8636"), "unknown": ("2", ".")}
    numbers = dict(enumerate(itertools.product(range(3), repeat=3), start=1))
    entries = [f"{person} | 10 | 2020-01-01" for person in numbers]
    lines = [
        f"{person} | 20 | 2020-01-02 | {' | '.join(cells)}"
        for person, counts in numbers.items()
        for cells, count in zip(results.values(), counts, strict=True)
        for _ in range(count)
    ]
    tables = [
        "condition_occurrence\nperson | concept | start\n" + "\n".join(entries),
        "measurement\nperson | concept | date | value | unit\n" + "\n".join(lines),
        UNITS.strip(),
    ]
    asked = {
        (kind, count, denied): rule(
            around(HIGH, **{kind: count}), **({"type": "AT_MOST", "Count": 0} if denied else {})
        )
        for kind, count, denied in itertools.product(KINDS, range(4), (False, True))
    }
    definitions = {
        str(key): read_definition(asking(ENTERED, InclusionRules=[wanted]), semantics="exact")
        for key, wanted in asked.items()
    }
    with patients(tmp_path, "\n\n".join(tables)) as cdm:
        made = generate(definitions, cdm).rows.to_pylist()
    for kind, count, denied in asked:
        known = set()
        for person, (high, _, unknown) in numbers.items():
            cases = {COMPARED[kind](high + more, count) for more in range(unknown + 1)}
            if cases == {not denied}:
                known.add(person)
        found = {row["subject_id"] for row in made if row["cohort_name"] == str((kind, count, denied))}
        assert found == known, (kind, count, denied)


def test_a_person_enters_with_the_first_event_that_is_known(engine: TestEngine) -> None:
    records = """
    measurement
    person | concept | date       | value | unit
    1      | 20      | 2020-01-01 | 2     | .
    1      | 20      | 2020-02-01 | 2     | 8636
    """
    asked = asking(HIGH, limit="First")
    assert starts(patients(engine, f"{records.strip()}\n\n{UNITS.strip()}\n"), asked, "exact") == ["1 2020-02-01"]
