"""Parametric models against closed forms and each other. R's numbers (survreg) are tried in tests/conformance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analyses.survival import aft, turnbull
from omop_etl.errors import RweError

TIMES = pd.DataFrame(
    {
        "days": [4.0, 6, 6, 9, 12, 15, 3, 5, 8, 8, 10, 14],
        "died": [1, 1, 0, 1, 0, 1, 1, 1, 1, 0, 1, 0],
        "arm": ["a"] * 6 + ["b"] * 6,
        "age": [50, 61, 48, 70, 66, 59, 72, 55, 63, 68, 49, 60],
    }
)
ASKED: dict[str, Any] = {"duration": "days", "event": "died"}


def test_the_exponential_rate_is_events_over_time() -> None:
    model = aft(TIMES, **ASKED, distribution="exponential")
    assert model.coefficients[0] == pytest.approx(-np.log(TIMES["died"].sum() / TIMES["days"].sum()))
    assert model.table["se"][0] == pytest.approx(1 / np.sqrt(TIMES["died"].sum()))


def test_the_lognormal_without_censoring_is_the_mean_of_logarithms() -> None:
    model = aft(TIMES.assign(died=1), **ASKED, distribution="lognormal")
    logs = np.log(TIMES["days"])
    assert model.coefficients[0] == pytest.approx(logs.mean())
    assert model.scale[0] == pytest.approx(logs.std(ddof=0))


@pytest.mark.parametrize("distribution", ["weibull", "lognormal", "loglogistic", "rayleigh"])
def test_narrow_bounds_are_nearly_exact_times(distribution: Any) -> None:
    narrow = TIMES.assign(low=TIMES["days"] - 1e-5 * TIMES["died"], high=TIMES["days"].where(TIMES["died"] == 1))
    exact = aft(TIMES, **ASKED, covariates=["age"], distribution=distribution)
    bounded = aft(narrow, bounds=("low", "high"), covariates=["age"], distribution=distribution)
    assert bounded.table["coef"].tolist() == pytest.approx(exact.table["coef"].tolist(), rel=1e-4)
    assert bounded.table["se"].tolist() == pytest.approx(exact.table["se"].tolist(), rel=1e-4)


def test_whole_weights_are_repeated_rows() -> None:
    weighted = aft(TIMES.assign(w=3), **ASKED, covariates=["arm"], weights="w")
    repeated = aft(pd.concat([TIMES] * 3), **ASKED, covariates=["arm"])
    assert weighted.vcov.to_numpy().ravel() == pytest.approx(repeated.vcov.to_numpy().ravel())
    assert weighted.loglik == pytest.approx(repeated.loglik)


def test_predictions_belong_together() -> None:
    model = aft(TIMES, **ASKED, covariates=["arm"], scale_strata="arm")
    persons = pd.DataFrame({"arm": ["a", "b"]})
    quantiles = model.quantiles(persons, [0.25])
    for person in (0, 1):
        time = quantiles["time"][person]
        survival = model.survival(persons.iloc[[person]], [time])["survival"]
        assert survival.tolist() == pytest.approx([0.75])
    assert model.summary()
    assert model.plot().to_dict()
    assert model.to_dict()["scales"][1]["stratum"] == "b"


def test_left_censoring_only_says_before() -> None:
    data = pd.DataFrame({"low": [np.nan, np.nan, 5.0, 5.0], "high": [5.0, 5.0, np.inf, np.nan]})
    model = aft(data, bounds=("low", "high"), distribution="exponential")
    assert model.survival({"nothing": [1]}, [5.0])["survival"].tolist() == pytest.approx([0.5])


def test_rows_without_bounds_are_noted() -> None:
    data = pd.DataFrame({"low": [np.nan, 5.0, 5.0, np.nan], "high": [5.0, 7.0, np.nan, np.nan]})
    with pytest.warns(UserWarning, match="1 of 4 rows have neither bound and say nothing"):
        found = aft(data, bounds=("low", "high"))
    assert found.loglik == pytest.approx(aft(data[:3], bounds=("low", "high")).loglik)


def test_turnbull_with_exact_times_is_kaplan_meier() -> None:
    data = pd.DataFrame({"low": [4.0, 6, 6, 9, 12], "high": [4.0, 6, np.nan, 9, np.nan]})
    found = turnbull(data, bounds=("low", "high"))
    assert found.at([3, 4, 6, 9]).tolist() == pytest.approx([1, 0.8, 0.6, 0.3])
    assert found.summary()
    assert found.plot().to_dict()


@pytest.mark.parametrize(
    ("change", "asked", "says"),
    [
        ({"days": 0.0}, {}, "column days is 0 in 12 of 12 rows, which this distribution does not know"),
        ({"died": 0}, {}, "no event is seen in 12 rows"),
        ({"age": 1}, {"covariates": ["age"]}, "column age has the same value in all rows"),
        ({"x": TIMES["age"] * 2}, {"covariates": ["age", "x"]}, "x is determined by age"),
        ({"x": (TIMES["died"] == 0).astype(int)}, {"covariates": ["x"]}, "x: the coefficient runs to infinity"),
        ({}, {"distribution": "gamma"}, "distribution=gamma is not known"),
        ({"age": np.nan}, {"covariates": ["age"]}, "column age has a missing value in 12 of 12 rows"),
        ({}, {"bounds": ("days", "age")}, "both duration with event and bounds are named"),
    ],
)
def test_it_refuses_what_has_no_answer(change: dict[str, Any], asked: dict[str, Any], says: str) -> None:
    with pytest.raises(RweError, match=says):
        aft(TIMES.assign(**change), **ASKED, **asked)


def test_bounds_must_be_in_order() -> None:
    with pytest.raises(RweError, match="low is after high in 1 of 2 rows"):
        turnbull({"low": [5.0, 1.0], "high": [3.0, 2.0]}, bounds=("low", "high"))
