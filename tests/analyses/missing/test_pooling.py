"""Rubin's rules by hand. R's numbers (mice) are tried in tests/conformance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analyses.missing import pool, pool_models
from analyses.regression import glm
from analyses.survival import cox
from omop_etl.errors import RweError


def test_variances_within_and_between_add_up() -> None:
    row = pool([1.0, 2.0, 3.0], [0.5, 0.6, 0.7]).table.iloc[0]
    assert row["estimate"] == 2
    assert row["total"] == pytest.approx(0.6 + (1 + 1 / 3) * 1)
    assert row["df"] == pytest.approx(2 / row["lambda"] ** 2)


def test_equal_results_pool_to_themselves() -> None:
    row = pool([2.0, 2.0, 2.0], [0.25] * 3).table.iloc[0]
    assert (row["estimate"], row["se"], row["lambda"]) == (2, 0.5, 0)
    assert row["upper"] == pytest.approx(2 + 1.959963984540054 * 0.5)
    assert pool([2.0, 2.0], [0.25] * 2, complete_df=10).table["df"][0] == pytest.approx(10 * 11 / 13)


def test_the_pooled_covariance_has_the_variances_on_its_diagonal() -> None:
    random = np.random.default_rng(4)
    models = []
    for _ in range(5):
        data = pd.DataFrame({"age": random.normal(60, 9, 80), "days": random.exponential(100, 80)})
        data["died"] = (random.random(80) < 0.7).astype(int)
        models.append(cox(data, duration="days", event="died", covariates=["age"]))
    found = pool_models(models)
    assert np.diag(found.vcov) == pytest.approx(found.table["total"].to_numpy())
    assert found.summary()
    assert found.plot().to_dict()
    assert found.to_dict()["table"][0]["name"] == "age"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: pool([1.0], [0.5]), "one imputation does not say"),
        (lambda: pool([1.0, np.nan], [0.5, 0.5]), "some estimates or variances are missing"),
        (lambda: pool([1.0, 2.0], [[0.5], [0.5], [0.1]]), "do not fit together"),
        (lambda: pool([1.0, 2.0], [0.5, 0.5], complete_df=0), "complete_df=0 is not above 0"),
        (lambda: pool_models([]), "there is no model to pool"),
    ],
)
def test_it_refuses_what_has_no_answer(call: Any, says: str) -> None:
    with pytest.raises(RweError, match=says):
        call()


def test_models_with_other_coefficients_are_not_pooled() -> None:
    data = {"y": [5, 9, 4, 8, 7, 6], "age": [50, 62, 48, 71, 60, 55], "bmi": [20, 25, 31, 22, 27, 24]}
    one, other = (glm(data, outcome="y", covariates=[name], family="gaussian") for name in ("age", "bmi"))
    with pytest.raises(RweError, match="the models have other coefficients"):
        pool_models([one, other])
