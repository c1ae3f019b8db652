"""死亡记录.csv: deaths as the hospital, the register of deaths and the follow-up team record them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.cells import Encoder
from sample_data.chart import Chart
from sample_data.days import SECONDS_PER_DAY
from sample_data.files.names import diagnosis_names
from sample_data.people.population import DIABETES, DIED, HEART_KIDNEY, LUNG
from sample_data.table import FileSpec, FileTable

DEATHS = FileSpec("死亡记录.csv", "utf-8", ("患者ID", "死亡时间", "死亡诊断编码", "死亡诊断名称", "来源"))

SOURCES = ("院内", "死因登记", "随访")
IN_HOSPITAL, REGISTER, FOLLOW_UP = range(3)
_SHARES_OUTSIDE = (0.35, 0.25)
"""Of the deaths outside the hospital: share in the register of deaths, and share entered by the follow-up team."""


def deaths(chart: Chart) -> FileTable:
    """Write the recorded deaths of a block; some deaths outside the hospital stand in the follow-up file alone.

    `facts` of the table: `day` and `source` (position in `SOURCES`).
    """
    people, rng, text = chart.truth.people, chart.rng("deaths"), Encoder(DEATHS.encoding)
    person = np.flatnonzero(people.end_reason == DIED)
    draw = rng.random(len(person))
    register, follow_up = _SHARES_OUTSIDE
    source = np.select(
        [people.died_in_hospital[person], draw < register, draw < register + follow_up],
        [IN_HOSPITAL, REGISTER, FOLLOW_UP],
        -1,
    )
    person, source = person[source >= 0], source[source >= 0]
    moment = people.death[person] * SECONDS_PER_DAY + rng.integers(18 * 3600, 23 * 3600, len(person))
    last_stay = _last_stay_end(chart)
    moment = np.where(source == IN_HOSPITAL, last_stay[person], moment)
    cause = _causes(chart, person, rng)
    return FileTable(
        DEATHS,
        {
            "患者ID": chart.patient_id(person),
            "死亡时间": text.moments(moment, "iso", "minute"),
            "死亡诊断编码": text.pick(catalog.table("conditions")["icd10"], cause),
            "死亡诊断名称": diagnosis_names(text, cause, np.zeros(len(person))),
            "来源": text.pick(SOURCES, source),
        },
        person=person,
        encounter=np.full(len(person), -1),
        key=("患者ID", "死亡时间"),
        facts={"day": people.death[person], "source": source},
    )


def _last_stay_end(chart: Chart) -> NDArray[np.int64]:
    end = np.zeros(len(chart.truth.people), np.int64)
    died = np.flatnonzero(chart.encounters.died)
    end[chart.encounters.person[died]] = chart.encounters.end[died]
    return end


def _causes(chart: Chart, person: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    conditions = catalog.table("conditions").position
    specialty = chart.truth.people.specialty[person]
    heart = chart.truth.organs.heart_failure[person]
    draw = rng.random(len(person))
    cardiac = np.where(draw < 0.5, conditions("MYOCARDIAL_INFARCTION"), conditions("PNEUMONIA"))
    return np.select(
        [specialty == LUNG, (specialty == HEART_KIDNEY) & heart, specialty == HEART_KIDNEY, specialty == DIABETES],
        [conditions("LUNG_CANCER"), conditions("HEART_FAILURE"), conditions("CKD"), cardiac],
        conditions("PNEUMONIA"),
    )
