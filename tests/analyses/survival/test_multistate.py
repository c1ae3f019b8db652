"""State probabilities against Kaplan-Meier, cumulative incidence and counts by hand.

R's numbers (survfit, mstate) are tried in tests/conformance.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analyses.survival import cumulative_incidence, kaplan_meier
from analyses.survival.multistate import state_intervals, state_probabilities, transition_rows
from omop_etl.errors import RweError

STAYS = pd.DataFrame(
    {
        "id": [1, 1, 2, 3, 3, 4],
        "from": [0.0, 4, 0, 0, 2, 0],
        "until": [4.0, 9, 7, 2, 8, 5],
        "state": ["ill", "dead", 0, "ill", 0, "dead"],
    }
)
ASKED: dict[str, Any] = {"person": "id", "entry": "from", "duration": "until", "to": "state"}


def test_states_add_up_and_time_in_them_too() -> None:
    found = state_probabilities(STAYS, **ASKED)
    at = found.at([1, 3, 4, 5, 8, 9])
    assert at.groupby("time")["probability"].sum().to_numpy() == pytest.approx(1.0)
    assert found.mean_time(9)["mean_time"].sum() == pytest.approx(9)
    assert at[(at["state"] == "ill") & (at["time"] == 4)]["probability"].tolist() == pytest.approx([0.25 + 0.25])


def test_two_states_are_kaplan_meier() -> None:
    random = np.random.default_rng(9)
    data = pd.DataFrame({"id": range(60), "from": 0.0, "until": np.ceil(random.exponential(30, 60))})
    data["state"] = np.where(random.random(60) < 0.6, "dead", "alive")
    alive = state_probabilities(data, **ASKED, censored="alive").table.query("state == 'initial'")
    curve = kaplan_meier(data.assign(died=data["state"] == "dead"), duration="until", event="died", robust=True).table
    assert alive["probability"].to_numpy() == pytest.approx(curve["survival"].to_numpy())
    assert alive["se"].to_numpy() == pytest.approx(curve["survival_se"].to_numpy(), abs=1e-12)


def test_one_move_is_cumulative_incidence() -> None:
    random = np.random.default_rng(10)
    data = pd.DataFrame({"id": range(80), "from": 0.0, "until": np.ceil(random.exponential(30, 80))})
    data["state"] = random.integers(0, 3, 80)
    found = state_probabilities(data, **ASKED)
    curves = cumulative_incidence(data, duration="until", event="state").at(found.curve.time)
    for cause in (1, 2):
        ours = found.table[found.table["state"] == cause]
        theirs = curves[curves["cause"] == cause]
        assert ours["probability"].to_numpy() == pytest.approx(theirs["probability"].to_numpy())
        assert ours["se"].to_numpy() == pytest.approx(theirs["se"].to_numpy())
    lost = cumulative_incidence(data, duration="until", event="state").time_lost(40).set_index("cause")
    lived = found.mean_time(40).set_index("state")
    assert lived.loc[[1, 2], "mean_time"].tolist() == pytest.approx(lost.loc[[1, 2], "time"].tolist())
    assert lived.loc[[1, 2], "se"].tolist() == pytest.approx(lost.loc[[1, 2], "se"].tolist())


def test_moves_are_counted() -> None:
    moves = state_probabilities(STAYS, **ASKED, states=["initial", "ill", "dead"]).moves
    assert moves.loc["initial"].tolist() == [0, 2, 1, 1]
    assert moves.loc["ill"].tolist() == [0, 0, 1, 1]


def test_a_start_in_one_state_is_certain() -> None:
    found = state_probabilities(STAYS, **ASKED, variance="aalen", start_time=3, start_state="ill").at([3, 9])
    ill = found[found["state"] == "ill"]["probability"].tolist()
    assert ill == pytest.approx([1.0, 0.0])


PERSONS = pd.DataFrame({"pr": [23, 60, 10], "got_pr": [1, 0, 1], "end": [744, 60, 50], "died": [0, 1, 1]})
STATES = {"PR": ("pr", "got_pr"), "dead": ("end", "died")}
TRANSITIONS: dict[str, list[str]] = {"Tx": ["PR", "dead"], "PR": ["dead"]}


def test_times_become_stays_and_transitions() -> None:
    stays = state_intervals(PERSONS, start="Tx", states=STATES, transitions=TRANSITIONS)
    assert stays["to"].tolist() == ["PR", "(censored)", "dead", "PR", "dead"]
    assert (stays["exit"] - stays["entry"]).sum() == PERSONS["end"].sum()
    rows = transition_rows(stays, TRANSITIONS)
    assert rows.groupby("transition", observed=True)["event"].sum().tolist() == [2, 1, 1]
    assert rows["transition"].value_counts().to_dict() == {"Tx -> PR": 3, "Tx -> dead": 3, "PR -> dead": 2}


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: state_probabilities(STAYS.assign(until=0), **ASKED), "from is not before until in 6 of 6 rows"),
        (lambda: state_probabilities(STAYS.assign(state=0), **ASKED), "column state has no move"),
        (
            lambda: state_probabilities(STAYS.assign(until=STAYS["until"] + 1), **ASKED),
            "2 stays do not start where the one before of the same person ends",
        ),
        (lambda: state_probabilities(STAYS, **ASKED, states=["initial", "ill"]), "a state that is not named"),
        (lambda: state_probabilities(STAYS, **ASKED, start_time=99), "nobody is followed at time 99"),
        (lambda: state_probabilities(STAYS, **ASKED, start_state="ill"), "a start state goes with"),
        (
            lambda: state_intervals(PERSONS.assign(end=5), start="Tx", states=STATES, transitions=TRANSITIONS),
            "1 persons leave state PR for two states at once, or before they reach it",
        ),
        (
            lambda: state_intervals(PERSONS, start="Tx", states=STATES, transitions={"Tx": ["ICU"]}),
            "state ICU has no columns",
        ),
    ],
)
def test_they_refuse_what_has_no_answer(call: Any, says: str) -> None:
    with pytest.raises(RweError, match=says):
        call()


def test_results_can_be_shown_and_kept() -> None:
    found = state_probabilities(STAYS, **ASKED)
    assert found.summary()
    assert found.plot().to_dict()
    assert found.to_dict()["moves"][0]["from"] == "initial"
