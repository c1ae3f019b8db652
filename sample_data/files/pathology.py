"""病理报告.csv: biopsies and resections, with stains, stage and mutations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.cells import Cells, Encoder, decimal_numbers, join, whole_numbers
from sample_data.chart import Chart
from sample_data.files.slots import two_diameters
from sample_data.journeys.course import LOBES
from sample_data.people.cancer_codes import (
    ALK,
    DEL19,
    HISTOLOGIES,
    KRAS,
    L858R,
    NOT_TESTED,
    SMALL_CELL,
    UNCOMMON,
    WILD,
)
from sample_data.table import FileSpec, FileTable
from sample_data.wording import Slots, compose

PATHOLOGY = FileSpec(
    "病理报告.csv",
    "utf-8",
    (
        *("病理号", "患者ID", "就诊流水号", "标本部位", "肉眼所见", "镜下所见", "免疫组化结果", "病理诊断"),
        *("TNM分期", "病理分期", "基因检测结果", "报告时间"),
    ),
    mark=b"\xef\xbb\xbf",
    quoted=("肉眼所见", "镜下所见", "免疫组化结果", "病理诊断"),
)

BIOPSY, RESECTION, OPERATION, REBIOPSY = range(4)
_GENES = {
    WILD: "EGFR 野生型；ALK融合阴性；ROS1融合阴性",
    DEL19: "EGFR 19del突变阳性；ALK融合阴性；ROS1融合阴性",
    L858R: "EGFR L858R突变阳性；ALK融合阴性；ROS1融合阴性",
    UNCOMMON: "EGFR G719X突变阳性；ALK融合阴性；ROS1融合阴性",
    ALK: "EGFR 野生型；ALK融合阳性；ROS1融合阴性",
    KRAS: "EGFR 野生型；ALK融合阴性；KRAS G12C突变阳性",
    NOT_TESTED: "未送检",
}
_T790M = "EGFR T790M突变阳性；原EGFR敏感突变仍存在"
_TPS = ("<1", "1", "10", "50", "80")
_ROMAN = {"IIIA": "ⅢA", "IIIB": "ⅢB", "IIIC": "ⅢC", "IVA": "ⅣA", "IVB": "ⅣB", "IIA": "ⅡA", "IIB": "ⅡB"}
_SHARE_ROMAN_CHARACTERS = 0.15


@dataclass
class _Specimens:
    encounter: NDArray[np.int64]
    kind: NDArray[np.int64]
    day: NDArray[np.int64]


def _specimens(chart: Chart) -> _Specimens:
    encounters, tumours = chart.encounters, chart.truth.tumours
    workup = encounters.with_purpose("LUNG_WORKUP")
    surgery = encounters.with_purpose("LUNG_SURGERY")
    operation = encounters.with_purpose("OPERATION_STAY")
    second_line = np.flatnonzero(
        (encounters.cycle == 1)
        & tumours.t790m[encounters.person]
        & (encounters.start_day == tumours.line_start[encounters.person, 1])
    )
    last = chart.truth.span.end
    parts = (
        (workup, BIOPSY, tumours.diagnosed[encounters.person[workup]]),
        (surgery, RESECTION, np.minimum(encounters.start_day[surgery] + 6, encounters.end_day[surgery])),
        (operation, OPERATION, encounters.end_day[operation]),
        (second_line, REBIOPSY, encounters.start_day[second_line]),
    )
    encounter = np.concatenate([rows for rows, _, _ in parts])
    kind = np.concatenate([np.full(len(rows), code, np.int64) for rows, code, _ in parts])
    day = np.minimum(np.concatenate([days for _, _, days in parts]), last)
    order = np.lexsort((day, encounter))
    return _Specimens(encounter[order], kind[order], day[order])


def _stage_cells(text: Encoder, rng: np.random.Generator, substage: NDArray, kind: NDArray) -> tuple[Cells, Cells]:
    stages = catalog.table("stages")
    of_lung = kind != OPERATION
    prefix = text.pick(("c", "p", "", "c"), kind)
    tnm = join([prefix, text.pick(stages["tnm"], substage)])
    plain = tuple(f"{key}期" for key in stages["key"])
    roman = tuple(f"{_ROMAN.get(key, key)}期" for key in stages["key"])
    written = rng.random(len(kind)) < _SHARE_ROMAN_CHARACTERS
    group = text.pick((*plain, *roman), substage + len(plain) * written)
    return text.where(of_lung, tnm), text.where(of_lung, group)


def pathology(chart: Chart) -> FileTable:
    """Write the pathology reports of a block."""
    text, rng, tumours = Encoder(PATHOLOGY.encoding), chart.rng("pathology"), chart.truth.tumours
    specimens = _specimens(chart)
    person, kind = chart.encounters.person[specimens.encounter], specimens.kind
    size = len(person)
    condition = chart.encounters.condition[specimens.encounter]
    histology = np.where(kind == OPERATION, len(HISTOLOGIES), tumours.histology[person])
    kinds = (*HISTOLOGIES, "operation")
    high = tumours.histology[person] == SMALL_CELL
    makers: dict[str, Callable[[], Cells]] = {
        "lobe": lambda: text.pick(LOBES, tumours.lobe[person]),
        "size": lambda: two_diameters(text, tumours.size_mm[person]),
        "pieces": lambda: whole_numbers(rng.integers(2, 6, size)),
        "length": lambda: decimal_numbers(rng.uniform(0.4, 1.6, size), 1),
        "margin": lambda: decimal_numbers(rng.uniform(1.5, 4.0, size), 1),
        "ki67": lambda: whole_numbers(np.where(high, rng.integers(70, 95, size), rng.integers(5, 65, size))),
        "tps": lambda: text.pick(_TPS, tumours.pd_l1[person]),
        "condition": lambda: text.pick(catalog.table("conditions")["name"], condition),
    }
    slots, texts = Slots(makers), catalog.texts("pathology")

    def section(name: str, names: tuple[str, ...], which: NDArray) -> Cells:
        return compose(text, texts[name], names, which, rng.random(size), slots)

    tnm, group = _stage_cells(text, rng, tumours.substage[person], kind)
    genes = np.where(kind == REBIOPSY, len(_GENES), tumours.mutation[person])
    found = text.pick((*_GENES.values(), _T790M), genes)
    return FileTable(
        PATHOLOGY,
        {
            "病理号": chart.serial_numbers("BL", size),
            "患者ID": chart.patient_id(person),
            "就诊流水号": chart.encounter_id(specimens.encounter),
            "标本部位": text.pick((*LOBES, "手术标本"), np.where(kind == OPERATION, len(LOBES), tumours.lobe[person])),
            "肉眼所见": section(
                "gross", ("biopsy", "resection", "operation"), np.where(kind == REBIOPSY, BIOPSY, kind)
            ),
            "镜下所见": section("microscopic", kinds, histology),
            "免疫组化结果": section("stains", kinds, histology),
            "病理诊断": section("diagnosis", kinds, histology),
            "TNM分期": tnm,
            "病理分期": group,
            "基因检测结果": text.where(kind != OPERATION, found),
            "报告时间": text.days(specimens.day, "chinese"),
        },
        person=person,
        encounter=specimens.encounter,
        key=("病理号",),
        facts={"day": specimens.day, "kind": kind},
    )
