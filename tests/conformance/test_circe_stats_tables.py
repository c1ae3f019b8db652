"""OHDSI's attrition tables equal to those that its own implementation writes, definition by definition."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from cohorts import GeneratedCohorts, generate, read_definition
from omop_etl.cdm import connect
from tests.conformance.reference import reference

pytestmark = [pytest.mark.conformance, pytest.mark.xdist_group("circe")]

CIRCE = reference("circe")
MODES = ("event", "person")
Counts = dict[str, dict[str, list[list[int]]]]


@pytest.fixture(scope="module", params=["gibleed", "dense"])
def generated(request: pytest.FixtureRequest) -> Iterator[tuple[dict[str, Any], GeneratedCohorts]]:
    expected = json.loads((CIRCE / "expected" / f"{request.param}.inclusion.json").read_text())
    definitions = {name: read_definition(CIRCE / "definitions" / f"{name}.json") for name in expected}
    with connect(f"parquet://{CIRCE / 'cdm' / request.param}") as cdm:
        yield expected, generate(definitions, cdm, strict=False)


def rows_of(cohorts: GeneratedCohorts, table: str) -> dict[str, list[dict[str, Any]]]:
    """Rows of a table by the name of their definition."""
    names = dict(enumerate(cohorts.definitions, start=1))
    found = defaultdict(list)
    for row in getattr(cohorts.stats_tables(), table).to_pylist():
        found[names[row.pop("cohort_definition_id")]].append(row)
    return found


def test_every_table_of_rules_is_that_of_the_reference(generated: tuple[dict[str, Any], GeneratedCohorts]) -> None:
    expected, cohorts = generated
    results = rows_of(cohorts, "cohort_inclusion_result")
    stats, summary = rows_of(cohorts, "cohort_inclusion_stats"), rows_of(cohorts, "cohort_summary_stats")
    inclusion = rows_of(cohorts, "cohort_inclusion")
    compared = 0
    for name, found in expected.items():
        if "event" not in found or not found["stable"] or name in cohorts.refused:
            continue
        for number, mode in enumerate(MODES):
            want = found[mode]
            masks = [[r["inclusion_rule_mask"], r["person_count"]] for r in results[name] if r["mode_id"] == number]
            assert masks == sorted(want["masks"]), (name, mode)
            rules = [
                [r["rule_sequence"], r["person_count"], r["gain_count"], r["person_total"]]
                for r in stats[name]
                if r["mode_id"] == number
            ]
            assert rules == sorted(want["rules"]), (name, mode)
            totals = [[r["base_count"], r["final_count"]] for r in summary[name] if r["mode_id"] == number]
            assert totals == [want["summary"]], (name, mode)
        told = [(rule.name, rule.description) for rule in cohorts.definitions[name].expression.inclusion_rules or []]
        assert [(r["name"], r["description"]) for r in inclusion[name]] == told
        compared += 1
    print(f"{compared} definitions with rules: all tables equal")
    assert compared > 100


def test_persons_lost_to_the_window_of_dates_are_those_of_the_reference(
    generated: tuple[dict[str, Any], GeneratedCohorts],
) -> None:
    expected, cohorts = generated
    lost = {name: [row["lost_count"] for row in rows] for name, rows in rows_of(cohorts, "cohort_censor_stats").items()}
    want = {name: found["censor_lost"] for name, found in expected.items() if "censor_lost" in found}
    assert {name: lost[name] for name in want} == want
    assert any(count > 0 for counts in want.values() for count in counts)
