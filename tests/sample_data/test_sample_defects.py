"""Every injected defect is where the truth says it is, and they are as frequent as announced."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import sqrt

import pandas as pd
import pytest

from sample_data.defects.rates import RATES
from tests.sample_data.conftest import Extract

UNITS = {"10^9/L", "10^12/L", "g/L", "U/L", "μmol/L", "mmol/L", "ng/mL", "pg/mL", "s", "mg/L"}
POSSIBLE = {
    "体温": (25.0, 45.0),
    "脉搏": (20.0, 300.0),
    "身高": (50.0, 250.0),
    "血压": (30.0, 300.0),
}

VISIBLE: dict[str, Callable[[str], object]] = {
    "invalid_date": lambda cell: cell in ("0000-00-00", "20230230", "2023-02-30", "00000000"),
    "sentinel_date": lambda cell: cell in ("1900-01-01", "9999-12-31"),
    "no_result": lambda cell: cell in ("见报告", "标本溶血", "标本量不足"),
    "bounded_result": lambda cell: re.fullmatch(r"[<>＜＞][\d.]+", cell),
    "unit_variant": lambda cell: cell not in UNITS,
    "unit_other": lambda cell: cell == "mg/dL",
    "full_width": lambda cell: any("！" <= char <= "～" for char in cell),
    "spacing": lambda cell: cell != cell.strip(),
    "unknown_code": lambda cell: re.fullmatch(r"YN\d{5}", cell),
    "suspected_diagnosis": lambda cell: re.search(r"[?？]|待查|考虑|不除外", cell),
    "multi_diagnosis": lambda cell: re.fullmatch(r"1\.\D.* 2\.\D.*|1\.2型.* 2\..*|1\..* 2\.2型.*", cell),
    "unknown_person": lambda cell: re.fullmatch(r"T\d{10}", cell),
    "scientific_id": lambda cell: re.fullmatch(r"\d\.\d{5}E\+11", cell),
    "person_without_birth": lambda cell: cell == "",
    "person_without_sex": lambda cell: cell in ("", "9"),
    "orphan_visit": lambda cell: re.fullmatch(r"MZ99\d{8}", cell),
    "cancelled_order": lambda cell: cell in ("取消", "拒绝执行") or cell.startswith("20"),
    "text_in_number": lambda cell: cell in ("外出", "拒测", "卧床"),
    "death_then_activity": lambda cell: cell.startswith("20"),
    "second_death": lambda cell: cell.startswith("20"),
    "code_variant": lambda cell: re.match(r"[a-z]|.*(01|02|X00|x00|00|[*])$", cell),
}


@pytest.fixture(scope="module")
def defects(extract: Extract) -> pd.DataFrame:
    return extract.truth("defects").astype({"line": int})


def primary(defects: pd.DataFrame) -> pd.DataFrame:
    return defects[defects["cause"] == ""]


def test_identifiers_are_unique_and_causes_exist(defects: pd.DataFrame) -> None:
    assert defects["defect_id"].is_unique
    causes = set(defects["cause"]) - {""}
    assert causes <= set(primary(defects)["defect_id"])


def test_every_kind_of_the_contract_occurs_in_a_larger_extract(defects: pd.DataFrame) -> None:
    rare = {"death_then_activity", "second_death", "person_without_birth", "short_row"}
    assert set(RATES) - rare <= set(primary(defects)["kind"])


def test_no_row_has_two_primary_defects(defects: pd.DataFrame) -> None:
    places = primary(defects).groupby(["file", "line"]).size()
    assert places.max() == 1


def test_cell_defects_are_visible_at_their_line_and_column(extract: Extract, defects: pd.DataFrame) -> None:
    cells = primary(defects)
    cells = cells[(cells["column"] != "") & cells["kind"].isin(VISIBLE)]
    invisible = []
    for row in cells.itertuples():
        record = extract.records[row.file][row.line]
        cell = record[extract.headers[row.file].index(row.column)]
        if not VISIBLE[row.kind](cell):
            invisible.append((row.defect_id, row.kind, row.file, row.line))
    assert invisible == []


def test_keys_are_those_of_the_row(extract: Extract, defects: pd.DataFrame) -> None:
    key_columns = {"检验报告.csv": (0, 5), "住院医嘱.csv": (0,), "病程文书.csv": (0,), "门诊就诊.csv": (0,)}
    rows = defects[
        defects["file"].isin(key_columns) & ~defects["kind"].isin({"duplicate_row", "full_width", "spacing"})
    ]
    for row in rows.itertuples():
        record = extract.records[row.file][row.line]
        assert row.key == "|".join(record[column] for column in key_columns[row.file])


def test_copies_equal_their_twin(extract: Extract, defects: pd.DataFrame) -> None:
    copies = defects[defects["kind"] == "duplicate_row"]
    assert len(copies) > 100
    for row in copies.itertuples():
        assert extract.records[row.file][row.line] == extract.records[row.file][int(row.key)]


def test_broken_rows_have_too_few_fields_and_no_other_row_has(extract: Extract, defects: pd.DataFrame) -> None:
    announced = set(defects[defects["kind"] == "short_row"][["file", "line"]].itertuples(index=False, name=None))
    found = {
        (file, line)
        for file, records in extract.records.items()
        for line, record in records.items()
        if len(record) != len(extract.headers[file])
    }
    assert found == announced
    assert found


def test_impossible_values_are_impossible(extract: Extract, defects: pd.DataFrame) -> None:
    vitals = defects[(defects["kind"] == "impossible_value") & (defects["file"] == "生命体征.tsv")]
    for row in vitals.itertuples():
        record = extract.records[row.file][row.line]
        value = float(record[extract.headers[row.file].index(row.column)].split("/")[0])
        low, high = POSSIBLE[row.column]
        assert not low <= value <= high


def test_reissued_reports_have_one_final_version_that_comes_later(extract: Extract, defects: pd.DataFrame) -> None:
    results = extract.frame("检验报告.csv")
    keys = ["报告单号", "检验子项代码"]
    older = results.loc[defects[defects["kind"] == "reissued_report"]["line"]]
    assert set(older["审核状态"]) == {"初审"}
    final = results[results["审核状态"] == "终审"].drop_duplicates().set_index(keys)
    for row in older.itertuples():
        newer = final.loc[(row.报告单号, row.检验子项代码)]
        assert newer["报告时间"] > row.报告时间
        assert newer["采样时间"] == row.采样时间


def test_refunds_repeat_a_line_of_the_same_prescription(extract: Extract, defects: pd.DataFrame) -> None:
    lines = defects[defects["kind"] == "refunded"]["line"]
    taken_back = extract.frame("门诊处方.csv").loc[lines]
    pairs = taken_back.groupby(["cfh", "ywdm"])["tfbz"].agg(sorted)
    assert set(pairs.map(tuple)) == {("0", "1")}


def test_rows_dated_outside_are_more_than_a_week_from_their_stay(extract: Extract, defects: pd.DataFrame) -> None:
    pages = extract.frame("病案首页.csv")
    stays = pages.assign(stay="ZY" + pages["A48"] + "-" + pages["A49"]).drop_duplicates("stay").set_index("stay")
    results = extract.frame("检验报告.csv")
    moved = results.loc[defects[defects["kind"].eq("date_outside_stay") & defects["file"].eq("检验报告.csv")]["line"]]
    known = moved[moved["就诊流水号"].isin(stays.index)]
    admitted = pd.to_datetime(known["就诊流水号"].map(stays["B12"]), errors="coerce")
    left = pd.to_datetime(known["就诊流水号"].map(stays["B15"]), errors="coerce")
    sampled = pd.to_datetime(known["采样时间"])
    week = pd.Timedelta(days=7)
    outside = (sampled < admitted - week) | (sampled > left + week)
    assert outside[admitted.notna() & left.notna()].all()
    assert len(known) > 20


def test_rows_of_removed_patients_and_lost_visits_follow_from_their_cause(
    extract: Extract, defects: pd.DataFrame
) -> None:
    by_id = defects.set_index("defect_id")
    followers = defects[defects["cause"] != ""]
    assert set(followers["kind"]) == {"unknown_person", "orphan_visit"}
    for row in followers[followers["kind"] == "orphan_visit"].itertuples():
        cause = by_id.loc[row.cause]
        assert cause["file"] in ("门诊就诊.csv", "病案首页.csv")
        assert cause["expected"] == "rejected"
    removed = by_id[by_id["kind"].str.startswith("person_without")]
    patients = extract.frame("患者基本信息.csv").loc[removed["line"], "患者ID"]
    persons = extract.truth("persons").set_index("patient_id")
    assert set(persons.index[persons["in_cdm"] == "0"]) == set(patients)


def test_rates_are_within_binomial_bounds(extract: Extract) -> None:
    rates = extract.truth("rates").astype({"at_risk": int, "injected": int})
    for row in rates.itertuples():
        expected = row.at_risk * RATES[row.kind]
        assert abs(row.injected - expected) <= 5 * sqrt(expected) + 3, (row.file, row.kind, row.injected, expected)


def test_summary_counts_the_primary_defects(extract: Extract, defects: pd.DataFrame) -> None:
    counted = primary(defects).groupby("kind").size().to_dict()
    assert extract.summary.defects["no_result"] == counted["no_result"]
    assert extract.summary.defects["unit_variant"] == counted["unit_variant"]
    assert extract.summary.defects["refunded"] * 2 == counted["refunded"]
