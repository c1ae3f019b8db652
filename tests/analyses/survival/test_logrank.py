"""The log-rank family: by hand, by brute force, and beside R on the lung data of lifelines."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lifelines.datasets import load_lung

from analyses.survival import logrank, logrank_trend, one_sample_logrank, pairwise_logrank
from omop_etl.errors import CannotAnswerError, UsageError

ASKED = {"duration": "time", "event": "status", "group": "sex"}


@pytest.fixture(scope="module")
def lung() -> pd.DataFrame:
    return load_lung()


def test_two_groups_equal_r(lung: pd.DataFrame) -> None:
    """R: survdiff(Surv(time, event) ~ sex, lung)."""
    test = logrank(lung, **ASKED)
    assert test.table["observed"].tolist() == [112, 53]
    assert test.table["expected"].tolist() == pytest.approx([91.581739, 73.418261], rel=1e-7)
    assert (test.chisq, test.df) == (pytest.approx(10.3267419549, rel=1e-10), 1)
    assert test.p == pytest.approx(0.00131116, rel=1e-5)


def test_strata_add_up_as_in_r(lung: pd.DataFrame) -> None:
    """R: survdiff(Surv(time, event) ~ sex + strata(ph.ecog), lung)$chisq."""
    test = logrank(lung, **ASKED, strata="ph.ecog", missing="drop")
    assert test.chisq == pytest.approx(10.7950596335, rel=1e-10)
    assert test.rows.left_out == 1


def test_early_differences_weigh_more_with_rho(lung: pd.DataFrame) -> None:
    """R: survdiff(Surv(time, event) ~ sex, lung, rho = 1)$chisq."""
    assert logrank(lung, **ASKED, rho=1).chisq == pytest.approx(12.7141514012, rel=1e-10)


@st.composite
def comparisons(draw: st.DrawFn) -> pd.DataFrame:
    row = st.tuples(st.integers(0, 3), st.integers(1, 6), st.integers(0, 1), st.integers(0, 2), st.integers(0, 1))
    frame = pd.DataFrame(
        draw(st.lists(row, min_size=6, max_size=24)), columns=["entry", "length", "event", "group", "site"]
    )
    return frame.assign(exit=frame["entry"] + frame["length"])


def hypergeometric_variance(n: int, marked: int, drawn: int) -> float:
    """Variance of how many of `drawn` out of `n` are marked."""
    return drawn * (marked / n) * (1 - marked / n) * (n - drawn) / (n - 1) if n > 1 else 0.0


def brute_force(data: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Observed minus expected and covariance from the hypergeometric distribution of every time and site."""
    groups = np.unique(data["group"])
    difference, variance = np.zeros(len(groups)), np.zeros((len(groups), len(groups)))
    for _, site in data.groupby("site"):
        for time in np.unique(site.loc[site["event"] == 1, "exit"]):
            risk = site[(site["entry"] < time) & (site["exit"] >= time)]
            died = risk[(risk["exit"] == time) & (risk["event"] == 1)]
            n, d = len(risk), len(died)
            of_group = np.array([(risk["group"] == g).sum() for g in groups])
            difference += [(died["group"] == g).sum() for g in groups] - of_group * d / n
            for i, at_risk in enumerate(of_group):
                variance[i, i] += hypergeometric_variance(n, at_risk, d)
                for j in range(i):
                    together = hypergeometric_variance(n, at_risk + of_group[j], d)
                    apart = sum(hypergeometric_variance(n, of_group[k], d) for k in (i, j))
                    variance[i, j] = variance[j, i] = variance[i, j] + (together - apart) / 2
    return difference, variance


@settings(max_examples=40, deadline=None)
@given(comparisons())
def test_delayed_entry_strata_and_ties_by_brute_force(data: pd.DataFrame) -> None:
    assume(data["group"].nunique() > 1)
    assume(data["event"].any())
    try:
        test = logrank(data, duration="exit", event="event", group="group", strata="site", entry="entry")
    except CannotAnswerError:
        return
    difference, variance = brute_force(data)
    assert test.scores.difference == pytest.approx(difference, abs=1e-9)
    assert test.scores.variance == pytest.approx(variance, abs=1e-9)


def test_pairwise_uses_the_two_groups_only(lung: pd.DataFrame) -> None:
    graded = lung.dropna(subset=["ph.ecog"]).query("`ph.ecog` < 3")
    table = pairwise_logrank(graded, duration="time", event="status", group="ph.ecog", adjust="bonferroni").table
    assert table[["a", "b"]].values.tolist() == [[0, 1], [0, 2], [1, 2]]
    alone = logrank(graded[graded["ph.ecog"] != 1], duration="time", event="status", group="ph.ecog")
    assert table["chisq"][1] == pytest.approx(alone.chisq)
    assert table["p_adjusted"].tolist() == pytest.approx(np.minimum(1, 3 * table["p"]).tolist())


def test_trend_over_two_groups_is_the_log_rank_test(lung: pd.DataFrame) -> None:
    trend = logrank_trend(lung, **ASKED).table.iloc[0]
    assert trend["chisq"] == pytest.approx(logrank(lung, **ASKED).chisq)


def test_trend_needs_a_score_per_group(lung: pd.DataFrame) -> None:
    with pytest.raises(UsageError, match="3 scores were given for 2 groups"):
        logrank_trend(lung, **ASKED, scores=[1, 2, 3])


def test_one_sample_against_an_expected_number_per_row() -> None:
    data = {"t": [1.0, 2.0, 4.0], "e": [1, 0, 1], "h": [0.1, 0.2, 0.2]}
    row = one_sample_logrank(data, duration="t", event="e", expected="h").table.iloc[0]
    assert (row["observed"], row["expected"], row["ratio"]) == (2, pytest.approx(0.5), pytest.approx(4))
    assert row["chisq"] == pytest.approx(4.5)


def test_result_says_what_it_did(lung: pd.DataFrame) -> None:
    test = logrank(lung, **ASKED)
    assert test.to_dict()["test"][0]["df"] == 1
    assert "chi-square 10.33 on 1 df" in test.summary()
    assert "rows used: 228 of 228" in test.summary()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"t": [1, 2], "e": [1, 1], "g": ["a", "a"]}, "column g has the same value in all rows"),
        ({"t": [1, 2], "e": [0, 0], "g": ["a", "b"]}, "column e has no event in 2 rows"),
        ({"t": [1, 2], "e": [0, 1], "g": ["a", "b"]}, "no two groups are at risk at the same event time"),
    ],
)
def test_comparisons_that_cannot_be_made_are_refused(data: dict, message: str) -> None:
    with pytest.raises(CannotAnswerError, match=message):
        logrank(data, duration="t", event="e", group="g")


@pytest.mark.parametrize("option", [{"weighting": "wilcoxon"}, {"weighting": "modestly"}])
def test_unknown_weightings_are_refused(lung: pd.DataFrame, option: dict) -> None:
    with pytest.raises(UsageError):
        logrank(lung, **ASKED, **option)
