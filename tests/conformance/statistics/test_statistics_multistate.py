"""Multi-state models beside R's survfit and mstate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analyses.survival import cox
from analyses.survival.multistate import state_intervals, state_probabilities, transition_rows

pytestmark = pytest.mark.conformance

FAMILY = "competing_multistate"
TRANSPLANT: dict[str, list[str]] = {"Tx": ["PR", "RelDeath"], "PR": ["RelDeath"]}


def stays_of(data: pd.DataFrame, keep: list[str]) -> pd.DataFrame:
    states = {"PR": ("prtime", "prstat"), "RelDeath": ("rfstime", "rfsstat")}
    return state_intervals(data, start="Tx", states=states, transitions=TRANSPLANT, keep=keep)


def test_probabilities_of_states(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        names = {0: 0, 1: "pcm", 2: "death"}
        found = state_probabilities(
            data.assign(state=data["state"].map(names)),
            person="id",
            entry="tstart",
            duration="tstop",
            to="state",
            states=["initial", "pcm", "death"],
        )
        at = found.at(case["spec"]["times"])
        curves = {state: at[at["state"] == state] for state in ("initial", "pcm", "death")}
        horizon = case["expected"]["mean_time_in_state"]["horizon"]
        lived = found.mean_time(horizon)
        moves = case["expected"]["transitions"]
        return {
            "transitions": {
                "values": found.moves[moves["cols"]].to_numpy(),
                "rows": moves["rows"],
                "cols": moves["cols"],
            },
            "pstate": {
                "time": case["spec"]["times"],
                "n_risk_initial": curves["initial"]["n_risk"],
                **{
                    state: {
                        "prob": curve["probability"],
                        "se": curve["se"],
                        "lower": np.where(curve["probability"] > 0, curve["lower"], np.nan),
                        "upper": np.where(curve["probability"] > 0, curve["upper"], np.nan),
                    }
                    for state, curve in curves.items()
                },
            },
            "mean_time_in_state": {
                "horizon": horizon,
                "state": lived["state"],
                "mean_time": lived["mean_time"],
                "se": lived["se"],
            },
        }

    check(FAMILY, "ms_mgus2", ours)


def test_transition_probabilities(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        stays = stays_of(data, [])
        asked: dict[str, Any] = {"person": "person", "entry": "entry", "duration": "exit", "to": "to", "origin": "from"}
        asked |= {"censored": "(censored)", "states": ["Tx", "PR", "RelDeath"], "variance": "aalen"}
        found = state_probabilities(stays, **asked)
        from_start = found.at([30, 100, 365, 1826])
        from_pr = state_probabilities(stays, **asked, start_time=100, start_state="PR").at([365, 1826])
        moves = found.moves.to_numpy().astype(float)
        moves[-1, -1] = moves[:, 2].sum()
        events = np.column_stack([moves, np.append(moves[:2].sum(axis=1), moves[-1, -1])])

        def column(table: pd.DataFrame, state: str, name: str) -> list[float]:
            return table.loc[table["state"] == state, name].tolist()

        numbered = list(enumerate(["Tx", "PR", "RelDeath"], start=1))
        return {
            "events": {
                "values": events,
                "rows": case["expected"]["events"]["rows"],
                "cols": case["expected"]["events"]["cols"],
            },
            "from_tx_at_0": {
                "time": [30, 100, 365, 1826],
                **{f"pstate{number}": column(from_start, state, "probability") for number, state in numbered},
                **{f"se{number}": column(from_start, state, "se") for number, state in numbered},
            },
            "from_pr_at_100": {
                "time": [365, 1826],
                **{f"pstate{number}": column(from_pr, state, "probability") for number, state in numbered[1:]},
                "se2": column(from_pr, "PR", "se"),
            },
        }

    check(FAMILY, "ms_ebmt3", ours)


def test_models_of_transitions(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        rows = transition_rows(stays_of(data, ["dissub", "age"]), TRANSPLANT)
        rows = rows.assign(
            AML=(rows["dissub"] == "AML").astype(int),
            ALL=(rows["dissub"] == "ALL").astype(int),
            a2=(rows["age"] == "20-40").astype(int),
            a3=(rows["age"] == ">40").astype(int),
        )
        given = {}
        for number, (_, own) in enumerate(rows.groupby("transition", observed=True), start=1):
            model = cox(
                own,
                duration="exit",
                entry="entry",
                event="event",
                covariates=["AML", "ALL", "a2", "a3"],
                ties="breslow",
            )
            given[f"trans{number}"] = {
                "n": len(own),
                "nevent": model.events,
                "terms": case["expected"][f"trans{number}"]["terms"],
                "coef": model.table["coef"],
                "se": model.table["se"],
                "loglik": model.loglik,
            }
        return given

    check(FAMILY, "ms_ebmt3_cox", ours)
