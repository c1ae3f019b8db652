"""Patient lists as clinicians have them: encodings, kinds of files, names of columns, and what is refused."""

from __future__ import annotations

import time
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cohorts.patient_lists import PatientRows, read_patient_list, rows_of_frame
from omop_etl.errors import RweError

EXPECTED = [("P01", date(2024, 3, 15), None), ("P02", None, None)]
TEXT = "登记时间,患者ID,入组日期\n去年,P01,2024年3月15日\n今年, P02 ,\n"


def text_of(read: PatientRows) -> list[Any]:
    return [(row["person_source_value"], row["start_date"], row["end_date"]) for row in read.table.to_pylist()]


def sheet(folder: Path, *rows: list[Any], sheets: int = 1) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for _ in range(sheets - 1):
        book.create_sheet().append(["x"])
    book.save(folder / "list.xlsx")
    return folder / "list.xlsx"


@pytest.mark.parametrize(
    ("encoding", "file", "delimiter"),
    [
        ("utf-8", "list.csv", ","),
        ("utf-8-sig", "list.csv", ","),
        ("gb18030", "list.csv", ","),
        ("utf-16", "list.txt", "\t"),
        ("gb18030", "list.tsv", "\t"),
        ("utf-8", "list.csv", ";"),
    ],
)
def test_text_in_the_encodings_of_hospitals(tmp_path: Path, encoding: str, file: str, delimiter: str) -> None:
    (tmp_path / file).write_bytes(TEXT.replace(",", delimiter).encode(encoding))
    assert text_of(read_patient_list(tmp_path / file)) == EXPECTED


def test_a_workbook_and_a_parquet_file_say_the_same(tmp_path: Path) -> None:
    book = sheet(
        tmp_path, ["患者ID", "备注", "入组日期"], ["P01", "x", datetime(2024, 3, 15, 8, 30)], [], ["P02", None, None]
    )
    assert text_of(read_patient_list(book)) == EXPECTED
    days = pa.array([datetime(2024, 3, 15), None], pa.timestamp("us"))
    pq.write_table(pa.table({"患者ID": ["P01", "P02"], "start": days}), tmp_path / "list.parquet")
    assert text_of(read_patient_list(tmp_path / "list.parquet")) == EXPECTED


def test_numbers_of_persons_are_read_from_every_kind_of_file(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("person_id\n12\n12.0\n\n7\n", encoding="utf-8")
    book = sheet(tmp_path, ["subject_id"], [12], [12.0], ["7"])
    frame = pd.DataFrame({"person_id": [12.0, 12.0, 7.0]})
    for read in (read_patient_list(tmp_path / "list.csv"), read_patient_list(book), rows_of_frame(frame)):
        assert read.table.column("person_id").to_pylist() == [12, 12, 7]
        assert (read.rows, read.persons, read.repeated, read.dated) == (3, 2, 1, False)


def test_a_pseudonym_that_is_a_number_in_excel_is_the_text_of_it(tmp_path: Path) -> None:
    read = read_patient_list(sheet(tmp_path, ["病人编号"], [20230017], ["0042"]))
    assert read.table.column("person_source_value").to_pylist() == ["20230017", "0042"]


def test_printing_a_list_shows_none_of_its_rows(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(TEXT, encoding="utf-8")
    assert "P01" not in repr(read_patient_list(tmp_path / "list.csv"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name_of_ward\nA\n", "no column that names the person"),
        ("person_id,患者ID\n1,P01\n", "names persons twice, by the columns person_id and 患者ID"),
        ("患者ID,病人编号\nP01,P01\n", "could each be person_source_value"),
        ("person_id\n", "names no person"),
        ("", "is empty"),
        ("person_id,end_date\n1,2024-01-01\n", "has end dates, but no column of start dates"),
        ("患者ID,姓名\nP01,王\n", "identifies people by the columns 姓名"),
        ("person_id,start\n1,2024-01-01\n,2024-01-01\n", "column person_id, 1 cells name no person \\(lines 3\\)"),
        (
            "person_id\n1\nP2\nP3\n",
            "2 rows cannot be read; in column person_id, 2 cells are no whole .*\\(lines 3, 4\\)",
        ),
        ("person_id\n1\n1.0E+17\n", "1 identifiers have lost digits.*\\(lines 3\\)"),
        ("患者ID\n4.2E+17\n", "1 identifiers have lost digits.*\\(lines 2\\)"),
        ('患者ID\n"=""0042"""\n', "1 cells hold a formula.*\\(lines 2\\)"),
        ("person_id,start\n1,2024-02-30\n2,44927\n", "column start, 2 cells are no date \\(lines 2, 3\\)"),
        ("person_id,start,end\n1,2024-02-03,2024-02-02\n", "column end, 1 rows end before they start \\(lines 2\\)"),
        ("person_id,start,end\n1,,2024-02-02\n", "column end, 1 rows have an end date but no start date \\(lines 2\\)"),
        ("person_id,start\n1,2024-02-03\n2\n", "1 rows do not have as many fields as the header \\(lines 3\\)"),
        ("患者ID\nP1\n11010519491231002X\n", "1 cells are numbers of identity cards \\(lines 3\\)"),
        ("person_id,start\nx,2024-02-03\n2,never\n", "2 rows cannot be read; in column person_id, 1 cells"),
    ],
)
def test_what_cannot_be_read_is_refused_by_line_column_and_rule(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    with pytest.raises(RweError, match=message):
        read_patient_list(tmp_path / "list.csv")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([["患者ID"], [110101199001011234]], "identifiers have lost digits, as long numbers do in Excel \\(lines 2\\)"),
        ([["患者ID"], ["P1"], ["=A2"]], "formula or an error .*\\(lines 3\\)"),
        ([["患者ID", "入组日期"], ["P1", "=TODAY()"]], "column 入组日期, 1 cells hold a formula .*\\(lines 2\\)"),
        ([["患者ID", "入组日期"], ["P1", 45366]], "1 cells are no date \\(lines 2\\)"),
        ([["person_id"], [1.5]], "1 cells are no whole number"),
        ([["患者ID", "入组日期"], [None, datetime(2024, 1, 1)]], "1 cells name no person \\(lines 2\\)"),
        ([["患者ID", "身份证号"], ["P1", "x"]], "identifies people by the columns 身份证号"),
        ([["患者ID"]], "names no person"),
        ([[None]], "is empty"),
    ],
)
def test_what_cannot_be_read_in_a_workbook_is_refused_by_row(
    tmp_path: Path, rows: list[list[Any]], message: str
) -> None:
    with pytest.raises(RweError, match=message):
        read_patient_list(sheet(tmp_path, *rows))


def test_a_workbook_of_several_sheets_and_what_is_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RweError, match="has several sheets"):
        read_patient_list(sheet(tmp_path, ["person_id"], [1], sheets=2))
    for file in ("list.xlsx", "list.parquet"):
        (tmp_path / file).write_bytes(b"PK no such thing")
        with pytest.raises(RweError, match="cannot be read as"):
            read_patient_list(tmp_path / file)
    (tmp_path / "list.pdf").write_bytes(b"")
    with pytest.raises(RweError, match="not a patient list that can be read"):
        read_patient_list(tmp_path / "list.pdf")


def test_bytes_that_fit_no_encoding_are_refused(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(b"person_id\n1\n\xff\xff\n")
    with pytest.raises(RweError, match="cannot be read as UTF-8, GB18030"):
        read_patient_list(tmp_path / "list.csv")


def test_numbers_of_a_frame_that_are_too_long_for_their_digits_are_refused() -> None:
    with pytest.raises(RweError, match="have lost digits"):
        rows_of_frame(pd.DataFrame({"患者ID": [1.0e17]}))


def test_a_frame_is_known_by_what_it_holds() -> None:
    one, same = (rows_of_frame(pd.DataFrame({"person_id": [1, 2]}, dtype=kind)) for kind in ("int64", "float64"))
    assert one.sha256 == same.sha256 != rows_of_frame(pd.DataFrame({"person_id": [1, 3]})).sha256


def test_a_million_rows_are_read_in_seconds(tmp_path: Path) -> None:
    lines = [f"P{n:07d},2024-{n % 12 + 1:02d}-{n % 28 + 1:02d}" for n in range(1_000_000)]
    (tmp_path / "list.csv").write_text("患者ID,入组日期\n" + "\n".join(lines) + "\n", encoding="gb18030")
    began = time.monotonic()
    assert read_patient_list(tmp_path / "list.csv").persons == 1_000_000
    assert time.monotonic() - began < 20
