"""Lung cancer: histology, mutation, stage, performance status, lines of therapy, progression and death."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.days import off_sunday
from sample_data.effects import comparison
from sample_data.people.cancer_codes import (
    ADENO,
    ALK,
    DEL19,
    KRAS,
    NOT_TESTED,
    SENSITISING_MUTATIONS,
    SMALL_CELL,
    WILD,
)
from sample_data.people.comorbidities import Onsets
from sample_data.people.population import LUNG, NEVER, Days, Flags, People, Span
from sample_data.people.therapy import OSIMERTINIB_MARKETED, Presentation, choose_lines
from sample_data.randomness import choose, stream, weibull_times

LINES = 3
_MEAN_WORKUP_DAYS = 18
_LOSS_PER_YEAR = 0.05
_SHARE_COMPARED = 0.90
_SHORTEST_SURVIVAL = 3


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


def _stages(rng: np.random.Generator, histology: Days) -> Days:
    stage = choose(rng, np.array([0.12, 0.07, 0.32, 0.49]), len(histology)) + 1
    return np.where((histology == SMALL_CELL) & (stage < 3), 3, stage)


def _performance_status(rng: np.random.Generator, stage: Days) -> Days:
    ecog = choose(rng, np.array([0.20, 0.45, 0.27, 0.08]), len(stage))
    return np.where(stage < 3, np.minimum(ecog, 1), ecog)


def _set_onsets(rng: np.random.Generator, onsets: Onsets, person: Days, diagnosed: Days, stage: Days) -> None:
    onsets.set("LUNG_CANCER", person, diagnosed)
    for condition, share in (("LIVER_METASTASIS", 0.28), ("LUNG_METASTASIS", 0.34), ("PLEURAL_EFFUSION", 0.30)):
        affected = (stage == 4) & (rng.random(len(person)) < share)
        onsets.set(condition, person[affected], diagnosed[affected] - 1)


def _deaths(
    rng: np.random.Generator, values: comparison.Values, stage: Days, histology: Days, compared: Flags, target: Flags
) -> Days:
    """Days from the index date to death: by the planted model in the comparison, like it outside."""
    planted = comparison.LUNG
    others = planted.log_hazard(values) + np.select(
        [stage == 1, stage == 2, histology == SMALL_CELL], [-2.4, -1.4, 0.6], 0.25
    )
    days = np.where(
        compared,
        planted.draw_times(rng, values, target),
        weibull_times(rng, others, planted.shape, planted.scale),
    )
    return np.maximum(np.ceil(days), _SHORTEST_SURVIVAL).astype(np.int64)


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
    stage = _stages(rng, histology)
    ecog = _performance_status(rng, stage)
    _set_onsets(rng, onsets, person, diagnosed, stage)
    index = off_sunday(diagnosed + 5 + rng.poisson(_MEAN_WORKUP_DAYS - 5, size))
    confounders = _confounders(people, onsets, person, index, ecog, stage)
    compared = (stage >= 3) & np.isin(mutation, SENSITISING_MUTATIONS) & (rng.random(size) < _SHARE_COMPARED)
    target = comparison.LUNG.draw_target(rng, confounders) & compared & (index >= OSIMERTINIB_MARKETED)
    people.death[person] = index + _deaths(rng, confounders, stage, histology, compared, target)
    people.lost[person] = index + 20 + rng.exponential(365.25 / _LOSS_PER_YEAR, size).astype(np.int64)
    patients = Presentation(histology, mutation, stage, ecog, compared, target, index, people.death[person])
    lines = choose_lines(rng, patients)

    def spread(values: NDArray, neutral: float = 0) -> NDArray:
        full = np.full((len(people), *values.shape[1:]), neutral, values.dtype)
        full[person] = values
        return full

    return Tumours(
        person=person,
        present=people.specialty == LUNG,
        diagnosed=spread(diagnosed, NEVER),
        histology=spread(histology),
        mutation=spread(mutation, NOT_TESTED),
        stage=spread(stage),
        substage=spread(_draw_substages(rng, stage)),
        ecog=spread(ecog),
        size_mm=spread(np.clip(rng.lognormal(3.35 + 0.12 * stage, 0.35), 9, 120)),
        lobe=spread(choose(rng, np.array([0.30, 0.10, 0.20, 0.24, 0.16]), size)),
        pd_l1=spread(choose(rng, np.array([0.45, 0.15, 0.15, 0.15, 0.10]), size)),
        response_draw=spread(rng.random(size), 1.0),
        brain=spread((stage == 4) & (rng.random(size) < 0.22)),
        bone=spread((stage == 4) & (rng.random(size) < 0.33)),
        resected=spread(lines.resected),
        index=spread(index, NEVER),
        arm=spread(np.where(compared, target.astype(np.int64), -1), -1),
        regimen=spread(lines.regimen, -1),
        line_start=spread(lines.start, NEVER),
        line_end=spread(lines.end, NEVER),
        t790m=spread(lines.t790m),
        confounders={key: spread(values) for key, values in confounders.items()},
    )
