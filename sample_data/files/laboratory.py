"""检验报告.csv: one row per test of a report."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.cells import Cells, Encoder, decimal_numbers, join, padded_numbers, scatter
from sample_data.chart import SAMPLES_PER_BLOCK, Chart
from sample_data.laboratory.sampling import Sampling
from sample_data.laboratory.values import Results
from sample_data.table import FileSpec, FileTable

LABORATORY = FileSpec(
    "检验报告.csv",
    "gb18030",
    (
        *("报告单号", "条码号", "患者ID", "就诊流水号", "检验大项", "检验子项代码", "检验子项名称", "标本", "采样时间"),
        *("报告时间", "审核状态", "结果", "单位", "参考范围", "异常标志"),
    ),
    newline="\r\n",
)

FINAL, PRELIMINARY = "终审", "初审"

_GRADES = {
    "grade": ("阴性(-)", "弱阳性(±)", "+", "++", "+++"),
    "presence": ("阴性(-)", "阳性(+)"),
    "titre": ("阴性(-)", "1:100", "1:320", "1:1000"),
}
_FLAGS = {
    "arrow": ("", "↑", "↓"),
    "letter": ("", "H", "L"),
    "word": ("正常", "高", "低"),
    "star": ("", "*", ""),
}
_RANGES = {
    "dash": "{low}-{high}",
    "double_dash": "{low}--{high}",
    "wave": "{low} ~ {high}",
    "less": "<{high}",
    "negative": "阴性(-)",
}
_FIRST_BARCODE = 8_000_000_000


@cache
def range_texts() -> tuple[str, ...]:
    """Reference range of every test in every panel for women, then for men: position ``(panel, test, sex)``."""
    tests, panels = catalog.table("tests"), catalog.table("panels")
    texts = []
    for style in panels["range_style"]:
        for row in range(len(tests)):
            for sex in ("_female", ""):
                low = tests[f"low{sex}"][row] or tests["low"][row]
                high = tests[f"high{sex}"][row] or tests["high"][row]
                texts.append(_range_text(style, tests["scale"][row], low, high))
    return tuple(texts)


def _range_text(style: str, scale: str, low: str, high: str) -> str:
    if scale == "titre":
        return "<1:100"
    if scale in _GRADES:
        return _RANGES["negative"]
    if not high:
        return f">{low}" if low else ""
    if float(low) == 0.0 and style in ("less", "dash"):
        return f"<{high}"
    return _RANGES["dash" if style in ("less", "negative") else style].format(low=low, high=high)


def _limits(test: NDArray[np.int64], male: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    tests = catalog.table("tests")
    low, high = tests.numbers("low")[test], tests.numbers("high")[test]
    low_female, high_female = tests.numbers("low_female")[test], tests.numbers("high_female")[test]
    use_female = ~male & ~np.isnan(high_female)
    return np.where(use_female, low_female, low), np.where(use_female, high_female, high)


def spell_values(text: Encoder, test: NDArray[np.int64], value: NDArray[np.float64]) -> Cells:
    """Spell quantitative results with the decimals of their test."""
    decimals = catalog.table("tests").numbers("decimals").astype(np.int64)[test]
    pieces = []
    for count in np.unique(decimals):
        rows = np.flatnonzero(decimals == count)
        pieces.append((rows, decimal_numbers(value[rows], int(count))))
    return scatter(len(test), pieces)


def _spell_results(
    text: Encoder, test: NDArray[np.int64], value: NDArray[np.float64], grade: NDArray[np.int64]
) -> Cells:
    scales = catalog.table("tests")["scale"]
    numeric = np.array([scale not in _GRADES for scale in scales])[test]
    rows = np.flatnonzero(numeric)
    pieces = [(rows, spell_values(text, test[rows], value[rows]))]
    for scale, names in _GRADES.items():
        rows = np.flatnonzero(np.array([name == scale for name in scales])[test])
        pieces.append((rows, text.pick(names, grade[rows])))
    return scatter(len(test), pieces)


def _flag_texts(text: Encoder, panel: NDArray[np.int64], direction: NDArray[np.int64]) -> Cells:
    styles = catalog.table("panels")["flag_style"]
    flat = tuple(flag for style in styles for flag in _FLAGS[style])
    return text.pick(flat, panel * 3 + direction)


def _arrows(text: Encoder, panel: NDArray[np.int64], direction: NDArray[np.int64]) -> Cells:
    """Arrow behind an abnormal number, as the analyser of the cardiac markers prints it."""
    printed = panel == catalog.table("panels").position("CARDIAC")
    return text.pick(("", " ↑", " ↓"), direction * printed)


def laboratory(chart: Chart, samples: Sampling, results: Results) -> FileTable:
    """Write the laboratory results of a block.

    `facts` of the table: `test` (catalogue row), `value` (NaN for qualitative tests), `report` (number of the report in
    the block), and the moments `sampled` and `reported`.
    """
    text, encounters = Encoder(LABORATORY.encoding), chart.encounters
    tests, panels = catalog.table("tests"), catalog.table("panels")
    report, sample, test = results.report, results.sample, results.test
    panel, person = samples.panel[report], encounters.person[results.encounter]
    male = chart.truth.people.male[person]
    low, high = _limits(test, male)
    qualitative = np.array([scale in _GRADES for scale in tests["scale"]])[test]
    direction = np.select(
        [qualitative & (results.grade > 0), ~qualitative & (results.value > high), results.value < low], [1, 1, 2], 0
    )
    of_report, of_sample = pa.array(report), pa.array(sample)
    serial = chart.serial_numbers("BG", len(samples.panel))
    barcode = padded_numbers(_FIRST_BARCODE + chart.truth.block * SAMPLES_PER_BLOCK + np.arange(len(samples)), 10)
    numbers = _spell_results(text, test, results.value, results.grade)
    return FileTable(
        LABORATORY,
        {
            "报告单号": serial.take(of_report),
            "条码号": barcode.take(of_sample),
            "患者ID": chart.patient_id(person),
            "就诊流水号": chart.encounter_id(results.encounter),
            "检验大项": text.pick(panels["name"], panel),
            "检验子项代码": text.pick(tests["key"], test),
            "检验子项名称": text.pick(tests["name"], test),
            "标本": text.pick(panels["specimen"], panel),
            "采样时间": text.moments(samples.moment, "iso", "second").take(of_sample),
            "报告时间": text.moments(samples.reported, "iso", "second").take(of_report),
            "审核状态": text.constant(FINAL, len(test)),
            "结果": join([numbers, _arrows(text, panel, direction)]),
            "单位": text.pick(tests["unit"], test),
            "参考范围": text.pick(range_texts(), (panel * len(tests) + test) * 2 + male),
            "异常标志": _flag_texts(text, panel, direction),
        },
        person=person,
        encounter=results.encounter,
        key=("报告单号", "检验子项代码"),
        facts={
            "test": test,
            "value": np.where(qualitative, np.nan, results.value),
            "report": report,
            "reported": samples.reported[report],
            "sampled": samples.moment[sample],
        },
    )
