"""Restricted means against areas summed by hand, and what they refuse. R's numbers are tried in tests/conformance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analyses.survival import adjusted_rmst, kaplan_meier, pseudo_values, rmst
from omop_etl.errors import CannotAnswerError, RweError

TRIAL = pd.DataFrame(
    {
        "days": [4, 6, 6, 9, 12, 15, 3, 5, 8, 8, 10, 14],
        "died": [1, 1, 0, 1, 0, 1, 1, 1, 1, 0, 1, 0],
        "arm": ["a"] * 6 + ["b"] * 6,
        "age": [50, 61, 48, 70, 66, 59, 72, 55, 63, 68, 49, 60],
    }
)
ASKED: dict[str, Any] = {"duration": "days", "event": "died"}


def test_the_mean_is_the_area_under_the_curve() -> None:
    found = rmst(TRIAL, **ASKED, group="arm", tau=11)
    for curve, mean in zip(kaplan_meier(TRIAL, **ASKED, group="arm").curves, found.table["rmst"], strict=True):
        steps = np.interp(np.arange(0, 11, 0.001) + 0.0005, [0], [0])
        position = np.searchsorted(curve.time, np.arange(0, 11, 0.001) + 0.0005, side="right")
        steps = np.append(1.0, curve.survival)[position]
        assert mean == pytest.approx(steps.sum() * 0.001, rel=1e-9)
    assert (found.table["rmst"] + found.table["rmtl"] == 11).all()


def test_without_censoring_it_is_the_mean_of_times_cut_at_the_horizon() -> None:
    data = {"days": [2, 4, 6, 8, 20], "died": [1, 1, 1, 1, 1]}
    found = rmst(data, **ASKED, tau=10).table.iloc[0]
    cut = np.array([2, 4, 6, 8, 10])
    assert found["rmst"] == pytest.approx(cut.mean())
    assert found["se"] == pytest.approx(cut.std() / np.sqrt(5))
    assert pseudo_values(data, **ASKED, at=10).tolist() == pytest.approx(cut.tolist())


def test_the_default_horizon_is_the_earliest_end_of_follow_up() -> None:
    assert rmst(TRIAL, **ASKED, group="arm").tau == 14


def test_the_jackknife_is_greenwoods_error_where_nobody_is_censored_before_the_horizon() -> None:
    data = TRIAL.assign(died=1)
    plain = rmst(data, **ASKED, tau=11).table["se"]
    assert rmst(data, **ASKED, tau=11, robust=True).table["se"].tolist() == pytest.approx(plain.tolist())


def test_whole_weights_are_repeated_rows_and_clusters_of_them_one_person() -> None:
    twice = pd.concat([TRIAL, TRIAL]).assign(person=lambda frame: frame.index)
    weighted = rmst(TRIAL.assign(w=2), **ASKED, tau=11, weights="w").table.iloc[0]
    repeated = rmst(twice, **ASKED, tau=11).table.iloc[0]
    assert weighted[["rmst", "se"]].tolist() == pytest.approx(repeated[["rmst", "se"]].tolist())
    clustered = rmst(twice, **ASKED, tau=11, cluster="person").table.iloc[0]
    single = rmst(TRIAL, **ASKED, tau=11, robust=True).table.iloc[0]
    assert clustered["se"] == pytest.approx(single["se"])


def test_pseudo_values_average_to_the_estimate() -> None:
    assert pseudo_values(TRIAL, **ASKED, at=11).mean() == pytest.approx(rmst(TRIAL, **ASKED, tau=11).table["rmst"][0])
    survival = kaplan_meier(TRIAL, **ASKED).at(8)["survival"][0]
    assert pseudo_values(TRIAL, **ASKED, at=8, of="survival").mean() == pytest.approx(survival)


def test_without_covariates_the_adjusted_difference_is_the_plain_one() -> None:
    data = TRIAL.assign(died=1)
    plain = rmst(data, **ASKED, group="arm", tau=11).contrasts["estimate"]
    for measure, expected in zip(("difference", "ratio", "rmtl_ratio"), plain, strict=True):
        found = adjusted_rmst(data, **ASKED, group="arm", tau=11, measure=measure).table  # type: ignore[arg-type]
        assert found["estimate"][1] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("change", "asked", "says"),
    [
        ({}, {"group": "arm", "tau": 20}, "tau=20.0 lies after the end of follow-up"),
        ({}, {"tau": -1}, "tau=-1.0 is not a positive number"),
        ({"arm": "a"}, {"group": "arm"}, "column arm has the same value in all rows"),
        ({"died": 0}, {}, "column died has no event in 12 rows"),
        ({"days": -1}, {}, "column days is negative in 12 of 12 rows"),
        ({"days": np.nan}, {}, "column days has a missing value in 12 of 12 rows"),
        ({"days": np.inf}, {}, "column days is infinite or not a number in 12 of 12 rows"),
        ({}, {"group": "arm", "reference": "c"}, "the reference group does not occur in column arm"),
        ({}, {"conf_level": 95}, "conf_level=95"),
    ],
)
def test_it_refuses_what_has_no_answer(change: dict[str, Any], asked: dict[str, Any], says: str) -> None:
    with pytest.raises(RweError, match=says):
        rmst(TRIAL.assign(**change), **ASKED, **asked)


def test_the_adjusted_model_names_covariates_that_determine_each_other() -> None:
    data = TRIAL.assign(months=TRIAL["age"] * 12)
    with pytest.raises(CannotAnswerError, match="months is determined by age"):
        adjusted_rmst(data, **ASKED, group="arm", tau=11, covariates=["age", "months"])


def test_results_can_be_shown_and_kept() -> None:
    found = rmst(TRIAL, **ASKED, group="arm", tau=11)
    assert "Restricted mean" in found.summary()
    assert found.plot().to_dict()
    assert found.to_dict()["contrasts"][0]["measure"] == "difference"
    assert adjusted_rmst(TRIAL, **ASKED, group="arm", tau=11).plot().to_dict()
