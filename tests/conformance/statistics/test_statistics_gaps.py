"""Families of reference cases for which there is no method yet, by name."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.conformance

TRIED = {
    "km",
    "logrank",
    "cox",
    "descriptive",
    "competing_multistate",
    "rmst_aft",
    "rates_tables",
    "glm",
    "propensity",
    "power_sensitivity",
    "meta_analysis",
    "negative_controls",
    "missing_data",
    "designs",
    "prediction",
}

NOT_YET = {}


def test_every_family_is_tried_or_declared(reference: Any, unsupported: Any) -> None:
    families = {file.stem for file in (reference.folder / "open").glob("*.json")}
    assert families == TRIED | set(NOT_YET)
    for family, why in NOT_YET.items():
        unsupported(family, set(), dict.fromkeys(reference.cases(family), why))
