"""Power and size undo each other; simulated tests reject as often as said. R's numbers are in tests/conformance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import ttest_ind

from analyses.causal import e_value
from analyses.power import (
    events_needed,
    power_of_events,
    power_of_means,
    power_of_proportions,
    size_for_means,
    size_for_proportions,
)
from omop_etl.errors import RweError


@pytest.mark.parametrize("method", ["schoenfeld", "freedman"])
def test_power_and_events_undo_each_other(method: Any) -> None:
    needed = events_needed(0.7, power=0.85, allocation=0.4, method=method).table["events"]
    assert power_of_events(0.7, needed, allocation=0.4, method=method).table["power"][0] == pytest.approx(0.85)


def test_power_and_size_undo_each_other() -> None:
    assert power_of_proportions(0.1, 0.2, size_for_proportions(0.1, 0.2).n_per_group).power == pytest.approx(0.8)
    assert power_of_means(0.5, size_for_means(0.5, power=0.9).n_per_group).power == pytest.approx(0.9)


def test_persons_are_events_over_their_probability() -> None:
    table = events_needed(0.7, event_probability=0.25).table
    assert table["persons"][0] == pytest.approx(4 * table["events"][0])


def test_a_simulated_t_test_rejects_as_often_as_said() -> None:
    random = np.random.default_rng(1)
    a, b = random.normal(0, 1, (4000, 30)), random.normal(0.7, 1, (4000, 30))
    share = np.mean(ttest_ind(a, b, axis=1).pvalue < 0.05)
    assert share == pytest.approx(power_of_means(0.7, 30).power, abs=0.02)


def test_the_e_value_of_the_inverse_is_the_same() -> None:
    assert e_value(0.5, 0.4, 0.8).point == pytest.approx(e_value(2.0, 1.25, 2.5).point)
    assert e_value(0.5, 0.4, 0.8).limit == pytest.approx(e_value(2.0, 1.25, 2.5).limit)
    assert e_value(1.0).point == 1
    assert e_value(3.0, measure="hr", rare=True).point == e_value(3.0).point


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: events_needed(1.0), "a hazard ratio of 1 cannot be found"),
        (lambda: events_needed(-1), "hr: some values are not above 0"),
        (lambda: events_needed(0.5, power=80), "power: some values are not between 0 and 1"),
        (lambda: events_needed(0.5, sides=3), "sides=3 is neither 1 nor 2"),
        (lambda: size_for_proportions(0.2, 0.2), "the two proportions are equal"),
        (lambda: size_for_means(0), "the two means are equal"),
        (lambda: power_of_means(0.5, 1), "n=1 is too small"),
        (lambda: e_value(0.5, 0.6, 0.8), "does not lie between its limits"),
        (lambda: e_value(2, measure="or"), "whether the outcome is rare is not said"),
        (lambda: e_value(2, measure="rd"), "measure=rd is not known"),
    ],
)
def test_they_refuse_what_has_no_answer(call: Any, says: str) -> None:
    with pytest.raises(RweError, match=says):
        call()


def test_results_can_be_shown_and_kept() -> None:
    for result in (events_needed([0.5, 0.7]), size_for_means(0.4), size_for_proportions(0.1, 0.3)):
        assert result.summary()
        assert result.plot().to_dict()
        assert result.to_dict()["table"]
    assert e_value(2.0, 1.5, 3.0).to_dict()["table"][1]["of"] == "limit"
    assert e_value(2.0, 1.5, 3.0).plot().to_dict()
