"""Competing events on a few persons, counted by hand, and what is refused."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from analyses.survival import cumulative_incidence, fine_gray, gray_test
from omop_etl.errors import RweError

FIVE = pd.DataFrame({"time": [1, 2, 3, 4, 5], "what": [1, 2, 0, 1, 2], "arm": ["a", "b", "a", "b", "a"]})
"""Of five: the event after 1, the other one after 2, censored after 3, the event after 4, the other one after 5."""


def test_incidences_and_freedom_from_events_add_up() -> None:
    found = cumulative_incidence(FIVE, duration="time", event="what").at([2, 4, 5])
    of_one = found[found["cause"] == 1]["probability"].tolist()
    of_two = found[found["cause"] == 2]["probability"].tolist()
    free = found[found["cause"].isna()]["probability"].tolist()
    assert of_one == pytest.approx([1 / 5, 1 / 5 + 3 / 5 * 1 / 2, 1 / 2])
    assert of_two == pytest.approx([1 / 5, 1 / 5, 1 / 5 + 3 / 10])
    assert free == pytest.approx([3 / 5, 3 / 10, 0])


def test_without_censoring_an_incidence_is_a_share() -> None:
    everybody = FIVE.assign(what=[1, 2, 2, 1, 2])
    found = cumulative_incidence(everybody, duration="time", event="what").at(5)
    assert found.set_index("cause")["probability"].loc[[1, 2]].tolist() == pytest.approx([2 / 5, 3 / 5])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: cumulative_incidence(FIVE, duration="time", event="what", causes=[1]), "none of the causes"),
        (lambda: cumulative_incidence(FIVE, duration="time", event="what", variance="bootstrap"), "is not known"),
        (lambda: cumulative_incidence(FIVE.assign(time=[1, -2, 3, 4, 5]), duration="time", event="what"), "time"),
        (lambda: cumulative_incidence(FIVE, duration="time", event="what", conf_level=95), "between 0 and 1"),
        (lambda: fine_gray(FIVE, duration="time", event="what", covariates=["arm"], cause=7), "none of the causes"),
        (lambda: gray_test(FIVE.assign(arm="a"), duration="time", event="what", group="arm"), "arm"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(call: Any, said: str) -> None:
    with pytest.raises(RweError, match=said):
        call()
