"""检查报告.csv: imaging, ultrasound, electrocardiograms and endoscopy, with findings and opinion."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.cells import Cells, Encoder, decimal_numbers, join, whole_numbers
from sample_data.chart import Chart
from sample_data.days import SECONDS_PER_DAY
from sample_data.files.slots import two_diameters
from sample_data.journeys.course import LOBES, metastatic_sites, site_phrases, size_on
from sample_data.journeys.follow_up import COMPLETE, PARTIAL, PROGRESSIVE, STABLE, response_on
from sample_data.journeys.plans import Exams
from sample_data.table import FileSpec, FileTable
from sample_data.wording import Slots, compose

IMAGING = FileSpec(
    "检查报告.csv",
    "gb18030",
    (
        *("报告单号", "患者ID", "就诊流水号", "检查类别", "检查部位", "检查项目", "检查所见", "诊断意见"),
        *("检查时间", "报告时间"),
    ),
    newline="\r\n",
    quoted=("检查所见", "诊断意见"),
)

REPORTS = tuple(catalog.texts("report")["findings"])

_PRIOR_SCAN_DAYS = 84
_LARGEST_NODULE = 30.0
_CLEARLY_SMALLER = 0.9


def _prior_day(chart: Chart, person: NDArray, day: NDArray) -> NDArray[np.int64]:
    """Day of the scan that a report compares with."""
    return np.maximum(day - _PRIOR_SCAN_DAYS, chart.truth.people.entry[person])


def _chest_ct(chart: Chart, person: NDArray, day: NDArray, infected: NDArray) -> NDArray[np.int64]:
    tumours = chart.truth.tumours
    ill = tumours.present[person]
    response = response_on(chart.truth, person, day)
    size, prior = size_on(chart.truth, person, day), size_on(chart.truth, person, _prior_day(chart, person, day))
    suspected = ill & (day < tumours.diagnosed[person] - 8)
    cases = [
        (ill & infected, "ct_infection"),
        (suspected & (size < _LARGEST_NODULE), "ct_nodule"),
        (suspected, "ct_mass"),
        (ill & tumours.resected[person] & (day > tumours.index[person] + 5), "ct_resected"),
        (ill & (response == PROGRESSIVE), "ct_progression"),
        (ill & np.isin(response, (COMPLETE, PARTIAL)) & (size < _CLEARLY_SMALLER * prior), "ct_response"),
        (ill & np.isin(response, (COMPLETE, PARTIAL, STABLE)), "ct_stable"),
        (ill, "ct_baseline"),
        (infected, "ct_infection"),
    ]
    return np.select(
        [when for when, _ in cases], [REPORTS.index(name) for _, name in cases], REPORTS.index("ct_normal")
    )


def choose_reports(chart: Chart, exams: Exams) -> NDArray[np.int64]:
    """Choose for each examination which kind of report (position in `REPORTS`) fits the person on that day."""
    truth, encounters = chart.truth, chart.encounters
    person, day = encounters.person[exams.encounter], exams.moment // SECONDS_PER_DAY
    purposes, conditions = catalog.table("purposes"), catalog.table("conditions")
    purpose, condition = encounters.purpose[exams.encounter], encounters.condition[exams.encounter]
    infected = (purpose == purposes.position("LUNG_COMPLICATION")) | (condition == conditions.position("PNEUMONIA"))
    infected &= purpose != purposes.position("LUNG_SUSPECT")
    ill = truth.tumours.present[person]
    infarction = np.isin(condition, conditions.positions(("MYOCARDIAL_INFARCTION", "STEMI")))
    chest = _chest_ct(chart, person, day, infected)

    def report(name: str) -> int:
        return REPORTS.index(name)

    def either(when: NDArray, yes: str, no: str) -> NDArray[np.int64]:
        return np.where(when, report(yes), report(no))

    by_exam: dict[str, NDArray[np.int64]] = {
        "CHEST_CT": chest,
        "CHEST_CT_PLAIN": chest,
        "LOW_DOSE_CT": chest,
        "PET_CT": either(ill, "pet_ct", "ct_normal"),
        "BRAIN_MRI": np.select(
            [condition == conditions.position("STROKE"), truth.tumours.brain[person]],
            [report("mri_stroke"), report("mri_metastasis")],
            report("mri_clear"),
        ),
        "ECHO": either(truth.organs.ejection_fraction[person] < 50, "echo_failure", "echo_normal"),
        "ABDOMEN_US": np.select(
            [
                purpose == purposes.position("OPERATION_STAY"),
                truth.onsets.has("LIVER_METASTASIS", person, day),
                truth.onsets.has("FATTY_LIVER", person, day),
            ],
            [report("abdomen_mass"), report("abdomen_metastasis"), report("abdomen_fatty")],
            report("abdomen_normal"),
        ),
        "KIDNEY_US": either(truth.organs.egfr[person] < 50, "kidney_chronic", "kidney_normal"),
        "CAROTID_US": np.full(len(person), report("carotid")),
        "ECG": np.select(
            [infarction, truth.onsets.has("ATRIAL_FIBRILLATION", person, day)],
            [report("ecg_ischaemia"), report("ecg_fibrillation")],
            report("ecg_sinus"),
        ),
        "BRONCHOSCOPY": np.full(len(person), report("bronchoscopy")),
        "CHEST_XRAY": np.select(
            [
                infected,
                purpose == purposes.position("LUNG_SURGERY"),
                purpose == purposes.position("HEART_STAY"),
                ill,
            ],
            [report("xray_infection"), report("xray_postoperative"), report("xray_congestion"), report("xray_tumour")],
            report("xray_normal"),
        ),
    }
    result = np.full(len(person), report("ct_normal"), np.int64)
    for key, reports in by_exam.items():
        rows = exams.exam == catalog.table("exams").position(key)
        result[rows] = reports[rows]
    return result


def _slots(chart: Chart, text: Encoder, exams: Exams, rng: np.random.Generator) -> Slots:
    truth = chart.truth
    person, day = chart.encounters.person[exams.encounter], exams.moment // SECONDS_PER_DAY
    size = len(person)
    prior = _prior_day(chart, person, day)
    fraction = np.clip(truth.organs.ejection_fraction[person] + rng.normal(0, 1.5, size), 15, 75)
    enlarged = np.clip((55 - fraction) * 0.6, 0, 25)
    fluid = truth.onsets.has("PLEURAL_EFFUSION", person, day).astype(np.int64)
    liver = truth.onsets.has("LIVER_METASTASIS", person, day).astype(np.int64)

    def number(low: int, high: int) -> Cells:
        return whole_numbers(rng.integers(low, high + 1, size))

    def diameter(base: float) -> Cells:
        return whole_numbers(np.rint(base + enlarged + rng.normal(0, 2, size)).astype(np.int64))

    makers: dict[str, Callable[[], Cells]] = {
        "lobe": lambda: text.pick(LOBES, truth.tumours.lobe[person]),
        "size": lambda: two_diameters(text, size_on(truth, person, day)),
        "priorsize": lambda: two_diameters(text, size_on(truth, person, prior)),
        "priordate": lambda: text.days(prior, "iso"),
        "nodes": lambda: text.pick(("4R", "7", "4R、7", "10L", "5、6"), rng.integers(0, 5, size)),
        "node": lambda: number(9, 22),
        "effusion": lambda: text.pick(("双侧胸腔未见积液", "患侧胸腔少量积液"), fluid),
        "liver": lambda: text.pick(("未见明显异常密度", "见低密度灶，转移可能"), liver),
        "organ": lambda: text.pick(site_phrases(), metastatic_sites(truth, person, day)),
        "suv": lambda: decimal_numbers(rng.uniform(4, 18, size), 1),
        "brainsize": lambda: number(6, 24),
        "lvef": lambda: whole_numbers(np.rint(fraction).astype(np.int64)),
        "leftatrium": lambda: diameter(36),
        "leftventricle": lambda: diameter(49),
        "liversize": lambda: number(12, 48),
        "plaque": lambda: join([decimal_numbers(rng.uniform(6, 15, size), 1), text.constant("×2.1", size)]),
        "pulse": lambda: number(58, 104),
        "qtc": lambda: number(390, 450),
        "ratio": lambda: number(54, 66),
    }
    return Slots(makers)


def imaging(chart: Chart, exams: Exams) -> FileTable:
    """Write the examination reports of a block."""
    text, rng, items = Encoder(IMAGING.encoding), chart.rng("imaging"), catalog.table("exams")
    size, person = len(exams.exam), chart.encounters.person[exams.encounter]
    reports = choose_reports(chart, exams)
    slots = _slots(chart, text, exams, rng)
    texts = catalog.texts("report")
    draw = rng.random(size)
    return FileTable(
        IMAGING,
        {
            "报告单号": chart.serial_numbers("JC", size),
            "患者ID": chart.patient_ids.take(pa.array(person)),
            "就诊流水号": chart.encounter_id(exams.encounter),
            "检查类别": text.pick(items["category"], exams.exam),
            "检查部位": text.pick(items["site"], exams.exam),
            "检查项目": text.pick(items["item"], exams.exam),
            "检查所见": compose(text, texts["findings"], REPORTS, reports, draw, slots),
            "诊断意见": compose(text, texts["impression"], REPORTS, reports, draw, slots),
            "检查时间": text.moments(exams.moment, "iso", "minute"),
            "报告时间": text.moments(exams.reported, "iso", "minute"),
        },
        person=person,
        encounter=exams.encounter,
        key=("报告单号",),
        facts={"moment": exams.moment},
    )
