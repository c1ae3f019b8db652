"""Limits and tests of counts against their definitions. R's numbers are tried in tests/conformance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import binom, fisher_exact, poisson

from analyses.rates import (
    mantel_haenszel,
    mcnemar,
    proportion_limits,
    proportions,
    rate_limits,
    rate_ratio,
    rates,
    two_by_two,
)
from omop_etl.errors import RweError

DATA: dict[str, Any] = {
    "days": [200, 400, 365, 800, 90, 120],
    "ill": [1, 0, 1, 1, 0, 1],
    "arm": ["a", "a", "b", "b", "b", "a"],
    "exposed": [1, 1, 0, 0, 0, 1],
    "sex": ["f", "m", "f", "m", "f", "m"],
}


def test_exact_limits_leave_a_fortieth_in_each_tail() -> None:
    lower, upper = rate_limits([1, 7, 300], 1.0)
    assert poisson.sf(np.array([1, 7, 300]) - 1, lower) == pytest.approx(0.025)
    assert poisson.cdf([1, 7, 300], upper) == pytest.approx(0.025)


def test_mid_p_limits_count_half_of_what_was_seen() -> None:
    lower, upper = rate_limits([3, 40], 1.0, "mid-p")
    x = np.array([3, 40])
    assert poisson.sf(x, lower) + poisson.pmf(x, lower) / 2 == pytest.approx(0.025)
    assert poisson.cdf(x - 1, upper) + poisson.pmf(x, upper) / 2 == pytest.approx(0.025)


def test_clopper_pearson_limits_leave_a_fortieth_in_each_tail() -> None:
    (lower,), (upper,) = proportion_limits(3, 10, "clopper-pearson")
    assert binom.sf(2, 10, lower) == pytest.approx(0.025)
    assert binom.cdf(3, 10, upper) == pytest.approx(0.025)


@pytest.mark.parametrize("cells", [(3, 7, 9, 2), (1, 20, 5, 14), (12, 5, 3, 30)])
def test_fishers_p_is_scipys(cells: tuple[int, int, int, int]) -> None:
    a, b, c, d = cells
    found = two_by_two(counts=cells).further["tests"].set_index("test")["p"]["fisher"]
    assert found == pytest.approx(fisher_exact([[a, b], [c, d]]).pvalue)


def test_an_empty_cell_leaves_exact_limits_only() -> None:
    table = two_by_two(counts=[0, 10, 5, 5]).table.set_index(["measure", "method"])
    assert np.isnan(table.loc[("odds_ratio", "wald"), "lower"])
    assert table.loc[("odds_ratio", "conditional"), ["estimate", "lower"]].tolist() == [0, 0]
    assert table.loc[("odds_ratio", "conditional"), "upper"] < 1


def test_data_and_counts_give_the_same_table() -> None:
    from_data = two_by_two(DATA, exposure="exposed", outcome="ill")
    assert from_data.table.equals(two_by_two(counts=[2, 1, 2, 1]).table)


def test_one_stratum_pools_to_itself() -> None:
    data = {"x": [1] * 9 + [0] * 11, "y": [1] * 3 + [0] * 6 + [1] * 7 + [0] * 4, "s": [0] * 20}
    pooled = mantel_haenszel(data, exposure="x", outcome="y", strata="s").table
    single = two_by_two(data, exposure="x", outcome="y").table
    assert pooled["estimate"].tolist() == pytest.approx(single["estimate"][:3].tolist())
    assert pooled["lower"].tolist() == pytest.approx(single["lower"][:3].tolist())


def test_rates_of_groups_and_their_difference() -> None:
    found = rates(DATA, duration="days", event="ill", group="arm", unit=365.25, per=100)
    expected = [2 / 720 * 36525, 2 / 1255 * 36525]
    assert found.table["rate"].tolist() == pytest.approx(expected)
    difference = found.contrasts.set_index(["measure", "method"])["estimate"].loc[("difference", "wald")]
    assert difference == pytest.approx(expected[1] - expected[0])
    assert found.summary()
    assert found.plot().to_dict()
    assert found.to_dict()["contrasts"]


def test_no_event_in_one_group() -> None:
    table = rate_ratio(0, 500, 9, 700).table
    assert table["estimate"][0] == 0
    assert np.isnan(table["lower"][1])
    assert rate_ratio(9, 700, 0, 500).table["upper"][0] == np.inf


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: rate_limits(-1, 10), "events: 1 of 1 values are not whole numbers"),
        (lambda: rate_limits(1.5, 10), "events: 1 of 1 values are not whole numbers"),
        (lambda: rate_limits(1, [0, 1]), "person_time: 1 of 2 values are not above 0"),
        (lambda: rate_limits(1, 1, "guess"), "method=guess is not known"),
        (lambda: rate_ratio(0, 1, 0, 1), "there is no event in either group"),
        (lambda: proportion_limits(5, 3), "x is greater than n in 1 of 1 values"),
        (lambda: two_by_two(counts=[0, 0, 3, 4]), "a row or a column without anybody"),
        (lambda: two_by_two(), "neither data nor counts"),
        (lambda: two_by_two(DATA, exposure="arm", outcome="ill"), "column arm holds object"),
        (lambda: two_by_two(DATA, exposure="days", outcome="ill"), "column days is neither 0 nor 1 in 6 of 6 rows"),
        (lambda: mantel_haenszel(DATA, exposure="exposed", outcome="ill", strata=["sex", "arm"]), "nothing to compare"),
        (lambda: mcnemar(0, 0), "no pair differs"),
        (lambda: rates({**DATA, "days": [0] * 6}, duration="days", event="ill"), "1 groups have no time at risk"),
        (lambda: rates(DATA, duration="days", event="ill", group="arm", reference="z"), "reference group"),
        (lambda: proportions({"ill": [1, None]}, event="ill"), "column ill has a missing value in 1 of 2 rows"),
    ],
)
@pytest.mark.filterwarnings("ignore::analyses.notes.AnalysisWarning")
def test_they_refuse_what_has_no_answer(call: Any, says: str) -> None:
    with pytest.raises(RweError, match=says):
        call()


def test_results_can_be_shown_and_kept() -> None:
    results = [
        two_by_two(counts=[4, 119, 11, 128]),
        mcnemar(25, 11),
        rate_ratio(12, 1000, 30, 2200),
        proportions(DATA, event="ill", group="arm"),
    ]
    for result in results:
        assert result.summary()
        assert result.plot().to_dict()
        assert result.to_dict()["table"]
