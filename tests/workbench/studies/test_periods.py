"""Counts over time are as fine as they may be shown."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.access import DisclosurePolicy
from workbench.studies.periods import protect_monthly

TEN = DisclosurePolicy(threshold=10)


def monthly(*persons: int) -> pd.DataFrame:
    return pd.DataFrame({"month": pd.date_range("2023-01-01", periods=len(persons), freq="MS"), "persons": persons})


@pytest.mark.parametrize(
    ("persons", "unit", "texts"),
    [
        ([20, 30, 25, 40], "month", "20 30 25 40"),
        ([20, 30, 4, 40, 22, 21], "month", "20 ≥10 <10 40 22 21"),
        ([4, 5, 6, 4, 5, 6], "quarter", "15 15"),
        ([2] * 12 + [3] * 12, "year", "24 36"),
    ],
)
def test_the_finest_unit_in_which_half_can_be_shown(persons: list[int], unit: str, texts: str) -> None:
    found = protect_monthly(monthly(*persons), TEN)
    assert found is not None
    assert (found.unit, " ".join(found.texts)) == (unit, texts)


def test_too_few_for_any_unit() -> None:
    assert protect_monthly(monthly(1, 0, 0, 2), TEN) is None


def test_few_who_are_in_no_month_hide_one_that_is() -> None:
    found = protect_monthly(monthly(20, 30, 25, 40), TEN, outside=3)
    assert found is not None
    assert (found.unit, found.texts) == ("month", ("20", "30", "25", "≥10"))
