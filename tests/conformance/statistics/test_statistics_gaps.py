"""Every family of reference cases is tried by a test module, and none of its cases is forgotten."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.conformance

DECLARED = {"km", "logrank", "cox", "descriptive", "competing_multistate"}
"""Families whose test modules name every case."""

TRIED = {
    "rmst_aft": 16,
    "rates_tables": 23,
    "glm": 19,
    "propensity": 15,
    "power_sensitivity": 7,
    "meta_analysis": 2,
    "negative_controls": 1,
    "missing_data": 4,
    "designs": 11,
    "prediction": 6,
}
"""Families of which all cases are tried, with their number: a new case must be tried too."""


def test_every_family_is_tried(reference: Any) -> None:
    families = {file.stem for file in (reference.folder / "open").glob("*.json")}
    assert families == DECLARED | set(TRIED)
    assert {family: len(reference.cases(family)) for family in TRIED} == TRIED
