"""病程文书.csv: admission records, progress notes and discharge summaries, with quoted line breaks."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.cells import Cells, Encoder, decimal_numbers, join, whole_numbers
from sample_data.chart import Chart
from sample_data.days import SECONDS_PER_DAY
from sample_data.files.slots import clinical_slots
from sample_data.journeys.plans import Procedures
from sample_data.journeys.vitals import Vitals
from sample_data.laboratory.values import Results
from sample_data.table import FileSpec, FileTable
from sample_data.wording import Slots, compose, text_kinds

NOTES = FileSpec(
    "病程文书.csv",
    "gb18030",
    ("文书号", "患者ID", "就诊流水号", "文书类型", "书写时间", "文书内容"),
    newline="\r\n",
    quoted=("文书内容",),
)

_KINDS = ("入院记录", "首次病程记录", "日常病程记录", "出院小结", "死亡记录")
ADMISSION, FIRST, DAILY, SUMMARY, DEATH = range(5)

_NOT_MEASURED = "未查"
_SHARE_BRACKETED = 0.35
_BRIEF = ("LUNG_CYCLE",)
_LABORATORY = {"wbc": "WBC", "hgb": "HGB", "plt": "PLT", "crea": "CREA", "k": "K", "a1c": "A1C", "fpg": "FPG"}
_LABORATORY |= {"bnp": "NTPROBNP", "cea": "CEA", "crp": "CRP"}


def _laboratory_slots(stays: NDArray[np.int64], results: Results, text: Encoder) -> dict[str, Cells]:
    """Results of the first sample of each stay."""
    tests = catalog.table("tests")
    slots = {}
    for slot, key in _LABORATORY.items():
        value = results.first_of_each(key, stays)
        spelled = decimal_numbers(np.nan_to_num(value), int(tests.numbers("decimals")[tests.position(key)]))
        slots[slot] = text.where(~np.isnan(value), spelled, _NOT_MEASURED)
    return slots


def _vital_slots(stays: NDArray[np.int64], vitals: Vitals, text: Encoder) -> dict[str, Cells]:
    rows = np.searchsorted(vitals.encounter, stays)
    slash = text.constant("/", len(stays))
    return {
        "temperature": decimal_numbers(vitals.temperature[rows], 1),
        "pulse": whole_numbers(vitals.pulse[rows]),
        "respiration": whole_numbers(vitals.respiration[rows]),
        "pressure": join([whole_numbers(vitals.systolic[rows]), slash, whole_numbers(vitals.diastolic[rows])]),
    }


def _operation_dates(chart: Chart, stays: NDArray[np.int64], done: Procedures, text: Encoder) -> Cells:
    day = np.minimum(chart.encounters.start_day[stays] + 1, chart.encounters.end_day[stays])
    main = done.rank == 1
    at = np.searchsorted(stays, done.encounter[main])
    day[at] = done.day[main]
    return text.days(day, "iso")


class _Writer:
    """Writes the documents of the stays of a block."""

    def __init__(self, chart: Chart, text: Encoder, stays: NDArray[np.int64], slots: Slots) -> None:
        encounters = chart.encounters.take(stays)
        self.text, self.rng = text, chart.rng("notes")
        self.kinds, self.kind = text_kinds(encounters.purpose, encounters.condition)
        self.size = len(stays)
        self.bracketed = (self.rng.random(self.size) < _SHARE_BRACKETED).astype(np.int64)
        admission, course = catalog.texts("admission"), catalog.texts("course")
        reason = self.rng.random(self.size)
        complaint = self.section(admission["complaint"], slots, reason)
        slots = slots.with_cells("complaint", complaint)
        self.admission = join(
            [
                *self._titled("主诉", complaint),
                *self._titled("\n现病史", self.section(admission["history"], slots, reason)),
                *self._titled("\n既往史", self.section(admission["past"], slots)),
                *self._titled("\n个人史", self.section(admission["personal"], slots)),
                *self._titled("\n家族史", self.section(admission["family"], slots)),
                *self._titled("\n体格检查", self.section(admission["examination"], slots)),
                *self._titled("\n辅助检查", self.section(admission["results"], slots)),
                *self._titled("\n初步诊断", slots["condition"]),
            ]
        )
        self.first = self.section(course["first_note"], slots)
        self.daily = self.section(course["daily"], slots)
        self.summary = self.section(course["summary"], slots)
        dying = self.kinds.index("terminal_medical")
        self.death = compose(
            text, course["summary"], self.kinds, np.full(self.size, dying), self.rng.random(self.size), slots
        )

    def section(self, wordings: dict[str, list[str]], slots: Slots, draw: NDArray[np.float64] | None = None) -> Cells:
        draw = self.rng.random(self.size) if draw is None else draw
        return compose(self.text, wordings, self.kinds, self.kind, draw, slots)

    def _titled(self, title: str, body: Cells) -> list[Cells]:
        """Put a title before a section, in the one or the other style of the stay."""
        break_, name = ("\n", title[1:]) if title.startswith("\n") else ("", title)
        return [self.text.pick((f"{break_}{name}：", f"{break_}【{name}】"), self.bracketed), body]


def notes(chart: Chart, results: Results, vitals: Vitals, done: Procedures) -> FileTable:
    """Write the documents of the stays of a block: admission, course, discharge; chemotherapy cycles are brief."""
    encounters, stays, text = chart.encounters, chart.encounters.stays, Encoder(NOTES.encoding)
    slots = clinical_slots(chart, text, stays, "notes")
    fixed = _laboratory_slots(stays, results, text) | _vital_slots(stays, vitals, text)
    fixed["bedsidedate"] = _operation_dates(chart, stays, done, text)
    for name, cells in fixed.items():
        slots = slots.with_cells(name, cells)
    writer = _Writer(chart, text, stays, slots)
    rng = chart.rng("note times")
    brief = np.isin(encounters.purpose[stays], catalog.table("purposes").positions(_BRIEF))
    died = encounters.died[stays]
    start, end = encounters.start[stays], encounters.end[stays]
    middle = start + (end - start) // 2 // SECONDS_PER_DAY * SECONDS_PER_DAY + 4 * 3600
    everywhere = np.arange(len(stays))
    terminal = np.isin(writer.kind, [writer.kinds.index("terminal_lung"), writer.kinds.index("terminal_medical")])
    parts = (
        (everywhere, ADMISSION, start + 5400, writer.admission),
        (everywhere[~brief], FIRST, start + 7200, writer.first),
        (everywhere[~brief | (rng.random(len(stays)) < 0.5)], DAILY, middle, writer.daily),
        (everywhere[~died], SUMMARY, end - 1800, writer.summary),
        (everywhere[died & terminal], DEATH, end, writer.summary),
        (everywhere[died & ~terminal], DEATH, end, writer.death),
    )
    row = np.concatenate([rows for rows, *_ in parts])
    kind = np.concatenate([np.full(len(rows), code, np.int64) for rows, code, *_ in parts])
    written = np.minimum(np.concatenate([moment[rows] for rows, _, moment, _ in parts]), end[row])
    body = pa.concat_arrays([cells.take(pa.array(rows)) for rows, _, _, cells in parts])
    order = np.lexsort((kind, row))
    row, kind, written = row[order], kind[order], written[order]
    encounter = stays[row]
    return FileTable(
        NOTES,
        {
            "文书号": chart.serial_numbers("WS", len(row)),
            "患者ID": chart.patient_id(encounters.person[encounter]),
            "就诊流水号": chart.encounter_id(encounter),
            "文书类型": text.pick(_KINDS, kind),
            "书写时间": text.moments(written, "iso", "second"),
            "文书内容": body.take(pa.array(order)),
        },
        person=encounters.person[encounter],
        encounter=encounter,
        key=("文书号",),
        facts={"kind": kind, "written": written},
    )
