"""Vital signs: at admission, once a day during a stay, and at some clinic visits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.chart import Chart
from sample_data.days import SECONDS_PER_DAY
from sample_data.people.population import Days, Flags

_MOST_DAYS = 3
_ROUNDS = np.array([6, 10, 14, 18])
_CLINICS = ("DIABETES_START", "DIABETES_CLINIC", "HEART_CLINIC", "KIDNEY_CLINIC")
_SHARE_OF_CLINICS = 0.3
_INFECTED = ("LUNG_COMPLICATION", "LUNG_TERMINAL", "DIABETES_TERMINAL", "GENERAL_TERMINAL", "HEART_KIDNEY_TERMINAL")


@dataclass
class Vitals:
    """Vital signs, sorted by encounter and moment; `full` rows have height and weight, `admission` rows are first."""

    encounter: Days
    moment: Days
    admission: Flags
    full: Flags
    temperature: NDArray[np.float64]
    pulse: Days
    respiration: Days
    systolic: Days
    diastolic: Days
    saturation: Days
    height: NDArray[np.float64]
    weight: NDArray[np.float64]


def _moments(chart: Chart, rng: np.random.Generator) -> tuple[Days, Days, Flags]:
    encounters, stays = chart.encounters, chart.encounters.stays
    days = np.minimum(encounters.end_day[stays] - encounters.start_day[stays], _MOST_DAYS)
    row = np.repeat(np.arange(len(stays)), days)
    number = np.arange(len(row)) - np.repeat(np.cumsum(days) - days, days) + 1
    daily = (encounters.start_day[stays][row] + number) * SECONDS_PER_DAY + _ROUNDS[number % 4] * 3600
    daily_stay = stays[row]
    in_time = daily < encounters.end[daily_stay]
    clinics = encounters.with_purpose(*_CLINICS)
    clinics = clinics[rng.random(len(clinics)) < _SHARE_OF_CLINICS]
    at_admission = (encounters.start[stays] + 900) // 300 * 300
    encounter = np.concatenate([stays, daily_stay[in_time], clinics])
    moment = np.concatenate([at_admission, daily[in_time], encounters.start[clinics] // 300 * 300])
    admission = np.zeros(len(encounter), np.bool_)
    admission[: len(stays)] = True
    full = admission.copy()
    full[len(encounter) - len(clinics) :] = True
    order = np.lexsort((moment, encounter))
    full_and_first = np.stack([admission, full])[:, order]
    return encounter[order], moment[order], full_and_first


def take_vitals(chart: Chart) -> Vitals:
    """Draw the vital signs of a block."""
    rng, truth, encounters = chart.rng("vitals"), chart.truth, chart.encounters
    encounter, moment, (admission, full) = _moments(chart, rng)
    size = len(encounter)
    person, day = encounters.person[encounter], moment // SECONDS_PER_DAY
    purposes = catalog.table("purposes")
    since = day - encounters.start_day[encounter]
    infected = np.isin(encounters.purpose[encounter], purposes.positions(_INFECTED)) | (
        encounters.condition[encounter] == catalog.table("conditions").position("PNEUMONIA")
    )
    ill = infected * np.clip(1.0 - since / 6.0, 0.15, 1.0)
    congested = (encounters.purpose[encounter] == purposes.position("HEART_STAY")) * np.clip(
        1.0 - since / 7.0, 0.2, 1.0
    )
    age = truth.people.age_at(person, day)
    usual = rng.normal(0, 7, len(truth.people))[person]
    hypertensive = truth.onsets.has("HYPERTENSION", person, day)
    systolic = 119 + 0.30 * (age - 55) + 13 * hypertensive + usual + rng.normal(0, 9, size) - 12 * ill
    diastolic = 75 + 0.32 * (systolic - 122) + rng.normal(0, 6, size)
    drift = rng.normal(0, 0.012, size)
    return Vitals(
        encounter=encounter,
        moment=moment,
        admission=admission,
        full=full,
        temperature=np.round(np.clip(rng.normal(36.5, 0.22, size) + 1.5 * ill, 35.6, 40.4), 1),
        pulse=np.clip(rng.normal(77, 9, size) + 17 * ill + 14 * congested, 48, 160).astype(np.int64),
        respiration=np.clip(rng.normal(18, 1.2, size) + 4 * ill + 4 * congested, 12, 40).astype(np.int64),
        systolic=np.clip(systolic, 85, 205).astype(np.int64),
        diastolic=np.clip(np.minimum(diastolic, systolic - 22), 48, 118).astype(np.int64),
        saturation=np.clip(rng.normal(97.6, 0.9, size) - 5 * ill - 3 * congested, 82, 100).astype(np.int64),
        height=truth.people.height[person],
        weight=np.round(truth.people.weight[person] * (1 + drift), 1),
    )
