"""Discrimination, calibration and net benefit against their definitions and scikit-learn.

R's numbers (pROC, rms, riskRegression, timeROC, pec) are tried in tests/conformance.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score, roc_curve

from analyses.prediction import (
    brier_scores,
    calibration,
    compare_roc,
    decision_curve,
    explained_variation,
    integrated_brier_score,
    roc,
    survival_calibration,
    survival_decision_curve,
    time_dependent_auc,
    uno_concordance,
)
from analyses.regression import glm
from analyses.survival import SurvivalTimes, concordance, cox
from omop_etl.errors import RweError

_RANDOM = np.random.default_rng(6)
PEOPLE = pd.DataFrame({"x": _RANDOM.normal(0, 1, 300).round(1), "noise": _RANDOM.normal(0, 1, 300)})
PEOPLE["p"] = 1 / (1 + np.exp(-PEOPLE["x"]))
PEOPLE["ill"] = (_RANDOM.random(300) < PEOPLE["p"]).astype(int)
PEOPLE["days"] = np.ceil(_RANDOM.exponential(100 * np.exp(-PEOPLE["x"])))
PEOPLE["died"] = 1
CENSORED = PEOPLE.assign(end=np.ceil(_RANDOM.exponential(150, 300)))
CENSORED["died"] = (CENSORED["days"] <= CENSORED["end"]).astype(int)
CENSORED["days"] = CENSORED[["days", "end"]].min(axis=1)
TIMES: dict[str, Any] = {"duration": "days", "event": "died"}


def test_areas_and_curves_are_those_of_scikit_learn() -> None:
    found = roc(PEOPLE, outcome="ill", markers=["p", "noise"])
    for name in ("p", "noise"):
        area = found.table.set_index("marker")["auc"][name]
        assert area == pytest.approx(roc_auc_score(PEOPLE["ill"], PEOPLE[name]))
    fpr, tpr, _ = roc_curve(PEOPLE["ill"], PEOPLE["p"], drop_intermediate=False)
    curve = found.curve("p")
    assert curve["sensitivity"].to_numpy()[::-1] == pytest.approx(tpr)
    assert 1 - curve["specificity"].to_numpy()[::-1] == pytest.approx(fpr)
    assert found.partial_auc(0.0, 1.0, "p") == pytest.approx(found.table["auc"][0])


def test_a_marker_turned_round_has_the_same_area() -> None:
    turned = PEOPLE.assign(q=-PEOPLE["p"])
    plain = roc(turned, outcome="ill", markers="p").table.iloc[0]
    other = roc(turned, outcome="ill", markers="q", lower_is_positive=True)
    assert other.table["auc"][0] == pytest.approx(plain["auc"])
    assert other.at(-0.5)["tp"][0] == roc(turned, outcome="ill", markers="p").at(0.5)["tp"][0]


def test_delongs_error_is_near_the_bootstrap() -> None:
    found = roc(PEOPLE, outcome="ill", markers=["p", "noise"])
    y, p = PEOPLE["ill"].to_numpy(), PEOPLE["p"].to_numpy()
    areas = []
    for _ in range(400):
        drawn = _RANDOM.integers(0, 300, 300)
        areas.append(roc_auc_score(y[drawn], p[drawn]))
    assert found.table["se"][0] == pytest.approx(np.std(areas), rel=0.15)
    assert compare_roc(found, "noise", "p")["z"] == pytest.approx(-compare_roc(found, "p", "noise")["z"])


def test_calibration_of_a_fitted_model_is_perfect_on_average() -> None:
    model = glm(PEOPLE, outcome="ill", covariates=["x"])
    found = calibration(PEOPLE.assign(q=model.predict()["mean"]), outcome="ill", risk="q")
    assert found["slope"] == pytest.approx(1)
    assert found["in_the_large"] == pytest.approx(0, abs=1e-9)
    assert found["observed_expected"] == pytest.approx(1)
    assert found.further["groups"]["rows"].sum() == 300


def test_overall_errors_are_those_of_scikit_learn() -> None:
    found = calibration(PEOPLE, outcome="ill", risk="p")
    assert found["brier"] == pytest.approx(brier_score_loss(PEOPLE["ill"], PEOPLE["p"]))
    assert found["log_loss"] == pytest.approx(log_loss(PEOPLE["ill"], PEOPLE["p"]))
    assert found.plot().to_dict()
    assert found.to_dict()["groups"]


def test_without_censoring_scores_are_plain_ones() -> None:
    data = PEOPLE.assign(by_50=1 - np.exp(-0.5 * np.exp(PEOPLE["x"])))
    early = (data["days"] <= 50).astype(int)
    area = time_dependent_auc(data, **TIMES, marker="x", times=[50]).table.iloc[0]
    delong = roc(data.assign(early=early), outcome="early", markers="x").table.iloc[0]
    assert area["auc"] == pytest.approx(delong["auc"])
    assert area["se"] == pytest.approx(delong["se"], rel=0.02)
    error = brier_scores(data, **TIMES, risk_by={50: "by_50"}).table.iloc[0]
    squares = (early - data["by_50"]) ** 2
    assert error["brier"] == pytest.approx(squares.mean())
    assert error["se"] == pytest.approx(squares.std() / np.sqrt(300))
    assert error["null"] == pytest.approx(early.var(ddof=0))


def test_censored_scores_are_near_those_without_censoring() -> None:
    full = time_dependent_auc(PEOPLE, **TIMES, marker="x", times=[50]).table.iloc[0]
    censored = time_dependent_auc(CENSORED, **TIMES, marker="x", times=[50]).table.iloc[0]
    assert censored["auc"] == pytest.approx(full["auc"], abs=0.03)
    assert censored["se"] > 0.9 * full["se"]


def test_the_integrated_score_averages_over_time() -> None:
    flat = integrated_brier_score(PEOPLE, **TIMES, survival=np.full((1, 2), 0.5), times=[20, 40], until=40)
    assert flat == pytest.approx(0.25 / 2)


def test_unos_concordance_without_censoring_is_harrells() -> None:
    follow_up = SurvivalTimes(PEOPLE["days"].to_numpy(float), np.ones(300, dtype=bool))
    harrell = concordance(follow_up, PEOPLE["x"].to_numpy()).value
    for at_ties in ("events-first", "together"):
        found = uno_concordance(PEOPLE, **TIMES, predictor="x", at_ties=at_ties)  # type: ignore[arg-type]
        assert found == pytest.approx(harrell)


def test_a_model_separates_more_than_noise() -> None:
    strong, weak = (explained_variation(cox(CENSORED, **TIMES, covariates=[name])) for name in ("x", "noise"))
    assert strong["d"] > 1 > abs(weak["d"])
    assert strong["r2_d"] > 0.3 > weak["r2_d"]
    assert strong["gonen_heller"] > weak["gonen_heller"] > 0.5


def test_net_benefit_of_everybody_and_of_the_perfect() -> None:
    perfect = PEOPLE.assign(q=PEOPLE["ill"] * 0.98 + 0.01)
    table = decision_curve(perfect, outcome="ill", risk="q", thresholds=[0.2, 0.5]).table
    assert table["net_benefit"].tolist() == pytest.approx([PEOPLE["ill"].mean()] * 2)
    found = survival_decision_curve(CENSORED, **TIMES, risk="p", time=50, thresholds=[0.01])
    assert found.table["net_benefit"][0] == pytest.approx(found.table["treat_all"][0])
    assert found.plot().to_dict()


def test_observed_over_expected() -> None:
    found = survival_calibration(CENSORED, **TIMES, risk="p", time=50, predictor="x", groups=4)
    assert found["observed_expected"] == pytest.approx(found["observed"] / found["expected"])
    assert found.further["groups"]["rows"].tolist() == [75] * 4
    assert found.plot().to_dict()
    assert found.summary()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda d: roc(d.assign(ill=1), outcome="ill", markers="p"), "column ill has the same value in all rows"),
        (lambda d: roc(d.assign(p=np.nan), outcome="ill", markers="p"), "column p has a missing value"),
        (lambda d: roc(d, outcome="ill", markers="p").at(0.5, "q"), "marker=q is not known"),
        (
            lambda d: calibration(d.assign(p=2), outcome="ill", risk="p"),
            "column p is not between 0 and 1 in 300 of 300",
        ),
        (lambda d: calibration(d.assign(p=0.5), outcome="ill", risk="p"), "or the same in all"),
        (lambda d: calibration(d, outcome="ill", risk="p", groups=2), "groups=2 is below 3"),
        (lambda d: decision_curve(d, outcome="ill", risk="p", thresholds=[1]), "thresholds are not between 0 and 1"),
        (lambda d: time_dependent_auc(d, **TIMES, marker="x", times=[1e6]), "at time 1e"),
        (lambda d: time_dependent_auc(d, **TIMES, marker="x", times=[9, 5]), "times are not positive numbers in order"),
        (lambda d: time_dependent_auc(d.assign(died=0), **TIMES, marker="x", times=[50]), "column died has no event"),
        (lambda d: survival_calibration(d, **TIMES, risk="p", time=1e6), "nobody is followed up to 1e"),
    ],
)
def test_they_refuse_what_has_no_answer(call: Any, says: str) -> None:
    with pytest.raises(RweError, match=says):
        call(PEOPLE)


def test_results_can_be_shown_and_kept() -> None:
    results = [
        roc(PEOPLE, outcome="ill", markers=["p", "noise"]),
        time_dependent_auc(CENSORED, **TIMES, marker="x", times=[30, 60]),
        brier_scores(CENSORED, **TIMES, risk_by={50: "p"}),
        decision_curve(PEOPLE, outcome="ill", risk="p", thresholds=[0.2, 0.5]),
    ]
    for result in results:
        assert result.summary()
        assert result.plot().to_dict()
        assert result.to_dict()["table"]
