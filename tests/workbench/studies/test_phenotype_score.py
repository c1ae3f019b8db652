"""The phenotypes of the library find what the sample extract was made with."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from scipy.stats import beta

from cohorts.library import phenotypes
from omop_etl.cdm import connect
from omop_etl.errors import UsageError
from workbench.studies.phenotype_score import TRUTHS, score_phenotypes
from workbench.workspace import Workspace

FLOORS = {
    "lung_cancer": (0.99, 0.99),
    "small_cell_lung_cancer": (0.90, 0.99),
    "egfr_mutated_nsclc": (0.97, 0.99),
    "alk_positive_nsclc": (0.90, 0.99),
    "advanced_lung_cancer": (0.97, 0.99),
    "first_line_egfr_inhibitor": (0.95, None),
    "type_2_diabetes": (0.90, 0.95),
    "metformin_with_sglt2_inhibitor": (0.97, 0.97),
    "diabetes_with_kidney_disease": (0.90, 0.85),
    "heart_failure": (0.95, 0.97),
    "confirmed_heart_failure": (0.80, 0.97),
    "chronic_kidney_disease": (0.95, 0.80),
    "ischaemic_stroke": (0.95, 0.95),
}
"""Least sensitivity and positive predictive value against ``truth/persons.csv``, which the ETL never reads."""


@pytest.fixture(scope="module")
def scores(demo: Workspace) -> pd.DataFrame:
    with connect(demo.cdm_url) as cdm:
        return score_phenotypes(cdm, demo.folder / "extract" / "truth" / "persons.csv").set_index("phenotype")


def test_every_phenotype_is_generated_and_finds_somebody(scores: pd.DataFrame) -> None:
    assert list(scores.index) == list(phenotypes())
    assert scores["found"].min() > 0


@pytest.mark.parametrize("name", FLOORS)
def test_a_phenotype_finds_whom_it_means_to_find(name: str, scores: pd.DataFrame) -> None:
    sensitivity, ppv = FLOORS[name]
    assert scores.loc[name, "sensitivity"] >= sensitivity
    assert ppv is None or scores.loc[name, "ppv"] >= ppv
    assert pd.isna(scores.loc[name, "ppv"]) == (ppv is None)


def test_all_that_the_truth_knows_of_is_scored() -> None:
    assert set(TRUTHS) == set(FLOORS)


def test_intervals_are_exact(scores: pd.DataFrame) -> None:
    row = scores.loc["type_2_diabetes"]
    found, both = int(row["found"]), int(row["both"])
    assert row["ppv_lower"] == pytest.approx(beta.ppf(0.025, both, found - both + 1), rel=1e-9)
    assert row["ppv_upper"] == pytest.approx(beta.ppf(0.975, both + 1, found - both), rel=1e-9)


def test_specificity_and_npv_are_of_those_without_the_condition(scores: pd.DataFrame, demo: Workspace) -> None:
    truth = pd.read_csv(demo.folder / "extract" / "truth" / "persons.csv", dtype=str, keep_default_na=False)
    everybody = int((truth["in_cdm"] == "1").sum())
    row = scores.loc["heart_failure"]
    found, true, both, neither = (int(row[name]) for name in ("found", "true", "both", "neither"))
    assert neither == everybody - found - true + both
    assert row["specificity"] == pytest.approx(neither / (everybody - true))
    assert row["npv"] == pytest.approx(neither / (everybody - found))
    assert row["specificity_lower"] < row["specificity"] <= row["specificity_upper"]
    complete = scores.loc[[name for name, (_, ppv) in FLOORS.items() if ppv is not None]]
    assert complete[["specificity", "npv"]].min().min() > 0.9
    assert pd.isna(scores.loc["first_line_egfr_inhibitor", ["specificity", "npv"]]).all()


def test_a_folder_without_truth_is_refused(demo: Workspace, tmp_path: Path) -> None:
    with connect(demo.cdm_url) as cdm, pytest.raises(UsageError, match=r"there is no file .*persons\.csv"):
        score_phenotypes(cdm, tmp_path / "persons.csv")
