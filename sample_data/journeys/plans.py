"""What is done at an encounter by its purpose: operations, examinations, drugs. The plans are catalogue tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.chart import Chart
from sample_data.days import SECONDS_PER_DAY
from sample_data.journeys.ledger import INPATIENT
from sample_data.people.population import Days

CHRONIC_SUPPLY_DAYS = 84
ORAL_SUPPLY_DAYS = 28

STANDING, ONCE, PRESCRIPTION, DISCHARGE = range(4)
TREATMENT_KINDS = ("standing", "once", "prescription", "discharge")


@dataclass
class Procedures:
    """Operations of the stays, sorted by encounter and rank (1 for the main one); `day` counts from 1970-01-01."""

    encounter: Days
    procedure: Days
    day: Days
    rank: Days


@dataclass
class Exams:
    """Examinations, sorted by encounter and moment."""

    encounter: Days
    exam: Days
    moment: Days
    reported: Days


@dataclass
class Treatments:
    """Drugs given or prescribed, sorted by encounter.

    `start` is the day from the start of the encounter, `days` the supply or duration (0: until discharge).
    """

    encounter: Days
    drug: Days
    kind: Days
    start: Days
    days: Days

    def of_kinds(self, *kinds: int) -> Treatments:
        """Treatments of these kinds only."""
        rows = np.flatnonzero(np.isin(self.kind, kinds))
        return Treatments(self.encounter[rows], self.drug[rows], self.kind[rows], self.start[rows], self.days[rows])


def _encounters_by_purpose(chart: Chart, purposes: tuple[str, ...]) -> list[Days]:
    rows = catalog.table("purposes").positions(purposes)
    found = {purpose: np.flatnonzero(chart.encounters.purpose == purpose) for purpose in np.unique(rows)}
    return [found[row] for row in rows]


def _in_stay(chart: Chart, encounter: Days, offset: int) -> NDArray[np.bool_]:
    return chart.encounters.start_day[encounter] + offset <= chart.encounters.end_day[encounter]


def list_procedures(chart: Chart) -> Procedures:
    """Draw the operations of the stays of a block."""
    plan, rng = catalog.table("procedure_plan"), chart.rng("procedures")
    conditions = catalog.table("conditions").positions(plan["condition"])
    procedures = catalog.table("procedures").positions(plan["procedure"])
    offsets, probabilities = plan.numbers("day").astype(np.int64), plan.numbers("probability")
    chosen = []
    for row, candidates in enumerate(_encounters_by_purpose(chart, plan["purpose"])):
        drawn = candidates[rng.random(len(candidates)) < probabilities[row]]
        if conditions[row] >= 0:
            drawn = drawn[chart.encounters.condition[drawn] == conditions[row]]
        drawn = drawn[_in_stay(chart, drawn, offsets[row])]
        day = chart.encounters.start_day[drawn] + offsets[row]
        chosen.append((drawn, np.full(len(drawn), procedures[row]), day))
    encounter, procedure, day = (np.concatenate(column) for column in zip(*chosen, strict=True))
    order = np.lexsort((day, encounter))
    encounter = encounter[order]
    rank = np.arange(len(encounter)) - np.searchsorted(encounter, encounter) + 1
    return Procedures(encounter, procedure[order], day[order], rank)


def list_exams(chart: Chart) -> Exams:
    """Draw the examinations of a block."""
    plan, rng = catalog.table("exam_plan"), chart.rng("exams")
    exams = catalog.table("exams").positions(plan["exam"])
    offsets, probabilities = plan.numbers("day").astype(np.int64), plan.numbers("probability")
    chosen = []
    for row, candidates in enumerate(_encounters_by_purpose(chart, plan["purpose"])):
        drawn = candidates[rng.random(len(candidates)) < probabilities[row]]
        drawn = drawn[_in_stay(chart, drawn, offsets[row])]
        chosen.append((drawn, np.full(len(drawn), exams[row]), np.full(len(drawn), offsets[row])))
    encounter, exam, offset = (np.concatenate(column) for column in zip(*chosen, strict=True))
    encounters = chart.encounters
    at_once = encounters.start[encounter] + rng.integers(900, 7200, len(encounter))
    latest = np.where(
        encounters.kind[encounter] == INPATIENT, encounters.end[encounter], encounters.start[encounter] + 10_000
    )
    at_once = np.minimum(at_once, latest - 60)
    in_the_day = (encounters.start_day[encounter] + offset) * SECONDS_PER_DAY + rng.integers(
        8 * 3600, 16 * 3600, len(encounter)
    )
    moment = np.where(offset == 0, np.maximum(at_once, encounters.start[encounter]), in_the_day)
    order = np.lexsort((moment, encounter))
    reported = moment + rng.integers(1200, 9 * 3600, len(encounter))
    return Exams(encounter[order], exam[order], moment[order], reported[order])


def _planned_treatments(chart: Chart) -> list[tuple[Days, ...]]:
    """Draw who gets which drug of the plan; a person's drugs stay the same from encounter to encounter."""
    plan, rng = catalog.table("treatments"), chart.rng("treatments")
    drugs = catalog.table("drugs").positions(plan["drug"])
    kinds = np.array([TREATMENT_KINDS.index(kind) for kind in plan["kind"]])
    probabilities = plan.numbers("probability")
    starts, days = plan.numbers("start").astype(np.int64), plan.numbers("days").astype(np.int64)
    liking = rng.random((len(plan), len(chart.truth.people)), np.float32)
    chosen = []
    for row, candidates in enumerate(_encounters_by_purpose(chart, plan["purpose"])):
        person = chart.encounters.person[candidates]
        given = liking[row, person] < probabilities[row]
        if plan["requires"][row]:
            given &= chart.truth.onsets.has(plan["requires"][row], person, chart.encounters.start_day[candidates])
        drawn = candidates[given]
        drawn = drawn[_in_stay(chart, drawn, starts[row])]
        size = len(drawn)
        chosen.append((drawn, *(np.full(size, value) for value in (drugs[row], kinds[row], starts[row], days[row]))))
    return chosen


def _regimen_treatments(chart: Chart) -> list[tuple[Days, ...]]:
    regimens, encounters = catalog.table("regimens"), chart.encounters
    etoposide = catalog.table("drugs").position("ETOPOSIDE")
    chosen = []
    for row, (route, drugs) in enumerate(zip(regimens["route"], regimens.lists("drugs"), strict=True)):
        given = np.flatnonzero(encounters.regimen == row)
        for drug in catalog.table("drugs").positions(drugs):
            if route == "infusion":
                kind, start, days = (STANDING, 1, 3) if drug == etoposide else (ONCE, 1, 1)
            else:
                kind, start = PRESCRIPTION, 0
                days = ORAL_SUPPLY_DAYS if route == "oral" else CHRONIC_SUPPLY_DAYS
            chosen.append((given, *(np.full(len(given), value) for value in (drug, kind, start, days))))
    return chosen


def _general_treatments(chart: Chart) -> list[tuple[Days, ...]]:
    general, encounters = catalog.table("general"), chart.encounters
    conditions = catalog.table("conditions").positions(general["condition"])
    drugs = catalog.table("drugs").positions(general["drug"])
    days = general.numbers("days").astype(np.int64)
    clinics = encounters.with_purpose("GENERAL_CLINIC", "GENERAL_ONLINE", "GENERAL_EMERGENCY", "NEW_DIAGNOSIS")
    chosen = []
    for row, condition in enumerate(conditions):
        given = clinics[encounters.condition[clinics] == condition]
        if drugs[row] >= 0:
            values = (drugs[row], np.int64(PRESCRIPTION), np.int64(0), days[row])
            chosen.append((given, *(np.full(len(given), value) for value in values)))
    return chosen


def list_treatments(chart: Chart) -> Treatments:
    """Draw the drugs of all encounters of a block."""
    chosen = _planned_treatments(chart) + _regimen_treatments(chart) + _general_treatments(chart)
    encounter, drug, kind, start, days = (np.concatenate(column) for column in zip(*chosen, strict=True))
    order = np.lexsort((drug, start, encounter))
    return Treatments(encounter[order], drug[order], kind[order], start[order], days[order])
