"""Encodings, separators, headers and record counts, seen by an independent reader."""

from __future__ import annotations

import pytest

from tests.sample_data.conftest import LAYOUT, Extract, decoded

TEXT_FILES = ("检查报告.csv", "病理报告.csv", "病程文书.csv")


@pytest.mark.parametrize("file", LAYOUT)
def test_file_decodes_strictly_and_has_the_rows_of_the_summary(extract: Extract, file: str) -> None:
    assert len(extract.records[file]) == extract.summary.rows[file]
    assert (extract.folder / file).stat().st_size == extract.summary.sizes[file]


@pytest.mark.parametrize("file", LAYOUT)
def test_half_of_the_files_are_not_utf8(extract: Extract, file: str) -> None:
    content = (extract.folder / file).read_bytes()
    is_utf8 = True
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        is_utf8 = False
    assert is_utf8 == (LAYOUT[file][0] == "utf-8")


@pytest.mark.parametrize("file", LAYOUT)
def test_every_clean_record_has_the_fields_of_the_header(clean_extract: Extract, file: str) -> None:
    width = len(clean_extract.headers[file])
    assert {len(record) for record in clean_extract.records[file].values()} == {width}


@pytest.mark.parametrize("file", LAYOUT)
def test_only_texts_are_quoted_and_only_notes_break_lines(clean_extract: Extract, file: str) -> None:
    text = decoded(clean_extract.folder, file)
    assert ('"' in text) == (file in TEXT_FILES)
    newline = "\r\n" if LAYOUT[file][0] == "gb18030" else "\n"
    assert text.endswith(newline)
    assert (text.count("\r") > 0) == (newline == "\r\n")
    inner_breaks = text.count("\n") - len(clean_extract.records[file]) - 1
    assert (inner_breaks > 0) == (file == "病程文书.csv")


def test_front_page_has_the_columns_of_the_national_upload(extract: Extract) -> None:
    header = extract.headers["病案首页.csv"]
    assert header[:3] == ["A01", "A48", "A49"]
    assert header[-3:] == ["B34C", "B36C", "D01"]
    for column in ("C03C", "C06x01C", "C07x40N", "C08x40C", "C14x01C", "C35x01C", "C36x40N", "C37x40"):
        assert column in header
    assert len(header) == len(set(header)) == 271


def test_clean_extract_has_no_defect(clean_extract: Extract) -> None:
    assert len(clean_extract.truth("defects")) == 0
    assert len(clean_extract.truth("rates")) == 0
    assert clean_extract.summary.defects == {}


def test_truth_has_one_row_a_patient(extract: Extract) -> None:
    persons = extract.truth("persons")
    patients = extract.frame("患者基本信息.csv")["患者ID"]
    assert persons["patient_id"].is_unique
    assert set(persons["patient_id"]) == set(patients)
