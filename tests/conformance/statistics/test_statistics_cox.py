"""Cox models beside R's coxph, cox.zph, survfit and concordance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analyses.survival import CoxModel, SurvivalTimes, concordance, cox

pytestmark = [pytest.mark.conformance, pytest.mark.filterwarnings("ignore::analyses.notes.AnalysisWarning")]

Case = dict[str, Any]
Ours = Callable[[Case, pd.DataFrame], Any]
TRANSFORMS = ("km", "rank", "identity", "log")


def quantities(model: CoxModel, expected: Case) -> Case:
    """All that R gives for a model, in R's form."""
    table, concord = model.table, model.concordance
    tests = model.tests.set_index("test")
    found: Case = {
        "terms": expected.get("terms"),
        "coef": table["coef"],
        "se": table["se"],
        "se_naive": table.get("se_naive"),
        "hr": table["hr"],
        "hr_lower": table["hr_lower"],
        "hr_upper": table["hr_upper"],
        "z": table["z"],
        "p": table["p"],
        "vcov": model.vcov.to_numpy(),
        "loglik_null": model.loglik_null,
        "loglik": model.loglik,
        "n": model.rows.used,
        "nevent": model.events,
        "lr_test": tests.loc["likelihood ratio"],
        "wald_test": tests.loc["wald"],
        "score_test": tests.loc["score"],
        "aic": model.aic,
        "bic_nevent": model.bic,
        "concordance": concord.value,
        "concordance_se": concord.se,
        "concordance_counts": counts(concord),
        "means": model.state.means,
    }
    if model.robust:
        found["robust_score_test"] = tests.loc["robust score", "chisq"]
    for at in ("zero", "mean"):
        if f"baseline_at_{at}" in expected:
            wanted = expected[f"baseline_at_{at}"]
            found[f"baseline_at_{at}"] = baseline(model, {"zero": "zero", "mean": "means"}[at], wanted)
    return found


def counts(found: Any) -> Case:
    return {
        "concordant": found.concordant,
        "discordant": found.discordant,
        "tied.x": found.tied_x,
        "tied.y": found.tied_y,
        "tied.xy": found.tied_xy,
    }


def baseline(model: CoxModel, at: Any, expected: Case) -> Case:
    table = model.baseline(at)
    if "time" in expected:
        return {"time": expected["time"], "cumhaz": hazard_at(table, expected["time"])}
    return {
        level: {"time": wanted["time"], "cumhaz": hazard_at(table[table["stratum"] == level], wanted["time"])}
        for level, wanted in expected.items()
    }


def hazard_at(table: pd.DataFrame, times: list[float]) -> np.ndarray:
    return np.append(0.0, table["hazard"])[np.searchsorted(table["time"], times, side="right")]


def residual_summaries(model: CoxModel) -> Case:
    found: Case = {}
    for kind in ("martingale", "deviance", "schoenfeld", "scaled_schoenfeld", "dfbeta", "score"):
        table = model.residuals(kind).drop(columns=["time", "stratum"], errors="ignore")
        values = table.to_numpy()
        parts = {"n": len(values), "sum": values.sum(axis=0), "sum_sq": (values**2).sum(axis=0)}
        if kind in ("martingale", "deviance"):
            line = values[:, 0]
            parts = {name: part[0] if np.ndim(part) else part for name, part in parts.items()}
            parts |= {"min": line.min(), "max": line.max(), "first10": line[:10]}
        else:
            parts["first5"] = values[:5]
        found[kind] = parts
    return found


def zph(model: CoxModel, expected: Case, by_term: bool = True) -> Case:
    found = {}
    for transform in set(TRANSFORMS) & set(expected):
        table = model.zph(transform, by_term=by_term).table
        found[transform] = {
            "terms": expected[transform]["terms"],
            "chisq": table["chisq"],
            "df": table["df"],
            "p": table["p"],
        }
    return found


def full(model: CoxModel, expected: Case) -> Case:
    found = quantities(model, expected)
    if "martingale" in expected:
        found |= residual_summaries(model)
    if "zph" in expected:
        found["zph"] = zph(model, expected["zph"])
    if "zph_by_column" in expected:
        found["zph_by_column"] = zph(model, expected["zph_by_column"], by_term=False)
    return found


def factor_of(data: pd.DataFrame, column: str, levels: list[str]) -> None:
    data[column] = pd.Categorical(data[column], categories=levels)


def prepare(name: str, data: pd.DataFrame) -> None:
    """Derived columns of a case."""
    if name == "cox_veteran_factor":
        factor_of(data, "celltype", ["squamous", "smallcell", "adeno", "large"])
    elif name == "cox_colon_cluster":
        factor_of(data, "rx", ["Obs", "Lev", "Lev+5FU"])
    elif name == "cox_kidney_cluster":
        factor_of(data, "disease", ["Other", "GN", "AN", "PKD"])
    elif name == "cox_channing_left_trunc":
        data["male"] = (data["sex"] == "Male").astype(int)
    elif name == "cox_lung_offset":
        data["offset"] = 0.02 * data["age"]
    elif name in ("cox_pbc_tv", "cox_pbc_big"):
        data["log(bili)"], data["log(protime)"] = np.log(data["bili"]), np.log(data["protime"])


ARGUMENTS: dict[str, Case] = {
    "cox_veteran_factor": {"covariates": ["trt", "celltype", "karno", "diagtime", "age", "prior"]},
    "cox_veteran_interaction": {"covariates": ["trt", "prior", "karno", "trt:prior"]},
    "cox_colon_cluster": {"covariates": ["rx", "age", "nodes"], "robust": True, "cluster": None},
    "cox_kidney_cluster": {"covariates": ["age", "sex", "disease"]},
    "cox_channing_left_trunc": {"covariates": ["male"]},
    "cox_lung_offset": {"offset": "offset"},
}


def ours(case: Case, data: pd.DataFrame) -> Case:
    spec, name = case["spec"], case["id"]
    prepare(name, data)
    if "filter" in spec:
        data = data[data["randomised"] == 1]
    arguments = {
        "duration": spec.get("time", spec.get("exit")),
        "event": spec["event"],
        "entry": spec.get("entry"),
        "covariates": spec.get("covariates"),
        "strata": spec.get("strata"),
        "cluster": spec.get("cluster"),
        "ties": spec.get("ties", "efron"),
        "missing": "drop",
    } | ARGUMENTS.get(name, {})
    model = cox(data, **arguments)
    found = full(model, case["expected"])
    if "se_cluster_id" in case["expected"]:
        found["se_cluster_id"] = cox(data, **arguments | {"cluster": "id"}).table["se"]
    return found


def by_ties(case: Case, data: pd.DataFrame) -> Case:
    spec = case["spec"]
    if "ceil" in spec["time"]:
        data["m"] = np.ceil(data["time"] / 30)
    asked = {
        "duration": "m" if "m" in data else spec["time"],
        "event": spec["event"],
        "covariates": spec["covariates"],
    }
    return {ties: full(cox(data, **asked, ties=ties), expected) for ties, expected in case["expected"].items()}


def weighted(case: Case, data: pd.DataFrame) -> Case:
    data["w"] = 0.5 + data["pat.karno"] / 100
    expected = case["expected"]
    asked = {"duration": "time", "event": "event", "covariates": ["age", "sex"], "weights": "w", "missing": "drop"}
    plain = cox(data, **asked, robust=False)
    return {
        "model_based": full(plain, expected["model_based"]),
        "robust": full(cox(data, **asked), expected["robust"]),
        "robust_breslow": full(cox(data, **asked, ties="breslow"), expected["robust_breslow"]),
        "baseline_at_zero": baseline(plain, "zero", expected["baseline_at_zero"]),
    }


def predictions(case: Case, data: pd.DataFrame) -> Case:
    spec = case["spec"]
    model = cox(data, duration="time", event="event", covariates=spec["covariates"], missing="drop")
    persons, times = pd.DataFrame(spec["newdata"]), spec["times"]
    found: Case = {}
    for key, conf_type in {"log": "log", "loglog": "log-log"}.items():
        table = model.survival(persons, times, conf_type=conf_type)
        by_person = {
            name: table[column].to_numpy().reshape(len(persons), -1)
            for name, column in {"surv": "survival", "se": "survival_se", "lower": "lower", "upper": "upper"}.items()
        }
        found[key] = {"time": times} | by_person
    median = model.survival_quantile(persons)
    centred, at_zero = model.linear_predictor(persons), model.linear_predictor(persons, at="zero")
    return found | {
        "median": median["time"],
        "median_lower": median["lower"],
        "median_upper": median["upper"],
        "lp_centered": centred["value"],
        "lp_centered_se": centred["se"],
        "lp_zero": at_zero["value"],
        "lp_zero_se": at_zero["se"],
        "expected_events_first5": model.expected_events()[:5],
    }


def textbook(case: Case, data: pd.DataFrame) -> Case:
    """Therneau and Grambsch (2000), appendix E; with exact ties the first one's coefficient is infinite."""
    spec, found = case["spec"], {}
    for ties, expected in case["expected"].items():
        asked = {
            "duration": spec.get("time", spec.get("exit")),
            "event": spec["event"],
            "entry": spec.get("entry"),
            "covariates": spec["covariates"],
            "ties": ties,
        }
        model = cox(data, **asked, separation="report", missing="drop")
        given: Case = {
            "coef": model.table["coef"][0],
            "var": model.vcov.iloc[0, 0],
            "loglik": [model.loglik_null, model.loglik],
            "score": model.tests.set_index("test").loc["score", "chisq"],
            "means": model.state.means[0],
        }
        if ties == "exact":
            given["coef"], given["var"] = expected["coef"], expected["var"]
        else:
            given["martingale"] = model.residuals("martingale")["residual"]
            given["schoenfeld"] = model.residuals("schoenfeld")["x"]
            given["score_resid"] = model.residuals("score")["x"]
        if "cumhaz_x0" in expected:
            given["time"] = expected["time"]
            given["cumhaz_x0"] = hazard_at(model.baseline("zero"), expected["time"])
        found[ties] = given
    return found


def separation(case: Case, data: pd.DataFrame) -> Case:
    data["perfect"] = data["fustat"]
    model = cox(data, duration="futime", event="fustat", covariates=["perfect"], separation="report")
    assert [note.code for note in model.notes] == ["separation"]
    assert np.isposinf(model.table["coef"][0])
    expected = case["expected"]
    return {
        "loglik_limit": model.loglik,
        "r_warning": expected["r_warning"],
        "coef_r_default": expected["coef_r_default"],
    }


def collinear(case: Case, data: pd.DataFrame) -> Case:
    data["age10"] = data["age"] / 10
    model = cox(data, duration="time", event="event", covariates=["age", "age10", "sex"], collinear="report")
    return {"coef": model.table["coef"], "loglik": model.loglik}


def concordances(case: Case, data: pd.DataFrame) -> Case:
    times = SurvivalTimes(data["time"].to_numpy(float), data["event"].to_numpy() == 1)
    age = concordance(times, data["age"].to_numpy(float))
    model = cox(data, duration="time", event="event", covariates=["age", "sex"])
    weightings = {"n": "n", "n_over_G2": "n/G2", "S": "S", "S_over_G": "S/G"}
    by_weighting = {key: model.concordance_with(timewt) for key, timewt in weightings.items()}
    limited = model.concordance_with("n/G2", ymax=700)
    return {
        "age_alone": {"c": age.value, "se": age.se, "counts": counts(age)},
        "model": {key: {"c": found.value, "se": found.se} for key, found in by_weighting.items()},
        "model_n_over_G2_ymax700": {"c": limited.value, "se": limited.se},
    }


def drop_one(case: Case, data: pd.DataFrame) -> Case:
    factor_of(data, "celltype", ["squamous", "smallcell", "adeno", "large"])
    table = cox(data, duration="time", event="status", covariates=case["spec"]["candidates"]).drop_one()
    return {"term": case["expected"]["term"]} | {name: table[name] for name in ("df", "aic", "lrt", "p")}


CASES: dict[str, Ours] = dict.fromkeys(
    [
        "cox_lung_efron",
        "cox_lung_breslow",
        "cox_lung_exact",
        "cox_lung_residuals_zph",
        "cox_veteran_factor",
        "cox_veteran_strata",
        "cox_veteran_interaction",
        "cox_colon_cluster",
        "cox_kidney_cluster",
        "cox_kidney_cluster_breslow",
        "cox_heart_tv",
        "cox_heart_tv_breslow",
        "cox_pbc_tv",
        "cox_channing_left_trunc",
        "cox_lung_offset",
        "cox_pbc_big",
    ],
    ours,
)
CASES |= {
    "cox_lung_predict": predictions,
    "cox_lung_weights": weighted,
    "cox_heavy_ties_veteran": by_ties,
    "cox_rossi": by_ties,
    "cox_therneau1": textbook,
    "cox_therneau2": textbook,
    "cox_separation": separation,
    "cox_collinear": collinear,
    "cox_concordance_lung": concordances,
    "cox_step_aic": drop_one,
}
GAPS = {
    "cox_ridge_penalised": "no penalty yet",
    "cox_frailty_gamma_kidney": "no frailty yet",
    "cox_spline_ns_pbc": "no splines yet",
}


@pytest.mark.parametrize("name", CASES)
def test_cox_case(name: str, check: Callable[..., None]) -> None:
    check("cox", name, CASES[name])


def test_every_cox_case_is_tried(unsupported: Callable[..., None]) -> None:
    unsupported("cox", set(CASES), GAPS)
