"""Which columns of a patient list name the person and the dates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from omop_etl.errors import RweError
from omop_etl.sources.gate import header_findings
from omop_etl.sources.headers import resolve_columns

PERSON_ID: Final = "person_id"
SOURCE_VALUE: Final = "person_source_value"
START: Final = "start_date"
END: Final = "end_date"

_ALIASES: Final[dict[str, list[str]]] = {
    PERSON_ID: ["subject_id", "人员ID", "CDM人员编号"],
    SOURCE_VALUE: [
        "患者ID",
        "患者编号",
        "患者标识",
        "患者号",
        "病人ID",
        "病人编号",
        "病人标识",
        "去标识患者ID",
        "patient_id",
        "patientid",
        "patid",
        "hzid",
        "brid",
    ],
    START: ["index_date", "cohort_start_date", "start", "开始日期", "起始日期", "索引日期", "指标日期", "入组日期"],
    END: ["cohort_end_date", "end", "结束日期", "截止日期", "终止日期", "出组日期"],
}


def columns_of(file: str, header: Sequence[str], filled: Iterable[str]) -> dict[str, str]:
    """Find the columns of a list.

    Parameters
    ----------
    file : str
        Name of the file, for messages.
    header : sequence of str
        Its columns.
    filled : iterable of str
        Columns that hold anything.

    Returns
    -------
    dict of str to str
        ``person_id`` or ``person_source_value``, and ``start_date`` and ``end_date`` where they are there, each with
        its name in the header. Other columns are not read.

    Raises
    ------
    RweError
        A column identifies people; no column, or two, could name the person or a date.

    Examples
    --------
    >>> columns_of("list.csv", ["患者ID", "入组日期", "备注"], ["患者ID"])
    {'person_source_value': '患者ID', 'start_date': '入组日期'}
    """
    named = header_findings(file, header, filled)
    if named:
        raise RweError(
            "{file} identifies people by the columns {columns}",
            todo="remove these columns; the list needs the hospital's pseudonym or person_id only",
            file=file,
            columns=", ".join(finding.column for finding in named),
        )
    found = resolve_columns(list(header), _ALIASES, _ALIASES, file)
    if PERSON_ID in found and SOURCE_VALUE in found:
        raise RweError(
            "{file} names persons twice, by the columns {one} and {other}",
            todo="keep one of the two columns",
            file=file,
            one=found[PERSON_ID],
            other=found[SOURCE_VALUE],
        )
    if PERSON_ID not in found and SOURCE_VALUE not in found:
        raise RweError(
            "{file} has no column that names the person",
            todo="call it person_id (number in the CDM) or person_source_value (the hospital's pseudonym, 患者ID)",
            file=file,
        )
    if END in found and START not in found:
        raise RweError(
            "{file} has end dates, but no column of start dates",
            todo="add a column start_date, or remove the end dates",
            file=file,
        )
    return found
