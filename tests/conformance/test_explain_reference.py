"""Explanations never disagree with the rows, for every person of GiBleed; and ten of them are read against raw rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from cohorts import CohortDefinition, generate, read_definition
from cohorts.explain import Evidence, Explanation, Finding, explain
from omop_etl.cdm import connect
from tests.conformance.reference import reference

pytestmark = pytest.mark.conformance

CIRCE = reference("circe")
GIBLEED = CIRCE / "cdm" / "gibleed"
URL = f"parquet://{GIBLEED}"

NAMES = (
    "hm_limit_eFirst_rules",
    "hm_grp_atmost_3",
    "hm_grp_nested_demo",
    "hm_nest_two_levels",
    "hm_nest_in_rule",
    "hm_occ_distinct_cond_END_DATE",
    "hm_win_restrict_visit",
    "hm_win_end_window_default_event_end",
    "hm_win_ignore_op_all_before",
    "hm_limit_pLast_eAll",
    "hm_limit_qLast_with_add",
    "hm_obs_prior_post",
    "hm_cw_both_pad",
    "hm_combo_new_user",
    "hm_exit_era_override",
    "ot_cohortgenerator__2",
    "pl_1263",
)


def everybody() -> list[int]:
    rows = duckdb.sql(f"SELECT person_id FROM '{GIBLEED}/person.parquet' ORDER BY 1").fetchall()
    return [number for (number,) in rows]


def findings_of(explained: Explanation) -> Iterator[Finding]:
    for fate in explained.fates:
        for rule in fate.rules:
            yield from _below(rule.finding)
        if fate.additional is not None:
            yield from _below(fate.additional)


def _below(finding: Finding) -> Iterator[Finding]:
    yield finding
    for member in finding.members:
        yield from _below(member)
    rows: tuple[Evidence, ...] = (*finding.counted, *finding.near)
    for row in rows:
        if row.nested is not None:
            yield from _below(row.nested)


@pytest.mark.parametrize("semantics", ["circe", "exact"])
@pytest.mark.parametrize("name", NAMES)
def test_verdicts_are_the_rows_and_counts_are_the_verdicts(name: str, semantics: Any) -> None:
    definition = read_definition(CIRCE / "definitions" / f"{name}.json", semantics=semantics)
    with connect(URL) as cdm:
        rows = generate({name: definition}, cdm).rows.to_pylist()
    with connect(URL) as cdm:
        explained = explain(definition, cdm, everybody())
    expected: dict[int, list[tuple[date, date]]] = defaultdict(list)
    for row in rows:
        expected[row["subject_id"]].append((row["cohort_start_date"], row["cohort_end_date"]))
    assert len(explained) == 2694
    assert {e.person_id: list(e.rows) for e in explained} == {e.person_id: expected[e.person_id] for e in explained}
    assert [e.person_id for e in explained if e.is_in != any(fate.kind == "in" for fate in e.fates)] == []
    inconsistent = [
        (e.person_id, finding)
        for e in explained
        for finding in findings_of(e)
        if finding.met
        != {
            "exactly": finding.found == finding.required,
            "all": finding.found == finding.required,
            "at_most": finding.found <= finding.required,
            "at_least": finding.found >= finding.required,
        }[finding.comparison]
    ]
    assert inconsistent == []


BRONCHITIS, ACETAMINOPHEN, SINUSITIS, SPUTUM = 260139, 1127433, 40481087, 4151422


def _set(number: int, concept: int) -> dict[str, Any]:
    return {"id": number, "name": str(concept), "expression": {"items": [{"concept": {"CONCEPT_ID": concept}}]}}


def _around(criterion: dict[str, Any], low: int, high: int, kind: int, count: int) -> dict[str, Any]:
    window = {"Start": {"Days": low, "Coeff": -1}, "End": {"Days": abs(high), "Coeff": -1 if high < 0 else 1}}
    return {"Criteria": criterion, "StartWindow": window, "Occurrence": {"Type": kind, "Count": count}}


def phenotype() -> CohortDefinition:
    """Acute bronchitis of adults, treated within a week, without sinusitis before it or with sputum examined."""
    sets = (BRONCHITIS, ACETAMINOPHEN, SINUSITIS, SPUTUM)
    treated = _around({"DrugExposure": {"CodesetId": 1}}, 0, 7, 2, 1)
    no_sinusitis = _around({"ConditionOccurrence": {"CodesetId": 2}}, 180, -1, 0, 0)
    examined = _around({"ProcedureOccurrence": {"CodesetId": 3}}, 0, 0, 2, 1)
    adult = {"Type": "ALL", "DemographicCriteriaList": [{"Age": {"Value": 18, "Op": "gte"}}]}
    return read_definition(
        {
            "ConceptSets": [_set(number, concept) for number, concept in enumerate(sets)],
            "PrimaryCriteria": {
                "CriteriaList": [{"ConditionOccurrence": {"CodesetId": 0}}],
                "ObservationWindow": {"PriorDays": 365, "PostDays": 30},
                "PrimaryCriteriaLimit": {"Type": "All"},
            },
            "ExpressionLimit": {"Type": "All"},
            "InclusionRules": [
                {"name": "adult", "expression": adult},
                {"name": "treated", "expression": {"Type": "ALL", "CriteriaList": [treated]}},
                {"name": "clear", "expression": {"Type": "ANY", "CriteriaList": [no_sinusitis, examined]}},
            ],
            "EndStrategy": {"DateOffset": {"DateField": "StartDate", "Offset": 90}},
        },
        name="bronchitis",
    )


RAW = f"""
SELECT b.person_id, b.condition_occurrence_id AS event, b.condition_start_date AS start,
  o.observation_period_start_date + 365 <= b.condition_start_date
    AND b.condition_start_date + 30 <= o.observation_period_end_date AS observed,
  year(b.condition_start_date) - p.year_of_birth AS age,
  (SELECT list(d.drug_exposure_id ORDER BY d.drug_exposure_start_date, d.drug_exposure_id)
   FROM '{GIBLEED}/drug_exposure.parquet' d
   WHERE d.person_id = b.person_id AND d.drug_concept_id = {ACETAMINOPHEN} AND d.drug_exposure_start_date
     BETWEEN b.condition_start_date AND b.condition_start_date + 7) AS treated,
  (SELECT min_by([d.drug_exposure_id, greatest(b.condition_start_date - d.drug_exposure_start_date,
     d.drug_exposure_start_date - b.condition_start_date - 7)],
     greatest(b.condition_start_date - d.drug_exposure_start_date,
     d.drug_exposure_start_date - b.condition_start_date - 7))
   FROM '{GIBLEED}/drug_exposure.parquet' d
   WHERE d.person_id = b.person_id AND d.drug_concept_id = {ACETAMINOPHEN}) AS nearest,
  (SELECT list(s.condition_occurrence_id ORDER BY s.condition_start_date, s.condition_occurrence_id)
   FROM '{GIBLEED}/condition_occurrence.parquet' s
   WHERE s.person_id = b.person_id AND s.condition_concept_id = {SINUSITIS} AND s.condition_start_date
     BETWEEN b.condition_start_date - 180 AND b.condition_start_date - 1) AS sinusitis,
  (SELECT list(s.procedure_occurrence_id ORDER BY s.procedure_occurrence_id)
   FROM '{GIBLEED}/procedure_occurrence.parquet' s
   WHERE s.person_id = b.person_id AND s.procedure_concept_id = {SPUTUM}
     AND s.procedure_date = b.condition_start_date) AS sputum
FROM '{GIBLEED}/condition_occurrence.parquet' b
JOIN '{GIBLEED}/person.parquet' p ON p.person_id = b.person_id
LEFT JOIN '{GIBLEED}/observation_period.parquet' o ON o.person_id = b.person_id
  AND b.condition_start_date BETWEEN o.observation_period_start_date AND o.observation_period_end_date
WHERE b.condition_concept_id = {BRONCHITIS} AND b.person_id IN (SELECT unnest($persons))
ORDER BY b.person_id, b.condition_start_date, b.condition_occurrence_id
"""
"""The same questions asked of the raw rows in plain SQL, written for this test alone."""

TEN = [1, 3, 5, 474, 1520, 1566, 2739, 3381, 3796, 5000]
"""In the cohort, never ill, a child at first, observed too short, and near misses of a few days."""


def _ids(rows: tuple[Evidence, ...]) -> list[int]:
    return [row.record.row_id for row in rows]


def test_ten_persons_read_against_the_raw_rows() -> None:
    with connect(URL) as cdm:
        explained = explain(phenotype(), cdm, TEN)
    raw = duckdb.execute(RAW, {"persons": TEN}).to_arrow_table().to_pylist()
    told = [(e.person_id, fate) for e in explained for fate in e.fates]
    assert [(person, fate.record.row_id, fate.record.start) for person, fate in told] == [
        (row["person_id"], row["event"], row["start"]) for row in raw
    ]
    for (_, fate), row in zip(told, raw, strict=True):
        if not row["observed"]:
            assert fate.kind == "unobserved"
            continue
        adult, treated, clear = (rule.finding for rule in fate.rules)
        assert (adult.met, adult.tested[0].miss.value) == (row["age"] >= 18, row["age"])
        assert (treated.met, _ids(treated.counted)) == (bool(row["treated"]), row["treated"] or [])
        if not row["treated"] and row["nearest"] is not None:
            near = treated.near[0]
            assert [near.record.row_id, near.misses[0].days] == row["nearest"]
        no_sinusitis, examined = clear.members
        assert (no_sinusitis.met, _ids(no_sinusitis.counted)) == (not row["sinusitis"], row["sinusitis"] or [])
        assert (examined.met, _ids(examined.counted)) == (bool(row["sputum"]), row["sputum"] or [])
        stays = row["age"] >= 18 and bool(row["treated"]) and (not row["sinusitis"] or bool(row["sputum"]))
        assert fate.kind == ("in" if stays else "rules")
    assert {fate.kind for _, fate in told} == {"in", "rules", "unobserved"}


def test_two_near_misses_as_they_were_read_by_hand() -> None:
    """Person 1566 had the drug (row 18956) 3 days before the diagnosis 26385; person 3796 (row 45864) 12 days late."""
    with connect(URL) as cdm:
        early, late = explain(phenotype(), cdm, [1566, 3796])
    found = {}
    for explained in (early, late):
        fate = next(fate for fate in explained.fates if fate.record.row_id in (26385, 64278))
        near = fate.rules[1].finding.near[0]
        found[explained.person_id] = (near.record.row_id, near.misses[0].kind, near.misses[0].days)
    assert found == {1566: (18956, "early", 3), 3796: (45864, "late", 12)}
