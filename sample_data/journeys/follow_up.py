"""Follow-up contacts: who was reached when, in which state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_data.journeys.ledger import recurring
from sample_data.people.cohort import Truth
from sample_data.people.population import DIABETES, DIED, HEART_KIDNEY, LOST, LUNG, NEVER, Days, Flags

ALIVE, DEAD, UNREACHED = range(3)
STATES = ("生存", "死亡", "失访")
RESPONSES = ("", "CR", "PR", "SD", "PD")
NO_RESPONSE, COMPLETE, PARTIAL, STABLE, PROGRESSIVE = range(5)

_CALL_DAYS = 91.0
_YEARLY = 365.0
_LATEST_REPORT_OF_DEATH = 45
UNKNOWN_ECOG = -1


@dataclass
class Contacts:
    """Follow-up contacts of one block.

    `death` is the day of death that the contact reports, `NEVER` if none; `ecog` is -1 where it was not asked.
    """

    person: Days
    day: Days
    in_clinic: Flags
    state: Days
    death: Days
    ecog: Days
    response: Days

    def __len__(self) -> int:
        return len(self.person)


def _regular(truth: Truth, rng: np.random.Generator) -> tuple[Days, Days]:
    tumours, people = truth.tumours, truth.people
    lung = people.of(LUNG)
    starts = np.minimum(tumours.index[lung] + 85, NEVER)
    row, day, _ = recurring(rng, starts, people.end[lung] - 1, _CALL_DAYS, 12)
    others = np.concatenate([people.of(DIABETES), people.of(HEART_KIDNEY)])
    others = others[rng.random(len(others)) < 0.4]
    row_others, day_others, _ = recurring(rng, people.entry[others] + 200, people.end[others] - 1, _YEARLY, 30)
    return np.concatenate([lung[row], others[row_others]]), np.concatenate([day, day_others])


def _baseline(truth: Truth, rng: np.random.Generator) -> tuple[Days, Days]:
    lung = truth.people.of(LUNG)
    day = truth.tumours.index[lung] - rng.integers(0, 4, len(lung))
    rows = day <= truth.people.end[lung]
    return lung[rows], day[rows]


def _reported_deaths(truth: Truth, rng: np.random.Generator) -> tuple[Days, Days]:
    people = truth.people
    person = np.flatnonzero((people.end_reason == DIED) & ~people.died_in_hospital)
    delay = rng.integers(4, _LATEST_REPORT_OF_DEATH, len(person))
    return person, np.minimum(people.end[person] + delay, truth.span.end)


def _unreached(truth: Truth, rng: np.random.Generator) -> tuple[Days, Days]:
    people = truth.people
    person = np.flatnonzero((people.end_reason == LOST) & (people.specialty == LUNG))
    day = people.end[person] + rng.integers(20, 90, len(person))
    rows = day <= truth.span.end
    return person[rows], day[rows]


def ecog_on(truth: Truth, person: Days, day: Days) -> Days:
    """ECOG performance status of lung cancer patients on a day: worse after progression and before death."""
    tumours = truth.tumours
    worse = (day > tumours.progressed[person]).astype(np.int64)
    dying = (truth.people.death[person] - day < 60) & (day > tumours.index[person] + 14)
    return np.minimum(tumours.ecog[person] + worse + dying, 4)


def response_on(truth: Truth, person: Days, day: Days) -> Days:
    """Tumour response of lung cancer patients on a day; none before treatment or after a resection."""
    tumours = truth.tumours
    draw = tumours.response_draw[person]
    measurable = ~tumours.resected[person] & (tumours.regimen[person, 0] >= 0) & (day > tumours.index[person] + 30)
    best = np.select([draw < 0.04, draw < 0.58], [COMPLETE, PARTIAL], STABLE)
    return np.where(measurable, np.where(day > tumours.progressed[person], PROGRESSIVE, best), NO_RESPONSE)


def plan_contacts(truth: Truth) -> Contacts:
    """Draw the follow-up contacts of a block; the ledger of encounters must be settled before."""
    rng = truth.rng("follow-up")
    parts = [(_baseline(truth, rng), ALIVE), (_regular(truth, rng), ALIVE)]
    parts += [(_reported_deaths(truth, rng), DEAD), (_unreached(truth, rng), UNREACHED)]
    person = np.concatenate([people for (people, _), _ in parts])
    day = np.concatenate([days for (_, days), _ in parts])
    state = np.concatenate([np.full(len(people), code, np.int64) for (people, _), code in parts])
    baseline = np.arange(len(person)) < len(parts[0][0][0])
    order = np.lexsort((state, day, person))
    person, day, state, baseline = person[order], day[order], state[order], baseline[order]
    lung = truth.people.specialty[person] == LUNG
    asked = lung & (state == ALIVE) & (baseline | (rng.random(len(person)) < 0.85))
    responses = response_on(truth, person, day)
    return Contacts(
        person=person,
        day=day,
        in_clinic=baseline | ((state == ALIVE) & (rng.random(len(person)) < 0.3)),
        state=state,
        death=np.where(state == DEAD, truth.people.death[person], NEVER),
        ecog=np.where(asked, ecog_on(truth, person, day), UNKNOWN_ECOG),
        response=np.where(lung & (state == ALIVE), responses, NO_RESPONSE),
    )
