"""Negative binomial, GEE, multinomial, mixed and conditional models against statsmodels and special cases.

R's numbers (MASS, geepack, nnet, lme4, survival) are tried in tests/conformance.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analyses.regression import conditional_logistic, gee, glm, mixed_logistic, multinomial, negative_binomial
from omop_etl.errors import RweError

_RANDOM = np.random.default_rng(11)
DATA = pd.DataFrame({"age": _RANDOM.normal(0, 1, 240), "person": np.repeat(np.arange(60), 4)})
_EFFECT = np.repeat(_RANDOM.normal(0, 1, 60), 4)
DATA["ill"] = (_RANDOM.random(240) < 1 / (1 + np.exp(-DATA["age"] - _EFFECT))).astype(int)
DATA["visits"] = _RANDOM.negative_binomial(2, 2 / (2 + np.exp(1 + DATA["age"] / 2)))
DATA["end"] = _RANDOM.choice(["home", "ward", "died"], 240)


@pytest.mark.filterwarnings(
    "ignore:Inverting hessian failed", "ignore::statsmodels.tools.sm_exceptions.ConvergenceWarning"
)
def test_negative_binomial_coefficients_are_those_of_statsmodels() -> None:
    ours = negative_binomial(DATA, outcome="visits", covariates=["age"])
    theirs = sm.NegativeBinomial(DATA["visits"], sm.add_constant(DATA[["age"]])).fit(disp=0, gtol=1e-10, maxiter=200)
    assert ours.table["coef"].tolist() == pytest.approx(theirs.params[:2].tolist(), rel=1e-4)
    assert ours.alpha == pytest.approx(theirs.params.iloc[2], rel=1e-4)
    assert ours.loglik == pytest.approx(theirs.llf)


def test_counts_that_vary_little_have_no_theta() -> None:
    with pytest.raises(RweError, match="vary no more than Poisson's"):
        negative_binomial({"n": [3, 4, 3, 4, 3, 4, 3, 4]}, outcome="n")


def test_independent_equations_are_clustered_logistic_regression() -> None:
    ours = gee(DATA, outcome="ill", cluster="person", covariates=["age"], correlation="independence")
    clustered = glm(DATA, outcome="ill", covariates=["age"], cluster="person", covariance="HC0")
    assert ours.table["coef"].tolist() == pytest.approx(clustered.table["coef"].tolist())
    assert ours.table["se"].tolist() == pytest.approx(clustered.table["se"].tolist())


def test_pairs_have_one_correlation_whatever_its_form() -> None:
    pairs = DATA[DATA.index % 4 < 2]
    exchangeable, falling = (
        gee(pairs, outcome="ill", cluster="person", covariates=["age"], correlation=form)  # type: ignore[arg-type]
        for form in ("exchangeable", "ar1")
    )
    assert falling.alpha == pytest.approx(exchangeable.alpha)
    assert falling.table["se"].tolist() == pytest.approx(exchangeable.table["se"].tolist())


def test_two_categories_are_logistic_regression() -> None:
    data = DATA.assign(text=np.where(DATA["ill"] == 1, "yes", "no"))
    ours, plain = multinomial(data, outcome="text", covariates=["age"]), glm(DATA, outcome="ill", covariates=["age"])
    assert ours.table["coef"].tolist() == pytest.approx(plain.table["coef"].tolist())
    assert ours.table["se"].tolist() == pytest.approx(plain.table["se"].tolist())


def test_the_base_category_is_a_choice() -> None:
    first = multinomial(DATA, outcome="end", covariates=["age"], base="home").table
    second = multinomial(DATA, outcome="end", covariates=["age"], base="ward").table
    ward = first[first["category"] == "ward"]["coef"].to_numpy()
    assert second[second["category"] == "home"]["coef"].to_numpy() == pytest.approx(-ward)
    theirs = sm.MNLogit(pd.Categorical(DATA["end"], ["home", "died", "ward"]).codes, sm.add_constant(DATA[["age"]]))
    assert ward == pytest.approx(theirs.fit(disp=0, tol=1e-12).params.iloc[:, 1].to_numpy(), rel=1e-5)


def test_more_points_change_a_good_integral_little() -> None:
    few, many = (
        mixed_logistic(DATA, outcome="ill", cluster="person", covariates=["age"], points=points) for points in (15, 41)
    )
    assert few.loglik == pytest.approx(many.loglik, abs=1e-6)
    assert few.sd == pytest.approx(many.sd, rel=1e-4)
    assert 0.3 < many.sd < 2


def test_pairs_of_a_case_and_a_control_are_mcnemars_ratio() -> None:
    rows = []
    for number in range(36):
        exposed_case = number < 25
        rows += [(number, 1, int(exposed_case)), (number, 0, int(not exposed_case))]
    data = pd.DataFrame(rows, columns=["pair", "case", "exposed"])
    model = conditional_logistic(data, outcome="case", covariates=["exposed"], strata="pair")
    assert model.table["estimate"][0] == pytest.approx(25 / 11)
    assert model.table["se"][0] == pytest.approx(np.sqrt(1 / 25 + 1 / 11))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda d: gee(d, outcome="ill", cluster="row", covariates=["age"]), "every cluster of column row has one row"),
        (lambda d: mixed_logistic(d, outcome="ill", cluster="row"), "every cluster of column row has one row"),
        (lambda d: mixed_logistic(d, outcome="ill", cluster="person", points=0), "points=0 is below 1"),
        (lambda d: multinomial(d.assign(end="x"), outcome="end"), "column end has the same value in all rows"),
        (lambda d: multinomial(d, outcome="end", base="moon"), "the base category does not occur"),
        (
            lambda d: conditional_logistic(d, outcome="ill", covariates=["age"], strata="row"),
            "no set of row has both cases and controls",
        ),
        (lambda d: negative_binomial(d, outcome="age"), "column age is no count"),
    ],
)
def test_they_refuse_what_has_no_answer(call: Any, says: str) -> None:
    with pytest.raises(RweError, match=says):
        call(DATA.assign(row=np.arange(240)))


def test_results_can_be_shown_and_kept() -> None:
    results = [
        negative_binomial(DATA, outcome="visits", covariates=["age"]),
        gee(DATA, outcome="ill", cluster="person", covariates=["age"]),
        multinomial(DATA, outcome="end", covariates=["age"]),
        conditional_logistic(DATA, outcome="ill", covariates=["age"], strata="person"),
    ]
    for result in results:
        assert result.summary()
        assert result.plot().to_dict()
        assert result.to_dict()["table"]
        assert len(result.vcov) == len(result.table)
