"""Predictions beside R's pROC, rms, riskRegression, timeROC, pec, survC1 and survival."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analyses.prediction import (
    brier_scores,
    calibration,
    compare_roc,
    explained_variation,
    integrated_brier_score,
    roc,
    survival_calibration,
    survival_decision_curve,
    time_dependent_auc,
    uno_concordance,
)
from analyses.prediction.roc import classified
from analyses.regression import glm
from analyses.survival import CoxModel, SurvivalTimes, concordance, cox, kaplan_meier

pytestmark = pytest.mark.conformance

FAMILY = "prediction"


def as_roc(row: pd.Series) -> dict[str, Any]:
    return {
        "auc": row["auc"],
        "var_delong": row["se"] ** 2,
        "lower": row["lower"],
        "upper": row["upper"],
        "n_pos": row["positives"],
        "n_neg": row["negatives"],
    }


def test_discrimination(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        poor = data.assign(poor=(data["outcome"] == "Poor").astype(int))
        markers = case["spec"]["markers"]
        found = roc(poor, outcome="poor", markers=markers)
        rows = found.table.set_index("marker")
        return {
            **{marker: as_roc(rows.loc[marker]) for marker in markers},
            "delong_s100b_vs_ndka": compare_roc(found, "s100b", "ndka")[["z", "p"]].to_dict(),
            "delong_wfns_vs_ndka": compare_roc(found, "wfns", "ndka")[["z", "p"]].to_dict(),
            "partial_auc_spec_1_0.9_s100b": found.partial_auc(0.9, marker="s100b"),
            "at_s100b_0.205": found.at(0.205, "s100b").iloc[0].to_dict(),
        }

    check(FAMILY, "roc_aSAH", ours)


def as_performance(data: pd.DataFrame, outcome: str, risk: str) -> dict[str, Any]:
    found = calibration(data, outcome=outcome, risk=risk)
    names = {
        "calibration_slope": "slope",
        "calibration_slope_se": "slope_se",
        "intercept_with_slope": "intercept",
        "calibration_in_the_large": "in_the_large",
        "citl_se": "in_the_large_se",
        "oe_ratio": "observed_expected",
        "brier": "brier",
        "brier_scaled": "brier_scaled",
        "log_loss": "log_loss",
        "nagelkerke_r2": "nagelkerke_r2",
        "cox_snell_r2": "cox_snell_r2",
        "emax_valprob": "e_max",
        "eavg_valprob": "e_avg",
    }
    return {
        "roc": as_roc(roc(data, outcome=outcome, markers=risk).table.iloc[0]),
        **{name: found[own] for name, own in names.items()},
        "hosmer_lemeshow": {
            "chisq": found["hosmer_lemeshow"],
            "df": found["hosmer_lemeshow_df"],
            "p": found["hosmer_lemeshow_p"],
        },
    }


def test_risks_of_a_binary_outcome(check: Any, reference: Any, hold: Any) -> None:
    def apparent(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        model = glm(data, outcome="low", covariates=["age", "lwt", "smoke", "ht", "ui"])
        with_risk = data.assign(p=model.predict()["mean"])
        happened, p = data["low"].to_numpy() == 1, with_risk["p"].to_numpy()
        at = [classified(happened, p >= t, t).iloc[0].to_dict() for t in case["spec"]["thresholds"]]
        return {**as_performance(with_risk, "low", "p"), "at": at}

    check(FAMILY, "logit_model_birthwt_performance", apparent)
    train, test = (
        reference.data(f"pima_{name}.csv").assign(y=lambda frame: (frame["type"] == "Yes").astype(int))
        for name in ("train", "test")
    )
    model = glm(train, outcome="y", covariates=["glu", "bmi", "age", "ped"])
    hold(FAMILY, "logit_external_pima", as_performance(test.assign(p=model.predict(test)["mean"]), "y", "p"))


def with_predictions(model: CoxModel, data: pd.DataFrame, times: list[float]) -> pd.DataFrame:
    survival = model.survival(data, times).pivot(index="person", columns="time", values="survival").to_numpy()
    risks = {f"by_{time:g}": 1 - survival[:, at] for at, time in enumerate(times)}
    return data.assign(lp=model.linear_predictor(data, "zero")["value"].to_numpy(), **risks)


def as_score(data: pd.DataFrame, asked: dict[str, Any], times: list[float]) -> dict[str, Any]:
    area = time_dependent_auc(data, **asked, marker="lp", times=times).table
    error = brier_scores(data, **asked, risk_by={time: f"by_{time:g}" for time in times}).table
    return {
        "times": times,
        "auc_ipcw": area["auc"],
        "auc_se": area["se"],
        "brier_ipcw": error["brier"],
        "brier_se": error["se"],
        "brier_null_km": error["null"],
    }


def test_survival_models(check: Any, not_to_match: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        complete = data[["time", "event", "age", "sex", "ph.ecog"]].dropna().reset_index(drop=True)
        asked: dict[str, Any] = {"duration": "time", "event": "event"}
        model = cox(complete, **asked, covariates=["age", "sex", "ph.ecog"])
        times = case["spec"]["times"]
        predicted = with_predictions(model, complete, times)
        before = time_dependent_auc(predicted, **asked, marker="lp", times=times, cases="before").table
        until = np.unique(complete["time"][complete["time"] <= 700])
        survival = model.survival(complete, until).pivot(index="person", columns="time", values="survival")
        reference = kaplan_meier(complete, **asked).at(until)["survival"].to_numpy()
        integrated = [
            integrated_brier_score(complete, **asked, survival=curve, times=until.tolist(), until=700)
            for curve in (reference, survival.to_numpy())
        ]
        royston = explained_variation(model)
        slope = survival_calibration(predicted, **asked, risk="by_365", time=365, predictor="lp")["slope"]
        return {
            "harrell_c": model.concordance.value,
            "uno_c_tau700_survC1": uno_concordance(predicted, **asked, predictor="lp", tau=700, at_ties="together"),
            # survAUC multiplies the factor of a tied time once per row that ends there, and counts predictors that
            # differ by rounding as different: its number is an error of 1 %.
            "uno_c_tau700_survAUC": not_to_match,
            "riskRegression": as_score(predicted, asked, times),
            "timeROC_auc": before["auc"],
            "timeROC_se": before["se"],
            "ibs_700_pec": integrated,
            "ibs_rows": case["expected"]["ibs_rows"],
            "royston": [royston[name] for name in ("d", "d_se", "r2_d", "r2_ko", "r2_n", "gonen_heller")],
            "royston_names": case["expected"]["royston_names"],
            "calibration_slope_lp": slope,
        }

    check(FAMILY, "surv_perf_lung", ours)


def test_external_validation(reference: Any, hold: Any) -> None:
    built, given = reference.data("rotterdam.csv"), reference.data("gbsg.csv")
    train = pd.DataFrame(
        {
            "t": built["rfstime"],
            "e": built["rfs"],
            "age": built["age"],
            "s2": (built["size"] != "<=20").astype(int),
            "g3": (built["grade"] == 3).astype(int),
            "ln": np.log(built["nodes"] + 1),
            "h": built["hormon"],
        }
    )
    test = pd.DataFrame(
        {
            "t": given["rfstime"],
            "e": given["status"],
            "age": given["age"],
            "s2": (given["size"] > 20).astype(int),
            "g3": (given["grade"] == 3).astype(int),
            "ln": np.log(given["nodes"] + 1),
            "h": given["hormon"],
        }
    )
    asked: dict[str, Any] = {"duration": "t", "event": "e"}
    model = cox(train, **asked, covariates=["age", "s2", "g3", "ln", "h"])
    times = [365, 1095, 1826]
    predicted = with_predictions(model, test, times)
    follow_up = SurvivalTimes(test["t"].to_numpy(float), test["e"].to_numpy() == 1)
    harrell = concordance(follow_up, predicted["lp"].to_numpy())
    uno = concordance(follow_up, predicted["lp"].to_numpy(), timewt="n/G2", ymax=1826)
    found = survival_calibration(predicted, **asked, risk="by_1826", time=1826, predictor="lp")
    hold(
        FAMILY,
        "surv_external_rotterdam_gbsg",
        {
            "coef": model.table["coef"],
            "c_harrell": harrell.value,
            "c_harrell_se": harrell.se,
            "c_uno_1826": uno.value,
            "c_uno_se": uno.se,
            "riskRegression": as_score(predicted, asked, times),  # type: ignore[arg-type]
            "calibration_slope": found["slope"],
            "mean_predicted_risk_1826": found["expected"],
            "observed_km_risk_1826": found["observed"],
            "oe_1826": found["observed_expected"],
        },
    )


def test_net_benefit(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        asked: dict[str, Any] = {"duration": "time", "event": "event"}
        model = cox(data, **asked, covariates=["age", "sex"])
        predicted = with_predictions(model, data, [365])
        thresholds = case["spec"]["thresholds"]
        found = survival_decision_curve(predicted, **asked, risk="by_365", time=365, thresholds=thresholds)
        return {"risk_first5": predicted["by_365"][:5], "net_benefit": found.table["net_benefit"]}

    check(FAMILY, "net_benefit_survival_lung", ours)
