"""``rwe cohort explain`` and ``describe``: rows only where they may be seen, the same in both languages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cohorts.patients import definition, patients
from tests.workbench.cli.test_cohort_commands import DRUG_BEFORE, cdm
from tests.workbench.rwe_command import Rwe

__all__ = ["cdm"]


@pytest.fixture
def drug_before(tmp_path: Path) -> Path:
    file = tmp_path / "drug_before.json"
    file.write_text(json.dumps(DRUG_BEFORE))
    return file


def test_rows_of_persons_are_refused_unless_somebody_says_they_may_be_seen(
    rwe: Rwe, cdm: str, drug_before: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("cohort", "explain", drug_before, "--cdm", cdm, "--person", 12)
    refused = rwe(*asked)
    assert (refused.code, refused.out) == (2, "")
    assert "--rows" in refused.err
    assert "is not in the cohort" in rwe(*asked, "--rows").out
    monkeypatch.setenv("RWE_ROWS", "true")
    assert rwe(*asked).code == 0


def test_explain_names_the_rule_that_fails_and_the_rows_that_decide(rwe: Rwe, cdm: str, drug_before: Path) -> None:
    told = rwe("cohort", "explain", drug_before, "--cdm", cdm, "--rows", "--person", 12, "--person", 3)
    out, inside = told.out.split("\n\n")[:2]
    assert "✗ Person 12 is not in the cohort." in out
    assert "condition_occurrence 12" in out
    assert "0 found, at least 1 required: 1 too few" in out
    assert "✓ Person 3 is in the cohort" in inside
    assert "drug_exposure 3" in inside
    chinese = rwe("cohort", "explain", drug_before, "--cdm", cdm, "--rows", "--person", 12, "--lang", "zh").out
    assert "患者 12 不在队列中" in chinese
    assert "找到 0，要求至少 1：少 1" in chinese


def test_explain_as_json_holds_the_figures(rwe: Rwe, cdm: str, drug_before: Path) -> None:
    told = json.loads(rwe("cohort", "explain", drug_before, "--cdm", cdm, "--rows", "--person", 12, "--json").out)
    (person,) = told["persons"]
    assert (person["person_id"], person["is_in"], person["rows"]) == (12, False, [])
    finding = person["fates"][0]["rules"][0]["finding"]
    assert (finding["found"], finding["required"], finding["met"]) == (0, 1, False)
    assert person["lines"][0]["sign"] == "no"


def test_describe_says_a_definition_in_both_languages(rwe: Rwe, drug_before: Path) -> None:
    assert 'A person enters with: diagnosis of "ten".' in rwe("cohort", "describe", drug_before, "--lang", "en").out
    assert "患者因以下记录进入队列：诊断“ten”。" in rwe("cohort", "describe", drug_before, "--lang", "zh").out
    told = json.loads(rwe("cohort", "describe", drug_before, "--json", "--lang", "en").out)
    assert told[0]["sentences"][0] == 'A person enters with: diagnosis of "ten".'


def test_lint_names_place_message_and_what_to_do(rwe: Rwe, cdm: str, drug_before: Path) -> None:
    told = rwe("cohort", "lint", drug_before, "--cdm", cdm, "--json", "--lang", "zh")
    (checked,) = json.loads(told.out)
    found = {problem["check"]: problem for problem in checked["problems"]}
    assert found["domain type"]["path"] == "PrimaryCriteria.CriteriaList[0].ConditionOccurrence"
    assert found["domain type"]["message"] == "2 个标准计入任意来源的记录"
    text = rwe("cohort", "lint", drug_before, "--lang", "en").out
    assert "2 criteria take records of every origin" in text
    assert "what to do:" in text


def test_lint_leaves_with_1_where_it_is_asked_to_be_strict(rwe: Rwe, tmp_path: Path) -> None:
    nobody = tmp_path / "nobody.json"
    nobody.write_text(json.dumps({"PrimaryCriteria": {"CriteriaList": []}}))
    assert rwe("cohort", "lint", nobody).code == 0
    assert rwe("cohort", "lint", nobody, "--strict").code == 1


@pytest.mark.parametrize("engine", ["duckdb", "postgres", "spark"])
def test_sql_prints_statements_with_their_parameters(engine: str, rwe: Rwe, drug_before: Path) -> None:
    told = json.loads(rwe("cohort", "sql", drug_before, "--engine", engine, "--json").out)
    assert told["statements"][-1]["sql"].startswith("SELECT")
    text = rwe("cohort", "sql", drug_before, "--engine", engine).out
    assert "| concept_id |" in text
    assert "INSERT INTO scratch.spans" in text


def test_diff_says_what_changed_and_counts_people(rwe: Rwe, cdm: str, drug_before: Path, tmp_path: Path) -> None:
    later = json.loads(json.dumps(DRUG_BEFORE))
    later["InclusionRules"][0]["expression"]["CriteriaList"][0]["Occurrence"]["Count"] = 2
    new = tmp_path / "later.json"
    new.write_text(json.dumps(later))
    told = json.loads(rwe("cohort", "diff", drug_before, new, "--cdm", cdm, "--json", "--lang", "en").out)
    assert [(change["kind"], change["part"]) for change in told["changes"]] == [("changed", "drug before")]
    assert (told["people"]["before"], told["people"]["after"], told["people"]["left"]) == ("11", "0", "11")
    assert "The two versions ask the same." in rwe("cohort", "diff", drug_before, drug_before, "--lang", "en").out


def test_semantics_counts_who_differs(rwe: Rwe, tmp_path: Path) -> None:
    born = "\n".join(f"{n} | 2000 | {12 if n <= 30 else 1} | 20" for n in range(1, 61))
    ill = "\n".join(f"{n} | 10 | 2018-06-01" for n in range(1, 61))
    people = f"person\nperson | year | month_of_birth | day_of_birth\n{born}"
    patients(tmp_path, f"{people}\n\ncondition_occurrence\nperson | concept | start\n{ill}").close()
    adult = {"ConditionOccurrence": {"CodesetId": 1, "Age": {"Value": 18, "Op": "gte"}}}
    file = tmp_path / "adult.json"
    file.write_text(json.dumps(definition(adult)))
    asked = ("cohort", "semantics", file, "--cdm", f"parquet://{tmp_path}")
    (told,) = json.loads(rwe(*asked, "--json").out)["definitions"]
    assert told == {
        "name": "adult",
        "semantics": "circe",
        "circe": "60",
        "exact": "30",
        "both": "30",
        "only_exact": "0",
        "only_circe": "30",
    }
    assert "仅按 Circe" in rwe(*asked, "--lang", "zh").out
