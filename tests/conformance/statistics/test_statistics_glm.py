"""Regressions beside R's glm, lm, sandwich, MASS, geepack, nnet, lme4, survey and survival::clogit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analyses.regression import (
    conditional_logistic,
    gee,
    glm,
    mixed_logistic,
    multinomial,
    negative_binomial,
)

pytestmark = pytest.mark.conformance

FAMILY = "glm"
HC = ("HC0", "HC1", "HC2", "HC3")


def r_terms(names: list[str], prefixes: dict[str, str] | None = None) -> list[str]:
    """Names of coefficients as R writes them: the level behind the column."""
    given = []
    for name in names:
        column, _, level = name.partition("[")
        head = (prefixes or {}).get(column, column)
        given.append("(Intercept)" if name == "intercept" else head + level.removesuffix("]"))
    return given


def as_glm(data: pd.DataFrame, asked: dict[str, Any], prefixes: dict[str, str] | None = None) -> dict[str, Any]:
    model = glm(data, **asked)
    given = {
        "terms": r_terms(model.names, prefixes),
        "coef": model.table["coef"],
        "se": model.table["se"],
        "z": model.table["z"],
        "loglik": model.loglik,
        "deviance": model.deviance,
        "null_deviance": model.null_deviance,
        "aic": model.aic,
        "bic": model.bic,
        "vcov": model.vcov.to_numpy(),
        "pearson_chi2": model.pearson_chi2,
        "quasi_dispersion": glm(data, **asked, quasi=True).dispersion,
    }
    return given | {f"se_{kind}": glm(data, **asked, covariance=kind).table["se"] for kind in HC}  # type: ignore[arg-type]


def text_race(data: pd.DataFrame) -> pd.DataFrame:
    return data.assign(race=data["race"].astype(str))


def test_logistic_regression_with_profile_limits_and_standardisation(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        given = text_race(data)
        asked = {"outcome": "low", "covariates": ["age", "lwt", "race", "smoke", "ht", "ui"]}
        model = glm(given, **asked)  # type: ignore[arg-type]
        limits = model.profile()
        means = model.standardise("smoke").table.set_index("measure")
        return as_glm(given, asked, {"race": "factor(race)"}) | {
            "profile_lower": limits["lower"],
            "profile_upper": limits["upper"],
            "smoke_standardised": {
                "mean_a": means["estimate"]["mean_to"],
                "mean_b": means["estimate"]["mean_against"],
                "difference": means["estimate"]["difference"],
                "difference_se_delta": means["se"]["difference"],
                "ratio": means["estimate"]["ratio"],
                "log_ratio_se_delta": means["se"]["ratio"],
            },
        }

    check(FAMILY, "logit_birthwt", ours)


BIRTH_WEIGHT: dict[str, dict[str, Any]] = {
    "probit": {"covariates": ["lwt", "smoke"], "link": "probit"},
    "cloglog": {"covariates": ["lwt", "smoke"], "link": "cloglog"},
    "logbinomial": {"covariates": ["smoke", "ht"], "link": "log"},
    "modified_poisson": {"covariates": ["smoke", "ht", "age"], "family": "poisson"},
    "identity_binomial": {"covariates": ["smoke"], "link": "identity"},
}


@pytest.mark.parametrize("name", BIRTH_WEIGHT)
def test_links_and_robust_errors(check: Any, name: str) -> None:
    asked = {"outcome": "low", **BIRTH_WEIGHT[name]}
    check(FAMILY, f"{name}_birthwt", lambda case, data: as_glm(data, asked))


def test_poisson_regression(check: Any) -> None:
    def insurance(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        given = data.assign(
            District=data["District"].astype(str),
            Group=pd.Categorical(data["Group"], ["<1l", "1-1.5l", "1.5-2l", ">2l"]),
            Age=pd.Categorical(data["Age"], ["<25", "25-29", "30-35", ">35"]),
            log_holders=np.log(data["Holders"]),
        )
        covariates = ["District", "Group", "Age"]
        asked = {"outcome": "Claims", "covariates": covariates, "family": "poisson", "offset": "log_holders"}
        return as_glm(given, asked, {"District": "factor(District)"})

    def lung(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        given = data.assign(log_time=np.log(data["time"]))
        return as_glm(
            given, {"outcome": "event", "covariates": ["sex", "age"], "family": "poisson", "offset": "log_time"}
        )

    check(FAMILY, "poisson_offset_insurance", insurance)
    check(FAMILY, "poisson_persontime_lung", lung)


def test_clustered_errors(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        asked = {"outcome": "resp", "covariates": ["age", "smoke", "age:smoke"]}
        kinds = {"HC0_noadj": "HC0", "HC0_G_over_Gm1": "sandwich", "HC1": "HC1"}
        clustered = {
            f"se_cluster_{name}": glm(data, **asked, cluster="id", covariance=kind).table["se"]  # type: ignore[arg-type]
            for name, kind in kinds.items()
        }
        return as_glm(data, asked) | clustered

    check(FAMILY, "logit_cluster_ohio", ours)


def test_negative_binomial(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        model = negative_binomial(data, outcome="Days", covariates=["Eth", "Sex", "Age", "Lrn"])
        return {
            "terms": r_terms(model.table["name"].tolist()),
            "coef": model.table["coef"],
            "se": model.table["se"],
            "theta": model.theta,
            "se_theta": model.theta_se,
            "alpha": model.alpha,
            "loglik": model.loglik,
            "aic": model.aic,
        }

    check(FAMILY, "negbin_quine", ours)


@pytest.mark.parametrize("correlation", ["independence", "exchangeable", "ar1"])
def test_estimating_equations(check: Any, correlation: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        model = gee(data, outcome="resp", cluster="id", covariates=["age", "smoke"], correlation=correlation)
        return {
            "coef": model.table["coef"],
            "se_robust": model.table["se"],
            "alpha": [] if correlation == "independence" else [model.alpha],
            "phi": model.phi,
        }

    check(FAMILY, f"gee_ohio_{correlation}", ours)


def test_linear_regression(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        asked: dict[str, Any] = {"outcome": "bwt", "covariates": ["age", "lwt", "smoke"], "family": "gaussian"}
        model = glm(data, **asked)
        robust = {kind: glm(data, **asked, covariance=kind).table["se"] for kind in HC}  # type: ignore[arg-type]
        sigma = float(np.sqrt(model.dispersion))
        return {"coef": model.table["coef"], "se": model.table["se"], "r2": model.r_squared, "sigma": sigma, **robust}

    check(FAMILY, "linear_hc_birthwt", ours)


def test_multinomial(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        model = multinomial(data, outcome="education", covariates=["age", "parity"], base="0-5yrs")
        by_category = model.table.set_index("category")
        levels = case["expected"]["levels"]
        return {
            "levels": levels,
            "coef": [by_category.loc[level, "coef"].tolist() for level in levels],
            "se": [by_category.loc[level, "se"].tolist() for level in levels],
            "loglik": model.loglik,
        }

    check(FAMILY, "multinomial_infert", ours)


def test_random_intercept(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        given = data.assign(
            gid=data["center"].astype(str) + " " + data["id"].astype(str), tp=(data["treat"] == "P").astype(int)
        )
        model = mixed_logistic(given, outcome="outcome", cluster="gid", covariates=["tp", "baseline", "age"])
        return {"coef": model.table["coef"], "sd_random": model.sd, "loglik": model.loglik}

    check(FAMILY, "mixed_logit_respiratory", ours)


def test_conditional_logistic(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        model = conditional_logistic(data, outcome="case", covariates=["spontaneous", "induced"], strata="stratum")
        return {"coef": model.table["coef"], "se": model.table["se"], "loglik": model.loglik}

    check(FAMILY, "clogit_infert", ours)


def test_separation_is_reported(check: Any, not_to_match: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        model = glm(data, outcome="low", covariates=["bwt"], separation="report")
        assert [note.code for note in model.notes] == ["separation"]
        assert np.isinf(model.table["coef"]).any()
        return {"r_warnings": not_to_match, "loglik_limit": model.loglik}

    with pytest.warns(UserWarning, match="runs to infinity"):
        check(FAMILY, "separation_logit", ours)


def test_survey_weights(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        weighted = data.assign(w=1 + data["lwt"] / 200)
        model = glm(weighted, outcome="low", covariates=["smoke", "age"], weights="w", covariance="sandwich")
        return {"coef": model.table["coef"], "se": model.table["se"]}

    check(FAMILY, "weights_svyglm_birthwt", ours)
