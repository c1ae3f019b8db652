"""Defects of diagnoses: other spellings of a code, codes nobody knows, suspicion and several diagnoses in one cell."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.defects.log import DefectLog, Flags
from sample_data.defects.rates import CLEANED, FLAGGED
from sample_data.files.diagnoses import ADMISSION, OUTPATIENT
from sample_data.table import FileTable

Rows = NDArray[np.int64]

_WIDE_OFFSET = 0xFEE0
_UNKNOWN_NAME = "院内自定义诊断"


def widen(text: str) -> str:
    """Write letters, digits and signs in full width.

    Examples
    --------
    >>> widen("I10")
    'Ｉ１０'
    """
    return "".join(chr(ord(char) + _WIDE_OFFSET) if "!" <= char <= "~" else char for char in text)


def code_variants(code: str) -> list[str]:
    """Other spellings under which hospitals send a WHO or national code.

    Examples
    --------
    >>> code_variants("I10")
    ['i10', 'I10.x00x002', 'I10.X00', 'I10.x00']
    >>> code_variants("C34.9")
    ['c34.9', 'C34.900', 'C34.901', 'C34.900x002']
    >>> code_variants("I50.900")
    ['i50.900', 'I50.901', 'I50.900x002']
    """
    lower = code.lower()
    if "." not in code or code.endswith(".x00"):
        category = code.partition(".")[0]
        variants = [lower, f"{category}.x00x002", f"{category}.X00", f"{category}.x00"]
    elif len(code) == 5:
        variants = [lower, f"{code}00", f"{code}01", f"{code}00x002"]
    else:
        variants = [lower, f"{code[:5]}01", f"{code}x002"]
    return [variant for variant in variants if variant != code]


def _retinopathy_variants() -> list[str]:
    return ["E14.371+H36.0*", "e14.3", "E14.301"]


def _chosen_variants(codes: list[str], rng: np.random.Generator) -> list[str]:
    draws = rng.random(len(codes)).tolist()
    result = []
    for code, draw in zip(codes, draws, strict=True):
        options = _retinopathy_variants() if code.startswith("E14.3") else code_variants(code)
        result.append(options[int(draw * len(options))])
    return result


def vary_codes(table: FileTable, columns: NDArray, eligible: Flags, log: DefectLog, rng: np.random.Generator) -> None:
    """Write some codes in another spelling, and give some rows a local code and name.

    Parameters
    ----------
    table
        Diagnoses or front pages.
    columns
        Code column of each row in which the defect may stand (an array of names).
    eligible
        Rows with a code there.
    """
    rows = log.draw("code_variant", table, rng, eligible, eligible)
    for column, chosen in _by_column(columns, rows):
        table.change_texts(column, chosen, _chosen_variants(table.texts(column, chosen), rng))
        log.add("code_variant", table, chosen, column, CLEANED)
    rows = log.draw("unknown_code", table, rng, eligible, eligible)
    for column, chosen in _by_column(columns, rows):
        numbers = rng.integers(1, 10**4, len(chosen)).tolist()
        table.change_texts(column, chosen, [f"YN{number:05d}" for number in numbers])
        table.change_texts(name_column(column), chosen, [f"{_UNKNOWN_NAME}{number}" for number in numbers])
        log.add("unknown_code", table, chosen, column, FLAGGED)


def name_column(code_column: str) -> str:
    """Column of the name that belongs to a column of codes.

    Examples
    --------
    >>> name_column("C03C"), name_column("C06x07C"), name_column("诊断编码")
    ('C04N', 'C07x07N', '诊断名称')
    """
    if code_column == "诊断编码":
        return "诊断名称"
    return "C04N" if code_column == "C03C" else f"C07{code_column[3:6]}N"


def _by_column(columns: NDArray, rows: Rows) -> list[tuple[str, Rows]]:
    chosen = columns[rows]
    return [(str(column), rows[chosen == column]) for column in np.unique(chosen)]


def suspect(table: FileTable, log: DefectLog, rng: np.random.Generator) -> None:
    """Write some outpatient and admission diagnoses as a mere suspicion."""
    eligible = np.isin(table.facts["kind"], (OUTPATIENT, ADMISSION))
    rows = log.draw("suspected_diagnosis", table, rng, eligible, eligible)
    names = catalog.table("conditions")["name"]
    wordings = ("{}?", "{}待查", "考虑{}", "{}不除外", "{}？")
    drawn = rng.integers(0, len(wordings), len(rows)).tolist()
    conditions = table.facts["condition"][rows].tolist()
    table.change_texts(
        "诊断名称", rows, [wordings[draw].format(names[row]) for draw, row in zip(drawn, conditions, strict=True)]
    )
    log.add("suspected_diagnosis", table, rows, "诊断名称", FLAGGED)


def join_diagnoses(table: FileTable, log: DefectLog, rng: np.random.Generator) -> Rows:
    """Write the first two diagnoses of some visits into one cell, drop the row of the second, and give the rows kept.

    Must come before any other change of the table. The rows are recorded later, when it is known which are loaded.
    """
    kind, rank, encounter = table.facts["kind"], table.facts["rank"], table.encounter
    second = np.zeros(len(table), np.bool_)
    second[:-1] = (kind[:-1] == OUTPATIENT) & (rank[:-1] == 1) & (rank[1:] == 2) & (encounter[1:] == encounter[:-1])
    outpatient = kind == OUTPATIENT
    rows = log.draw("multi_diagnosis", table, rng, second, outpatient)
    names = catalog.table("conditions")["name"]
    first_names = [names[row] for row in table.facts["condition"][rows].tolist()]
    second_names = [names[row] for row in table.facts["condition"][rows + 1].tolist()]
    dropped = rows + 1
    kept = rows - np.searchsorted(dropped, rows)
    table.drop(dropped)
    joined = [f"1.{first} 2.{second}" for first, second in zip(first_names, second_names, strict=True)]
    table.change_texts("诊断名称", kept, joined)
    return kept


def blur_cells(
    table: FileTable,
    columns: tuple[str, ...],
    log: DefectLog,
    rng: np.random.Generator,
    eligible: Flags | None = None,
    identifiers: tuple[str, ...] = (),
) -> None:
    """Write some cells in full width and some with a space behind them.

    Parameters
    ----------
    table, log, rng
        Rows to change, where to record it, and a stream of random numbers.
    columns
        Columns of codes and numbers, of which each chosen row has one changed.
    eligible
        Rows in which none of these columns is blank.
    identifiers
        Columns that may get a space too, but stay in normal width.
    """
    for kind, open_to in (("full_width", columns), ("spacing", columns + identifiers)):
        rows = log.draw(kind, table, rng, eligible)
        which = rng.integers(0, len(open_to), len(rows))
        for position, column in enumerate(open_to):
            chosen = rows[which == position]
            texts = table.texts(column, chosen)
            texts = [widen(text) for text in texts] if kind == "full_width" else [f"{text} " for text in texts]
            table.change_texts(column, chosen, texts)
            log.add(kind, table, chosen, column, CLEANED)


def filled(table: FileTable, column: str) -> Flags:
    """Rows in which a column is not blank."""
    lengths = pc.binary_length(table.columns[column]).to_numpy(zero_copy_only=False)
    return np.asarray(lengths > 0)[table.original]
