"""Encounters of everyone else, and the visits at which a new disease is first diagnosed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.days import month_of, off_sunday
from sample_data.journeys.ledger import Ledger
from sample_data.journeys.lung import plan_last_stay
from sample_data.people.cohort import Truth, control_conditions
from sample_data.people.population import GENERAL, NEVER, Days
from sample_data.randomness import choose

_WINTER = (11, 12, 1, 2)
_OPERATIONS = {
    "THYROID_CANCER": 0.30,
    "LIVER_CANCER": 0.16,
    "GASTRIC_CANCER": 0.24,
    "COLON_CANCER": 0.30,
}
_CORONARY_EVENTS = {"MYOCARDIAL_INFARCTION": 0.35, "STEMI": 0.3, "UNSTABLE_ANGINA": 0.35}


def _days_between(rng: np.random.Generator, first: Days, last: Days) -> Days:
    return first + (rng.random(len(first)) * np.maximum(last - first, 0)).astype(np.int64)


def _to_season(rng: np.random.Generator, day: Days, winter: NDArray[np.float64]) -> Days:
    """Move summer days of winter diseases (`winter` > 0) by half a year, of summer diseases the other way round."""
    in_winter = np.isin(month_of(day), _WINTER)
    moved = rng.random(len(day)) < np.abs(winter)
    return day + np.where(moved & (in_winter != (winter > 0)) & (winter != 0), 182, 0)


def _encounters(
    truth: Truth, ledger: Ledger, rng: np.random.Generator, purpose: str, column: str, person: Days
) -> None:
    general = catalog.table("general")
    reason = choose(rng, general.numbers(column), len(person))
    condition = catalog.table("conditions").positions(general["condition"])[reason]
    day = _days_between(rng, truth.people.entry[person], truth.people.end[person])
    day = _to_season(rng, day, general.numbers("winter")[reason])
    if column != "emergency":
        day = off_sunday(day)
    _set_onsets(truth, person, condition, day)
    ledger.add(purpose, person, day, condition=condition)


def _set_onsets(truth: Truth, person: Days, condition: Days, day: Days) -> None:
    earlier = np.minimum(truth.onsets.day[person, condition], day)
    np.minimum.at(truth.onsets.day, (person, condition), earlier)


def _once(
    truth: Truth,
    ledger: Ledger,
    rng: np.random.Generator,
    purpose: str,
    person: Days,
    shares: dict[str, float],
) -> None:
    keys = list(shares)
    chosen = choose(rng, np.array(list(shares.values())), len(person))
    condition = catalog.table("conditions").positions(keys)[chosen]
    day = truth.people.entry[person] + rng.integers(0, 20, len(person))
    _set_onsets(truth, person, condition, day)
    ledger.add(purpose, person, day, condition=condition)


def _repeated(rng: np.random.Generator, person: Days, mean: float) -> Days:
    return np.repeat(person, rng.poisson(mean, len(person)))


def plan(truth: Truth, ledger: Ledger) -> None:
    """Plan the encounters of the block's general patients."""
    rng = truth.rng("general journeys")
    person = truth.people.of(GENERAL)
    ledger.add(
        "GENERAL_CLINIC",
        person,
        truth.people.entry[person],
        condition=catalog.table("conditions").positions(catalog.table("general")["condition"])[
            choose(rng, catalog.table("general").numbers("clinic"), len(person))
        ],
    )
    _encounters(truth, ledger, rng, "GENERAL_CLINIC", "clinic", _repeated(rng, person, 2.5))
    _encounters(truth, ledger, rng, "GENERAL_EMERGENCY", "emergency", _repeated(rng, person, 0.5))
    _encounters(truth, ledger, rng, "GENERAL_ONLINE", "online", _repeated(rng, person, 0.4))
    _encounters(truth, ledger, rng, "GENERAL_STAY", "stay", _repeated(rng, person, 0.45))
    operated, coronary = rng.random(len(person)) < 0.10, rng.random(len(person)) < 0.08
    _once(truth, ledger, rng, "OPERATION_STAY", person[operated], _OPERATIONS)
    _once(truth, ledger, rng, "CORONARY_STAY", person[coronary & ~operated], _CORONARY_EVENTS)
    plan_last_stay(
        truth, ledger, rng, person, "GENERAL_TERMINAL", "PNEUMONIA", truth.people.entry[person] + 1, share=0.5
    )


def plan_new_diagnoses(truth: Truth, ledger: Ledger) -> None:
    """Plan the visits at which the negative-control diseases of anybody are first diagnosed."""
    conditions = control_conditions()
    for column, condition in enumerate(conditions):
        person = np.flatnonzero(truth.control_days[:, column] < NEVER)
        ledger.add(
            "NEW_DIAGNOSIS",
            person,
            truth.control_days[person, column],
            condition=np.full(len(person), condition, np.int64),
            essential=True,
        )
