"""Generalised linear models against statsmodels and closed forms. R's numbers are tried in tests/conformance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analyses.regression import glm
from omop_etl.errors import RweError

_RANDOM = np.random.default_rng(7)
PERSONS = pd.DataFrame(
    {
        "age": _RANDOM.normal(60, 10, 200).round(1),
        "arm": _RANDOM.choice(["a", "b", "c"], 200),
        "person": np.repeat(np.arange(50), 4),
    }
)
PERSONS["ill"] = (_RANDOM.random(200) < 1 / (1 + np.exp(3 - PERSONS["age"] / 20))).astype(int)
PERSONS["visits"] = _RANDOM.poisson(np.exp(PERSONS["age"] / 50))
PERSONS["pressure"] = 100 + PERSONS["age"] / 2 + _RANDOM.normal(0, 9, 200)
X = sm.add_constant(PERSONS.assign(b=PERSONS["arm"] == "b", c=PERSONS["arm"] == "c")[["age", "b", "c"]].astype(float))
COVARIATES = ["age", "arm"]


@pytest.mark.parametrize(
    ("outcome", "family", "theirs"),
    [("ill", "binomial", sm.families.Binomial()), ("visits", "poisson", sm.families.Poisson())],
)
def test_coefficients_errors_and_fit_are_those_of_statsmodels(outcome: str, family: Any, theirs: Any) -> None:
    ours = glm(PERSONS, outcome=outcome, covariates=COVARIATES, family=family)
    other = sm.GLM(PERSONS[outcome], X, family=theirs).fit(tol=1e-14)
    assert ours.table["coef"].tolist() == pytest.approx(other.params.tolist(), rel=1e-7)
    assert ours.table["se"].tolist() == pytest.approx(other.bse.tolist(), rel=1e-7)
    assert [ours.loglik, ours.deviance, ours.null_deviance] == pytest.approx(
        [other.llf, other.deviance, other.null_deviance]
    )


def test_linear_models_are_those_of_statsmodels() -> None:
    other = sm.OLS(PERSONS["pressure"], X).fit()
    ours = glm(PERSONS, outcome="pressure", covariates=COVARIATES, family="gaussian")
    assert ours.table["p"].tolist() == pytest.approx(other.pvalues.tolist())
    assert ours.r_squared == pytest.approx(other.rsquared)
    for kind in ("HC0", "HC1", "HC2", "HC3"):
        robust = glm(PERSONS, outcome="pressure", covariates=COVARIATES, family="gaussian", covariance=kind)  # type: ignore[arg-type]
        assert robust.table["se"].tolist() == pytest.approx(getattr(other, f"{kind}_se").tolist())


@pytest.mark.parametrize("link", ["log", "inverse"])
def test_gamma_models_are_those_of_statsmodels(link: Any) -> None:
    costs = PERSONS.assign(cost=_RANDOM.gamma(2, np.exp(PERSONS["age"] / 50)))
    other = sm.GLM(costs["cost"], X, family=sm.families.Gamma(sm.families.links.Log() if link == "log" else None)).fit(
        tol=1e-14
    )
    ours = glm(costs, outcome="cost", covariates=COVARIATES, family="gamma", link=link)
    assert ours.table["coef"].tolist() == pytest.approx(other.params.tolist(), rel=1e-6)
    assert ours.table["se"].tolist() == pytest.approx(other.bse.tolist(), rel=1e-6)
    assert ours.deviance == pytest.approx(other.deviance)
    with pytest.raises(RweError, match="column cost is zero or negative in 200 of 200 rows"):
        glm(costs.assign(cost=-costs["cost"]), outcome="cost", family="gamma")


def test_whole_weights_and_groups_are_repeated_rows() -> None:
    grouped = PERSONS.groupby("arm").agg(events=("ill", "sum"), n=("ill", "size")).reset_index()
    single = glm(PERSONS, outcome="ill", covariates=["arm"])
    together = glm(grouped, outcome="events", trials="n", covariates=["arm"])
    assert together.vcov.to_numpy().ravel() == pytest.approx(single.vcov.to_numpy().ravel())
    weighted = glm(PERSONS.assign(w=2), outcome="ill", covariates=["age"], weights="w")
    repeated = glm(pd.concat([PERSONS, PERSONS]), outcome="ill", covariates=["age"])
    assert weighted.table["se"].tolist() == pytest.approx(repeated.table["se"].tolist())


def test_clusters_of_one_row_are_rows() -> None:
    by_row = glm(PERSONS, outcome="ill", covariates=COVARIATES, covariance="sandwich")
    by_person = glm(
        PERSONS.assign(own=np.arange(200)), outcome="ill", covariates=COVARIATES, cluster="own", covariance="sandwich"
    )
    assert by_person.table["se"].tolist() == pytest.approx(by_row.table["se"].tolist())
    assert glm(PERSONS, outcome="ill", covariates=COVARIATES, cluster="person").settings["covariance"] == "sandwich"


def test_identity_and_log_links_give_differences_and_ratios_of_risks() -> None:
    two = PERSONS[PERSONS["arm"] != "c"]
    risk = two.groupby("arm")["ill"].mean()
    difference = glm(two, outcome="ill", covariates=["arm"], link="identity").table["estimate"][1]
    ratio = glm(two, outcome="ill", covariates=["arm"], link="log").table["estimate"][1]
    assert difference == pytest.approx(risk["b"] - risk["a"])
    assert ratio == pytest.approx(risk["b"] / risk["a"])
    model = glm(two, outcome="ill", covariates=["arm"])
    means = model.standardise("arm", "b", "a").table.set_index("measure")["estimate"]
    assert means["difference"] == pytest.approx(difference)


def test_exact_profile_limits_are_where_the_likelihood_has_fallen_enough() -> None:
    model = glm(PERSONS, outcome="ill", covariates=["age"])
    for limit in ("lower", "upper"):
        value = model.profile(solution="exact").set_index("name")[limit]["age"]
        held = glm(PERSONS.assign(known=PERSONS["age"] * value), outcome="ill", offset="known")
        assert 2 * (model.loglik - held.loglik) == pytest.approx(3.841458820694124)
    drawn = model.profile()
    assert drawn["lower"].tolist() == pytest.approx(model.profile(solution="exact")["lower"].tolist(), rel=1e-3)


def test_predictions_are_of_the_rows_given() -> None:
    model = glm(PERSONS, outcome="ill", covariates=COVARIATES)
    assert model.predict(PERSONS)["mean"].tolist() == pytest.approx(model.predict()["mean"].tolist())
    assert model.predict()["mean"].mean() == pytest.approx(PERSONS["ill"].mean())
    with pytest.raises(RweError, match="column arm has in 1 of 1 rows a level"):
        model.predict({"age": [50], "arm": ["z"]})


def test_a_level_without_events_is_separation() -> None:
    data = PERSONS.assign(ill=np.where(PERSONS["arm"] == "b", 0, PERSONS["ill"]))
    with pytest.raises(RweError, match=r"^arm\[b\]: the coefficient runs to infinity"):
        glm(data, outcome="ill", covariates=COVARIATES)
    with pytest.warns(UserWarning, match="runs to infinity"):
        model = glm(data, outcome="ill", covariates=COVARIATES, separation="report")
    assert model.coefficients["arm[b]"] == -np.inf
    others = glm(data[data["arm"] != "b"], outcome="ill", covariates=COVARIATES)
    assert model.coefficients["age"] == pytest.approx(others.coefficients["age"])
    assert model.table.set_index("name")["se"]["age"] == pytest.approx(others.table.set_index("name")["se"]["age"])


def test_no_visits_of_a_level_is_separation_of_counts() -> None:
    data = PERSONS.assign(visits=np.where(PERSONS["arm"] == "c", 0, PERSONS["visits"]))
    with pytest.raises(RweError, match=r"^arm\[c\]: the coefficient runs to infinity"):
        glm(data, outcome="visits", covariates=COVARIATES, family="poisson")


def test_a_best_fit_at_an_impossible_mean_is_refused() -> None:
    data = {"ill": [0, 0, 1, 0, 1, 1, 1, 1, 0, 1], "age": [40, 45, 50, 52, 55, 60, 65, 70, 41, 90]}
    with pytest.raises(
        RweError, match="the binomial model with identity link has its best fit where a mean is impossi"
    ):
        glm(data, outcome="ill", covariates=["age"], link="identity")


def test_collinear_columns_are_named_or_left_undefined() -> None:
    data = PERSONS.assign(months=PERSONS["age"] * 12)
    with pytest.raises(RweError, match="months is determined by age"):
        glm(data, outcome="ill", covariates=["age", "months"])
    with pytest.warns(UserWarning, match="months is determined by age"):
        model = glm(data, outcome="ill", covariates=["age", "months"], collinear="report")
    assert np.isnan(model.coefficients["months"])
    assert model.loglik == pytest.approx(glm(PERSONS, outcome="ill", covariates=["age"]).loglik)


@pytest.mark.parametrize(
    ("change", "asked", "says"),
    [
        ({"ill": 2}, {}, "column ill is neither 0 nor 1 in 200 of 200 rows"),
        ({"ill": 1}, {}, "column ill has the same value in all rows"),
        ({"ill": np.nan}, {}, "column ill has a missing value in 200 of 200 rows"),
        ({"age": [1, np.inf] * 100}, {"covariates": ["age"]}, "column age is infinite"),
        ({"age": 3}, {"covariates": ["age"]}, "column age has the same value in all rows"),
        ({"w": 0}, {"weights": "w"}, "column w is zero or negative"),
        ({}, {"family": "weibull"}, "family=weibull is not known"),
        ({}, {"link": "cauchit"}, "link=cauchit is not known"),
        ({"ill": 0.5}, {"family": "poisson"}, "column ill is no count in 200 of 200 rows"),
        ({}, {"covariates": ["age"], "cluster": "person", "covariance": "HC3"}, "HC3 does not know clusters"),
        ({"n": 0.5}, {"trials": "n"}, "ill is greater than n"),
    ],
)
def test_it_refuses_what_has_no_answer(change: dict[str, Any], asked: dict[str, Any], says: str) -> None:
    with pytest.raises(RweError, match=says):
        glm(PERSONS.assign(**change), outcome="ill", **asked)


def test_results_can_be_shown_and_kept() -> None:
    model = glm(PERSONS, outcome="ill", covariates=COVARIATES)
    assert "binomial" in model.summary()
    assert model.plot().to_dict()
    assert model.to_dict()["fit"][0]["aic"] == pytest.approx(model.aic)
    assert model.standardise("age", 70, 60).plot().to_dict()
    with pytest.raises(RweError, match="person is no covariate of the model"):
        model.standardise("person")
