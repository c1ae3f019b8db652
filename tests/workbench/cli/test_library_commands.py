"""``rwe cohort library``: what comes with the program, as a list, as documents, and held against the truth."""

from __future__ import annotations

import json
from pathlib import Path

from cohorts import read_definition
from cohorts.library import phenotype, phenotypes
from tests.workbench.rwe_command import Rwe
from workbench.workspace import Workspace


def test_the_list_names_every_phenotype(rwe: Rwe) -> None:
    listed = json.loads(rwe("cohort", "library", "list", "--json").out)
    assert [item["name"] for item in listed] == list(phenotypes())
    assert "Type 2 diabetes" in rwe("cohort", "library", "list").out


def test_a_phenotype_is_written_as_a_document_or_as_a_definition(rwe: Rwe, tmp_path: Path) -> None:
    shown = json.loads(rwe("cohort", "library", "show", "heart_failure").out)
    assert shown == phenotype("heart_failure").to_json()
    assert rwe("cohort", "library", "show", "heart_failure", "--out", tmp_path / "hf.json").code == 0
    assert read_definition(tmp_path / "hf.json").hash == phenotype("heart_failure").definition().hash
    assert rwe("cohort", "validate", tmp_path / "hf.json").code == 0


def test_an_unknown_name_is_refused_with_those_that_exist(rwe: Rwe) -> None:
    outcome = rwe("cohort", "library", "show", "measles")
    assert outcome.code == 2
    assert "type_2_diabetes" in outcome.err


def test_the_score_is_said_with_its_intervals(rwe: Rwe, demo: Workspace) -> None:
    call = ["cohort", "library", "score", "--cdm", demo.cdm_url, "--extract", demo.folder / "extract"]
    assert "lung_cancer" in rwe(*call).out
    rows = {row["phenotype"]: row for row in json.loads(rwe(*call, "--json").out)}
    assert rows["lung_cancer"]["sensitivity_lower"] <= rows["lung_cancer"]["sensitivity"] <= 1
    assert rows["lung_cancer"]["specificity_lower"] <= rows["lung_cancer"]["specificity"] <= 1
    assert rows["kidney_failure"]["sensitivity"] is None
    assert rows["kidney_failure"]["npv"] is None
