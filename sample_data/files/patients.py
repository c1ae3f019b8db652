"""患者基本信息.csv and 患者主索引.csv."""

from __future__ import annotations

import numpy as np

from sample_data import catalog
from sample_data.cells import Encoder, scatter
from sample_data.chart import Chart
from sample_data.table import FileSpec, FileTable

MARITAL = ("未婚", "已婚", "丧偶", "离婚")
MARITAL_CODES = ("1", "2", "3", "4")
SEX_CODES = ("2", "1")
NUMBER_KINDS = ("门诊号", "住院号", "病案号")

PATIENTS = FileSpec(
    "患者基本信息.csv",
    "gb18030",
    ("患者ID", "性别代码", "出生日期", "民族", "婚姻状况", "职业", "省", "市", "建档日期"),
    newline="\r\n",
)

MASTER_INDEX = FileSpec("患者主索引.csv", "utf-8", ("患者ID", "号码类型", "号码"))


def patients(chart: Chart) -> FileTable:
    """Write the patients of a block, one row each."""
    people = chart.truth.people
    text = Encoder(PATIENTS.encoding)
    regions = catalog.table("regions")
    everyone = np.arange(len(people))
    return FileTable(
        PATIENTS,
        {
            "患者ID": chart.patient_ids,
            "性别代码": text.pick(SEX_CODES, people.male.astype(np.int64)),
            "出生日期": text.days(people.birth, "iso"),
            "民族": text.pick(catalog.table("ethnic_groups")["name"], people.ethnic_group),
            "婚姻状况": text.pick(MARITAL, people.marital_status),
            "职业": text.pick(catalog.table("occupations")["name"], people.occupation),
            "省": text.pick(regions["province"], people.region),
            "市": text.pick(regions["city"], people.region),
            "建档日期": text.days(people.entry, "slash"),
        },
        person=everyone,
        encounter=np.full(len(people), -1),
        key=("患者ID",),
    )


def master_index(chart: Chart) -> FileTable:
    """Write the numbers under which each patient of a block is known; record numbers only for those admitted."""
    people = chart.truth.people
    text = Encoder(MASTER_INDEX.encoding)
    everyone = np.arange(len(people))
    admitted = np.unique(chart.encounters.person[chart.encounters.stays])
    person = np.concatenate([everyone, admitted, admitted])
    kind = np.concatenate([np.zeros(len(everyone), np.int64), np.ones_like(admitted), np.full_like(admitted, 2)])
    order = np.lexsort((kind, person))
    position = np.empty(len(order), np.int64)
    position[order] = np.arange(len(order))
    outpatients, inpatients, records = np.split(position, [len(everyone), len(everyone) + len(admitted)])
    numbers = scatter(
        len(person),
        [
            (outpatients, chart.outpatient_numbers),
            (inpatients, chart.inpatient_numbers.take(admitted)),
            (records, chart.record_numbers.take(admitted)),
        ],
    )
    person, kind = person[order], kind[order]
    return FileTable(
        MASTER_INDEX,
        {"患者ID": chart.patient_id(person), "号码类型": text.pick(NUMBER_KINDS, kind), "号码": numbers},
        person=person,
        encounter=np.full(len(person), -1),
        key=("患者ID", "号码类型"),
    )
