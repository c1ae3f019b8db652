"""住院医嘱.csv: what was ordered for inpatients."""

from __future__ import annotations

import numpy as np

from sample_data import catalog
from sample_data.cells import Cells, Encoder, join, whole_numbers
from sample_data.chart import SERIES_PER_BLOCK, Chart
from sample_data.journeys.orders import KINDS, OPERATION, Orders, names
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

_DOSE_FACTORS = (0.9, 1.0, 1.1)
_USUAL = 1


def _doses(text: Encoder, rng: np.random.Generator, orders: Orders) -> Cells:
    """Dose of each drug; drugs given by body surface vary."""
    drugs = catalog.table("drugs")
    by_surface = np.array([frequency == "st" for frequency in drugs["frequency"]])
    doses = tuple(f"{float(dose) * factor:.3g}" for factor in _DOSE_FACTORS for dose in drugs["dose"])
    factor = np.where(by_surface[orders.drug], rng.integers(0, len(_DOSE_FACTORS), len(orders)), _USUAL)
    return text.pick((*doses, ""), np.where(orders.drug >= 0, factor * len(drugs) + orders.drug, len(doses)))


def orders(chart: Chart, given: Orders) -> FileTable:
    """Write the orders of a block.

    `facts` of the table: `kind` (position in `KINDS`), `drug` (catalogue row, -1 for none), `skin_test`, `standing`,
    `start`, and `carries_visit`: the rows that become rows of a CDM with a visit.
    """
    text, rng, drugs = Encoder(ORDERS.encoding), chart.rng("order file"), catalog.table("drugs")
    size, person = len(given), chart.encounters.person[given.encounter]
    drug = np.where(given.drug >= 0, given.drug, len(drugs))
    next_group = (given.encounter[1:] != given.encounter[:-1]) | (given.start[1:] != given.start[:-1])
    group = chart.truth.block * SERIES_PER_BLOCK + 1 + np.concatenate([[0], np.cumsum(next_group)])[:size]
    stop = np.where(given.standing, given.stop, given.start)

    def of_drug(column: str) -> Cells:
        return text.pick((*drugs[column], ""), drug)

    return FileTable(
        ORDERS,
        {
            "医嘱号": chart.serial_numbers("YZ", size),
            "医嘱组号": join([text.constant("G", size), whole_numbers(group)]),
            "患者ID": chart.patient_id(person),
            "就诊流水号": chart.encounter_id(given.encounter),
            "医嘱类别": text.pick(("临时", "长期"), given.standing.astype(np.int64)),
            "医嘱项目类型": text.pick(KINDS, given.kind),
            "医嘱名称": text.pick(names(), given.name),
            "规格": of_drug("specification"),
            "单次剂量": _doses(text, rng, given),
            "剂量单位": of_drug("dose_unit"),
            "频次": of_drug("frequency"),
            "给药途径": of_drug("route"),
            "开始时间": text.moments(given.start, "iso", "tenth"),
            "停止时间": text.where(given.standing, text.moments(stop, "iso", "tenth")),
            "执行状态": text.pick(("已执行", "已停止"), given.standing.astype(np.int64)),
            "取消时间": text.constant("", size),
        },
        person=person,
        encounter=given.encounter,
        key=("医嘱号",),
        facts={
            "kind": given.kind,
            "drug": given.drug,
            "skin_test": given.skin_test,
            "standing": given.standing,
            "start": given.start,
            "carries_visit": (given.drug >= 0) | (given.kind == OPERATION),
        },
    )
