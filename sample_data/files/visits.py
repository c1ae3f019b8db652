"""门诊就诊.csv: outpatient, emergency and online visits."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sample_data import catalog
from sample_data.cells import Encoder
from sample_data.chart import Chart
from sample_data.files.slots import clinical_slots
from sample_data.table import FileSpec, FileTable
from sample_data.wording import compose, text_kinds

VISITS = FileSpec(
    "门诊就诊.csv",
    "gb18030",
    ("就诊流水号", "患者ID", "门急诊号", "就诊日期时间", "科室名称", "初诊标志", "就诊类型", "主诉", "现病史"),
    newline="\r\n",
)

_KINDS = ("门诊", "急诊", "互联网")


def visits(chart: Chart) -> FileTable:
    """Write the visits of a block that are not stays."""
    rows = chart.encounters.visits
    encounters = chart.encounters.take(rows)
    text, rng = Encoder(VISITS.encoding), chart.rng("visits")
    person = encounters.person
    first = np.ones(len(rows), np.int64)
    first[1:] = person[1:] != person[:-1]
    slots = clinical_slots(chart, text, rows, "visits")
    texts, draw = catalog.texts("visit"), rng.random(len(rows))
    kinds, kind = text_kinds(encounters.purpose, encounters.condition)
    return FileTable(
        VISITS,
        {
            "就诊流水号": chart.encounter_id(rows),
            "患者ID": chart.patient_id(person),
            "门急诊号": chart.outpatient_numbers.take(pa.array(person)),
            "就诊日期时间": text.moments(encounters.start, "slash", "short"),
            "科室名称": text.pick(catalog.table("departments")["name"], encounters.department),
            "初诊标志": text.pick(("0", "1"), first),
            "就诊类型": text.pick(_KINDS, encounters.kind),
            "主诉": compose(text, texts["complaint"], kinds, kind, draw, slots),
            "现病史": compose(text, texts["history"], kinds, kind, draw, slots),
        },
        person=person,
        encounter=rows,
        key=("就诊流水号",),
    )
