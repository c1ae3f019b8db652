"""Numbers in other units in words: what each was compared as, and what cannot be judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from cohorts import read_definition
from tests.cohorts.patients import CONDITION, around, days, definition, patients, rule
from workbench.explanations import explain_persons
from workbench.locales import Language, translator

TABLES = """
condition_occurrence
person | concept | start
1      | 10      | 2020-01-01

measurement
person | concept | date       | value | unit
1      | 20      | 2020-01-05 | 1.26  | 8636
1      | 20      | 2020-01-06 | 7     | .

concept
concept | name    | code  | vocabulary
20      | glucose | .     | .
8840    | mg/dL   | mg/dL | UCUM
8636    | g/L     | g/L   | UCUM
"""

HIGH = {
    "Measurement": {
        "CodesetId": 2,
        "ValueAsNumber": {"Value": 126, "Op": "gte"},
        "Unit": [{"CONCEPT_ID": 8840}],
    }
}


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            [
                "2 found, exactly 0 required: 2 too many",
                "1 of them cannot be judged",
                "looked for from 2020-01-01 to 2020-01-31",
                "2020-01-05  glucose [20]  1.26 g/L = 126 mg/dL  (measurement 1)",
                "2020-01-06  glucose [20]  7  (measurement 2): cannot be judged, since its unit is not known or cannot "
                "be converted; it may count",
            ],
        ),
        (
            "zh",
            [
                "找到 2，要求恰好 0：多 2",
                "其中 1 条不能判断",
                "查找范围：2020-01-01 至 2020-01-31",
                "2020-01-05  glucose [20]  1.26 g/L = 126 mg/dL  (measurement 1)",
                "2020-01-06  glucose [20]  7  (measurement 2)：单位不明或无法换算，不能判断，按可能符合计入",
            ],
        ),
    ],
)
def test_a_rule_that_a_number_in_another_unit_decides(language: Language, expected: list[str], tmp_path: Path) -> None:
    none = rule(around(HIGH, exactly=0, StartWindow=days(0, 30)))
    asked = read_definition(definition(CONDITION, InclusionRules=[none]), semantics="exact")
    with patients(tmp_path, TABLES) as cdm:
        (explained,) = explain_persons(translator(language), asked, cdm, [1])
    assert sorted(line.text for line in explained.lines if line.level == 3) == sorted(expected)
