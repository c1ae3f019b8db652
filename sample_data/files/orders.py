"""住院医嘱.csv: nursing, diet, tests, examinations, operations and drugs ordered for inpatients."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.cells import Cells, Encoder, join, whole_numbers
from sample_data.chart import Chart
from sample_data.days import SECONDS_PER_DAY
from sample_data.journeys.ledger import INPATIENT
from sample_data.journeys.plans import DISCHARGE, ONCE, STANDING, Exams, Procedures, Treatments
from sample_data.laboratory.sampling import Sampling
from sample_data.table import FileSpec, FileTable

ORDERS = FileSpec(
    "住院医嘱.csv",
    "gb18030",
    (
        *("医嘱号", "医嘱组号", "患者ID", "就诊流水号", "医嘱类别", "医嘱项目类型", "医嘱名称", "规格", "单次剂量"),
        *("剂量单位", "频次", "给药途径", "开始时间", "停止时间", "执行状态", "取消时间"),
    ),
    newline="\r\n",
)

KINDS = ("护理", "饮食", "检验", "检查", "手术", "西药", "中成药", "草药")
NURSING, DIET, TEST, EXAM, OPERATION, DRUG = range(6)

_NURSING = ("Ⅱ级护理", "Ⅰ级护理", "特级护理")
_DIETS = ("普食", "糖尿病饮食", "低盐低脂饮食", "半流质饮食", "禁食")
_SKIN_TEST = "头孢曲松皮试"
_SHARE_OF_TESTS_ORDERED = 0.2
_WARD_ROUND = 9 * 3600
_NO_STOP = -1


@dataclass
class _Orders:
    encounter: list[NDArray] = field(default_factory=list)
    kind: list[NDArray] = field(default_factory=list)
    name: list[Cells] = field(default_factory=list)
    drug: list[NDArray] = field(default_factory=list)
    start: list[NDArray] = field(default_factory=list)
    stop: list[NDArray] = field(default_factory=list)

    def add(
        self,
        encounter: NDArray,
        kind: NDArray | int,
        name: Cells,
        start: NDArray,
        stop: NDArray | int,
        drug: NDArray | int = -1,
    ) -> None:
        size = len(encounter)
        self.encounter.append(encounter)
        self.kind.append(np.broadcast_to(np.asarray(kind, np.int64), size))
        self.name.append(name)
        self.drug.append(np.broadcast_to(np.asarray(drug, np.int64), size))
        self.start.append(start)
        self.stop.append(np.broadcast_to(np.asarray(stop, np.int64), size))


def _add_care(orders: _Orders, chart: Chart, text: Encoder, rng: np.random.Generator) -> None:
    encounters, stays = chart.encounters, chart.encounters.stays
    died = encounters.died[stays]
    nursing = np.where(died, 2, (rng.random(len(stays)) < 0.25).astype(np.int64))
    diabetic = chart.truth.onsets.has("TYPE2_DIABETES", encounters.person[stays], encounters.start_day[stays])
    heart = chart.truth.organs.heart_failure[encounters.person[stays]]
    diet = np.select([died, diabetic, heart, rng.random(len(stays)) < 0.1], [4, 1, 2, 3], 0)
    start = encounters.start[stays] + 1200
    orders.add(stays, NURSING, text.pick(_NURSING, nursing), start, encounters.end[stays])
    orders.add(stays, DIET, text.pick(_DIETS, diet), start, encounters.end[stays])


def _add_requests(
    orders: _Orders,
    chart: Chart,
    text: Encoder,
    rng: np.random.Generator,
    samples: Sampling,
    exams: Exams,
    done: Procedures,
) -> None:
    encounters = chart.encounters
    encounter = samples.encounter[samples.panel_sample]
    ordered = np.flatnonzero(
        (encounters.kind[encounter] == INPATIENT) & (rng.random(len(encounter)) < _SHARE_OF_TESTS_ORDERED)
    )
    before = np.maximum(samples.moment[samples.panel_sample][ordered] - 600, encounters.start[encounter[ordered]])
    names = text.pick(catalog.table("panels")["name"], samples.panel[ordered])
    orders.add(encounter[ordered], TEST, names, before, _NO_STOP)
    ordered = np.flatnonzero(encounters.kind[exams.encounter] == INPATIENT)
    names = text.pick(catalog.table("exams")["item"], exams.exam[ordered])
    before = np.maximum(exams.moment[ordered] - 600, encounters.start[exams.encounter[ordered]])
    orders.add(exams.encounter[ordered], EXAM, names, before, _NO_STOP)
    start = np.maximum(done.day * SECONDS_PER_DAY + _WARD_ROUND, encounters.start[done.encounter])
    orders.add(
        done.encounter, OPERATION, text.pick(catalog.table("procedures")["name"], done.procedure), start, _NO_STOP
    )


def _add_drugs(orders: _Orders, chart: Chart, text: Encoder, rng: np.random.Generator, treatments: Treatments) -> None:
    encounters, drugs = chart.encounters, catalog.table("drugs")
    given = treatments.of_kinds(STANDING, ONCE, DISCHARGE)
    at_discharge = given.kind == DISCHARGE
    admitted, left = encounters.start[given.encounter], encounters.end[given.encounter]
    begins = (encounters.start_day[given.encounter] + given.start) * SECONDS_PER_DAY + _WARD_ROUND
    begins += rng.integers(0, 5400, len(begins))
    start = np.where(at_discharge, left - 3600, np.clip(begins, admitted + 900, np.maximum(left - 600, admitted + 900)))
    ends = np.where(given.days == 0, left, np.minimum(begins + given.days * SECONDS_PER_DAY, left))
    stop = np.where(given.kind == STANDING, np.maximum(ends, start), _NO_STOP)
    kind = np.array([KINDS.index(name) for name in drugs["kind"]])[given.drug]
    orders.add(given.encounter, kind, text.pick(drugs["name"], given.drug), start, stop, given.drug)
    tested = np.flatnonzero((given.drug == drugs.position("CEFTRIAXONE")) & ~at_discharge)
    orders.add(given.encounter[tested], DRUG, text.constant(_SKIN_TEST, len(tested)), start[tested] - 600, _NO_STOP)


def _doses(text: Encoder, rng: np.random.Generator, drug: NDArray[np.int64]) -> Cells:
    """Dose of each drug; drugs given by body surface vary."""
    drugs = catalog.table("drugs")
    by_surface = np.array([frequency == "st" for frequency in drugs["frequency"]])
    variants = [[f"{float(dose) * factor:.3g}" for dose in drugs["dose"]] for factor in (0.9, 1.0, 1.1)]
    flat = tuple(dose for variant in variants for dose in variant) + ("",)
    variant = np.where(by_surface[drug], rng.integers(0, 3, len(drug)), 1)
    return text.pick(flat, np.where(drug >= 0, variant * len(drugs) + drug, len(flat) - 1))


def orders(chart: Chart, samples: Sampling, exams: Exams, done: Procedures, treatments: Treatments) -> FileTable:
    """Write the orders of the stays of a block.

    `facts` of the table: `kind` (position in `KINDS`), `drug` (catalogue row, -1 for none), `skin_test`, `standing`.
    """
    text, rng = Encoder(ORDERS.encoding), chart.rng("orders")
    collected = _Orders()
    _add_care(collected, chart, text, rng)
    _add_requests(collected, chart, text, rng, samples, exams, done)
    _add_drugs(collected, chart, text, rng, treatments)
    skin_test = np.concatenate(
        [
            np.full(len(rows), position == len(collected.encounter) - 1)
            for position, rows in enumerate(collected.encounter)
        ]
    )
    encounter, kind, drug, start, stop = (
        np.concatenate(column)
        for column in (collected.encounter, collected.kind, collected.drug, collected.start, collected.stop)
    )
    order = np.lexsort((kind, start, encounter))
    names = _concatenate(collected.name, order)
    encounter, kind, drug, start, stop = (column[order] for column in (encounter, kind, drug, start, stop))
    return _table(chart, text, rng, encounter, kind, drug, start, stop, names, skin_test[order])


def _concatenate(pieces: list[Cells], order: NDArray[np.int64]) -> Cells:
    import pyarrow as pa

    return pa.concat_arrays(pieces).take(pa.array(order))


def _table(
    chart: Chart,
    text: Encoder,
    rng: np.random.Generator,
    encounter: NDArray,
    kind: NDArray,
    drug: NDArray,
    start: NDArray,
    stop: NDArray,
    names: Cells,
    skin_test: NDArray,
) -> FileTable:
    size, drugs = len(encounter), catalog.table("drugs")
    standing = stop != _NO_STOP
    is_drug = np.where(drug >= 0, drug, len(drugs))
    together = np.concatenate([[0], np.cumsum((encounter[1:] != encounter[:-1]) | (start[1:] != start[:-1]))])

    def of_drug(column: str) -> Cells:
        return text.pick((*drugs[column], ""), is_drug)

    return FileTable(
        ORDERS,
        {
            "医嘱号": chart.serial_numbers("YZ", size),
            "医嘱组号": join([text.constant("G", size), whole_numbers(chart.truth.block * 1_000_000 + 1 + together)]),
            "患者ID": chart.patient_id(chart.encounters.person[encounter]),
            "就诊流水号": chart.encounter_id(encounter),
            "医嘱类别": text.pick(("临时", "长期"), standing.astype(np.int64)),
            "医嘱项目类型": text.pick(KINDS, kind),
            "医嘱名称": names,
            "规格": of_drug("specification"),
            "单次剂量": _doses(text, rng, drug),
            "剂量单位": of_drug("dose_unit"),
            "频次": of_drug("frequency"),
            "给药途径": of_drug("route"),
            "开始时间": text.moments(start, "iso", "tenth"),
            "停止时间": text.where(standing, text.moments(np.where(standing, stop, start), "iso", "tenth")),
            "执行状态": text.pick(("已执行", "已停止"), standing.astype(np.int64)),
            "取消时间": text.constant("", size),
        },
        person=chart.encounters.person[encounter],
        encounter=encounter,
        key=("医嘱号",),
        facts={"kind": kind, "drug": drug, "skin_test": skin_test, "standing": standing, "start": start},
    )
