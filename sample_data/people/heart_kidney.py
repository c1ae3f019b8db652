"""Heart failure and chronic kidney disease: severity, course, dialysis and death."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sample_data.people.comorbidities import Onsets
from sample_data.people.population import GENERAL, HEART_KIDNEY, NEVER, Days, Flags, People
from sample_data.randomness import choose, stream, weibull_times

_LOSS_PER_YEAR = 0.07
_DIALYSIS_BELOW = 8.0


@dataclass
class Organs:
    """Function of heart and kidney of each person of a block.

    `egfr` in mL/min/1.73 m2 at entry, `egfr_slope` its change a year, `ejection_fraction` in percent, `dialysis` the
    day of the first haemodialysis.
    """

    egfr: NDArray[np.float64]
    egfr_slope: NDArray[np.float64]
    ejection_fraction: NDArray[np.float64]
    heart_failure: Flags
    kidney_disease: Flags
    dialysis: Days

    def egfr_at(self, person: Days, years_since_entry: NDArray[np.float64]) -> NDArray[np.float64]:
        """Expected eGFR of persons some years after entry."""
        return np.clip(self.egfr[person] + self.egfr_slope[person] * years_since_entry, 4.0, 140.0)


def _kidney_conditions(onsets: Onsets, person: Days, egfr: NDArray[np.float64], day: Days) -> None:
    grade = np.select([egfr >= 60, egfr >= 30, egfr >= 15], [0, 1, 2], 3)
    for value, condition in enumerate(("CKD", "CKD3", "CKD4", "CKD5")):
        rows = grade == value
        onsets.set(condition, person[rows], day[rows])


def draw_organs(seed: int, block: int, people: People, onsets: Onsets) -> Organs:
    """Draw heart and kidney function of everyone, and the course of the heart and kidney patients.

    Sets `people.death` and `people.lost` of those patients and of the general ones, and the onsets of their diseases.
    """
    rng = stream(seed, block, "organs")
    everyone = np.arange(len(people))
    age = people.age_at(everyone, people.entry)
    egfr = np.clip(108.0 - 0.75 * (age - 35.0) + rng.normal(0, 11, len(people)), 62.0, 130.0)
    slope = rng.normal(-0.9, 0.4, len(people))
    diseased = onsets.has("CKD", everyone, people.entry)
    egfr[diseased] = rng.uniform(32, 59, int(diseased.sum()))
    ejection_fraction = np.clip(rng.normal(63, 4, len(people)), 52, 74)

    person = people.of(HEART_KIDNEY)
    size = len(person)
    kind = choose(rng, np.array([0.45, 0.35, 0.20]), size)
    heart, kidney = kind != 1, kind != 0
    egfr[person[kidney]] = np.clip(rng.lognormal(3.5, 0.55, int(kidney.sum())), 7, 89)
    slope[person[kidney]] = -np.abs(rng.normal(3.2, 2.2, int(kidney.sum())))
    reduced = rng.random(size) < 0.6
    fraction = np.where(reduced, rng.normal(34, 6, size), rng.normal(56, 5, size))
    ejection_fraction[person[heart]] = np.clip(fraction, 16, 70)[heart]

    entry = people.entry[person]
    onset = entry - rng.integers(0, 1200, size) * (rng.random(size) < 0.7)
    onsets.set("HEART_FAILURE", person[heart], onset[heart])
    _kidney_conditions(onsets, person[kidney], egfr[person[kidney]], onset[kidney])
    for condition, share in (
        ("ANEMIA", 0.35),
        ("HYPERURICEMIA", 0.25),
        ("GLOMERULONEPHRITIS", 0.15),
        ("NEPHROTIC", 0.1),
    ):
        affected = kidney & (rng.random(size) < share)
        onsets.set(condition, person[affected], entry[affected] - 10)

    years_to_dialysis = (egfr[person] - _DIALYSIS_BELOW) / np.maximum(-slope[person], 0.05)
    dialysis = entry + 15 + (np.minimum(years_to_dialysis, 60) * 365.25).astype(np.int64)
    log_hazard = (
        0.55 * (people.age_at(person, entry) - 68) / 10
        + 0.030 * (55 - np.minimum(ejection_fraction[person], 55)) * heart
        + 0.010 * np.maximum(60 - egfr[person], 0)
    )
    people.death[person] = entry + 3 + np.ceil(weibull_times(rng, log_hazard, 1.1, 5200.0)).astype(np.int64)
    people.lost[person] = entry + 20 + rng.exponential(365.25 / _LOSS_PER_YEAR, size).astype(np.int64)
    _general_survival(rng, people)
    full_dialysis = np.full(len(people), NEVER, np.int64)
    full_dialysis[person] = np.where(kidney, dialysis, NEVER)
    return Organs(
        egfr=egfr,
        egfr_slope=slope,
        ejection_fraction=ejection_fraction,
        heart_failure=onsets.of("HEART_FAILURE") < NEVER,
        kidney_disease=_flags(len(people), person[kidney]),
        dialysis=full_dialysis,
    )


def _flags(size: int, person: Days) -> Flags:
    flags = np.zeros(size, np.bool_)
    flags[person] = True
    return flags


def _general_survival(rng: np.random.Generator, people: People) -> None:
    person = people.of(GENERAL)
    log_hazard = 0.9 * (people.age_at(person, people.entry[person]) - 60) / 10
    people.death[person] = (
        people.entry[person] + 30 + np.ceil(weibull_times(rng, log_hazard, 1.2, 16000.0)).astype(np.int64)
    )
    people.lost[person] = people.entry[person] + 30 + rng.exponential(900.0, len(person)).astype(np.int64)
