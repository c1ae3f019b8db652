"""Pooling of imputed data sets beside R's mice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analyses.missing import Pooled, pool, pool_models
from analyses.regression import glm
from analyses.survival import cox

pytestmark = pytest.mark.conformance

FAMILY = "missing_data"


def as_pool(found: Pooled, case: dict[str, Any]) -> dict[str, Any]:
    table = found.table
    return {"term": case["expected"]["term"], **{name: table[name] for name in table.columns if name != "name"}}


def test_linear_and_logistic_models(check: Any) -> None:
    def linear(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        models = [
            glm(filled, outcome="chl", covariates=["age", "bmi"], family="gaussian")
            for _, filled in data.groupby(".imp")
        ]
        assert models[0].names == ["intercept", "age[40-59]", "age[60-99]", "bmi"]
        return as_pool(pool_models(models), case)

    def logistic(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        with_outcome = data.assign(high=(data["hyp"] == "yes").astype(int))
        models = [glm(filled, outcome="high", covariates=["bmi"]) for _, filled in with_outcome.groupby(".imp")]
        return as_pool(pool_models(models), case)

    check(FAMILY, "mi_lm_nhanes2", linear)
    check(FAMILY, "mi_logit_nhanes2", logistic)


def test_cox_models(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        filled = data.assign(log_bili=np.log(data["bili"]))
        covariates = ["age", "log_bili", "albumin", "chol", "platelet"]
        models = [
            cox(part, duration="time", event="event", covariates=covariates) for _, part in filled.groupby(".imp")
        ]
        return as_pool(pool_models(models), case)

    check(FAMILY, "mi_cox_pbc", ours)


def test_numbers(check: Any) -> None:
    def ours(case: dict[str, Any], _: pd.DataFrame) -> dict[str, Any]:
        spec = case["spec"]
        row = pool(spec["estimates"], spec["variances"], complete_df=spec["dfcom"]).table.iloc[0]
        names = {"qbar": "estimate", "ubar": "ubar", "b": "b", "t": "total", "df": "df", "riv": "riv", "fmi": "fmi"}
        return {name: row[own] for name, own in names.items()}

    check(FAMILY, "mi_scalar", ours)
