"""Cohort rows and attrition equal to those of OHDSI's own implementation, definition by definition."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from cohorts import GeneratedCohorts, generate
from omop_etl.cdm import connect
from tests.conformance.circe import CDMS, definitions, differences, expected_of, runs_of
from tests.conformance.reference import reference

CIRCE = reference("circe")

pytestmark = [pytest.mark.conformance, pytest.mark.xdist_group("circe")]


@pytest.fixture(scope="module", params=CDMS)
def generated(request: pytest.FixtureRequest) -> Iterator[tuple[str, GeneratedCohorts]]:
    with connect(f"parquet://{CIRCE / 'cdm' / request.param}") as cdm:
        yield request.param, generate(definitions(), cdm, strict=False)


def test_every_definition_that_the_reference_can_run_gives_identical_rows(
    generated: tuple[str, GeneratedCohorts],
) -> None:
    cdm, cohorts = generated
    runs, different = runs_of(cdm), differences(cdm, cohorts)
    print(f"{cdm}: {len(runs) - len(different)} of {len(runs)} identical; {len(cohorts.refused)} refused")
    assert different == []


def test_only_what_the_reference_cannot_run_either_is_refused(generated: tuple[str, GeneratedCohorts]) -> None:
    cdm, cohorts = generated
    expected = expected_of(cdm)
    assert [name for name in cohorts.refused if "error" not in expected[name]] == []
    assert all(str(error) for error in cohorts.refused.values())


def test_the_rule_masks_give_the_reference_attrition(generated: tuple[str, GeneratedCohorts]) -> None:
    cdm, cohorts = generated
    inclusion = json.loads((CIRCE / "expected" / f"{cdm}.inclusion.json").read_text())
    compared = 0
    for name, found in inclusion.items():
        if name in cohorts.refused or not found.get("stable", True) or not cohorts.rules(name):
            continue
        masks = cohorts.masks(name)["mask"].value_counts().sort_index()
        assert [[mask, count] for mask, count in masks.items()] == sorted(found["event"]["masks"]), name
        compared += 1
    assert compared > 100
