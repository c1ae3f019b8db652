"""``rwe cohort explain`` and ``describe``: rows only where they may be seen, the same in both languages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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
