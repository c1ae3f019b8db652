"""What keeps a patient list from being read: the rule, the column, the lines; never a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from omop_etl.errors import RweError

Lines = npt.NDArray[np.int64]
_NAMED = 10


@dataclass(frozen=True)
class Fault:
    """Rows that break one rule in one column.

    Attributes
    ----------
    rule : str
        A name that `refusal` knows.
    column : str
        Column of the header.
    lines : numpy.ndarray of int64
        Physical lines of these rows; in a workbook or Parquet file, the numbers of the rows.
    """

    rule: str
    column: str
    lines: Lines


def refusal(file: str, faults: Sequence[Fault]) -> RweError:
    """Make the error of an unreadable list: the rule that is broken first, where, and how many rows break any.

    A list is refused as a whole, since a cohort that lacks some of its persons would look like any other.
    """
    faults = sorted(faults, key=lambda fault: int(fault.lines.min()))
    first = faults[0]
    lines = np.unique(first.lines)
    broken = np.unique(np.concatenate([fault.lines for fault in faults]))
    named = ", ".join(str(line) for line in lines[:_NAMED]) + ("…" if len(lines) > _NAMED else "")
    given = {"file": file, "column": first.column, "n": len(lines), "lines": named, "all": len(broken)}
    return _ERRORS[first.rule](given)


def _missing(given: dict[str, object]) -> RweError:
    return RweError(
        "{file}: {all} rows cannot be read; in column {column}, {n} cells name no person (lines {lines})",
        todo="fill the cells, or remove the rows",
        **given,
    )


def _digits_lost(given: dict[str, object]) -> RweError:
    return RweError(
        "{file}: {all} rows cannot be read; in column {column}, {n} identifiers have lost digits, as "
        "long numbers do in Excel (lines {lines})",
        todo="export the list again with the column as text, before Excel has opened it",
        **given,
    )


def _not_whole(given: dict[str, object]) -> RweError:
    return RweError(
        "{file}: {all} rows cannot be read; in column {column}, {n} cells are no whole number, as "
        "person_id is (lines {lines})",
        todo="correct the cells; if these are the hospital's own numbers, call the column person_source_value",
        **given,
    )


def _formula(given: dict[str, object]) -> RweError:
    return RweError(
        "{file}: {all} rows cannot be read; in column {column}, {n} cells hold a formula or an error "
        "instead of a value (lines {lines})",
        todo="paste the column as values, and save the list again",
        **given,
    )


def _no_date(given: dict[str, object]) -> RweError:
    return RweError(
        "{file}: {all} rows cannot be read; in column {column}, {n} cells are no date (lines {lines})",
        todo="write dates as 2024-03-15, 2024/3/15, 20240315 or 2024年3月15日",
        **given,
    )


def _end_before_start(given: dict[str, object]) -> RweError:
    return RweError(
        "{file}: {all} rows cannot be read; by column {column}, {n} rows end before they start (lines {lines})",
        todo="correct one of the two dates",
        **given,
    )


def _end_alone(given: dict[str, object]) -> RweError:
    return RweError(
        "{file}: {all} rows cannot be read; by column {column}, {n} rows have an end date but no "
        "start date (lines {lines})",
        todo="give the start date too, or remove the end date",
        **given,
    )


def _identity_number(given: dict[str, object]) -> RweError:
    return RweError(
        "{file} identifies people: in column {column}, {n} cells are numbers of identity cards (lines {lines})",
        todo="put the hospital's pseudonym or person_id in their place, and remove the file where it should not be",
        **given,
    )


def _fields(given: dict[str, object]) -> RweError:
    return RweError(
        "{file}: {all} rows cannot be read; {n} rows do not have as many fields as the header (lines {lines})",
        todo="look for a stray delimiter or quotation mark in these rows",
        **given,
    )


_ERRORS = {
    "missing": _missing,
    "digits lost": _digits_lost,
    "not whole": _not_whole,
    "formula": _formula,
    "no date": _no_date,
    "end before start": _end_before_start,
    "end alone": _end_alone,
    "identity number": _identity_number,
    "fields": _fields,
}
