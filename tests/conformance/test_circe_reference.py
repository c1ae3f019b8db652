"""Cohort rows and attrition equal to those of OHDSI's own implementation, definition by definition."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from cohorts import GeneratedCohorts, generate, read_definition
from omop_etl.cdm import connect
from tests.conformance.reference import reference

pytestmark = [pytest.mark.conformance, pytest.mark.xdist_group("circe")]

CIRCE = reference("circe")


@pytest.fixture(scope="module", params=["gibleed", "dense"])
def generated(request: pytest.FixtureRequest) -> Iterator[tuple[str, GeneratedCohorts]]:
    files = sorted((CIRCE / "definitions").glob("*.json"))
    definitions = {file.stem: read_definition(file) for file in files}
    with connect(f"parquet://{CIRCE / 'cdm' / request.param}") as cdm:
        yield request.param, generate(definitions, cdm, strict=False)


def expected_of(name: str) -> dict[str, Any]:
    return json.loads((CIRCE / "expected" / f"{name}.json").read_text())  # type: ignore[no-any-return]


def digest(rows: pd.DataFrame) -> str:
    """Digest of sorted ``person|start|end`` lines, as the reference makes it."""
    rows = rows.sort_values(["subject_id", "cohort_start_date", "cohort_end_date"])
    values = zip(rows["subject_id"], rows["cohort_start_date"], rows["cohort_end_date"], strict=True)
    lines = "".join(f"{person}|{start}|{end}\n" for person, start, end in values)
    return hashlib.sha256(lines.encode()).hexdigest()


def test_every_definition_that_the_reference_can_run_gives_identical_rows(
    generated: tuple[str, GeneratedCohorts],
) -> None:
    cdm, cohorts = generated
    by_name = dict(list(cohorts.rows.to_pandas().groupby("cohort_name")))
    nothing = cohorts.rows.slice(0, 0).to_pandas()
    runs = {name: found for name, found in expected_of(cdm).items() if "error" not in found}
    different = []
    for name, found in runs.items():
        ours = digest(by_name.get(name, nothing))
        if name in cohorts.refused or ours not in (found["sha256"], *found.get("alternatives", [])):
            different.append(f"{name}: {cohorts.refused.get(name, 'other rows')}")
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
