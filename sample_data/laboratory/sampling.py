"""Which samples are taken at which moment, and for which panels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.chart import Chart
from sample_data.days import SECONDS_PER_DAY
from sample_data.journeys.ledger import INPATIENT
from sample_data.people.population import Days

_MORNING = 6 * 3600


@dataclass
class Sampling:
    """Samples (one a moment of an encounter) and the panels asked of each.

    `encounter` and `moment` have one element a sample; `panel_sample`, `panel` and `reported` one a panel.
    """

    encounter: Days
    moment: Days
    panel_sample: Days
    panel: Days
    reported: Days

    def __len__(self) -> int:
        return len(self.encounter)


def draw_samples(chart: Chart) -> Sampling:
    """Draw the samples and panels of all encounters of a block, by ``catalog/draws.csv``."""
    plan, panels = catalog.table("draws"), catalog.table("panels")
    rng = chart.rng("sampling")
    encounters = chart.encounters
    purposes = catalog.table("purposes").positions(plan["purpose"])
    probabilities, day_offsets = plan.numbers("probability"), plan.numbers("day").astype(np.int64)
    panel_rows = panels.positions(plan["panel"])
    by_purpose = {purpose: np.flatnonzero(encounters.purpose == purpose) for purpose in np.unique(purposes)}
    chosen = []
    for row in range(len(plan)):
        candidates = by_purpose[purposes[row]]
        drawn = candidates[rng.random(len(candidates)) < probabilities[row]]
        last_day = encounters.end_day[drawn] - encounters.start_day[drawn]
        drawn = drawn[day_offsets[row] <= last_day]
        chosen.append((drawn, np.full(len(drawn), day_offsets[row]), np.full(len(drawn), panel_rows[row])))
    encounter, offset, panel = (np.concatenate(column) for column in zip(*chosen, strict=True))
    order = np.lexsort((panel, offset, encounter))
    encounter, offset, panel = encounter[order], offset[order], panel[order]
    first = np.concatenate([[True], (encounter[1:] != encounter[:-1]) | (offset[1:] != offset[:-1])])
    sample = np.cumsum(first) - 1
    moment = _moments(rng, chart, encounter[first], offset[first])
    reported = moment[sample] + rng.integers(3600, 6 * 3600, len(sample))
    return Sampling(encounter[first], moment, sample, panel, reported)


def _moments(rng: np.random.Generator, chart: Chart, encounter: Days, offset: Days) -> NDArray[np.int64]:
    encounters = chart.encounters
    start, start_day = encounters.start[encounter], encounters.start_day[encounter]
    soon = start + rng.integers(600, 5400, len(encounter))
    in_time = np.where(
        encounters.kind[encounter] == INPATIENT, encounters.end[encounter] - 60, start_day * SECONDS_PER_DAY + 86_340
    )
    at_dawn = (start_day + offset) * SECONDS_PER_DAY + _MORNING + rng.integers(0, 5400, len(encounter))
    return np.where(offset == 0, np.minimum(soon, in_time), at_dawn)
