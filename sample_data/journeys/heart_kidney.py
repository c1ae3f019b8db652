"""Encounters of heart failure and kidney patients: clinics, decompensations, dialysis."""

from __future__ import annotations

import numpy as np

from sample_data import catalog
from sample_data.days import off_sunday
from sample_data.journeys.ledger import Ledger, recurring
from sample_data.journeys.lung import plan_last_stay
from sample_data.people.cohort import Truth
from sample_data.people.population import HEART_KIDNEY, Days

_HEART_VISIT_DAYS = 110.0
_KIDNEY_VISIT_DAYS = 105.0
_ADMISSION_DAYS = 480.0


def _stays(
    truth: Truth, ledger: Ledger, rng: np.random.Generator, purpose: str, person: Days, condition: Days, days: float
) -> None:
    first = truth.people.entry[person] + rng.integers(5, 300, len(person))
    row, day, _ = recurring(rng, first, truth.people.end[person], days, 160)
    ledger.add(purpose, person[row], day, condition=condition[row])


def _clinics(
    truth: Truth, ledger: Ledger, rng: np.random.Generator, purpose: str, person: Days, condition: Days, days: float
) -> None:
    row, day, _ = recurring(rng, truth.people.entry[person], truth.people.end[person], days, 14)
    ledger.add(purpose, person[row], off_sunday(day), condition=condition[row])


def kidney_condition(truth: Truth, person: Days, day: Days) -> Days:
    """Catalogue row of the kidney disease that a person's chart carries on a day."""
    conditions = catalog.table("conditions")
    result = np.full(len(person), conditions.position("CKD"), np.int64)
    for key in ("CKD3", "CKD4", "CKD5"):
        result[truth.onsets.has(key, person, day)] = conditions.position(key)
    return result


def _dialysis(truth: Truth, ledger: Ledger, rng: np.random.Generator, person: Days) -> None:
    start = truth.organs.dialysis[person]
    last = np.minimum(truth.people.end[person], start + 700)
    row, day, _ = recurring(rng, start, last, 120.0, 20)
    truth.onsets.set("CKD5", person, start)
    ledger.add("DIALYSIS_STAY", person[row], day, condition="CKD5")


def plan(truth: Truth, ledger: Ledger) -> None:
    """Plan the encounters of the block's heart and kidney patients."""
    rng = truth.rng("heart and kidney journeys")
    conditions = catalog.table("conditions")
    everyone = truth.people.of(HEART_KIDNEY)
    heart = everyone[truth.organs.heart_failure[everyone]]
    kidney = everyone[truth.organs.kidney_disease[everyone]]
    failure = np.full(len(heart), conditions.position("HEART_FAILURE"), np.int64)
    disease = kidney_condition(truth, kidney, truth.people.entry[kidney])
    _clinics(truth, ledger, rng, "HEART_CLINIC", heart, failure, _HEART_VISIT_DAYS)
    _clinics(truth, ledger, rng, "KIDNEY_CLINIC", kidney, disease, _KIDNEY_VISIT_DAYS)
    _stays(truth, ledger, rng, "HEART_STAY", heart, failure, _ADMISSION_DAYS)
    _stays(truth, ledger, rng, "KIDNEY_STAY", kidney, disease, _ADMISSION_DAYS * 1.5)
    _dialysis(truth, ledger, rng, kidney)
    main = np.where(
        truth.organs.heart_failure[everyone], conditions.position("HEART_FAILURE"), conditions.position("CKD")
    )
    plan_last_stay(
        truth, ledger, rng, everyone, "HEART_KIDNEY_TERMINAL", main, truth.people.entry[everyone] + 1, share=0.55
    )
