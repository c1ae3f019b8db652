"""Meta-analysis beside R's metafor."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from analyses.meta import (
    egger_test,
    leave_one_out,
    mean_effects,
    meta_analysis,
    pooled_tables,
    ratio_effects,
    trim_and_fill,
)

pytestmark = pytest.mark.conformance

FAMILY = "meta_analysis"
ASKED: dict[str, Any] = {"effect": "effect", "se": "se"}


def pooled(studies: pd.DataFrame, **asked: Any) -> dict[str, Any]:
    found = meta_analysis(studies, **ASKED, **asked)
    row, spread = found.table.iloc[0], found.further["heterogeneity"].iloc[0]
    return {
        **row[["estimate", "se", "lower", "upper", "p"]].to_dict(),
        "tau2": spread["tau2"],
        "I2": spread["i2"],
        "H2": spread["h2"],
        "Q": spread["q"],
        "Q_p": spread["q_p"],
        "prediction": found.further["prediction"].iloc[0].tolist(),
        "tau2_ci_qprofile": [spread["tau2_lower"], spread["tau2_upper"]],
    }


def everything(studies: pd.DataFrame) -> dict[str, Any]:
    egger = egger_test(studies, **ASKED).table.iloc[0]
    without = leave_one_out(studies, **ASKED, tau2="DL")
    return {
        "yi": studies["effect"],
        "vi": studies["variance"],
        "fixed": pooled(studies, tau2="fixed"),
        **{name: pooled(studies, tau2=name) for name in ("DL", "REML", "PM", "ML", "HE", "SJ")},
        **{f"{name}_HartungKnapp": pooled(studies, tau2=name, hartung_knapp=True) for name in ("DL", "REML")},
        "egger": {"z": egger["statistic"], "p": egger["p"], "df": egger["df"]},
        "leave_one_out_DL": {"estimate": without["estimate"], "tau2": without["tau2"]},
        "trimfill_k0": trim_and_fill(studies, **ASKED).filled,
    }


def test_ratios(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        cells = {"events": "tpos", "others": "tneg", "control_events": "cpos", "control_others": "cneg"}
        studies = ratio_effects(data, **cells)
        tables = pooled_tables(data, **cells).table.set_index("measure")[["estimate", "se", "lower", "upper"]]
        regression = meta_analysis(studies.assign(ablat=data["ablat"]), **ASKED, moderators=["ablat"])
        names = {"mh_log_or": "log_or", "mh_log_rr": "log_rr", "mh_rd": "rd", "peto_log_or": "peto_log_or"}
        return {
            **everything(studies),
            **{name: tables.loc[own].to_dict() for name, own in names.items()},
            "metareg_ablat_REML": {
                "coef": regression.table["estimate"],
                "se": regression.table["se"],
                "tau2": regression.tau2,
                "QM": regression.further["heterogeneity"]["moderators"][0],
            },
        }

    check(FAMILY, "meta_bcg_rr", ours)


def test_means(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        groups = {
            "mean": "m1i",
            "sd": "sd1i",
            "n": "n1i",
            "control_mean": "m2i",
            "control_sd": "sd2i",
            "control_n": "n2i",
        }
        studies = mean_effects(data, **groups)
        standardised = mean_effects(data, **groups, measure="smd")
        given = everything(studies)
        # R stops looking for the upper limit at ten times tau², with a warning; the limit itself does not depend on how
        # tau² is estimated, and is that of the other estimators.
        stopped = given["DL"]["tau2_ci_qprofile"]
        assert stopped[1] == pytest.approx(case["expected"]["REML"]["tau2_ci_qprofile"][1], rel=1e-6)
        assert case["expected"]["DL"]["tau2_ci_qprofile"][1] == pytest.approx(10 * given["DL"]["tau2"])
        stopped[1] = min(stopped[1], 10 * given["DL"]["tau2"])
        return {**given, "hedges_g": standardised["effect"], "hedges_v": standardised["variance"]}

    check(FAMILY, "meta_normand_smd", ours)
