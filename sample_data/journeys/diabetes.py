"""Encounters of type 2 diabetics: clinic every three months, add-on drug, admissions, stroke."""

from __future__ import annotations

import numpy as np

from sample_data import catalog
from sample_data.days import off_sunday
from sample_data.journeys.ledger import Ledger, recurring
from sample_data.journeys.lung import plan_last_stay
from sample_data.people.cohort import Truth
from sample_data.people.population import DIABETES, Days

_VISIT_DAYS = 112.0
_ADMISSION_DAYS = 2200.0
_HYPOGLYCAEMIA_DAYS = 4200.0
_DAYS_OF_STROKE_STAY = 20


def _clinic(truth: Truth, ledger: Ledger, rng: np.random.Generator, person: Days) -> None:
    index = truth.diabetics.index[person]
    metformin = catalog.table("regimens").position("MET")
    row, day, _ = recurring(rng, truth.people.entry[person], index - 10, _VISIT_DAYS, 10)
    before = person[row]
    ledger.add(
        "DIABETES_CLINIC",
        before,
        off_sunday(day),
        condition="TYPE2_DIABETES",
        regimen=np.full(len(before), metformin, np.int64),
        essential=True,
    )
    ledger.add(
        "DIABETES_START",
        person,
        index,
        condition="TYPE2_DIABETES",
        regimen=truth.diabetics.add_on[person],
        essential=True,
    )
    row, day, _ = recurring(rng, index + 84, truth.people.end[person], _VISIT_DAYS, 12)
    online = rng.random(len(row)) < 0.06
    for purpose, rows in (("DIABETES_CLINIC", ~online), ("DIABETES_ONLINE", online)):
        later = person[row[rows]]
        ledger.add(
            purpose,
            later,
            off_sunday(day[rows]),
            condition="TYPE2_DIABETES",
            regimen=truth.diabetics.add_on[later],
        )


def _admissions(truth: Truth, ledger: Ledger, rng: np.random.Generator, person: Days) -> None:
    start = truth.diabetics.index[person] + 30
    row, day, _ = recurring(rng, start, truth.people.end[person], _ADMISSION_DAYS, 0)
    day = day + rng.exponential(900.0, len(day)).astype(np.int64)
    ledger.add("DIABETES_STAY", person[row], day, condition="TYPE2_DIABETES")
    day = start + rng.exponential(_HYPOGLYCAEMIA_DAYS, len(person)).astype(np.int64)
    truth.onsets.set("HYPOGLYCEMIA", person, day)
    ledger.add("DIABETES_EMERGENCY", person, day, condition="HYPOGLYCEMIA")


def plan(truth: Truth, ledger: Ledger) -> None:
    """Plan the encounters of the block's diabetics."""
    rng = truth.rng("diabetes journeys")
    person = truth.people.of(DIABETES)
    _clinic(truth, ledger, rng, person)
    _admissions(truth, ledger, rng, person)
    stroke = truth.diabetics.stroke[person]
    ledger.add("STROKE_STAY", person, stroke, condition="STROKE", essential=True)
    after_stroke = np.where(stroke <= truth.people.end[person], stroke + _DAYS_OF_STROKE_STAY, 0)
    earliest = np.maximum(truth.people.entry[person] + 1, after_stroke)
    plan_last_stay(truth, ledger, rng, person, "DIABETES_TERMINAL", "PNEUMONIA", earliest)
