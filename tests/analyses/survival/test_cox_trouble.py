"""Data from which a Cox model cannot be estimated are refused by name, or reported where that is asked for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analyses.notes import AnalysisWarning
from analyses.survival import cox
from omop_etl.errors import CannotAnswerError

ASKED = {"duration": "time", "event": "event"}


@pytest.fixture
def data() -> pd.DataFrame:
    random = np.random.default_rng(3)
    size = 200
    frame = pd.DataFrame(
        {
            "time": random.integers(1, 50, size),
            "event": random.integers(0, 2, size),
            "age": random.normal(60, 10, size),
            "sex": random.integers(0, 2, size),
            "site": random.choice(["a", "b", "c"], size),
        }
    )
    return frame.assign(age10=frame["age"] / 10, same=1, text="x")


def test_a_level_without_events_is_named(data: pd.DataFrame) -> None:
    lucky = data.assign(event=data["event"].where(data["site"] != "c", 0))
    with pytest.raises(CannotAnswerError, match=r"^site\[c\]: the coefficient runs to infinity"):
        cox(lucky, **ASKED, covariates=["age", "site", "sex"])


def test_a_separating_covariate_can_be_reported(data: pd.DataFrame) -> None:
    """The likelihood tends to that of the model among the events' own group."""
    lucky = data.assign(event=data["event"].where(data["sex"] == 1, 0))
    with pytest.warns(AnalysisWarning, match="sex: the coefficient runs to infinity"):
        model = cox(lucky, **ASKED, covariates=["age", "sex"], separation="report")
    within = cox(lucky[lucky["sex"] == 1], **ASKED, covariates=["age"])
    assert model.loglik == pytest.approx(within.loglik, abs=1e-8)
    assert model.table["coef"].tolist() == [pytest.approx(within.table["coef"][0], abs=1e-7), np.inf]
    assert model.table["se"][0] == pytest.approx(within.table["se"][0], rel=1e-5)
    assert np.isnan(model.table["se"][1])
    assert "note: sex" in model.summary()


def test_a_protecting_covariate_runs_to_minus_infinity(data: pd.DataFrame) -> None:
    lucky = data.assign(event=data["event"].where(data["sex"] == 0, 0))
    with pytest.warns(AnalysisWarning):
        model = cox(lucky, **ASKED, covariates=["sex"], separation="report", robust=True)
    assert model.table["coef"][0] == -np.inf
    assert model.table["hr"][0] == 0


def test_large_effects_are_not_taken_for_separation() -> None:
    random = np.random.default_rng(1)
    x = random.normal(size=400)
    time = random.exponential(np.exp(-4 * x))
    model = cox({"time": time, "event": np.ones(400), "x": x}, **ASKED, covariates=["x"])
    assert model.table["coef"][0] == pytest.approx(4, abs=0.5)


def test_columns_that_determine_each_other_are_named(data: pd.DataFrame) -> None:
    with pytest.raises(CannotAnswerError, match=r"^age10 is determined by age\n"):
        cox(data, **ASKED, covariates=["sex", "age", "age10"])
    with pytest.raises(CannotAnswerError, match=r"^both is determined by age, sex\n"):
        cox(data.assign(both=data["age"] + 5 * data["sex"]), **ASKED, covariates=["age", "sex", "both"])


def test_a_redundant_column_can_be_left_undefined(data: pd.DataFrame) -> None:
    with pytest.warns(AnalysisWarning, match="age10 is determined by age; its coefficient is left undefined"):
        model = cox(data, **ASKED, covariates=["age", "age10", "sex"], collinear="report", robust=True)
    plain = cox(data, **ASKED, covariates=["age", "sex"], robust=True)
    assert model.table["coef"].dropna().tolist() == pytest.approx(plain.table["coef"].tolist())
    assert model.table["se"].dropna().tolist() == pytest.approx(plain.table["se"].tolist())
    assert np.isnan(model.table["coef"][1])
    assert model.zph().table["term"].tolist() == ["age", "sex", "GLOBAL"]
    assert list(model.residuals("score")) == ["age", "sex"]


def test_a_column_constant_within_strata_is_refused(data: pd.DataFrame) -> None:
    with pytest.raises(CannotAnswerError, match=r"^of_site does not vary among those at risk at the events"):
        cox(data.assign(of_site=data["site"] == "a"), **ASKED, covariates=["age", "of_site"], strata="site")


@pytest.mark.parametrize(
    ("covariates", "change", "message"),
    [
        (["same"], {}, "column same has the same value in all rows"),
        (["text"], {}, "column text has the same value in all rows"),
        (["age"], {"event": 0}, "column event has no event in 200 rows"),
        (["age"], {"age": np.nan}, "column age has a missing value in 200 of 200 rows"),
        (["age"], {"age": [np.inf, *range(199)]}, "column age is infinite or not a number in 1 of 200 rows"),
    ],
)
def test_columns_that_do_not_fit_are_refused(
    data: pd.DataFrame, covariates: list[str], change: dict, message: str
) -> None:
    with pytest.raises(CannotAnswerError, match=message):
        cox(data.assign(**change), **ASKED, covariates=covariates)


def test_rows_left_out_are_counted(data: pd.DataFrame) -> None:
    gaps = data.assign(age=data["age"].where(data.index >= 30))
    model = cox(gaps, **ASKED, covariates=["age"], missing="drop")
    assert (model.rows.given, model.rows.used, model.rows.left_out) == (200, 170, 30)
    assert "rows used: 170 of 200" in model.summary()


def test_covariates_far_from_zero_lose_no_digits(data: pd.DataFrame) -> None:
    near = cox(data, **ASKED, covariates=["age", "sex"]).table["coef"]
    far = cox(data.assign(age=data["age"] + 1e6), **ASKED, covariates=["age", "sex"]).table["coef"]
    assert far.tolist() == pytest.approx(near.tolist(), rel=1e-7)


def test_exact_ties_that_are_too_many_are_refused() -> None:
    random = np.random.default_rng(0)
    data = {"time": np.ones(3000), "event": np.ones(3000), "x": random.normal(size=3000)}
    data["event"][2990:] = 0
    with pytest.raises(CannotAnswerError, match="2990 events at the same time are too many for exact ties"):
        cox(data, **ASKED, covariates=["x"], ties="exact")
