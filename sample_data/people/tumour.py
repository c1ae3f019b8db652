"""Lung cancer: histology, mutation, stage, performance status, lines of therapy, progression and death."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.days import day_number, off_sunday
from sample_data.effects import comparison
from sample_data.people.comorbidities import Onsets
from sample_data.people.population import LUNG, NEVER, Days, Flags, People, Span
from sample_data.people.therapy import choose_lines
from sample_data.randomness import choose, stream, weibull_times

HISTOLOGIES = ("adenocarcinoma", "squamous", "small_cell", "large_cell")
ADENO, SQUAMOUS, SMALL_CELL, LARGE_CELL = range(4)
MUTATIONS = ("wild_type", "EGFR_19del", "EGFR_L858R", "EGFR_uncommon", "ALK", "KRAS", "not_tested")
WILD, DEL19, L858R, UNCOMMON, ALK, KRAS, NOT_TESTED = range(7)

LINES = 3
_MEDIAN_WORKUP_DAYS = 18
_LOSS_PER_YEAR = 0.05


@dataclass
class Tumours:
    """Facts about the tumour of each person of a block; neutral values in those without one.

    `line_start`, `line_end` and `regimen` have one column per line of therapy. `arm` is 1 for the target drug of the
    planted comparison, 0 for the comparator, -1 for those outside it. `response_draw` is a uniform number that decides
    the best response.
    """

    person: Days
    present: Flags
    diagnosed: Days
    histology: Days
    mutation: Days
    stage: Days
    substage: Days
    ecog: Days
    size_mm: NDArray[np.float64]
    lobe: Days
    pd_l1: Days
    response_draw: NDArray[np.float64]
    brain: Flags
    bone: Flags
    resected: Flags
    index: Days
    arm: Days
    regimen: Days
    line_start: Days
    line_end: Days
    t790m: Flags
    confounders: comparison.Values

    @property
    def in_comparison(self) -> Flags:
        """Who belongs to the planted drug comparison."""
        return self.arm >= 0

    @property
    def progressed(self) -> Days:
        """Day of the first progression, which ends the first line of therapy."""
        return self.line_end[:, 0]


def _draw_mutations(rng: np.random.Generator, histology: Days, male: Flags, smoker: Flags) -> Days:
    size = len(histology)
    egfr_share = 0.50 + 0.16 * ~male - 0.10 * smoker
    egfr = (rng.random(size) < np.where(histology == ADENO, egfr_share, 0.02)) & (histology != SMALL_CELL)
    kind = choose(rng, np.array([0.48, 0.42, 0.10]), size) + DEL19
    other = np.where(histology == ADENO, choose(rng, np.array([0.72, 0.12, 0.16]), size), 0)
    rest = np.select([other == 1, other == 2], [ALK, KRAS], WILD)
    untested = (histology != ADENO) & (rng.random(size) < 0.55)
    return np.select([untested, egfr], [NOT_TESTED, kind], rest).astype(np.int64)


def _draw_substages(rng: np.random.Generator, stage: Days) -> Days:
    stages = catalog.table("stages")
    group = np.array([int(text) for text in stages["stage"]])
    weights = stages.numbers("weight")
    result = np.zeros(len(stage), np.int64)
    for value in (1, 2, 3, 4):
        rows = np.flatnonzero(stage == value)
        candidates = np.flatnonzero(group == value)
        result[rows] = candidates[choose(rng, weights[candidates], len(rows))]
    return result


def _confounders(
    people: People, onsets: Onsets, person: Days, index: Days, ecog: Days, stage: Days
) -> comparison.Values:
    return {
        "ecog_2_or_more": (ecog >= 2).astype(float),
        "stage_iv": (stage == 4).astype(float),
        "liver_metastasis": onsets.has("LIVER_METASTASIS", person, index).astype(float),
        "copd": onsets.has("COPD", person, index).astype(float),
        "age_decades": (people.age_at(person, index) - 63.0) / 10.0,
        "male": people.male[person].astype(float),
    }


def _spread(size: int, person: Days, values: NDArray, neutral: float) -> NDArray:
    full = np.full((size, *values.shape[1:]), neutral, values.dtype)
    full[person] = values
    return full


def draw_tumours(seed: int, block: int, people: People, onsets: Onsets, span: Span) -> Tumours:
    """Draw the tumours of the block's lung cancer patients, their treatment and their death.

    Sets `people.death` and `people.lost` and the onsets of the tumour and its metastases.
    """
    rng = stream(seed, block, "tumours")
    person = people.of(LUNG)
    size = len(person)
    diagnosed = off_sunday(np.minimum(people.entry[person] + rng.integers(14, 40, size), span.end - 20))
    histology = choose(rng, np.array([0.71, 0.16, 0.10, 0.03]), size)
    mutation = _draw_mutations(rng, histology, people.male[person], people.smoker[person])
    stage = choose(rng, np.array([0.12, 0.07, 0.32, 0.49]), size) + 1
    stage[(histology == SMALL_CELL) & (stage < 3)] = 3
    ecog = choose(rng, np.array([0.20, 0.45, 0.27, 0.08]), size)
    ecog[stage < 3] = np.minimum(ecog[stage < 3], 1)
    metastatic = stage == 4
    onsets.set("LUNG_CANCER", person, diagnosed)
    for condition, share in (("LIVER_METASTASIS", 0.28), ("LUNG_METASTASIS", 0.34), ("PLEURAL_EFFUSION", 0.30)):
        affected = metastatic & (rng.random(size) < share)
        onsets.set(condition, person[affected], diagnosed[affected] - 1)
    index = off_sunday(diagnosed + 5 + rng.poisson(_MEDIAN_WORKUP_DAYS - 5, size))
    confounders = _confounders(people, onsets, person, index, ecog, stage)
    advanced = stage >= 3
    candidate = advanced & np.isin(mutation, (DEL19, L858R)) & (rng.random(size) < 0.90)
    on_market = index >= day_number(2017, 6, 1)
    target = comparison.LUNG.draw_target(rng, confounders) & on_market & candidate
    days_alive = comparison.LUNG.draw_times(rng, confounders, target)
    other_risk = comparison.LUNG.log_hazard(confounders) + np.select(
        [stage == 1, stage == 2, histology == SMALL_CELL], [-2.4, -1.4, 0.6], 0.25
    )
    others_alive = weibull_times(rng, other_risk, comparison.LUNG.shape, comparison.LUNG.scale)
    death = index + np.maximum(np.ceil(np.where(candidate, days_alive, others_alive)), 3).astype(np.int64)
    people.death[person] = death
    people.lost[person] = index + 20 + rng.exponential(365.25 / _LOSS_PER_YEAR, size).astype(np.int64)
    therapy = choose_lines(rng, histology, mutation, stage, ecog, candidate, target, index, death)
    everyone = len(people)
    arm = np.where(candidate, target.astype(np.int64), -1)
    return Tumours(
        person=person,
        present=people.specialty == LUNG,
        diagnosed=_spread(everyone, person, diagnosed, NEVER),
        histology=_spread(everyone, person, histology, 0),
        mutation=_spread(everyone, person, mutation, NOT_TESTED),
        stage=_spread(everyone, person, stage, 0),
        substage=_spread(everyone, person, _draw_substages(rng, stage), 0),
        ecog=_spread(everyone, person, ecog, 0),
        size_mm=_spread(everyone, person, np.clip(rng.lognormal(3.35 + 0.12 * stage, 0.35), 9, 120), 0),
        lobe=_spread(everyone, person, choose(rng, np.array([0.30, 0.10, 0.20, 0.24, 0.16]), size), 0),
        pd_l1=_spread(everyone, person, choose(rng, np.array([0.45, 0.15, 0.15, 0.15, 0.10]), size), 0),
        response_draw=_spread(everyone, person, rng.random(size), 1.0),
        brain=_spread(everyone, person, metastatic & (rng.random(size) < 0.22), 0),
        bone=_spread(everyone, person, metastatic & (rng.random(size) < 0.33), 0),
        resected=_spread(everyone, person, therapy.resected, 0),
        index=_spread(everyone, person, index, NEVER),
        arm=_spread(everyone, person, arm, -1),
        regimen=_spread(everyone, person, therapy.regimen, -1),
        line_start=_spread(everyone, person, therapy.start, NEVER),
        line_end=_spread(everyone, person, therapy.end, NEVER),
        t790m=_spread(everyone, person, therapy.t790m, 0),
        confounders={key: _spread(everyone, person, values, 0) for key, values in confounders.items()},
    )
