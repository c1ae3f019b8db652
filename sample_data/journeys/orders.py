"""What is ordered for inpatients: care, diet, tests, examinations, operations and drugs."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.chart import Chart
from sample_data.days import SECONDS_PER_DAY
from sample_data.journeys.ledger import INPATIENT
from sample_data.journeys.plans import DISCHARGE, ONCE, STANDING, Exams, Procedures, Treatments
from sample_data.laboratory.sampling import Sampling
from sample_data.people.population import Days

KINDS = ("护理", "饮食", "检验", "检查", "手术", "西药", "中成药", "草药")
NURSING, DIET, TEST, EXAM, OPERATION, DRUG = range(6)

NO_STOP = -1
NO_DRUG = -1

_NURSING = ("Ⅱ级护理", "Ⅰ级护理", "特级护理")
_DIETS = ("普食", "糖尿病饮食", "低盐低脂饮食", "半流质饮食", "禁食")
_SKIN_TEST = ("头孢曲松皮试",)
_SHARE_OF_TESTS_ORDERED = 0.15
_SHARE_OF_EXAMS_ORDERED = 0.5
_WARD_ROUND = 9 * 3600


@dataclass
class Orders:
    """Orders of a block, sorted by encounter and start.

    `name` is a position in `names()`; `start` and `stop` are seconds since 1970, `stop` is `NO_STOP` for orders
    that are carried out once; `drug` is a catalogue row or `NO_DRUG`.
    """

    encounter: Days
    kind: Days
    name: Days
    drug: Days
    start: Days
    stop: Days

    def __len__(self) -> int:
        return len(self.encounter)

    @property
    def standing(self) -> NDArray[np.bool_]:
        """Long-term orders."""
        return self.stop != NO_STOP

    @property
    def skin_test(self) -> NDArray[np.bool_]:
        """Skin tests before an antibiotic."""
        return self.name == _first_name("skin test")

    def take(self, rows: Days) -> Orders:
        """Orders at these positions."""
        return Orders(**{column.name: getattr(self, column.name)[rows] for column in fields(self)})


def _vocabulary() -> dict[str, tuple[str, ...]]:
    return {
        "nursing": _NURSING,
        "diet": _DIETS,
        "skin test": _SKIN_TEST,
        "panel": catalog.table("panels")["name"],
        "exam": catalog.table("exams")["item"],
        "procedure": catalog.table("procedures")["name"],
        "drug": catalog.table("drugs")["name"],
    }


def names() -> tuple[str, ...]:
    """Names of everything that can be ordered."""
    return tuple(name for group in _vocabulary().values() for name in group)


def _first_name(group: str) -> int:
    groups = list(_vocabulary())
    sizes = [len(names_of_group) for names_of_group in _vocabulary().values()]
    return sum(sizes[: groups.index(group)])


def _orders(
    group: str, encounter: Days, kind: Days | int, name: Days | int, start: Days, stop: Days | int = NO_STOP
) -> Orders:
    size = len(encounter)
    named = np.broadcast_to(np.asarray(name, np.int64), size)
    return Orders(
        encounter=encounter,
        kind=np.broadcast_to(np.asarray(kind, np.int64), size),
        name=_first_name(group) + named,
        drug=named if group == "drug" else np.full(size, NO_DRUG, np.int64),
        start=start,
        stop=np.broadcast_to(np.asarray(stop, np.int64), size),
    )


def _care(chart: Chart, rng: np.random.Generator) -> list[Orders]:
    encounters, stays = chart.encounters, chart.encounters.stays
    died, person = encounters.died[stays], encounters.person[stays]
    nursing = np.where(died, 2, (rng.random(len(stays)) < 0.25).astype(np.int64))
    diabetic = chart.truth.onsets.has("TYPE2_DIABETES", person, encounters.start_day[stays])
    heart = chart.truth.organs.heart_failure[person]
    diet = np.select([died, diabetic, heart, rng.random(len(stays)) < 0.1], [4, 1, 2, 3], 0)
    start, stop = encounters.start[stays] + 1200, encounters.end[stays]
    return [
        _orders("nursing", stays, NURSING, nursing, start, stop),
        _orders("diet", stays, DIET, diet, start, stop),
    ]


def _requests(
    chart: Chart, rng: np.random.Generator, samples: Sampling, exams: Exams, procedures: Procedures
) -> list[Orders]:
    encounters = chart.encounters
    of_panel = samples.encounter[samples.panel_sample]
    inpatient = encounters.kind[of_panel] == INPATIENT
    tested = np.flatnonzero(inpatient & (rng.random(len(of_panel)) < _SHARE_OF_TESTS_ORDERED))
    in_stay = encounters.kind[exams.encounter] == INPATIENT
    examined = np.flatnonzero(in_stay & (rng.random(len(in_stay)) < _SHARE_OF_EXAMS_ORDERED))
    operated = procedures.day * SECONDS_PER_DAY + _WARD_ROUND

    def before(moment: Days, encounter: Days) -> Days:
        return np.maximum(moment - 600, encounters.start[encounter])

    return [
        _orders(
            "panel",
            of_panel[tested],
            TEST,
            samples.panel[tested],
            before(samples.moment[samples.panel_sample[tested]], of_panel[tested]),
        ),
        _orders(
            "exam",
            exams.encounter[examined],
            EXAM,
            exams.exam[examined],
            before(exams.moment[examined], exams.encounter[examined]),
        ),
        _orders(
            "procedure",
            procedures.encounter,
            OPERATION,
            procedures.procedure,
            np.maximum(operated, encounters.start[procedures.encounter]),
        ),
    ]


def _drugs(chart: Chart, rng: np.random.Generator, treatments: Treatments) -> list[Orders]:
    encounters, drugs = chart.encounters, catalog.table("drugs")
    given = treatments.of_kinds(STANDING, ONCE, DISCHARGE)
    at_discharge = given.kind == DISCHARGE
    admitted, left = encounters.start[given.encounter], encounters.end[given.encounter]
    begins = (encounters.start_day[given.encounter] + given.start) * SECONDS_PER_DAY + _WARD_ROUND
    begins += rng.integers(0, 5400, len(begins))
    start = np.where(at_discharge, left - 3600, np.clip(begins, admitted + 900, np.maximum(left - 600, admitted + 900)))
    ends = np.where(given.days == 0, left, np.minimum(begins + given.days * SECONDS_PER_DAY, left))
    stop = np.where(given.kind == STANDING, np.maximum(ends, start), NO_STOP)
    kind = np.array([KINDS.index(name) for name in drugs["kind"]])[given.drug]
    tested = np.flatnonzero((given.drug == drugs.position("CEFTRIAXONE")) & ~at_discharge)
    return [
        _orders("drug", given.encounter, kind, given.drug, start, stop),
        _orders("skin test", given.encounter[tested], DRUG, 0, start[tested] - 600),
    ]


def list_orders(
    chart: Chart, samples: Sampling, exams: Exams, procedures: Procedures, treatments: Treatments
) -> Orders:
    """Draw the orders of the stays of a block."""
    rng = chart.rng("orders")
    parts = _care(chart, rng) + _requests(chart, rng, samples, exams, procedures) + _drugs(chart, rng, treatments)
    together = Orders(
        **{column.name: np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(Orders)}
    )
    return together.take(np.lexsort((together.name, together.start, together.encounter)))
