"""Defects of dates: impossible, placeholders, and outside the stay they belong to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sample_data.cells import Cells, Encoder
from sample_data.days import SECONDS_PER_DAY
from sample_data.defects.log import DefectLog, Flags
from sample_data.defects.rates import CLEANED, FLAGGED, REJECTED
from sample_data.table import FileTable

Rows = NDArray[np.int64]

_INVALID = ("0000-00-00", "20230230", "2023-02-30", "00000000")
_PLACEHOLDERS = ("1900-01-01", "9999-12-31")

REQUIRED = {
    "病案首页.csv": ("B12", "B15"),
    "门诊就诊.csv": ("就诊日期时间",),
    "诊断明细.csv": ("诊断日期",),
    "住院医嘱.csv": ("开始时间",),
    "门诊处方.csv": ("kfrq",),
    "检验报告.csv": ("采样时间",),
    "检查报告.csv": ("检查时间",),
    "病理报告.csv": ("报告时间",),
    "生命体征.tsv": ("测量时间",),
    "病程文书.csv": ("书写时间",),
    "死亡记录.csv": ("死亡时间",),
    "随访记录.csv": ("随访日期",),
}
OPTIONAL = {
    "患者基本信息.csv": "建档日期",
    "病案首页.csv": "C16x01",
    "住院医嘱.csv": "停止时间",
    "检验报告.csv": "报告时间",
    "检查报告.csv": "报告时间",
    "随访记录.csv": "死亡日期",
}


def spoil_required(table: FileTable, log: DefectLog, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Put dates that do not exist into columns that a row cannot do without."""
    columns = REQUIRED[table.spec.name]
    rows = log.draw("invalid_date", table, rng)
    which = rng.integers(0, len(columns), len(rows))
    numbers = []
    for position, column in enumerate(columns):
        chosen = rows[which == position]
        table.change_texts(column, chosen, [str(text) for text in rng.choice(_INVALID, len(chosen))])
        numbers.append(log.add("invalid_date", table, chosen, column, REJECTED))
    by_column = [rows[which == position] for position in range(len(columns))]
    return np.concatenate(by_column), np.concatenate(numbers)


def spoil_optional(table: FileTable, log: DefectLog, rng: np.random.Generator, eligible: Flags | None = None) -> None:
    """Put dates that do not exist, and placeholders, into columns that may be blank."""
    column = OPTIONAL[table.spec.name]
    for kind, texts in (("invalid_date", _INVALID), ("sentinel_date", _PLACEHOLDERS)):
        rows = log.draw(kind, table, rng, eligible)
        table.change_texts(column, rows, [str(text) for text in rng.choice(texts, len(rows))])
        log.add(kind, table, rows, column, CLEANED)


def move_outside_stay(
    table: FileTable,
    column: str,
    clock_style: str,
    moment: Rows,
    stay: tuple[Rows, Rows],
    may_follow: Flags,
    log: DefectLog,
    rng: np.random.Generator,
) -> None:
    """Date some rows of stays more than a week before admission or after discharge.

    Parameters
    ----------
    table, column, clock_style
        Where the date stands and how its time is spelled.
    moment
        True moment of each row.
    stay
        First and last day of each row's stay; -1 where the row is not of a stay.
    may_follow
        Rows that may be dated after discharge: those of people who live on.
    """
    admitted, left = stay
    in_stay = admitted >= 0
    rows = log.draw("date_outside_stay", table, rng, in_stay, in_stay)
    distance = rng.integers(9, 30, len(rows))
    later = may_follow[rows] & (rng.random(len(rows)) < 0.5)
    day = np.where(later, left[rows] + distance, admitted[rows] - distance)
    moved = day * SECONDS_PER_DAY + moment[rows] % SECONDS_PER_DAY
    table.change(column, rows, _spelled(table.text, moved, clock_style))
    log.add("date_outside_stay", table, rows, column, FLAGGED)


def _spelled(text: Encoder, moment: Rows, clock_style: str) -> Cells:
    return text.moments(moment, "iso", clock_style)
