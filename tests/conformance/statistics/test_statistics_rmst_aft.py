"""Restricted means beside R's survfit, survRM2 and pseudo; parametric models beside survreg."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analyses.survival.aft import AftModel, aft, turnbull
from analyses.survival.rmst import RestrictedMeans, adjusted_rmst, pseudo_values, rmst

pytestmark = pytest.mark.conformance

FAMILY = "rmst_aft"


def two_arms(found: RestrictedMeans) -> dict[str, Any]:
    by_arm = found.table.set_index("group")
    contrasts = found.contrasts.set_index("measure")[["estimate", "lower", "upper", "p"]]
    arms = {
        f"arm{int(arm)}": by_arm.loc[arm, ["rmst", "se", "lower", "upper", "rmtl"]].to_dict() for arm in (True, False)
    }
    measures = {name: contrasts.loc[name].tolist() for name in ("difference", "ratio", "rmtl_ratio")}
    return {"tau": found.tau, **arms, **measures, "columns": list(contrasts.columns)}


def test_restricted_means(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        found = [rmst(data, duration="time", event="event", group="sex", tau=tau).table for tau in (365, 730)]
        return {
            sex: [table.set_index("group").loc[int(sex), ["tau", "rmst", "se"]].to_dict() for table in found]
            for sex in ("1", "2")
        }

    check(FAMILY, "rmst_lung", ours)


def test_restricted_means_of_two_arms(check: Any, reference: Any, hold: Any) -> None:
    veteran = reference.data("veteran.csv").assign(arm=lambda frame: frame["trt"] == 2)
    found = [two_arms(rmst(veteran, duration="time", event="status", group="arm", tau=tau)) for tau in (180, 400)]
    hold(FAMILY, "rmst2_veteran", found)

    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        arms = data[data["rx"] != "Lev"].assign(arm=lambda frame: frame["rx"] == "Lev+5FU")
        return two_arms(rmst(arms, duration="time", event="status", group="arm", tau=1826))

    check(FAMILY, "rmst2_colon", ours)


def test_adjusted_restricted_means(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        trial = data[data["randomised"] == 1].assign(arm=lambda frame: frame["trt"] == 1)
        measures = {"difference": "difference", "log_ratio": "ratio", "log_ratio_rmtl": "rmtl_ratio"}
        asked: dict[str, Any] = {"duration": "time", "event": "event", "group": "arm", "tau": 3650}
        given = {}
        for name, measure in measures.items():
            table = adjusted_rmst(trial, **asked, covariates=case["spec"]["covariates"], measure=measure).table  # type: ignore[arg-type]
            terms = table["name"].str.removesuffix("[True]").tolist()
            p = np.array(case["expected"][name]["p"])
            near_zero = np.where(p < 1e-12, p, table["p"])
            given[name] = {"terms": terms, "coef": table["coef"], "se": table["se"], "p": near_zero}
        return given

    check(FAMILY, "rmst2_adjusted_pbc", ours)


def test_pseudo_values(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        values = pseudo_values(data, duration="time", event="event", at=500)
        x = np.column_stack([np.ones(len(data)), data["sex"], data["age"]])
        coef = np.linalg.lstsq(x, values, rcond=None)[0]
        bread = np.linalg.inv(x.T @ x)
        rest = values.to_numpy() - x @ coef
        se = np.sqrt(np.diag(bread @ (x.T @ (x * rest[:, None] ** 2)) @ bread))
        return {"first5": values[:5], "mean": values.mean(), "coef": coef, "se_hc0": se}

    check(FAMILY, "rmst_pseudo_values_lung", ours)


def as_survreg(model: AftModel) -> dict[str, Any]:
    terms = [{"intercept": "(Intercept)", "log(scale)": "Log(scale)"}.get(name, name) for name in model.names]
    return {
        "terms": terms,
        "coef": model.table["coef"],
        "se": model.table["se"],
        "scale": model.scale,
        "loglik": model.loglik,
        "loglik_null": model.loglik_null,
        "aic": model.aic,
        "vcov": model.vcov.to_numpy(),
    }


@pytest.mark.parametrize("distribution", ["weibull", "exponential", "lognormal", "loglogistic"])
def test_parametric_models(check: Any, distribution: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        covariates = case["spec"]["covariates"]
        complete = data.dropna(subset=covariates)
        asked: dict[str, Any] = {"duration": "time", "event": "event", "covariates": covariates}
        model = aft(complete, **asked, distribution=distribution)
        person = {"age": [60], "sex": [1], "ph.ecog": [1]}
        quantiles = model.quantiles(person, case["spec"]["predict"]["p"])
        given = as_survreg(model) | {"quantiles": quantiles["time"], "quantile_se": quantiles["se"]}
        return given | ({"hr": model.hazard_ratios["hr"]} if distribution == "weibull" else {})

    check(FAMILY, f"aft_lung_{distribution}", ours)


@pytest.mark.parametrize("distribution", ["weibull", "lognormal", "loglogistic"])
def test_parametric_distributions_alone(check: Any, distribution: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        return as_survreg(aft(data, duration="time", event="status", distribution=distribution))

    check(FAMILY, f"aft_veteran_null_{distribution}", ours)


def test_scales_of_their_own(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        model = aft(data, duration="time", event="status", covariates=["karno"], scale_strata="trt")
        return {"coef": model.coefficients, "scale": model.scale, "loglik": model.loglik}

    check(FAMILY, "aft_weibull_strata_veteran", ours)


def test_robust_errors_of_a_parametric_model(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        model = aft(data, duration="time", event="status", covariates=["age", "sex"], cluster="id")
        return {
            "coef": model.coefficients,
            "scale": model.scale[0],
            "se_robust": model.table["se"],
            "se_naive": model.table["se_naive"],
        }

    check(FAMILY, "aft_weibull_robust_kidney", ours)


def with_bounds(data: pd.DataFrame) -> pd.DataFrame:
    """Round the follow-up of the transplant data to visits every 100 days, as the reference does."""
    lower = np.floor(data["t2"] / 100) * 100
    return data.assign(
        lower=lower,
        upper=np.where(data["d3"] == 1, lower + 100, np.nan),
        g2=(data["group"] == 2).astype(int),
        g3=(data["group"] == 3).astype(int),
    )


def test_interval_censoring(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        given = with_bounds(data)
        informative = given[(given["lower"] > 0) | given["upper"].notna()]
        model = aft(informative, bounds=("lower", "upper"), covariates=["z1", "g2", "g3"])
        return {"n": model.rows.used, **as_survreg(model)}

    check(FAMILY, "aft_interval_synth", ours)


def test_turnbull(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        times = case["spec"]["times"]
        return {"time": times, "surv_just_after": turnbull(with_bounds(data), bounds=("lower", "upper")).at(times)}

    check(FAMILY, "km_interval_turnbull_bmt", ours)
