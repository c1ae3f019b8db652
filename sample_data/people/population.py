"""Demography of a block of patients, before any disease."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.randomness import choose, stream

Days = NDArray[np.int64]
Flags = NDArray[np.bool_]

SPECIALTIES = ("lung_cancer", "type2_diabetes", "heart_kidney", "general")
LUNG, DIABETES, HEART_KIDNEY, GENERAL = range(4)
_SHARES = np.array([0.38, 0.27, 0.17, 0.18])

_MEAN_AGE = np.array([63.0, 59.0, 68.0, 50.0])
_AGE_SPREAD = np.array([10.0, 10.5, 12.0, 17.0])
_YOUNGEST = np.array([32.0, 30.0, 28.0, 18.0])
_SHARE_MALE = np.array([0.56, 0.56, 0.54, 0.48])
_SHARE_SMOKING_MEN = np.array([0.62, 0.45, 0.40, 0.40])
_OLDEST = 92.0

NEVER = 2**31
"""Day of what does not happen."""

DATA_END, LOST, DIED = range(3)
END_REASONS = ("data_end", "lost", "died")


@dataclass(frozen=True)
class Span:
    """First and last day that the extract covers."""

    start: int
    end: int


@dataclass
class People:
    """One block of patients; every array has one element a person.

    Days are numbers of days since 1970-01-01. `death` is the true day of death, `end` the last day on which the
    hospital knows of the person, `end_reason` one of `DATA_END`, `LOST`, `DIED`.
    """

    number: Days
    specialty: Days
    birth: Days
    male: Flags
    entry: Days
    smoker: Flags
    height: NDArray[np.float64]
    weight: NDArray[np.float64]
    region: Days
    ethnic_group: Days
    marital_status: Days
    occupation: Days
    death: Days
    lost: Days
    end: Days
    end_reason: Days
    died_in_hospital: Flags

    def __len__(self) -> int:
        return len(self.number)

    def of(self, specialty: int) -> Days:
        """Positions in the block of the people of one specialty."""
        return np.flatnonzero(self.specialty == specialty)

    def age_at(self, person: Days, day: Days) -> NDArray[np.float64]:
        """Age in years, with fractions."""
        return (day - self.birth[person]) / 365.25

    def close_follow_up(self, span: Span) -> None:
        """Set the last known day of each person from death, loss and the end of the extract."""
        self.end = np.minimum(np.minimum(self.death, self.lost), span.end)
        self.end_reason = np.where(
            self.end == self.death, DIED, np.where(self.end == self.lost, LOST, DATA_END)
        ).astype(np.int64)


def arrival_days(rng: np.random.Generator, span: Span, size: int, latest: int) -> Days:
    """Days of first contact; the hospital grows, so that twice as many come at the end as at the start."""
    position = np.sqrt(1.0 + 3.0 * rng.random(size)) - 1.0
    return span.start + (position * (latest - span.start)).astype(np.int64)


def _marital_status(rng: np.random.Generator, age: NDArray[np.float64]) -> Days:
    draw = rng.random(len(age))
    single = np.where(age < 30, 0.45, 0.03)
    widowed = np.clip((age - 60) * 0.012, 0, 0.35)
    return np.select([draw < single, draw < single + widowed, draw > 0.97], [0, 2, 3], 1).astype(np.int64)


def _occupations(rng: np.random.Generator, age: NDArray[np.float64]) -> Days:
    jobs = catalog.table("occupations")
    working = choose(rng, jobs.numbers("weight_working"), len(age))
    retired = choose(rng, jobs.numbers("weight_retired"), len(age))
    return np.where(age >= 60, retired, working)


def draw_people(seed: int, block: int, first: int, size: int, span: Span) -> People:
    """Draw the patients of one block.

    Parameters
    ----------
    seed, block
        Which numbers to draw.
    first
        Number of the block's first patient in the whole extract, from 0.
    size
        Number of patients.
    span
        Days that the extract covers.
    """
    rng = stream(seed, block, "population")
    specialty = choose(rng, _SHARES, size)
    age = rng.normal(_MEAN_AGE[specialty], _AGE_SPREAD[specialty])
    age = np.clip(age, _YOUNGEST[specialty] + rng.random(size) * 6, _OLDEST - rng.random(size) * 4)
    male = rng.random(size) < _SHARE_MALE[specialty]
    entry = arrival_days(rng, span, size, span.end - 60)
    height = np.where(male, rng.normal(169.5, 6.0, size), rng.normal(158.0, 5.5, size))
    body_mass = rng.normal(23.6, 3.1, size) + np.where(specialty == DIABETES, 1.6, 0.0)
    never = np.full(size, NEVER, np.int64)
    regions = catalog.table("regions")
    ethnic = catalog.table("ethnic_groups")
    return People(
        number=first + np.arange(size),
        specialty=specialty,
        birth=entry - (age * 365.25).astype(np.int64),
        male=male,
        entry=entry,
        smoker=rng.random(size) < np.where(male, _SHARE_SMOKING_MEN[specialty], 0.03),
        height=np.round(np.clip(height, 140, 192)),
        weight=np.clip(body_mass, 15.5, 42.0) * (height / 100) ** 2,
        region=choose(rng, regions.numbers("weight"), size),
        ethnic_group=choose(rng, ethnic.numbers("weight"), size),
        marital_status=_marital_status(rng, age),
        occupation=_occupations(rng, age),
        death=never.copy(),
        lost=never.copy(),
        end=np.full(size, span.end, np.int64),
        end_reason=np.zeros(size, np.int64),
        died_in_hospital=np.zeros(size, np.bool_),
    )
