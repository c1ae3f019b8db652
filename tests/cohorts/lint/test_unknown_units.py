"""Numbers in units that are not known or cannot be converted are told of, as a share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cohorts import Evaluator, read_definition
from cohorts.lint import lint
from tests.cohorts.patients import concept_set, definition, patients

IN_UNITS = """
concept
concept | name   | code   | vocabulary
8       | g/L    | g/L    | UCUM
9       | mg/dL  | mg/dL  | UCUM
7       | mmol/L | mmol/L | UCUM
30      | test   | .      | .

measurement
person | concept | date       | value | unit
1      | 30      | 2020-01-01 | 5     | 8
1      | 30      | 2020-01-02 | 50    | 9
1      | 30      | 2020-01-03 | 50    | 7
1      | 30      | 2020-01-04 | 50    | 0
1      | 30      | 2020-01-05 | .     | 0
"""


@pytest.mark.parametrize(
    ("unit", "semantics", "expected"),
    [
        (8, "exact", ("warning", "50", "?, mmol/L")),
        (7, "exact", ("warning", "75", "?, g/L, mg/dL")),
        (99, "exact", ("critical", "100", "?, g/L, mg/dL, mmol/L")),
        (8, "circe", None),
    ],
)
def test_numbers_that_cannot_be_converted_are_told_as_a_share(
    unit: int, semantics: Any, expected: tuple[str, str, str] | None, tmp_path: Path
) -> None:
    """Four results have a number: one each in g/L, mg/dL, mmol/L and in no unit."""
    asked = {"CodesetId": 1, "ValueAsNumber": {"Value": 1, "Op": "gt"}, "Unit": [{"CONCEPT_ID": unit}]}
    expression = {**definition({"Measurement": asked}), "ConceptSets": [concept_set(1, 30)]}
    with patients(tmp_path, IN_UNITS) as cdm:
        told = lint(read_definition(expression, semantics=semantics), Evaluator(cdm))
    found = {problem.check: problem for problem in told}
    assert ("unknown units" in found) == (expected is not None)
    if expected is not None:
        problem = found["unknown units"]
        assert (problem.severity, problem.values["share"], problem.values["units"]) == expected
        assert "recorded units" not in found
