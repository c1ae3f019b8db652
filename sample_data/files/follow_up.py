"""随访记录.csv: contacts by telephone or in the clinic."""

from __future__ import annotations

import numpy as np

from sample_data.cells import Encoder, scatter, whole_numbers
from sample_data.chart import Chart
from sample_data.journeys.follow_up import RESPONSES, STATES
from sample_data.people.population import NEVER
from sample_data.table import FileSpec, FileTable

FOLLOW_UPS = FileSpec(
    "随访记录.csv",
    "utf-8",
    ("随访流水号", "患者ID", "随访日期", "随访方式", "生存状态", "死亡日期", "ECOG评分", "疗效评价", "备注"),
)

_REMARKS = ("", "一般情况可", "诉乏力，食欲欠佳", "家属代述，病情平稳", "按时服药，无明显不良反应", "偶有咳嗽，无咯血")


def follow_ups(chart: Chart) -> FileTable:
    """Write the follow-up contacts of a block. `facts` of the table: `day`, `death` (`NEVER` for none) and `state`."""
    contacts, rng, text = chart.contacts, chart.rng("follow-up file"), Encoder(FOLLOW_UPS.encoding)
    size = len(contacts)
    style = rng.choice(3, size, p=[0.7, 0.2, 0.1])
    rows = [np.flatnonzero(style == number) for number in range(3)]
    dates = [
        (chosen, text.days(contacts.day[chosen], name))
        for chosen, name in zip(rows, ("iso", "slash", "chinese"), strict=True)
    ]
    dead = contacts.death < NEVER
    ecog = text.where(contacts.ecog >= 0, whole_numbers(np.maximum(contacts.ecog, 0)))
    remarks = np.where(contacts.state == 0, rng.integers(0, len(_REMARKS), size) * (rng.random(size) < 0.5), 0)
    return FileTable(
        FOLLOW_UPS,
        {
            "随访流水号": chart.serial_numbers("SF", size),
            "患者ID": chart.patient_id(contacts.person),
            "随访日期": scatter(size, dates),
            "随访方式": text.pick(("电话", "门诊"), contacts.in_clinic.astype(np.int64)),
            "生存状态": text.pick(STATES, contacts.state),
            "死亡日期": text.where(dead, text.days(np.where(dead, contacts.death, 0), "iso")),
            "ECOG评分": ecog,
            "疗效评价": text.pick(RESPONSES, contacts.response),
            "备注": text.pick(_REMARKS, remarks),
        },
        person=contacts.person,
        encounter=np.full(size, -1),
        key=("随访流水号",),
        facts={"day": contacts.day, "death": contacts.death, "state": contacts.state},
    )
