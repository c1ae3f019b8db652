"""The diagnoses that an encounter's chart lists, main diagnosis first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_data import catalog
from sample_data.chart import Chart
from sample_data.journeys.ledger import INPATIENT
from sample_data.people.population import Days, Flags

_ACUTE = ("PNEUMONIA", "HYPOGLYCEMIA", "HYPERKALEMIA", "MYOCARDIAL_INFARCTION", "STEMI", "UNSTABLE_ANGINA")
_ACUTE_DAYS = 14
_REPLACED_BY = {"CKD": ("CKD3", "CKD4", "CKD5"), "CKD3": ("CKD4", "CKD5"), "CKD4": ("CKD5",)}
_FULLY_LISTED = ("DIABETES_START",)
_SHARE_LISTED_IN_CLINIC = 0.12
_MOST_IN_CLINIC = 3

PRESENT, UNCERTAIN, UNCLEAR, HOSPITAL_ACQUIRED = 1, 2, 3, 4
"""入院病情: present on admission, clinically undetermined, unclear, absent on admission."""


@dataclass
class Diagnoses:
    """Listed diagnoses, sorted by encounter and rank (1 for the main one)."""

    encounter: Days
    condition: Days
    rank: Days
    on_admission: Days

    def __len__(self) -> int:
        return len(self.encounter)


def _active(chart: Chart) -> Flags:
    encounters, onsets = chart.encounters, chart.truth.onsets
    conditions = catalog.table("conditions")
    last_day = encounters.end_day[:, None]
    onset = onsets.day[encounters.person]
    active = onset <= last_day
    for key in _ACUTE:
        column = conditions.position(key)
        active[:, column] &= last_day[:, 0] - onset[:, column] <= _ACUTE_DAYS
    for key, stronger in _REPLACED_BY.items():
        active[:, conditions.position(key)] &= ~active[:, conditions.positions(stronger)].any(axis=1)
    return active


def list_diagnoses(chart: Chart) -> Diagnoses:
    """List the diagnoses of every encounter of a block.

    A stay lists all diseases that the person has by then, a visit the main one and now and then another; the visit at
    which a diabetic's second drug is chosen lists all.
    """
    encounters = chart.encounters
    rng = chart.rng("diagnoses")
    active = _active(chart)
    size = len(encounters)
    full = (encounters.kind == INPATIENT) | np.isin(
        encounters.purpose, catalog.table("purposes").positions(_FULLY_LISTED)
    )
    listed = active & (full[:, None] | (rng.random(active.shape, np.float32) < _SHARE_LISTED_IN_CLINIC))
    listed[np.arange(size), encounters.condition] = False
    encounter, condition = np.nonzero(listed)
    order = np.lexsort((rng.random(len(encounter)), encounter))
    encounter, condition = encounter[order], condition[order]
    start = np.searchsorted(encounter, np.arange(size))
    rank = np.arange(len(encounter)) - start[encounter] + 2
    keep = full[encounter] | (rank <= _MOST_IN_CLINIC)
    encounter = np.concatenate([np.arange(size), encounter[keep]])
    condition = np.concatenate([encounters.condition, condition[keep]])
    rank = np.concatenate([np.ones(size, np.int64), rank[keep]])
    order = np.lexsort((rank, encounter))
    encounter, condition, rank = encounter[order], condition[order], rank[order]
    onset = chart.truth.onsets.day[encounters.person[encounter], condition]
    acquired = (onset > encounters.start_day[encounter]) & (rank > 1)
    unclear = rng.random(len(encounter))
    return Diagnoses(
        encounter=encounter,
        condition=condition,
        rank=rank,
        on_admission=np.select(
            [acquired, unclear < 0.02, unclear < 0.03], [HOSPITAL_ACQUIRED, UNCERTAIN, UNCLEAR], PRESENT
        ),
    )
