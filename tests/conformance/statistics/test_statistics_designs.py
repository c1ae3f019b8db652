"""Recurrent events, case-cohort, self-controlled series and frailty beside R's coxph, survfit, cch, glm."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from analyses.regression import conditional_logistic
from analyses.survival import cox
from analyses.survival.designs import (
    case_cohort,
    check_intervals,
    frailty_cox,
    mean_cumulative,
    recurrent_events,
    self_controlled,
)

pytestmark = pytest.mark.conformance

FAMILY = "designs"
TUMOURS = ["rx", "size", "number"]


@pytest.mark.parametrize(
    ("name", "model"),
    [("AG", "andersen-gill"), ("PWP_TT", "pwp-total"), ("PWP_GT", "pwp-gap"), ("WLW", "wlw")],
)
def test_recurrent_events(check: Any, name: str, model: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        entry = None if model == "wlw" else "start"
        kept = data if entry is None else data[data["stop"] > data["start"]]
        order = None if model == "andersen-gill" else "enum"
        asked: dict[str, Any] = {"duration": "stop", "event": "event", "person": "id", "covariates": TUMOURS}
        found = recurrent_events(kept, **asked, model=model, entry=entry, order=order)
        return {
            "terms": found.table["name"],
            "coef": found.table["coef"],
            "se": found.table["se"],
            "loglik": found.loglik,
            "se_naive": found.table["se_naive"],
        }

    check(FAMILY, f"recurrent_{name}_bladder", ours)


def test_mean_cumulative_function(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        kept = data[data["stop"] > data["start"]]
        found = mean_cumulative(kept, duration="stop", event="event", person="id", entry="start", group="rx")
        at = found.at(case["spec"]["times"])
        parts = {group: at[at["group"] == group] for group in (1, 2)}
        return {
            str(group): {"time": part["time"], "mcf": part["mean"], "se": part["se"]} for group, part in parts.items()
        }

    check(FAMILY, "mcf_bladder", ours)


def test_case_cohort(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        studied = data[(data["rel"] == 1) | (data["in.subcohort"] == 1)]
        studied = studied.assign(
            st=studied["stage"].astype(str), hi=(studied["histol"] == 2).astype(int), ay=studied["age"] / 12
        )
        asked: dict[str, Any] = {"duration": "edrel", "event": "rel", "subcohort": "in.subcohort", "cohort_size": 4028}
        methods = {"Prentice": "prentice", "SelfPrentice": "self-prentice", "LinYing": "lin-ying"}
        given = {}
        for name, method in methods.items():
            found = case_cohort(studied, **asked, covariates=["st", "hi", "ay"], likelihood=method)  # type: ignore[arg-type]
            given[name] = {"n": found.rows.used, "coef": found.table["coef"], "se": found.table["se"]}
        return given

    check(FAMILY, "case_cohort_nwtco", ours)


def test_matched_case_control(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        found = conditional_logistic(data, outcome="case", covariates=["spontaneous", "induced"], strata="stratum")
        return {
            "terms": found.table["name"],
            "coef": found.table["coef"],
            "se": found.table["se"],
            "loglik": found.loglik,
        }

    check(FAMILY, "nested_cc_sampling_clogit_infert", ours)


def test_self_controlled_case_series(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        kept = data[data["end"] > data["start"]]
        row = self_controlled(
            kept, person="id", start="start", end="end", events="events", covariates=["exposed"]
        ).table.iloc[0]
        return {
            "coef": row["coef"],
            "se": row["se"],
            "irr": row["estimate"],
            "coef_clogit": row["coef"],
            "se_clogit": row["se"],
        }

    check(FAMILY, "sccs_conditional_poisson_open", ours)


def test_shared_frailty(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        found = frailty_cox(data, duration="time", event="status", covariates=["age", "sex"], cluster="id")
        return {"coef": found.table["coef"], "theta": found.theta}

    check(FAMILY, "frailty_gaussian_kidney", ours)


def test_intervals(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        found = check_intervals(data, person="id", entry="tstart", duration="tstop", event="event")
        assert found.sound
        return {
            "rows": found["rows"],
            "subjects": found["persons"],
            "events": found["events"],
            "total_time": found["total_time"],
            "max_rows_per_subject": found["most_rows_per_person"],
            "rows_with_zero_length": found["zero_length"] + found["negative_length"],
        }

    check(FAMILY, "tmerge_pbc", ours)


def test_immortal_time(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        ever = data.groupby("id")[["event", "stop", "transplant"]].max().reset_index()
        naive = cox(ever, duration="stop", event="event", covariates=["transplant"])
        over_time = cox(data, duration="stop", event="event", entry="start", covariates=["transplant"])
        return {
            "naive_log_hr": naive.table["coef"][0],
            "time_dependent_log_hr": over_time.table["coef"][0],
            "se_td": over_time.table["se"][0],
        }

    check(FAMILY, "immortal_time_heart", ours)
