"""``rwe cohort``: results on stdout, refusals by name on stderr, exit codes that scripts can rely on."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from cohorts import ROW_SCHEMA
from tests.cohorts.patients import patients
from tests.workbench.rwe_command import Rwe
from workbench.version import SOFTWARE

TWELVE_WITH_TEN = "\n".join(f"{person} | 10 | 2020-03-0{1 + person % 5}" for person in range(1, 13))
ELEVEN_WITH_TWENTY = "\n".join(f"{person} | 20 | 2020-02-01" for person in range(1, 12))

DIAGNOSIS = {
    "ConceptSets": [{"id": 0, "name": "ten", "expression": {"items": [{"concept": {"CONCEPT_ID": 10}}]}}],
    "PrimaryCriteria": {"CriteriaList": [{"ConditionOccurrence": {"CodesetId": 0}}]},
}
DRUG_BEFORE = {
    **DIAGNOSIS,
    "ConceptSets": [
        *DIAGNOSIS["ConceptSets"],
        {"id": 1, "name": "twenty", "expression": {"items": [{"concept": {"CONCEPT_ID": 20}}]}},
    ],
    "InclusionRules": [
        {
            "name": "drug before",
            "expression": {
                "Type": "ALL",
                "CriteriaList": [
                    {
                        "Criteria": {"DrugExposure": {"CodesetId": 1}},
                        "StartWindow": {"Start": {"Coeff": -1}, "End": {"Days": 0, "Coeff": 1}},
                        "Occurrence": {"Type": 2, "Count": 1},
                    }
                ],
            },
        }
    ],
}
MISSPELT = {"PrimaryCriteria": {"CriteriaList": [{"ConditionOccurrence": {"CodsetId": 0}}]}}


@pytest.fixture
def cdm(tmp_path: Path) -> str:
    folder = tmp_path / "cdm"
    folder.mkdir()
    text = f"condition_occurrence\nperson | concept | start\n{TWELVE_WITH_TEN}"
    patients(folder, f"{text}\n\ndrug_exposure\nperson | concept | start\n{ELEVEN_WITH_TWENTY}").close()
    return f"parquet://{folder}"


@pytest.fixture
def definitions(tmp_path: Path) -> dict[str, Path]:
    files = {}
    for name, content in (("diagnosis", DIAGNOSIS), ("drug_before", DRUG_BEFORE), ("misspelt", MISSPELT)):
        files[name] = tmp_path / f"{name}.json"
        files[name].write_text(json.dumps(content))
    return files


def test_generate_writes_the_rows_and_names_what_it_refuses(
    rwe: Rwe, cdm: str, definitions: dict[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out" / "rows.parquet"
    outcome = rwe("cohort", "generate", *definitions.values(), "--cdm", cdm, "--out", out)
    rows = pq.read_table(out)
    assert rows.schema.equals(ROW_SCHEMA)
    assert rows.column("cohort_name").to_pylist() == ["diagnosis"] * 12 + ["drug_before"] * 11
    assert rows.slice(0, 1).to_pylist() == [
        {
            "cohort_definition_id": 1,
            "cohort_name": "diagnosis",
            "subject_id": 1,
            "cohort_start_date": date(2020, 3, 2),
            "cohort_end_date": date(2029, 12, 31),
        }
    ]
    assert outcome.code == 1
    assert "misspelt was refused:" in outcome.err
    assert "CodsetId is not an attribute known here; did you mean CodesetId?" in outcome.err
    assert "2 definitions done, 1 refused" in outcome.err
    assert "refused" not in outcome.out


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_generate_writes_the_attrition_tables_of_ohdsi_beside_the_rows(
    rwe: Rwe, cdm: str, definitions: dict[str, Path], tmp_path: Path, suffix: str
) -> None:
    out, stats = tmp_path / f"rows{suffix}", tmp_path / "stats"
    outcome = rwe("cohort", "generate", definitions["drug_before"], "--cdm", cdm, "--out", out, "--stats", stats)
    assert outcome.code == 0
    assert sorted(file.name for file in stats.iterdir()) == [
        f"cohort_{table}{suffix}"
        for table in ("censor_stats", "inclusion", "inclusion_result", "inclusion_stats", "summary_stats")
    ]
    summary = stats / f"cohort_summary_stats{suffix}"
    found = pyarrow.csv.read_csv(summary) if suffix == ".csv" else pq.read_table(summary)
    assert [tuple(row.values()) for row in found.to_pylist()] == [(1, 0, 12, 11), (1, 1, 12, 11)]


def test_strict_writes_nothing_if_one_is_refused(
    rwe: Rwe, cdm: str, definitions: dict[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "rows.csv"
    assert rwe("cohort", "generate", *definitions.values(), "--cdm", cdm, "--out", out, "--strict").code == 1
    assert not out.exists()


def test_generate_in_json(rwe: Rwe, cdm: str, definitions: dict[str, Path], tmp_path: Path) -> None:
    outcome = rwe(
        "cohort", "generate", definitions["diagnosis"], "--cdm", cdm, "--out", tmp_path / "rows.csv", "--json"
    )
    result = json.loads(outcome.out)
    assert outcome.code == 0
    assert result["done"] == [{"name": "diagnosis", "rows": 12, "persons": 12}]
    assert result["snapshot"].startswith("sn-")
    assert (tmp_path / "rows.csv").read_text().startswith('"cohort_definition_id","cohort_name","subject_id"')


def test_attrition_hides_what_would_follow_by_subtraction(rwe: Rwe, cdm: str, definitions: dict[str, Path]) -> None:
    """Twelve persons enter and eleven stay: the one who leaves must not be counted on screen."""
    shown = json.loads(rwe("cohort", "attrition", definitions["drug_before"], "--cdm", cdm, "--json").out)
    assert [step["persons"] for step in shown["steps"]] == ["12–20", "12–20", "12–20", "11", "11", "11", "11"]
    exact = json.loads(rwe("cohort", "attrition", definitions["drug_before"], "--cdm", cdm, "--json", "--exact").out)
    assert [step["persons"] for step in exact["steps"]] == ["12", "12", "12", "11", "11", "11", "11"]
    assert [step["name"] for step in exact["steps"]][:4] == [
        "Entry event",
        "Observed long enough",
        "One entry event per person",
        "drug before",
    ]


def test_validate_needs_no_data(rwe: Rwe, definitions: dict[str, Path]) -> None:
    assert rwe("cohort", "validate", definitions["diagnosis"]).code == 0
    outcome = rwe("cohort", "validate", *definitions.values(), "--json")
    assert outcome.code == 1
    assert [item["name"] for item in json.loads(outcome.out)["refused"]] == ["misspelt"]


def test_wrong_calls_leave_with_two_and_unanswerable_ones_with_three(
    rwe: Rwe, definitions: dict[str, Path], tmp_path: Path
) -> None:
    missing = rwe("cohort", "attrition", tmp_path / "none.json", "--cdm", "parquet:///nowhere")
    assert (missing.code, "there is no file" in missing.err) == (2, True)
    assert rwe("cohort", "attrition").code == 2
    odd = rwe("cohort", "generate", definitions["diagnosis"], "--cdm", "x://y", "--out", tmp_path / "rows.txt")
    assert (odd.code, odd.out) == (2, "")
    (tmp_path / "empty").mkdir()
    patients(tmp_path / "empty", "concept\nconcept | name\n1 | x").close()
    unanswerable = rwe("cohort", "attrition", definitions["diagnosis"], "--cdm", f"parquet://{tmp_path / 'empty'}")
    assert unanswerable.code == 3
    assert "table person of this CDM is empty" in unanswerable.err


def test_an_unforeseen_error_shows_a_number_and_no_text_of_its_own(
    rwe: Rwe, monkeypatch: pytest.MonkeyPatch, definitions: dict[str, Path]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("张三 1980-01-01")

    monkeypatch.setattr("workbench.cli.cohort.plan", fail)
    outcome = rwe("cohort", "validate", definitions["diagnosis"])
    assert outcome.code == 1
    assert "An unforeseen error happened (number " in outcome.err
    assert "张三" not in outcome.out + outcome.err
    assert '"kind": "ValueError"' in outcome.err


def test_the_version_is_said(rwe: Rwe) -> None:
    assert rwe("--version").out.strip() == SOFTWARE
