"""生命体征.tsv: the nurses' record, saved by a spreadsheet as "Unicode text"."""

from __future__ import annotations

from sample_data.cells import Encoder, decimal_numbers, join, whole_numbers
from sample_data.chart import Chart
from sample_data.journeys.vitals import Vitals
from sample_data.table import FileSpec, FileTable

VITALS = FileSpec(
    "生命体征.tsv",
    "utf-8",
    ("患者ID", "就诊流水号", "测量时间", "体温", "脉搏", "呼吸", "血压", "血氧饱和度", "身高", "体重", "备注"),
    delimiter="\t",
    mark=b"\xff\xfe",
    written_as="utf-16-le",
)


def vitals(chart: Chart, taken: Vitals) -> FileTable:
    """Write the vital signs of a block. `facts` of the table: the moment and which rows are full."""
    text, person = Encoder(VITALS.encoding), chart.encounters.person[taken.encounter]
    size = len(person)
    pressure = join([whole_numbers(taken.systolic), text.constant("/", size), whole_numbers(taken.diastolic)])
    return FileTable(
        VITALS,
        {
            "患者ID": chart.patient_id(person),
            "就诊流水号": chart.encounter_id(taken.encounter),
            "测量时间": text.moments(taken.moment, "iso", "minute"),
            "体温": decimal_numbers(taken.temperature, 1),
            "脉搏": whole_numbers(taken.pulse),
            "呼吸": whole_numbers(taken.respiration),
            "血压": pressure,
            "血氧饱和度": whole_numbers(taken.saturation),
            "身高": text.where(taken.full, decimal_numbers(taken.height, 0)),
            "体重": text.where(taken.full, decimal_numbers(taken.weight, 1)),
            "备注": text.constant("", size),
        },
        person=person,
        encounter=taken.encounter,
        key=("患者ID", "测量时间"),
        facts={
            "moment": taken.moment,
            "full": taken.full,
            "temperature": taken.temperature,
            "pulse": taken.pulse,
            "systolic": taken.systolic,
            "diastolic": taken.diastolic,
            "height": taken.height,
        },
    )
