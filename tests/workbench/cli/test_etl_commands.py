"""``rwe etl``: what is wrong with an extract is said by file, column and rule; nothing half-written stays."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from sample_data import generate
from tests.workbench.rwe_command import Rwe
from workbench.studies.library import DEMO_PROTOCOL, DEMO_STUDY

PERSONS = "患者基本信息.csv"
Spoil = Callable[[Path], None]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound") / "extract"
    generate(folder, 60, 5)
    return folder


@pytest.fixture
def extract(sound: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sound, tmp_path / "extract")


def recoded(file: Path, change: Callable[[list[str]], list[str]], encoding: str = "gb18030") -> None:
    lines = change(file.read_bytes().decode(encoding).splitlines())
    file.write_bytes(("\n".join(lines) + "\n").encode(encoding))


def with_column(name: str, value: str) -> Spoil:
    def spoil(extract: Path) -> None:
        recoded(
            extract / PERSONS,
            lambda lines: [f"{line},{name if number == 0 else value}" for number, line in enumerate(lines)],
        )

    return spoil


def without_birth_column(extract: Path) -> None:
    recoded(extract / PERSONS, lambda lines: [lines[0].replace("出生日期", "某列"), *lines[1:]])


def with_identity_in_a_note(extract: Path) -> None:
    text = (extract / "病程文书.csv").read_bytes().decode("gb18030")
    number = "11010519491231002X"  # the example of GB 11643; its check digit is right
    (extract / "病程文书.csv").write_bytes(text.replace("主诉：", f"证件{number}，主诉：", 1).encode("gb18030"))


BAD: dict[str, tuple[Spoil, int, list[str]]] = {
    "no file": (lambda e: (e / PERSONS).unlink(), 1, ["患者基本信息*.csv", "add the file"]),
    "no column": (without_birth_column, 1, [PERSONS, "出生日期", "aliases"]),
    "empty file": (lambda e: (e / PERSONS).write_bytes(b""), 1, [PERSONS]),
    "no encoding": (lambda e: (e / PERSONS).write_bytes(b"a,b\n\xff\xfe\x80\x81,2\n"), 1, [PERSONS, "byte at offset"]),
    "name column": (with_column("姓名", "张三"), 1, [PERSONS, "姓名", "name", "remove these columns"]),
    "identity column": (with_column("sfzh", "x"), 1, [PERSONS, "sfzh", "identity_number"]),
    "identity in a text": (with_identity_in_a_note, 1, ["病程文书.csv", "resident_id", "from line"]),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_extract_is_refused_by_place_and_rule_and_leaves_nothing(
    case: str, extract: Path, tmp_path: Path, rwe: Rwe
) -> None:
    spoil, code, said = BAD[case]
    spoil(extract)
    out = tmp_path / "out" / "cdm.duckdb"
    outcome = rwe("etl", "run", extract, "--out", out)
    assert outcome.code == code
    assert [part for part in said if part not in outcome.err] == []
    assert "what to do" in outcome.err
    assert "11010519491231002X" not in outcome.err + outcome.out
    assert "张三" not in outcome.err + outcome.out
    assert not out.parent.exists() or list(out.parent.iterdir()) == []


def test_a_folder_that_is_not_there_and_one_without_files_are_told_apart(tmp_path: Path, rwe: Rwe) -> None:
    missing = rwe("etl", "run", tmp_path / "nowhere", "--out", tmp_path / "cdm.duckdb")
    (tmp_path / "empty").mkdir()
    empty = rwe("etl", "run", tmp_path / "empty", "--out", tmp_path / "cdm.duckdb")
    assert (missing.code, empty.code) == (2, 1)
    assert "is not a folder" in missing.err
    assert "holds no data file" in empty.err


def test_a_failed_run_leaves_the_cdm_that_stood_there(sound: Path, extract: Path, tmp_path: Path, rwe: Rwe) -> None:
    out = tmp_path / "cdm.duckdb"
    assert rwe("etl", "run", sound, "--out", out).code == 0
    before = {path.name: path.read_bytes() for path in tmp_path.glob("cdm.*")}
    with_column("姓名", "张三")(extract)
    assert rwe("etl", "run", extract, "--out", out).code == 1
    assert {path.name: path.read_bytes() for path in tmp_path.glob("cdm.*")} == before


def test_an_extract_that_gives_no_person_is_not_published(extract: Path, tmp_path: Path, rwe: Rwe) -> None:
    recoded(extract / PERSONS, lambda lines: [lines[0], *(line.replace(",", ";") for line in lines[1:])])
    outcome = rwe("etl", "run", extract, "--out", tmp_path / "cdm.duckdb")
    assert outcome.code == 1
    assert "gave no person" in outcome.err
    assert "unknown_person" in outcome.err
    assert list(tmp_path.glob("cdm.*")) == []


def test_a_place_that_cannot_be_written_to_is_said(sound: Path, tmp_path: Path, rwe: Rwe) -> None:
    (tmp_path / "file").write_text("x")
    outcome = rwe("etl", "run", sound, "--out", tmp_path / "file" / "cdm.duckdb")
    assert outcome.code == 2
    assert "cannot be written to" in outcome.err


@pytest.mark.skipif(not os.access("/dev/full", os.W_OK), reason="this system has no device that is always full")
def test_a_full_disk_is_said(sound: Path, tmp_path: Path, rwe: Rwe, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path) -> None:
        with open("/dev/full", "wb", buffering=0) as device:
            device.write(path.name.encode())

    monkeypatch.setattr("omop_etl.publish._write_out", full)
    outcome = rwe("etl", "run", sound, "--out", tmp_path / "cdm.duckdb")
    assert outcome.code == 1
    assert "No space left on device" in outcome.err
    assert list(tmp_path.glob("cdm.*")) == []


def test_odd_cells_are_kept_out_or_flagged_but_never_stop_the_run(extract: Path, tmp_path: Path, rwe: Rwe) -> None:
    births = ["0000-00-00", "20230230", "1755-01-01", "2999-01-01"]

    def spoil(lines: list[str]) -> list[str]:
        header = lines[0].split(",")
        at = header.index("出生日期")
        rows = [line.split(",") for line in lines[1:]]
        for row, birth in zip(rows, births, strict=False):
            row[at] = birth
        return [lines[0], *(",".join(row) for row in rows), rows[-1][0], "x" * 100_000]

    recoded(extract / PERSONS, spoil)
    outcome = rwe("etl", "run", extract, "--out", tmp_path / "cdm.duckdb", "--json")
    assert outcome.code == 0
    account = {file["file"]: file for file in json.loads((tmp_path / "cdm.account.json").read_text("utf-8"))["files"]}
    persons = account[PERSONS]
    assert persons["rows_read"] == persons["loaded"] + persons["merged"] + persons["rejected"]
    assert persons["reasons"] == {"invalid_date": 2, "impossible_birth": 2, "malformed_row": 2}
    with duckdb.connect(str(tmp_path / "cdm.duckdb"), read_only=True) as cdm:
        years = cdm.sql("SELECT min(year_of_birth), max(year_of_birth) FROM person").fetchone()
    assert years is not None
    assert years[0] > 1870
    assert years[1] < 2027


def test_check_looks_without_loading(extract: Path, rwe: Rwe) -> None:
    assert rwe("etl", "check", extract).code == 0
    with_identity_in_a_note(extract)
    outcome = rwe("etl", "check", extract, "--json")
    found = json.loads(outcome.out)["findings"]
    assert outcome.code == 1
    assert [(finding["file"], finding["rule"]) for finding in found] == [("病程文书.csv", "resident_id")]
    assert "11010519491231002X" not in outcome.out


@pytest.mark.parametrize(("statement", "said"), [("DELETE FROM person", "person"), ("DELETE FROM concept", "concept")])
def test_a_cdm_without_persons_or_vocabulary_is_refused_by_every_door(
    statement: str, said: str, sound: Path, tmp_path: Path, rwe: Rwe
) -> None:
    out = tmp_path / "cdm.duckdb"
    assert rwe("etl", "run", sound, "--out", out).code == 0
    with duckdb.connect(str(out)) as cdm:
        cdm.execute(statement)
    url = f"duckdb:///{out}"
    definition = DEMO_PROTOCOL.parent.parent / "cohorts" / "egfr_first_line.json"
    for call in (
        ["cohort", "attrition", definition, "--cdm", url],
        ["feasibility", "run", DEMO_PROTOCOL, "--cdm", url, "--out", tmp_path / "feasibility"],
        ["study", "run", DEMO_STUDY, "--cdm", url, "--out", tmp_path / "study"],
    ):
        outcome = rwe(*call)
        assert (outcome.code, f"table {said} of this CDM is empty" in outcome.err) == (3, True)
    assert not (tmp_path / "feasibility").exists()
    assert not (tmp_path / "study").exists()


def test_the_account_as_a_table_opens_in_a_spreadsheet(sound: Path, tmp_path: Path, rwe: Rwe) -> None:
    assert rwe("etl", "run", sound, "--out", tmp_path / "cdm.duckdb").code == 0
    content = (tmp_path / "cdm.account.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert set(pd.read_csv(tmp_path / "cdm.account.csv")["file"]) >= {PERSONS}
