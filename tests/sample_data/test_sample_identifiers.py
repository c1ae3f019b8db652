"""Planted identifiers are valid, stand where the truth says, and are absent otherwise."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from sample_data import generate
from tests.sample_data.conftest import LAYOUT, Extract, decoded, read_extract

CITIZEN_NUMBER = re.compile(r"(?<!\d)\d{17}[\dX](?!\d)")
MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
MAIL = re.compile(r"[\w.]+@[\w.]+\.\w+")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Extract:
    folder = tmp_path_factory.mktemp("planted")
    return read_extract(folder, generate(folder, 150, 3, identifiers=True))


def values(extract: Extract) -> pd.DataFrame:
    rows = extract.truth("identifiers").astype({"line": int, "start": int, "length": int})
    cells = [
        extract.records[row.file][row.line][extract.headers[row.file].index(row.column)] for row in rows.itertuples()
    ]
    found = [cell[row.start : row.start + row.length] for cell, row in zip(cells, rows.itertuples(), strict=True)]
    return rows.assign(value=found)


def checksum_is_valid(number: str) -> bool:
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, number, strict=False))
    return "10X98765432"[total % 11] == number[17]


def test_every_recorded_place_holds_an_identifier_of_its_kind(planted: Extract) -> None:
    found = values(planted)
    patterns = {
        "id_card_18": CITIZEN_NUMBER,
        "mobile": MOBILE,
        "email": MAIL,
        "id_card_15": re.compile(r"\d{15}"),
        "bank_card": re.compile(r"\d{19}"),
        "landline": re.compile(r"025-\d{8}"),
        "address": re.compile(r"江苏省南京市\S+室"),
        "name": re.compile(r"[\u4e00-\u9fff]{2,4}"),
        "doctor": re.compile(r"[\u4e00-\u9fff]{2,4}"),
        "relative": re.compile(r"[\u4e00-\u9fff]{2,4}"),
    }
    assert set(found["kind"]) == set(patterns)
    for row in found.itertuples():
        assert patterns[row.kind].fullmatch(row.value), (row.kind, row.file)


def test_citizen_numbers_have_valid_check_digits(planted: Extract) -> None:
    found = values(planted)
    assert found[found["kind"] == "id_card_18"]["value"].map(checksum_is_valid).all()


def test_bank_cards_pass_the_luhn_check(planted: Extract) -> None:
    found = values(planted)
    for number in found[found["kind"] == "bank_card"]["value"]:
        digits = [int(digit) for digit in reversed(number)]
        doubled = [sum(divmod(2 * digit, 10)) if place % 2 else digit for place, digit in enumerate(digits)]
        assert sum(doubled) % 10 == 0


def test_identifying_columns_are_added_to_the_patients_file(planted: Extract) -> None:
    assert planted.headers["患者基本信息.csv"][-5:] == ["姓名", "身份证号", "联系电话", "现住址", "电子邮箱"]


@pytest.mark.parametrize("file", LAYOUT)
def test_a_normal_extract_holds_no_number_that_could_be_an_identifier(extract: Extract, file: str) -> None:
    text = decoded(extract.folder, file)
    assert not MOBILE.search(text)
    assert not MAIL.search(text)
    assert not any(checksum_is_valid(number) for number in CITIZEN_NUMBER.findall(text))


def test_a_normal_extract_lists_no_identifiers(extract: Extract) -> None:
    assert not (extract.folder / "truth" / "identifiers.csv").exists()
