"""The log-rank family beside R's survdiff, coxph and nphRCT."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, norm

from analyses.survival import LogRank, cox, logrank, logrank_trend, one_sample_logrank, pairwise_logrank

pytestmark = pytest.mark.conformance

Ours = Callable[[dict[str, Any], pd.DataFrame], Any]


def plain(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
    spec = case["spec"]
    test = logrank(
        data,
        duration=spec["time"],
        event=spec["event"],
        group=spec["group"],
        strata=spec.get("strata"),
        rho=spec.get("rho", 0),
    )
    peto, se = test.log_hazard_ratio
    return {
        "groups": [str(group) for group in test.groups],
        "n": test.table["rows"].tolist(),
        "observed": test.scores.observed.tolist(),
        "expected": test.scores.expected.tolist(),
        "variance": test.scores.variance.tolist(),
        "chisq": test.chisq,
        "df": test.df,
        "p": test.p,
        "log_hr_peto": peto,
        "se": se,
    }


WEIGHTS: dict[str, dict[str, Any]] = {
    "logrank": {},
    "gehan": {"weighting": "gehan"},
    "tarone-ware": {"weighting": "tarone-ware"},
    "peto": {"weighting": "peto"},
    "modpeto": {"weighting": "modified-peto"},
    "FH1,0": {"rho": 1},
    "FH0,1": {"gamma": 1},
    "FH1,1": {"rho": 1, "gamma": 1},
    "FH0.5,0.5": {"rho": 0.5, "gamma": 0.5},
    "fh(0,0)": {},
    "fh(0,1)": {"gamma": 1},
    "fh(1,1)": {"rho": 1, "gamma": 1},
    "mw t*=100": {"weighting": "modestly", "t_star": 100},
}


def of_second_group(test: LogRank) -> dict[str, float]:
    u, v = float(test.scores.difference[1]), float(test.scores.variance[1, 1])
    z = u / np.sqrt(v)
    return {"u": u, "v": v, "z": z, "chisq": z**2, "p": 2 * norm.sf(abs(z))}


def weighted_family(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
    spec = case["spec"]
    tests = [
        of_second_group(logrank(data, duration=spec["time"], event=spec["event"], group=spec["group"], **WEIGHTS[name]))
        for name in spec["weights"]
    ]
    names = {"weight": spec["weights"], "test": spec["weights"]}
    keys = {"U": "u", "V": "v", "u": "u", "v_u": "v", "z": "z", "chisq": "chisq", "p": "p"}
    return names | {name: [test[key] for test in tests] for name, key in keys.items()}


def with_sign_of_r(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
    """The reference notes that the sign depends on the order of the arms: ours is turned to R's."""
    found = weighted_family(case, data)
    for key in ("u", "z"):
        found[key] = [np.copysign(a, b) for a, b in zip(found[key], case["expected"][key], strict=True)]
    return found


def pairwise(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
    spec = case["spec"]
    asked = {"duration": spec["time"], "event": spec["event"], "group": spec["group"]}
    tables = {
        name: pairwise_logrank(data, **asked, adjust=adjust).table.set_index(["a", "b"])
        for name, adjust in {"holm": "holm", "bonferroni": "bonferroni", "BH": "fdr_bh"}.items()
    }
    expected = case["expected"]
    pairs = [tuple(sorted(pair)) for pair in zip(expected["a"], expected["b"], strict=True)]
    found: dict[str, Any] = {"a": expected["a"], "b": expected["b"]}
    for key in ("chisq", "p"):
        found[key] = [tables["holm"].loc[pair, key] for pair in pairs]
    for name, table in tables.items():
        found[f"p_{name}"] = [table.loc[pair, "p_adjusted"] for pair in pairs]
    return found


def trend(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
    spec = case["spec"]
    found = logrank_trend(
        data, duration=spec["time"], event=spec["event"], group=spec["group"], scores=spec["scores"]
    ).table.iloc[0]
    model = cox(data, duration=spec["time"], event=spec["event"], covariates=[spec["group"]], ties="breslow")
    score = model.tests.set_index("test").loc["score"]
    by_score = {"score_test_chisq": score["chisq"], "df": score["df"], "p": score["p"]}
    return {"tarone": found.to_dict(), "cox_score_breslow": by_score}


def left_truncated(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
    test = logrank(data, duration="exit", event="cens", group="sex", entry="entry")
    data["male"] = (data["sex"] == "Male").astype(int)
    model = cox(data, duration="exit", event="cens", covariates=["male"], entry="entry", ties="breslow")
    breslow = model.tests.set_index("test").loc["score", "chisq"]
    return {"chisq_hypergeometric": test.chisq, "p": test.p, "chisq_breslow": breslow}


def one_sample(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
    return one_sample_logrank(data, duration="time", event="event", expected=0.002).table.iloc[0].to_dict()


CASES: dict[str, Ours] = dict.fromkeys(
    [
        "lr_lung_sex",
        "lr_veteran_cell",
        "lr_colon_rx",
        "lr_rho1_lung",
        "lr_rho_half_veteran",
        "lr_strat_veteran",
        "lr_strat_colon",
    ],
    plain,
)
CASES |= {
    "lr_weighted_family_lung": weighted_family,
    "lr_weighted_family_veteran": weighted_family,
    "lr_fh_nphRCT_veteran": with_sign_of_r,
    "lr_pairwise_veteran": pairwise,
    "lr_trend_larynx": trend,
    "lr_left_trunc_channing": left_truncated,
    "lr_single_vs_expected": one_sample,
}


@pytest.mark.parametrize("name", CASES)
def test_logrank_case(name: str, check: Callable[..., None]) -> None:
    check("logrank", name, CASES[name])


def test_every_logrank_case_is_tried(unsupported: Callable[..., None]) -> None:
    unsupported("logrank", set(CASES), {})


def test_p_is_the_tail_of_chi_square() -> None:
    assert chi2.sf(3.841458820694124, 1) == pytest.approx(0.05, rel=1e-12)
