"""Chained equations recover a planted effect that complete cases miss."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analyses.missing import impute, pool_models
from analyses.regression import glm
from omop_etl.errors import RweError


def planted(rows: int = 1500) -> pd.DataFrame:
    """Cost = 1 + 2 x + noise; x is missing more often where the cost is high."""
    random = np.random.default_rng(12)
    x = random.normal(0, 1, rows)
    cost = 1 + 2 * x + random.normal(0, 1, rows)
    data = pd.DataFrame({"x": x, "cost": cost, "helper": x + random.normal(0, 0.5, rows)})
    data["stage"] = np.where(x > 0.5, "late", np.where(x > -0.5, "middle", "early"))
    data["x"] = data["x"].mask(random.random(rows) < 1 / (1 + np.exp(-(cost - 2))))
    data["stage"] = data["stage"].mask(random.random(rows) < 0.2)
    return data


COLUMNS = ["x", "cost", "helper", "stage"]


def test_a_planted_effect_is_found_again() -> None:
    data = planted()
    found = impute(data, columns=COLUMNS, seed=3, imputations=5, iterations=5)
    pooled = pool_models(
        [glm(filled, outcome="cost", covariates=["x"], family="gaussian") for filled in found.datasets]
    ).table.set_index("name")
    complete = glm(data.dropna(subset=["x"]), outcome="cost", covariates=["x"], family="gaussian").coefficients
    assert pooled["estimate"]["x"] == pytest.approx(2, abs=0.12)
    assert pooled["estimate"]["intercept"] == pytest.approx(1, abs=0.12)
    assert abs(complete["intercept"] - 1) > 0.15
    assert pooled["fmi"]["x"] > 0.05


def test_what_was_seen_stays_and_what_is_filled_in_was_seen_elsewhere() -> None:
    data = planted(300)
    found = impute(data, columns=COLUMNS, seed=3, imputations=2, iterations=2)
    for filled in found.datasets:
        assert not filled[COLUMNS].isna().any().any()
        known = data["x"].notna()
        assert (filled.loc[known, "x"] == data.loc[known, "x"]).all()
        assert filled["x"].isin(data["x"].dropna()).all()
        assert set(filled["stage"]) == {"early", "middle", "late"}
    assert found.table.set_index("column")["method"].to_dict() == {
        "stage": "logistic",
        "x": "predictive mean matching",
    }
    assert found.summary()
    assert found.plot().to_dict()


def test_the_same_seed_gives_the_same_data() -> None:
    data = planted(200)
    asked: dict[str, Any] = {"columns": COLUMNS, "imputations": 2, "iterations": 2}
    first, same, other = (impute(data, **asked, seed=seed).datasets for seed in (1, 1, 2))
    assert first[1].equals(same[1])
    assert not first[0].equals(other[0])
    assert not first[0].equals(first[1])


def test_whole_numbers_and_indicators_keep_their_values() -> None:
    data = pd.DataFrame({"died": [1, 0, None, 1, 0, 0, 1, None], "age": [61, 45, 50, 58, None, 62, 49, 40]})
    filled = impute(data, columns=["died", "age"], seed=1, imputations=1, donors=2).datasets[0]
    assert filled["died"].isin([0, 1]).all()
    assert filled["age"].isin(data["age"].dropna()).all()


@pytest.mark.parametrize(
    ("change", "asked", "says"),
    [
        ({"x": np.nan}, {}, "column x has 0 values only"),
        ({"x": [np.inf] * 50}, {}, "column x is infinite in 50 of 50 rows"),
        ({}, {"imputations": 0}, "imputations=0 is below 1"),
        ({}, {"columns": ["x"]}, "one column cannot be filled in from others"),
        ({}, {"columns": ["nothing"]}, "the data have no column nothing"),
    ],
)
def test_it_refuses_what_has_no_answer(change: dict[str, Any], asked: dict[str, Any], says: str) -> None:
    with pytest.raises(RweError, match=says):
        impute(planted(50).assign(**change), **{"columns": COLUMNS, "seed": 1, **asked})


def test_much_missing_is_noted() -> None:
    data = planted(60).assign(helper=[None] * 40 + [1.0, 2.0] * 10)
    with pytest.warns(UserWarning, match="helper: more than 40% of the values are missing"):
        impute(data, columns=COLUMNS, seed=1, imputations=1, iterations=1)
