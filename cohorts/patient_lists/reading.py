"""Read a patient list as a clinician has it: delimited text, a workbook, a Parquet file, or a data frame."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from cohorts.patient_lists.cells import Broken, days, identifiers, whole_numbers
from cohorts.patient_lists.columns import END, PERSON_ID, SOURCE_VALUE, START
from cohorts.patient_lists.faults import Fault, refusal
from cohorts.patient_lists.raw import Raw, from_arrow, from_parquet, from_text, from_workbook
from cohorts.patient_lists.rows import ROW_SCHEMA, PatientRows
from omop_etl.errors import RweError

if TYPE_CHECKING:
    import pandas as pd

_READERS: Final = {
    ".csv": from_text,
    ".tsv": from_text,
    ".txt": from_text,
    ".xlsx": from_workbook,
    ".xlsm": from_workbook,
    ".parquet": from_parquet,
}
SUFFIXES: Final = tuple(_READERS)
"""Kinds of files that can be a patient list."""


def read_patient_list(path: Path, file: str = "") -> PatientRows:
    """Read a patient list from a file.

    Parameters
    ----------
    path : pathlib.Path
        Text (UTF-8, GB18030 or UTF-16; comma, tab or semicolon), an Excel workbook with one sheet, or Parquet. One
        column names the person: ``person_id``, or ``person_source_value``, or a usual name of these (患者ID); dates are
        in ``start_date`` and ``end_date``, or usual names of these, and may be missing. Other columns are not read.
    file : str
        What to call the file in messages; its own name by default.

    Returns
    -------
    PatientRows
        The rows.

    Raises
    ------
    RweError
        The file cannot be read, identifies people by name, or has a row that cannot be read; the message names column
        and lines.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise RweError(
            "{file} is not a patient list that can be read ({suffixes})",
            todo="save it as CSV or as an Excel workbook (.xlsx)",
            file=file or path.name,
            suffixes=", ".join(SUFFIXES),
        )
    return _checked(reader(path, file or path.name), digest_of(path))


def rows_of_frame(frame: pd.DataFrame | pa.Table, name: str = "") -> PatientRows:
    """Take a data frame as a patient list; its columns are those of a file.

    Examples
    --------
    >>> import pandas as pd
    >>> listed = rows_of_frame(pd.DataFrame({"person_id": [1, 2, 2], "index_date": ["2024-01-05", None, None]}))
    >>> listed.rows, listed.persons, listed.repeated
    (3, 2, 1)
    """
    table = frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame, preserve_index=False)
    rows = _checked(from_arrow(table, name or "the data frame"), "")
    written = io.BytesIO()
    pacsv.write_csv(rows.table, written)
    return PatientRows("", hashlib.sha256(written.getvalue()).hexdigest(), rows.table)


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def _checked(raw: Raw, sha256: str) -> PatientRows:
    """Turn cells into rows, or refuse the list with every cell that breaks a rule."""
    faults = list(raw.faults)
    count = len(raw.lines)
    if not count and not faults:
        raise RweError("{file} names no person", todo="give a list with at least one row", file=raw.file)

    def note(role: str, broken: Broken) -> None:
        known = [fault.lines for fault in raw.faults if fault.column == raw.columns[role]]
        told = np.concatenate(known) if known else np.empty(0, np.int64)
        for rule, mask in broken.items():
            lines = raw.lines[mask.to_numpy(zero_copy_only=False)]
            lines = lines[~np.isin(lines, told)]
            if lines.size:
                faults.append(Fault(rule, raw.columns[role], lines))

    person = PERSON_ID if PERSON_ID in raw.columns else SOURCE_VALUE
    text, broken = identifiers(raw.cells[person])
    made = {
        PERSON_ID: pa.nulls(count, pa.int64()),
        SOURCE_VALUE: text,
        START: pa.nulls(count, pa.date32()),
        END: pa.nulls(count, pa.date32()),
    }
    if person == PERSON_ID:
        made[PERSON_ID], no_number = whole_numbers(text)
        made[SOURCE_VALUE] = pa.nulls(count, pa.string())
        for mask in list(broken.values()):
            no_number = pc.and_not(no_number, mask)
        broken["not whole"] = no_number
    note(person, broken)
    for role in (START, END):
        if role in raw.columns:
            made[role], broken = days(raw.cells[role])
            note(role, broken)
    if not faults and END in raw.columns:
        note(END, {"end alone": pc.and_(pc.is_null(made[START]), pc.is_valid(made[END]))})
        note(END, {"end before start": pc.fill_null(pc.less(made[END], made[START]), False)})
    if faults:
        raise refusal(raw.file, faults)
    return PatientRows(raw.file, sha256, pa.table(made, schema=ROW_SCHEMA))
