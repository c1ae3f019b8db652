"""Encounters of lung cancer patients: suspicion, work-up, surgery, lines of therapy, complications, last stay."""

from __future__ import annotations

import numpy as np

from sample_data import catalog
from sample_data.days import off_sunday
from sample_data.journeys.ledger import Ledger, recurring
from sample_data.people.cohort import Truth
from sample_data.people.population import DIED, LUNG, Days
from sample_data.people.tumour import LINES

_REFILL_DAYS = 29.0
_CYCLE_DAYS = 21.5
_REVIEW_DAYS = 150.0
_COMPLICATION_DAYS = 500.0
_SHARE_DYING_IN_HOSPITAL = 0.45


def _workup(truth: Truth, ledger: Ledger, rng: np.random.Generator, person: Days) -> None:
    diagnosed = truth.tumours.diagnosed[person]
    ledger.add("LUNG_SUSPECT", person, truth.people.entry[person], condition="PNEUMONIA", essential=True)
    before = rng.integers(5, 9, len(person))
    admitted = np.maximum(diagnosed - before, truth.people.entry[person] + 1)
    ledger.add(
        "LUNG_WORKUP",
        person,
        admitted,
        condition="LUNG_CANCER",
        length=diagnosed + rng.integers(0, 3, len(person)) - admitted,
        essential=True,
    )


def _surgery(truth: Truth, ledger: Ledger) -> None:
    person = np.flatnonzero(truth.tumours.resected)
    ledger.add("LUNG_SURGERY", person, truth.tumours.index[person], condition="LUNG_CANCER", essential=True)


def _line(truth: Truth, ledger: Ledger, rng: np.random.Generator, line: int) -> None:
    tumours, people = truth.tumours, truth.people
    regimens = catalog.table("regimens")
    oral = np.array([route == "oral" for route in regimens["route"]])
    cycles = regimens.numbers("cycles").astype(np.int64)
    treated = np.flatnonzero(tumours.regimen[:, line] >= 0)
    regimen = tumours.regimen[treated, line]
    start = tumours.line_start[treated, line]
    end = np.minimum(tumours.line_end[treated, line], people.end[treated])

    by_mouth = oral[regimen]
    row, day, number = recurring(rng, start[by_mouth], end[by_mouth], _REFILL_DAYS, 3)
    person, given = treated[by_mouth][row], regimen[by_mouth][row]
    for first in (True, False):
        rows = (number == 0) == first
        ledger.add(
            "LUNG_ORAL",
            person[rows],
            day[rows] if first else off_sunday(day[rows]),
            condition="LUNG_CANCER",
            regimen=given[rows],
            cycle=number[rows] + 1,
            essential=first,
        )
    by_vein = ~by_mouth
    last = np.minimum(end, start + ((cycles[regimen] - 1) * _CYCLE_DAYS).astype(np.int64) + 1)[by_vein]
    row, day, number = recurring(rng, start[by_vein], last, _CYCLE_DAYS, 2)
    ledger.add(
        "LUNG_CYCLE",
        treated[by_vein][row],
        day,
        condition="LUNG_CANCER",
        regimen=regimen[by_vein][row],
        cycle=number + 1,
    )


def _reviews(truth: Truth, ledger: Ledger, rng: np.random.Generator, person: Days) -> None:
    first = truth.tumours.index[person] + 70
    row, day, _ = recurring(rng, first, truth.people.end[person], _REVIEW_DAYS, 12)
    ledger.add("LUNG_REVIEW", person[row], off_sunday(day), condition="LUNG_CANCER")


def _complications(truth: Truth, ledger: Ledger, rng: np.random.Generator, person: Days) -> None:
    day = truth.tumours.index[person] + 25 + rng.exponential(_COMPLICATION_DAYS, len(person)).astype(np.int64)
    effusion = rng.random(len(person)) < 0.3
    for condition, rows in (("PNEUMONIA", ~effusion), ("PLEURAL_EFFUSION", effusion)):
        truth.onsets.set(condition, person[rows], day[rows])
        ledger.add("LUNG_COMPLICATION", person[rows], day[rows], condition=condition)


def plan(truth: Truth, ledger: Ledger) -> None:
    """Plan the encounters of the block's lung cancer patients."""
    rng = truth.rng("lung journeys")
    person = truth.people.of(LUNG)
    _workup(truth, ledger, rng, person)
    _surgery(truth, ledger)
    for line in range(LINES):
        _line(truth, ledger, rng, line)
    _reviews(truth, ledger, rng, person)
    _complications(truth, ledger, rng, person)
    plan_last_stay(truth, ledger, rng, person, "LUNG_TERMINAL", "LUNG_CANCER", truth.tumours.index[person] + 1)


def plan_last_stay(
    truth: Truth,
    ledger: Ledger,
    rng: np.random.Generator,
    person: Days,
    purpose: str,
    condition: str | Days,
    not_before: Days,
    share: float = _SHARE_DYING_IN_HOSPITAL,
) -> None:
    """Plan the stay in which some of those who die spend their last days.

    Parameters
    ----------
    truth, ledger, rng
        Facts of the block, where to plan, and a stream of random numbers.
    person
        Who might die.
    purpose, condition
        Purpose and main diagnosis (a key, or a catalogue row each) of the stay.
    not_before
        Earliest day of admission of each person; no stay where death comes earlier.
    share
        Share of the deaths that happen in the hospital.
    """
    people = truth.people
    lengths = rng.integers(2, 15, len(person))
    in_hospital = rng.random(len(person)) < share
    day = np.maximum(people.end[person] - lengths, not_before)
    rows = (people.end_reason[person] == DIED) & in_hospital & (day <= people.end[person])
    ledger.add(
        purpose,
        person[rows],
        day[rows],
        condition=condition if isinstance(condition, str) else condition[rows],
        essential=True,
        until_death=True,
    )
