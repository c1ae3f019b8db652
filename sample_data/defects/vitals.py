"""Defects of vital signs: slips of the point, and words in numeric cells."""

from __future__ import annotations

import numpy as np

from sample_data.defects.log import DefectLog
from sample_data.defects.rates import FLAGGED, REJECTED
from sample_data.table import FileTable

_WORDS = ("外出", "拒测", "卧床")
_SIGNS = ("体温", "脉搏", "呼吸", "血压", "血氧饱和度")
_BODY = ("身高", "体重")
_SHARE_WHOLE_ROWS = 0.5


def slip_points(table: FileTable, log: DefectLog, rng: np.random.Generator) -> None:
    """Move the decimal point of a temperature, pulse, pressure or height."""
    rows = log.draw("impossible_value", table, rng)
    facts = table.facts
    which = rng.integers(0, 4, len(rows))
    which = np.where((which == 3) & ~facts["full"][rows], 0, which)
    spellings = {
        "体温": lambda row: f"{facts['temperature'][row] / 10:.2f}",
        "脉搏": lambda row: f"{facts['pulse'][row] * 10}",
        "血压": lambda row: f"{facts['systolic'][row] * 10}/{facts['diastolic'][row]}",
        "身高": lambda row: f"{facts['height'][row] / 100:.2f}",
    }
    for position, (column, spell) in enumerate(spellings.items()):
        chosen = rows[which == position]
        table.change_texts(column, chosen, [spell(row) for row in chosen.tolist()])
        log.add("impossible_value", table, chosen, column, FLAGGED)


def write_words(table: FileTable, log: DefectLog, rng: np.random.Generator) -> None:
    """Write where the patient was instead of what was measured: in one cell, or in all of a row."""
    rows = log.draw("text_in_number", table, rng)
    words = [str(word) for word in rng.choice(_WORDS, len(rows))]
    whole = ~table.facts["full"][rows] & (rng.random(len(rows)) < _SHARE_WHOLE_ROWS)
    word_of = dict(zip(rows.tolist(), words, strict=True))
    absent = rows[whole]
    for column in _SIGNS:
        table.change_texts(column, absent, [word_of[row] for row in absent.tolist()])
    log.add("text_in_number", table, absent, "", REJECTED)
    single = rows[~whole]
    columns = np.array((*_SIGNS, *_BODY))
    which = rng.integers(0, len(_SIGNS), len(single))
    which = np.where(table.facts["full"][single], rng.integers(0, len(columns), len(single)), which)
    for position, column in enumerate(columns.tolist()):
        chosen = single[which == position]
        table.change_texts(column, chosen, [word_of[row] for row in chosen.tolist()])
        log.add("text_in_number", table, chosen, column, FLAGGED)
