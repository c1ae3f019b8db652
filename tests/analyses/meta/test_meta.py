"""Meta-analysis against its definitions. R's numbers (metafor) are tried in tests/conformance."""

from __future__ import annotations

from typing import Any

import numpy as np
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
from analyses.rates import two_by_two
from omop_etl.errors import RweError

STUDIES = pd.DataFrame(
    {
        "effect": [-0.9, -1.6, -1.3, -0.2, -0.4, 0.1],
        "se": [0.57, 0.44, 0.64, 0.14, 0.2, 0.3],
        "year": [1950, 1960, 1970, 1980, 1990, 2000],
        "name": list("abcdef"),
    }
)
ASKED: dict[str, Any] = {"effect": "effect", "se": "se"}


def test_a_common_effect_is_the_mean_weighted_by_inverse_variances() -> None:
    found = meta_analysis(STUDIES, **ASKED, tau2="fixed")
    weight = 1 / STUDIES["se"] ** 2
    assert found.estimate == pytest.approx(np.average(STUDIES["effect"], weights=weight))
    assert found.table["se"][0] == pytest.approx(1 / np.sqrt(weight.sum()))
    assert found.further["studies"]["weight"].sum() == pytest.approx(100)


def test_every_estimator_finds_the_variance_that_its_equation_asks_for() -> None:
    y, v = STUDIES["effect"].to_numpy(), STUDIES["se"].to_numpy() ** 2
    for method in ("PM", "ML", "REML"):
        tau2 = meta_analysis(STUDIES, **ASKED, tau2=method).tau2  # type: ignore[arg-type]
        w = 1 / (v + tau2)
        squares = w * (y - np.average(y, weights=w)) ** 2
        if method == "PM":
            assert squares.sum() == pytest.approx(len(y) - 1)
        else:
            lost = 0.0 if method == "ML" else (w**2).sum() / w.sum()
            assert (w * squares).sum() == pytest.approx(w.sum() - lost)


def test_equal_effects_have_no_variance_between_them() -> None:
    same = STUDIES.assign(effect=0.5)
    for method in ("DL", "PM", "ML", "REML", "HE", "SJ"):
        found = meta_analysis(same, **ASKED, tau2=method)  # type: ignore[arg-type]
        assert found.tau2 == 0
        assert found.estimate == pytest.approx(0.5)


def test_one_table_pools_to_itself() -> None:
    study = {"a": [15], "b": [85], "c": [30], "d": [70]}
    cells = {"events": "a", "others": "b", "control_events": "c", "control_others": "d"}
    pooled = pooled_tables(study, **cells).table.set_index("measure")
    single = two_by_two(counts=[15, 85, 30, 70]).table.set_index(["measure", "method"])["estimate"]
    assert np.exp(pooled["estimate"]["log_or"]) == pytest.approx(single[("odds_ratio", "wald")])
    assert pooled["estimate"]["rd"] == pytest.approx(single[("risk_difference", "wald")])
    for measure, name in (("or", "log_or"), ("rr", "log_rr")):
        own = ratio_effects(study, **cells, measure=measure)  # type: ignore[arg-type]
        assert own["effect"][0] == pytest.approx(pooled["estimate"][name])
        assert own["se"][0] == pytest.approx(pooled["se"][name])


def test_an_empty_cell_gets_half_an_event() -> None:
    cells = {"events": "a", "others": "b", "control_events": "c", "control_others": "d"}
    found = ratio_effects({"a": [0, 1], "b": [10, 9], "c": [5, 5], "d": [5, 5]}, **cells, measure="or")
    assert found["effect"].tolist() == pytest.approx([np.log(0.5 / 10.5), np.log(1 / 9)])


def test_a_symmetric_funnel_misses_nothing() -> None:
    even = pd.DataFrame({"effect": [-1.0, -0.5, 0, 0.5, 1.0], "se": [0.5, 0.3, 0.1, 0.3, 0.5]})
    assert trim_and_fill(even, **ASKED).filled == 0
    assert egger_test(even, **ASKED).table["estimate"][0] == pytest.approx(0, abs=1e-12)


def test_moderators_and_leaving_out() -> None:
    found = meta_analysis(STUDIES, **ASKED, moderators=["year"], hartung_knapp=True)
    assert found.further["heterogeneity"]["moderators_df"][0] == 1
    assert len(leave_one_out(STUDIES, **ASKED)) == 6


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda d: meta_analysis(d.assign(se=0), **ASKED), "column se is zero or negative in 6 of 6 rows"),
        (lambda d: meta_analysis(d[:1], **ASKED), "1 studies are too few"),
        (lambda d: meta_analysis(d, **ASKED, tau2="guess"), "tau2=guess is not known"),
        (lambda d: meta_analysis(d.assign(effect=np.nan), **ASKED), "column effect has a missing value"),
        (lambda d: egger_test(d.assign(se=1), **ASKED), "say nothing about a slope"),
        (
            lambda d: meta_analysis(d.assign(y=d["year"] * 2), **ASKED, moderators=["year", "y"]),
            "y is determined by year",
        ),
        (
            lambda d: mean_effects(
                {"m": [1], "s": [0], "n": [5]}, mean="m", sd="s", n="n", control_mean="m", control_sd="s", control_n="n"
            ),
            "no standard deviation",
        ),
    ],
)
def test_they_refuse_what_has_no_answer(call: Any, says: str) -> None:
    with pytest.raises(RweError, match=says):
        call(STUDIES)


def test_results_can_be_shown_and_kept() -> None:
    found = meta_analysis(STUDIES, **ASKED, study="name", ratio=True)
    assert found.summary()
    assert found.plot().to_dict()
    assert found.to_dict()["studies"][0]["study"] == "a"
    assert trim_and_fill(STUDIES, **ASKED).to_dict()["filled"]
