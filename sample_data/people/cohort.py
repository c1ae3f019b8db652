"""Everything true about a block of patients, before any of it is written down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.effects import negative_controls
from sample_data.people.comorbidities import Onsets, draw_onsets
from sample_data.people.diabetes import Diabetics, draw_diabetics
from sample_data.people.heart_kidney import Organs, draw_organs
from sample_data.people.population import DIABETES, LUNG, NEVER, People, Span, draw_people
from sample_data.people.tumour import Tumours, draw_tumours
from sample_data.randomness import stream


@dataclass
class Truth:
    """The true facts of one block."""

    seed: int
    block: int
    span: Span
    people: People
    onsets: Onsets
    tumours: Tumours
    diabetics: Diabetics
    organs: Organs
    control_days: NDArray[np.int64]

    def rng(self, topic: str) -> np.random.Generator:
        """Stream of random numbers for one topic of this block."""
        return stream(self.seed, self.block, topic)


def _control_days(
    seed: int, block: int, people: People, onsets: Onsets, tumours: Tumours, diabetics: Diabetics
) -> NDArray[np.int64]:
    rng = stream(seed, block, "negative controls")
    factor = np.full(len(people), negative_controls.SURVEILLANCE["others"])
    factor[people.specialty == LUNG] = negative_controls.SURVEILLANCE["lung"]
    factor[people.specialty == DIABETES] = negative_controls.SURVEILLANCE["diabetes"]
    log_hazards = np.select(
        [people.specialty == LUNG, people.specialty == DIABETES],
        [
            negative_controls.log_hazard("lung", tumours.confounders),
            negative_controls.log_hazard("diabetes", diabetics.confounders),
        ],
        0.0,
    )
    days = np.minimum(negative_controls.draw_onset_days(rng, people.entry, log_hazards, factor), NEVER)
    for column, condition in enumerate(negative_controls.conditions()):
        prevalent = onsets.of(condition) < NEVER
        days[prevalent, column] = NEVER
    days[days >= people.end[:, None]] = NEVER
    return days.astype(np.int64)


def draw_truth(seed: int, block: int, first: int, size: int, span: Span) -> Truth:
    """Draw the true facts of one block of patients.

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
    people = draw_people(seed, block, first, size, span)
    onsets = draw_onsets(seed, block, people)
    tumours = draw_tumours(seed, block, people, onsets, span)
    diabetics = draw_diabetics(seed, block, people, onsets, span)
    organs = draw_organs(seed, block, people, onsets)
    people.close_follow_up(span)
    control_days = _control_days(seed, block, people, onsets, tumours, diabetics)
    everyone = np.arange(size)
    for column, condition in enumerate(negative_controls.conditions()):
        onsets.set(condition, everyone, control_days[:, column])
    tumours.arm[(tumours.index >= people.end)] = -1
    diabetics.arm[(diabetics.index >= people.end)] = -1
    return Truth(seed, block, span, people, onsets, tumours, diabetics, organs, control_days)


def control_conditions() -> NDArray[np.int64]:
    """Catalogue rows of the negative-control conditions, in the order of `Truth.control_days`."""
    return catalog.table("conditions").positions(list(negative_controls.conditions()))
