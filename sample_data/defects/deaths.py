"""Defects of deaths: recorded twice with different dates, or followed by activity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sample_data.chart import Chart
from sample_data.days import SECONDS_PER_DAY
from sample_data.defects.log import DefectLog
from sample_data.defects.rates import FLAGGED, MERGED, RATES, REJECTED
from sample_data.files.deaths import FOLLOW_UP, IN_HOSPITAL, REGISTER, SOURCES
from sample_data.people.population import DIED, NEVER
from sample_data.table import FileTable

Rows = NDArray[np.int64]

_ACTIVITY_AFTER_DAYS = 61


def record_twice(
    chart: Chart, deaths: FileTable, follow_ups: FileTable, log: DefectLog, rng: np.random.Generator
) -> None:
    """Give some deaths a second record with another date, in the same file or in the follow-up file."""
    recorded = np.zeros(len(chart.truth.people), np.bool_)
    recorded[deaths.person[~deaths.taken & (deaths.facts["source"] == REGISTER)]] = True
    dead = int((chart.truth.people.end_reason == DIED).sum())
    log.count("second_death", deaths, dead, 0)
    contacts = np.flatnonzero((follow_ups.facts["death"] < NEVER) & recorded[follow_ups.person] & ~follow_ups.taken)
    contacts = contacts[rng.random(len(contacts)) < _chance(dead, len(contacts))]
    earlier = follow_ups.facts["death"][contacts] - rng.integers(2, 20, len(contacts))
    follow_ups.change("死亡日期", contacts, follow_ups.text.days(earlier, "iso"))
    log.add("second_death", follow_ups, contacts, "死亡日期", FLAGGED)
    deaths.taken[np.isin(deaths.person, follow_ups.person[contacts])] = True
    log.injected[deaths.spec.name, "second_death"] += len(contacts)

    repeatable = np.flatnonzero(~deaths.taken & np.isin(deaths.facts["source"], (IN_HOSPITAL, REGISTER)))
    rows = repeatable[rng.random(len(repeatable)) < _chance(dead, len(repeatable))]
    copies = deaths.repeat(rows)
    day = deaths.facts["day"][rows] - rng.integers(2, 20, len(rows))
    deaths.change("死亡时间", copies, deaths.text.moments(day * SECONDS_PER_DAY + 43_200, "iso", "minute"))
    weaker = np.where(deaths.facts["source"][rows] == IN_HOSPITAL, REGISTER, FOLLOW_UP)
    deaths.change("来源", copies, deaths.text.pick(SOURCES, weaker))
    deaths.taken[rows] = True
    log.add("second_death", deaths, copies, "死亡时间", MERGED)
    log.injected[deaths.spec.name, "second_death"] += len(rows)


def _chance(dead: int, candidates: int) -> float:
    return min(0.5, RATES["second_death"] / 2 * dead / max(candidates, 1))


def bury_the_living(chart: Chart, deaths: FileTable, log: DefectLog, rng: np.random.Generator, removed: Rows) -> None:
    """Record the death of some people who go on visiting the hospital for more than sixty days."""
    people, encounters = chart.truth.people, chart.encounters
    if len(deaths) == 0:
        return
    last_visit = np.zeros(len(people), np.int64)
    np.maximum.at(last_visit, encounters.person, encounters.start_day)
    day = last_visit - _ACTIVITY_AFTER_DAYS - rng.integers(0, 90, len(people))
    alive = people.end_reason != DIED
    possible = alive & (day > people.entry)
    possible[removed] = False
    chance = RATES["death_then_activity"] * alive.sum() / max(int(possible.sum()), 1)
    person = np.flatnonzero(possible & (rng.random(len(people)) < chance))
    log.count("death_then_activity", deaths, int(alive.sum()), len(person))
    rows = deaths.repeat(np.zeros(len(person), np.int64))
    deaths.person[rows] = person
    moment = day[person] * SECONDS_PER_DAY + 43_200
    deaths.change("患者ID", rows, chart.patient_id(person))
    deaths.change("死亡时间", rows, deaths.text.moments(moment, "iso", "minute"))
    deaths.change("来源", rows, deaths.text.pick(SOURCES, np.full(len(person), REGISTER)))
    log.add("death_then_activity", deaths, rows, "死亡时间", REJECTED, keys=chart.patient_id(person))
