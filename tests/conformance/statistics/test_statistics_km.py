"""Kaplan-Meier beside R's survfit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from analyses.survival import KaplanMeier, kaplan_meier

pytestmark = [pytest.mark.conformance, pytest.mark.filterwarnings("ignore::analyses.notes.AnalysisWarning")]

COLUMNS = {
    "n_risk": "n_risk",
    "n_event": "n_event",
    "n_censor": "n_censor",
    "surv": "survival",
    "se_surv": "survival_se",
    "lower": "lower",
    "upper": "upper",
    "cumhaz": "cumulative_hazard",
    "se_cumhaz": "cumulative_hazard_se",
}


def columns(table: pd.DataFrame) -> dict[str, list[float]]:
    renamed = {name: table[ours].tolist() for name, ours in COLUMNS.items() if ours in table}
    return {"time": table["time"].tolist(), **renamed}


def of_group(km: KaplanMeier, expected: dict[str, Any], group: object) -> dict[str, Any]:
    """Our numbers of one curve in the form of the expected ones."""
    found: dict[str, Any] = {}
    counts = km.counts.set_index("group").loc[group]
    found["n"], found["events"] = counts["rows"], counts["events"]
    if "at" in expected:
        at = km.at(expected["at"]["time"])
        found["at"] = columns(at[at["group"] == group])
    if "curve" in expected:
        found["curve"] = columns(km.table[km.table["group"] == group])
    if "quantiles" in expected:
        table = km.quantiles(expected["quantiles"]["p"])
        table = table[table["group"] == group]
        found["quantiles"] = {
            "p": expected["quantiles"]["p"],
            "quantile": table["time"].tolist(),
            "lower": table["lower"].tolist(),
            "upper": table["upper"].tolist(),
        }
    return found


def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
    spec = case["spec"]
    columns_used, options = prepared(case["id"], spec, data)
    km = kaplan_meier(
        data if "group" not in spec else data.assign(**{spec["group"]: data[spec["group"]].astype(str)}),
        **columns_used,
        group=spec.get("group"),
        conf_type=spec.get("conf_type", "log"),
        conf_level=spec.get("conf_level", 0.95),
        **options,
    )
    if "group" in spec:
        return {group: of_group(km, expected, group) for group, expected in case["expected"].items()}
    return of_group(km, case["expected"], "all")


def prepared(name: str, spec: dict[str, Any], data: pd.DataFrame) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns and options of a case; derived columns are added to `data`."""
    used = {"duration": spec.get("time", spec.get("exit")), "event": spec["event"], "entry": spec.get("entry")}
    options: dict[str, Any] = {}
    if "start_time" in spec:
        options["start_time"] = spec["start_time"]
    if "robust" in spec:
        options["robust"] = spec["robust"]
    if name == "km_lung_freq_weights":
        options["weights"] = "age"
    if name == "km_lung_prob_weights_robust":
        data["weight"] = data["age"] / 60
        options["weights"] = "weight"
    if name == "km_reverse_followup_lung":
        data["censored"] = 1 - data["event"]
        used["event"] = "censored"
    if name == "km_landmark_lung_180":
        data.drop(data.index[data["time"] < spec["landmark"]], inplace=True)
        data["time"] -= spec["landmark"]
    return used, options


def fleming_harrington(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
    names = {"nelson_aalen": "nelson-aalen", "fleming_harrington_ties": "fleming-harrington"}
    return {
        key: columns(kaplan_meier(data, duration="time", event="status", estimator=estimator).table)
        for key, estimator in names.items()
    }


def rounding(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
    choices = {"with_timefix": True, "without_timefix": False}
    return {
        key: columns(kaplan_meier(data, duration="time", event="event", timefix=choice).table)
        for key, choice in choices.items()
    }


CASES: dict[str, Callable[[dict[str, Any], pd.DataFrame], Any]] = dict.fromkeys(
    [
        "km_lung_plain",
        "km_lung_log",
        "km_lung_log-log",
        "km_lung_logit",
        "km_lung_arcsin",
        "km_lung_level0.9",
        "km_lung_level0.99",
        "km_lung_by_sex",
        "km_veteran_by_cell",
        "km_colon_by_rx",
        "km_aml_curve",
        "km_channing_left_trunc",
        "km_channing_conditional_68y",
        "km_ties_entry",
        "km_lung_freq_weights",
        "km_lung_prob_weights_robust",
        "km_reverse_followup_lung",
        "km_heart_tv",
        "km_landmark_lung_180",
        "km_quantile_midpoint",
    ],
    ours,
)
CASES["km_fh_aml"] = fleming_harrington
CASES["km_ties_float"] = rounding


@pytest.mark.parametrize("name", CASES)
def test_km_case(name: str, check: Callable[..., None]) -> None:
    check("km", name, CASES[name])


def test_every_km_case_is_tried(unsupported: Callable[..., None]) -> None:
    unsupported("km", set(CASES), {})
