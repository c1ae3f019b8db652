"""Type 2 diabetes: control, add-on drug, first stroke and death."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.days import off_sunday
from sample_data.effects import comparison
from sample_data.people.comorbidities import Onsets
from sample_data.people.population import DIABETES, NEVER, Days, Flags, People, Span
from sample_data.randomness import stream, weibull_times

_LOSS_PER_YEAR = 0.06
_TARGET = ("MET_DAPA", "MET_EMPA")
_COMPARATOR = ("MET_GLIM", "MET_GLIC")
_OTHERS = ("MET_SITA", "MET_LIRA", "MET_SEMA", "MET_GLAR", "MET_ACAR")


@dataclass
class Diabetics:
    """Facts about the diabetes of each person of a block; neutral values in those without it.

    `arm` is 1 for the target drugs of the planted comparison, 0 for the comparator, -1 for those outside it. `index` is
    the day of the add-on drug, `hba1c` the value measured on that day (percent).
    """

    person: Days
    index: Days
    arm: Days
    add_on: Days
    hba1c: NDArray[np.float64]
    stroke: Days
    confounders: comparison.Values

    @property
    def in_comparison(self) -> Flags:
        """Who belongs to the planted drug comparison."""
        return self.arm >= 0


def _confounders(
    people: People, onsets: Onsets, person: Days, index: Days, hba1c: NDArray[np.float64]
) -> comparison.Values:
    def present(condition: str) -> NDArray[np.float64]:
        return onsets.has(condition, person, index).astype(float)

    return {
        "age_decades": (people.age_at(person, index) - 60.0) / 10.0,
        "male": people.male[person].astype(float),
        "hypertension": present("HYPERTENSION"),
        "coronary": present("CORONARY"),
        "ckd": present("CKD"),
        "hba1c": hba1c - 8.5,
        "obesity": present("OBESITY"),
    }


def _add_ons(rng: np.random.Generator, candidate: Flags, target: Flags) -> Days:
    regimens = catalog.table("regimens")
    size = len(candidate)

    def one_of(keys: tuple[str, ...]) -> Days:
        return regimens.positions(keys)[rng.integers(0, len(keys), size)]

    chosen = np.where(candidate, np.where(target, one_of(_TARGET), one_of(_COMPARATOR)), one_of(_OTHERS))
    stays_on_metformin = ~candidate & (rng.random(size) < 0.5)
    return np.where(stays_on_metformin, regimens.position("MET"), chosen)


def draw_diabetics(seed: int, block: int, people: People, onsets: Onsets, span: Span) -> Diabetics:
    """Draw the course of the block's diabetics.

    Sets `people.death` and `people.lost` and the onsets of diabetes, its complications and stroke.
    """
    rng = stream(seed, block, "diabetes")
    person = people.of(DIABETES)
    size = len(person)
    entry = people.entry[person]
    onsets.set("TYPE2_DIABETES", person, (entry - rng.exponential(5 * 365, size)).astype(np.int64))
    for condition, share in (("CKD", 0.19), ("RETINOPATHY", 0.14)):
        chance = share * np.exp(0.4 * (people.age_at(person, entry) - 60) / 10)
        affected = rng.random(size) < np.clip(chance, 0, 0.8)
        onsets.set(condition, person[affected], entry[affected] - 200)
    index = off_sunday(np.minimum(entry + rng.integers(30, 280, size), span.end - 5))
    hba1c: NDArray[np.float64] = np.clip(rng.normal(8.6, 1.2, size), 6.8, 13.5).round(1)
    confounders = _confounders(people, onsets, person, index, hba1c)
    candidate = (rng.random(size) < 0.66) & (index < span.end - 6)
    target = comparison.DIABETES.draw_target(rng, confounders) & candidate
    stroke = index + np.maximum(np.ceil(comparison.DIABETES.draw_times(rng, confounders, target)), 1).astype(np.int64)
    stroke[~candidate] += rng.integers(0, 2000, int((~candidate).sum()))
    onsets.set("STROKE", person, stroke)
    log_hazard = 0.8 * confounders["age_decades"] + 0.4 * confounders["ckd"] + 0.25 * confounders["coronary"]
    people.death[person] = index + np.ceil(weibull_times(rng, log_hazard, 1.3, 9000.0)).astype(np.int64) + 1
    people.lost[person] = index + 20 + rng.exponential(365.25 / _LOSS_PER_YEAR, size).astype(np.int64)
    everyone = len(people)

    def spread(values: NDArray, neutral: float) -> NDArray:
        full = np.full(everyone, neutral, values.dtype)
        full[person] = values
        return full

    return Diabetics(
        person=person,
        index=spread(index, NEVER),
        arm=spread(np.where(candidate, target.astype(np.int64), -1), -1),
        add_on=spread(_add_ons(rng, candidate, target), -1),
        hba1c=spread(hba1c, np.nan),
        stroke=spread(stroke, NEVER),
        confounders={key: spread(values, 0.0) for key, values in confounders.items()},
    )
