"""``rwe cohort diagnose``: in words, as JSON and as a report, small counts hidden unless they are asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.workbench.cli.test_cohort_commands import DIAGNOSIS, DRUG_BEFORE, MISSPELT, cdm
from tests.workbench.rwe_command import Rwe

__all__ = ["cdm"]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Twelve persons have the diagnosis, and eleven of them the drug before."""
    named = {"diagnosis": DIAGNOSIS, "drug_before": DRUG_BEFORE, "misspelt": MISSPELT}
    written = {}
    for name, content in named.items():
        written[name] = tmp_path / f"{name}.json"
        written[name].write_text(json.dumps(content))
    return written


def test_diagnostics_in_words_in_both_languages(rwe: Rwe, cdm: str, files: dict[str, Path]) -> None:
    told = rwe("cohort", "diagnose", files["diagnosis"], "--cdm", cdm, "--lang", "en")
    assert told.code == 0
    assert "diagnosis: 12 persons" in told.out
    assert "diagnosis: What brought persons in" in told.out
    assert "New entries over time" in told.out
    chinese = rwe("cohort", "diagnose", files["diagnosis"], "--cdm", cdm, "--lang", "zh")
    assert "diagnosis：12 人" in chinese.out
    assert "入组依据" in chinese.out


def test_a_person_who_sets_two_cohorts_apart_is_not_given_away(rwe: Rwe, cdm: str, files: dict[str, Path]) -> None:
    asked = ("cohort", "diagnose", files["diagnosis"], files["drug_before"], "--cdm", cdm, "--json")
    told = json.loads(rwe(*asked).out)
    first, second = told["cohorts"]
    assert (first["name"], first["persons"], first["withheld"]) == ("diagnosis", 12, None)
    assert (second["persons"], second["withheld"], second["beside"], second["tables"]) == (
        "…",
        "alike",
        "diagnosis",
        {},
    )
    assert told["overlap"][0]["both"] == "…"
    assert told["threshold"] == 10
    exact = json.loads(rwe(*asked, "--min-cell", 1).out)
    assert [cohort["persons"] for cohort in exact["cohorts"]] == [12, 11]
    assert (exact["overlap"][0]["only_first"], exact["overlap"][0]["both"]) == (1, 11)
    higher = json.loads(rwe(*asked, "--min-cell", 20).out)
    assert [cohort["withheld"] for cohort in higher["cohorts"]] == ["small", "small"]


@pytest.mark.parametrize("suffix", ["xlsx", "docx", "html", "pdf"])
def test_a_report_is_written_in_the_format_that_its_name_says(
    rwe: Rwe, cdm: str, files: dict[str, Path], tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / "out" / f"look.{suffix}"
    told = rwe("cohort", "diagnose", files["diagnosis"], "--cdm", cdm, "--out", out, "--lang", "zh")
    assert (told.code, told.out.strip()) == (0, f"已写入 {out}")
    start = out.read_bytes()[:15]
    assert start.startswith({"xlsx": b"PK", "docx": b"PK", "html": b"<!", "pdf": b"%PDF"}[suffix])


def test_refusals_wrong_calls_and_data_that_cannot_answer(
    rwe: Rwe, cdm: str, files: dict[str, Path], tmp_path: Path
) -> None:
    refused = rwe("cohort", "diagnose", files["misspelt"], files["diagnosis"], "--cdm", cdm, "--lang", "en")
    assert (refused.code, "misspelt was refused:" in refused.err) == (1, True)
    assert "diagnosis: 12 persons" in refused.out
    alone = rwe("cohort", "diagnose", files["misspelt"], "--cdm", cdm)
    assert (alone.code, alone.out) == (1, "")
    for wrong in (("--out", tmp_path / "look.txt"), ("--out", tmp_path / "look"), ("--min-cell", 0), ("--lang", "xx")):
        call = rwe("cohort", "diagnose", files["diagnosis"], "--cdm", cdm, *wrong)
        assert (call.code, call.out) == (2, ""), wrong
    missing = rwe("cohort", "diagnose", tmp_path / "none.json", "--cdm", cdm)
    assert missing.code == 2
