"""Defects of whole rows: copies, broken rows, and rows whose patient or visit cannot be found."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sample_data.defects.log import DefectLog
from sample_data.defects.rates import FLAGGED, MERGED, REJECTED
from sample_data.table import FileTable

Rows = NDArray[np.int64]


def copy_rows(table: FileTable, log: DefectLog, rng: np.random.Generator) -> None:
    """Write some rows twice."""
    rows = log.draw("duplicate_row", table, rng)
    copies = table.repeat(rows)
    table.taken[rows] = True
    log.add("duplicate_row", table, copies, "", MERGED, twins=rows)


def break_rows(table: FileTable, log: DefectLog, rng: np.random.Generator) -> Rows:
    """Lose the last fields of some rows; gives the numbers of the defects, in the order of `table.broken`."""
    rows = log.draw("short_row", table, rng)
    table.broken = np.concatenate([table.broken, rows])
    return log.add("short_row", table, rows, "", REJECTED)


def lose_person(table: FileTable, column: str, log: DefectLog, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Give some rows the number of a patient whom the hospital does not list."""
    rows = log.draw("unknown_person", table, rng)
    numbers = rng.integers(0, 10**6, len(rows))
    table.change_texts(column, rows, [f"T{number:010d}" for number in numbers.tolist()])
    return rows, log.add("unknown_person", table, rows, column, REJECTED)


def damage_identifier(table: FileTable, column: str, log: DefectLog, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Turn some identifiers into the scientific notation of a spreadsheet."""
    rows = log.draw("scientific_id", table, rng)
    mantissas = rng.integers(100_000, 999_999, len(rows))
    table.change_texts(column, rows, [f"{number / 100_000:.5f}E+11" for number in mantissas.tolist()])
    return rows, log.add("scientific_id", table, rows, column, REJECTED)


def lose_visit(table: FileTable, column: str, log: DefectLog, rng: np.random.Generator) -> None:
    """Give some rows the number of a visit that no file has; only rows that are loaded with their visit."""
    rows = log.draw("orphan_visit", table, rng, table.facts.get("carries_visit"))
    numbers = rng.integers(0, 10**8, len(rows))
    table.change_texts(column, rows, [f"MZ99{number:08d}" for number in numbers.tolist()])
    log.add("orphan_visit", table, rows, column, FLAGGED)


def follow_lost_visits(
    tables: list[FileTable], encounters: int, lost: Rows, causes: Rows, column_of: dict[str, str], log: DefectLog
) -> None:
    """Record that the rows of visits whose own row will be rejected have lost their visit."""
    cause_of = np.zeros(encounters, np.int64)
    cause_of[lost] = causes
    for table in tables:
        at = np.where(table.encounter >= 0, cause_of[table.encounter], 0)
        rows = np.flatnonzero((at > 0) & ~table.taken & table.facts.get("carries_visit", True))
        log.add("orphan_visit", table, rows, column_of[table.spec.name], FLAGGED, causes=at[rows])
