"""Scores, weights, matches and strata against their definitions. R's numbers are tried in tests/conformance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp

from analyses.causal import (
    augmented_effect,
    balance,
    match,
    propensity_scores,
    propensity_strata,
    propensity_weights,
    stratified_effect,
    truncated_weights,
    weighted_effect,
)
from analyses.causal.greedy import match_on_distance, match_on_score, same_where_close
from analyses.describe.smd import smd_of_numbers
from omop_etl.errors import RweError

_RANDOM = np.random.default_rng(3)
PERSONS = pd.DataFrame(
    {
        "age": _RANDOM.normal(60, 10, 300),
        "sex": _RANDOM.choice(["f", "m"], 300),
        "site": _RANDOM.choice(list("xyz"), 300),
    }
)
_P = 1 / (1 + np.exp(-(PERSONS["age"] - 63) / 10 - (PERSONS["sex"] == "m")))
PERSONS["drug"] = (_RANDOM.random(300) < _P).astype(int)
PERSONS["cost"] = PERSONS["age"] + 5 * PERSONS["drug"] + _RANDOM.normal(0, 4, 300)
COVARIATES = ["age", "sex"]
ASKED: dict[str, Any] = {"treatment": "drug", "covariates": COVARIATES}


def test_overlap_weights_balance_the_covariates_of_the_model_exactly() -> None:
    found = propensity_scores(PERSONS, **ASKED)
    assert found.balance("ato").worst < 1e-8
    assert found.balance("ate").worst < balance(PERSONS, **ASKED).worst / 2


def test_weights_of_the_treated_leave_them_as_they_are() -> None:
    found = propensity_scores(PERSONS, **ASKED)
    assert (found.weights("att")[found.treated] == 1).all()
    assert found.effective_sizes("att").set_index("treated")["effective"][True] == found.treated.sum()
    stable = found.weights("ate", stabilised=True)
    assert stable.mean() == pytest.approx(1, abs=0.2)


def test_balance_is_the_difference_of_table_one() -> None:
    table = balance(PERSONS, **ASKED).table.set_index(["variable", "level"])
    a, b = (PERSONS.loc[PERSONS["drug"] == group, "age"].to_numpy() for group in (1, 0))
    row = table.xs("age", level="variable").iloc[0]
    assert row["smd"] == pytest.approx(smd_of_numbers(a, b))
    assert row["variance_ratio"] == pytest.approx(a.var(ddof=1) / b.var(ddof=1))
    assert row["ks"] == pytest.approx(ks_2samp(a, b).statistic)
    assert table.loc[("sex", "m"), "smd"] == pytest.approx(-table.loc[("sex", "f"), "smd"])


@pytest.mark.parametrize(("ratio", "replace"), [(1, False), (2, False), (1, True), (2, True)])
@pytest.mark.parametrize("caliper", [np.inf, 0.05])
def test_the_fast_matcher_chooses_as_the_plain_one(ratio: int, replace: bool, caliper: float) -> None:
    random = np.random.default_rng(5)
    a, b = random.normal(0, 1, 40), random.normal(0, 1, 90)
    order = np.argsort(-a)
    fast = match_on_score(a, b, order, ratio, replace, caliper)
    plain = match_on_distance(lambda who: np.abs(a[who] - b), order, ratio, replace, caliper)
    assert sorted(fast) == sorted(plain)


def test_matched_sets_and_weights_fit_together() -> None:
    found = match(PERSONS, **ASKED, ratio=2, caliper=0.3, exact="site", distance="logit")
    pairs = found.table
    assert not pairs["control"].duplicated().any()
    sites = PERSONS["site"]
    assert (sites[pairs["treated"]].to_numpy() == sites[pairs["control"]].to_numpy()).all()
    matched = found.matched()
    controls = matched[matched["drug"] == 0]
    assert controls["match_weight"].sum() == pytest.approx(len(controls))
    assert matched.groupby("match_set")["drug"].sum().eq(1).all()
    assert found.balance().worst < balance(PERSONS, **ASKED).worst
    assert "treated rows have no match" in found.summary()
    assert found.plot().to_dict()


def test_scores_that_differ_by_rounding_are_the_same() -> None:
    assert len(np.unique(same_where_close(np.array([0.3, 0.1 + 0.2, 0.5])))) == 2


def test_a_given_score_is_used() -> None:
    score = propensity_scores(PERSONS, **ASKED).score
    given = match(PERSONS.assign(p=score), **ASKED, score="p").table
    assert given.equals(match(PERSONS, **ASKED).table)


def test_strata_hold_equal_numbers_of_the_population() -> None:
    found = propensity_scores(PERSONS, **ASKED)
    strata = propensity_strata(found.score, found.treated, strata=4, estimand="att")
    assert strata.table["treated"].max() - strata.table["treated"].min() <= 1
    assert strata.weight[~found.treated].sum() == pytest.approx((~found.treated).sum())
    assert (strata.weight[found.treated] == 1).all()
    assert strata.plot().to_dict()


def test_effects_come_near_the_planted_one() -> None:
    found = propensity_scores(PERSONS, **ASKED)
    data = PERSONS.assign(w=found.weights("ate"), p=found.score)
    asked: dict[str, Any] = {"outcome": "cost", "treatment": "drug"}
    weighted = weighted_effect(data, **asked, weights="w")
    robust = augmented_effect(data, **asked, covariates=COVARIATES)
    strata = stratified_effect(data, **asked, score="p")
    for result, room in ((weighted, 4), (robust, 1), (strata, 2)):
        assert result.table.set_index("measure")["estimate"]["difference"] == pytest.approx(5, abs=room)
        assert result.summary()
        assert result.plot().to_dict()
        assert result.to_dict()["table"]


def test_equal_weights_give_the_plain_difference() -> None:
    found = weighted_effect(PERSONS.assign(w=1.0), outcome="cost", treatment="drug", weights="w").table
    means = PERSONS.groupby("drug")["cost"].mean()
    assert found["estimate"].tolist() == pytest.approx([means[1], means[0], means[1] - means[0]])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda d: propensity_scores(d.assign(drug=1), **ASKED), "column drug has the same value in all rows"),
        (
            lambda d: propensity_scores(d.assign(site=d["drug"]), treatment="drug", covariates=["site"]),
            "site: the coefficient runs to infinity",
        ),
        (lambda d: propensity_weights([0.0, 0.5], [1, 0]), "1 of 2 propensity scores are not between 0 and 1"),
        (lambda d: propensity_weights([0.5], [1], "late"), "estimand=late is not known"),
        (lambda d: propensity_weights([0.5], [1], "att", stabilised=True), "weights for att are not stabilised"),
        (lambda d: truncated_weights([1.0], 0.9, 0.1), "are not in order"),
        (lambda d: balance(d.assign(drug=0), **ASKED), "column drug has the same value in all rows"),
        (lambda d: balance(d.assign(w=-1.0), **ASKED, weights="w"), "column w is negative in 300 of 300 rows"),
        (lambda d: match(d, **ASKED, caliper=0.1, distance="mahalanobis"), "a caliper needs a score"),
        (lambda d: match(d, **ASKED, caliper=1e-12, caliper_in_sd=False), "no pair is close enough"),
        (lambda d: match(d, **ASKED, ratio=0), "ratio and caliper must be above 0"),
        (lambda d: propensity_strata([0.1, 0.2, 0.9], [0, 0, 1], strata=2, estimand="ate"), "strata have no treated"),
        (lambda d: propensity_strata([0.1], [1], strata=1), "strata=1 is below 2"),
        (
            lambda d: stratified_effect(
                {"y": [1, 2, 3], "a": [0, 0, 1], "p": [0.1, 0.2, 0.9]}, outcome="y", treatment="a", score="p", strata=2
            ),
            "stratum 1 of 2 has no treated",
        ),
        (lambda d: match(d.assign(age=np.nan), **ASKED), "column age has a missing value in 300 of 300 rows"),
    ],
)
def test_they_refuse_what_has_no_answer(call: Any, says: str) -> None:
    with pytest.raises(RweError, match=says):
        call(PERSONS)
