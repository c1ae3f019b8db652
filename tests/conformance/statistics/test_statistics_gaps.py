"""Every family of reference cases is tried by a test module, and none of its cases is forgotten."""

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


def test_every_family_is_tried(reference: Any) -> None:
    assert {file.stem for file in (reference.folder / "open").glob("*.json")} == TRIED
