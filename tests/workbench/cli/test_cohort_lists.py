"""``rwe cohort`` with patient lists: counted beside the result, refused by name, described without the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cohorts.patients import patients
from tests.workbench.rwe_command import Rwe

ASKED = {
    "format": "rwe-cohort/1",
    "name": "asked",
    "semantics": "exact",
    "expression": {
        "PrimaryCriteria": {"CriteriaList": [{"PatientListMembership": {"ListId": 1}}]},
        "PatientLists": [{"id": 1, "name": "enrolled", "file": "lists/enrolled.csv"}],
    },
}


@pytest.fixture
def cdm(tmp_path: Path) -> str:
    folder = tmp_path / "cdm"
    folder.mkdir()
    people = "\n".join(f"{n} | P{n:02d}" for n in range(1, 31))
    seen = "\n".join(f"{n} | 10 | 2020-03-01" for n in range(1, 31))
    patients(
        folder,
        f"person\nperson | person_source_value\n{people}\n\ncondition_occurrence\nperson | concept | start\n{seen}",
    ).close()
    return f"parquet://{folder}"


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a definition beside its list of 40 persons, of whom the CDM has 30, in 52 rows."""
    monkeypatch.setenv("RWE_HOME", str(tmp_path / "home"))
    (tmp_path / "lists").mkdir()
    lines = [f"P{n:02d}" for n in [*range(1, 41), *range(1, 13)]]
    (tmp_path / "lists" / "enrolled.csv").write_text("患者ID\n" + "\n".join(lines), encoding="gb18030")
    (tmp_path / "asked.json").write_text(json.dumps(ASKED), encoding="utf-8")
    return tmp_path / "asked.json"


def test_generate_says_beside_the_rows_how_many_of_a_list_were_found(
    rwe: Rwe, cdm: str, asked: Path, tmp_path: Path
) -> None:
    outcome = rwe("cohort", "generate", asked, "--cdm", cdm, "--out", tmp_path / "rows.csv")
    assert outcome.code == 0
    words = 'Patient list "enrolled": 30 of 40 persons found in this database; 52 rows, 12 of them repeated.'
    assert words in outcome.err
    assert "P0" not in outcome.err + outcome.out


def test_how_many_were_not_found_is_not_told_where_it_is_few(rwe: Rwe, cdm: str, asked: Path, tmp_path: Path) -> None:
    lines = "\n".join(f"P{n:02d}" for n in range(1, 34))
    (tmp_path / "lists" / "enrolled.csv").write_text(f"患者ID\n{lines}\n", encoding="utf-8")
    outcome = rwe("cohort", "generate", asked, "--cdm", cdm, "--out", tmp_path / "rows.csv")
    assert 'Patient list "enrolled": 24–32 of 33 persons found in this database; 33 rows' in outcome.err


def test_validate_reads_the_lists_without_a_database(rwe: Rwe, asked: Path, tmp_path: Path) -> None:
    outcome = rwe("cohort", "validate", asked)
    assert (outcome.code, 'Patient list "enrolled": 40 persons; 52 rows' in outcome.err) == (0, True)
    (tmp_path / "lists" / "enrolled.csv").write_text("患者ID,开始日期\nP01,昨天\n", encoding="gb18030")
    refused = rwe("cohort", "validate", asked)
    assert refused.code == 1
    assert "enrolled.csv: 1 rows cannot be read; in column 开始日期, 1 cells are no date (lines 2)" in refused.err
    assert "昨天" not in refused.err


def test_a_list_that_has_changed_is_refused_by_name(rwe: Rwe, cdm: str, asked: Path, tmp_path: Path) -> None:
    content = json.loads(asked.read_text("utf-8"))
    content["expression"]["PatientLists"][0]["sha256"] = "0" * 64
    asked.write_text(json.dumps(content), encoding="utf-8")
    outcome = rwe("cohort", "generate", asked, "--cdm", cdm, "--out", tmp_path / "rows.csv")
    assert outcome.code == 1
    assert "the patient list enrolled has changed since the definition was written (enrolled.csv)" in outcome.err
    assert "what to do: put the earlier file back" in outcome.err


def test_a_definition_is_described_compared_and_written_as_sql_where_its_list_is_not(
    rwe: Rwe, asked: Path, tmp_path: Path
) -> None:
    content = json.loads(asked.read_text("utf-8"))
    content["expression"]["PatientLists"][0] |= {"sha256": "1" * 64, "file": "gone.csv"}
    asked.write_text(json.dumps(content), encoding="utf-8")
    said = rwe("cohort", "describe", asked).out
    assert 'A person enters with: time on the patient list "enrolled".' in said
    assert 'The patient list "enrolled" is the file gone.csv (SHA-256 111111111111…)' in said
    content["expression"]["PatientLists"][0]["sha256"] = "2" * 64
    (tmp_path / "later.json").write_text(json.dumps(content), encoding="utf-8")
    assert "111111111111" in rwe("cohort", "diff", asked, tmp_path / "later.json").out
    assert "NULL" in rwe("cohort", "sql", asked).out
    assert rwe("cohort", "lint", asked).code == 0
    refused = rwe("cohort", "validate", asked)
    assert "names the patient list enrolled; its file gone.csv is not here" in refused.err


def test_an_explanation_shows_the_row_of_the_list_that_decided(rwe: Rwe, cdm: str, asked: Path) -> None:
    found = rwe("cohort", "explain", asked, "--cdm", cdm, "--person", 1, "--rows").out
    assert "2010-01-01 to 2029-12-31  (row of the patient list)" in found
    assert "P01" not in found
