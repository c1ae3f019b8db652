"""Definitions and CDMs as they should not be: a clear error that names the place, or the right rows, and soon."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cohorts import generate, read_definition
from cohorts.engine.plan import plan
from omop_etl.cdm import connect
from omop_etl.errors import CannotAnswerError, RweError
from tests.cohorts.patients import CONDITION, around, days, definition, made, patients, rule, starts

STOPPED = """
condition_occurrence
person | concept | start      | stop_reason
1      | 10      | 2020-01-05 | O'Neil's
2      | 10      | 2020-01-05 | 50% off
3      | 10      | 2020-01-05 | 500 off
4      | 10      | 2020-01-05 | '; DROP TABLE person; --
5      | 10      | 2020-01-05 | a_b
6      | 10      | 2020-01-05 | axb
7      | 10      | 2020-01-05 | \\%
"""

TWO_EVENTS = """
condition_occurrence
person | concept | start
1      | 10      | 2020-01-05
1      | 10      | 2020-02-05
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("O'Neil", [1]),
        ("'; DROP TABLE person; --", [4]),
        ("50% off", [2, 3]),  # as in Circe a percent sign stands for any text
        ("a_b", [5, 6]),  # and an underscore for any character
        ("\\%", [7]),
        ('"', []),
        (":name %(name)s {name}", []),
    ],
)
def test_a_text_is_compared_and_never_run(tmp_path: Path, text: str, found: list[int]) -> None:
    criterion = {"ConditionOccurrence": {"StopReason": {"Op": "contains", "Text": text}}}
    assert [row.split()[0] for row in starts(patients(tmp_path, STOPPED), definition(criterion))] == [
        str(person) for person in found
    ]


def test_a_window_that_ends_before_it_starts_holds_nothing(tmp_path: Path) -> None:
    cdm = patients(tmp_path, TWO_EVENTS)
    backwards = {"StartWindow": days(10, -10)}
    assert starts(cdm, definition(InclusionRules=[rule(around(CONDITION, at_least=1, **backwards))])) == []
    both = starts(cdm, definition(InclusionRules=[rule(around(CONDITION, exactly=0, **backwards))]))
    assert both == ["1 2020-01-05", "1 2020-02-05"]


def test_a_censor_window_that_ends_before_it_starts_leaves_nobody(tmp_path: Path) -> None:
    window = {"StartDate": "2020-12-31", "EndDate": "2020-01-01"}
    assert starts(patients(tmp_path, TWO_EVENTS), definition(CensorWindow=window)) == []


def test_a_range_that_ends_before_it_starts_holds_nothing(tmp_path: Path) -> None:
    nobody = {"ConditionOccurrence": {"Age": {"Op": "bt", "Value": 90, "Extent": 10}}}
    assert starts(patients(tmp_path, TWO_EVENTS), definition(nobody)) == []


def test_a_missing_concept_set_is_named_with_every_step_of_its_path() -> None:
    inner = {"Measurement": {"CorrelatedCriteria": {"Type": "ALL", "CriteriaList": [around({"Death": {}}, exactly=0)]}}}
    group = {"Type": "ANY", "Groups": [{"Type": "ALL", "CriteriaList": [around(inner, at_least=1)]}]}
    death = inner["Measurement"]["CorrelatedCriteria"]["CriteriaList"][0]["Criteria"]["Death"]
    death["DeathTypeCS"] = {"CodesetId": 77}
    with pytest.raises(RweError) as refusal:
        plan(read_definition(definition(InclusionRules=[{"name": "deep", "expression": group}])))
    path = (
        "InclusionRules[0].expression.Groups[0].CriteriaList[0].Criteria.Measurement.CorrelatedCriteria"
        ".CriteriaList[0].Criteria.Death.DeathTypeCS.CodesetId"
    )
    assert f"{path}: there is no concept set with id 77" in str(refusal.value)


def test_a_cdm_that_lacks_a_table_refuses_what_needs_it_and_nothing_else(tmp_path: Path) -> None:
    patients(tmp_path, TWO_EVENTS).close()
    (tmp_path / "drug_exposure.parquet").unlink(missing_ok=True)
    definitions = {
        "drugs": read_definition(definition({"DrugExposure": {}})),
        "diagnoses": read_definition(definition()),
    }
    with connect(f"parquet://{tmp_path}") as cdm:
        cohorts = generate(definitions, cdm, strict=False)
        assert list(cohorts.refused) == ["drugs"]
        assert isinstance(cohorts.refused["drugs"], CannotAnswerError)
        assert "no table drug_exposure" in str(cohorts.refused["drugs"])
        assert cohorts.rows.num_rows == 2


def test_a_cdm_whose_entry_table_is_empty_gives_an_empty_cohort(tmp_path: Path) -> None:
    patients(tmp_path, TWO_EVENTS).close()
    file = tmp_path / "condition_occurrence.parquet"
    pq.write_table(pq.read_table(file).slice(0, 0), file)
    with connect(f"parquet://{tmp_path}") as cdm:
        cohorts = made(cdm, definition(InclusionRules=[rule(around(CONDITION, at_least=1))]))
        assert cohorts.rows.num_rows == 0
        assert cohorts.attrition("cohort")["events"].sum() == 0
        assert cohorts.stats_tables().cohort_summary_stats.column("base_count").to_pylist() == [0, 0]


def nested_groups(levels: int) -> dict[str, Any]:
    group: dict[str, Any] = {"Type": "ALL", "CriteriaList": [around(CONDITION, at_least=1)]}
    for _ in range(levels):
        group = {"Type": "ALL", "CriteriaList": [around(CONDITION, at_least=1)], "Groups": [group]}
    return definition(InclusionRules=[{"name": "deep", "expression": group}])


def nested_criteria(levels: int) -> dict[str, Any]:
    criterion: dict[str, Any] = CONDITION
    for _ in range(levels):
        around_it = {"Type": "ALL", "CriteriaList": [around(criterion, at_least=1)]}
        criterion = {"ConditionOccurrence": {"CodesetId": 1, "CorrelatedCriteria": around_it}}
    return definition(criterion)


@pytest.mark.parametrize("nest", [nested_groups, nested_criteria])
def test_forty_levels_of_nesting_are_run(tmp_path: Path, nest: Any) -> None:
    expression = nest(40)
    assert starts(patients(tmp_path, TWO_EVENTS), expression) == ["1 2020-01-05", "1 2020-02-05"]
    assert read_definition(expression).expression.to_json() == expression


_DEEPEST = {nested_groups: 200, nested_criteria: 100}
"""Levels of the test that can still be read; definitions in use have two."""


@pytest.mark.parametrize("nest", [nested_groups, nested_criteria])
@pytest.mark.parametrize("levels", [100, 200, 400])
def test_nesting_is_planned_or_refused_with_its_place_and_never_a_crash(nest: Any, levels: int) -> None:
    refusal = ""
    try:
        plan(read_definition(nest(levels)))
    except RweError as error:
        refusal = str(error)
    assert not refusal or ("nested too deeply" in refusal and len(refusal) < 300)
    assert bool(refusal) == (levels > _DEEPEST[nest])


def test_a_file_nested_without_end_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "deep.json"
    file.write_text('{"PrimaryCriteria": ' + '{"a":' * 200_000 + "1" + "}" * 200_001)
    with pytest.raises(RweError, match=r"deep.json is nested too deeply"):
        read_definition(file)


def large_definition() -> dict[str, Any]:
    """A definition of more than 5 MB: 60,000 lines of concept sets and 60 rules."""
    concept = {"CONCEPT_NAME": "恶性肿瘤 " * 4, "VOCABULARY_ID": "SNOMED"}
    sets = [
        {
            "id": number,
            "name": f"set {number}",
            "expression": {
                "items": [
                    {"concept": {"CONCEPT_ID": 10 + number * 1000 + line, **concept}, "includeDescendants": True}
                    for line in range(1000)
                ]
            },
        }
        for number in range(60)
    ]
    rules = [
        {**rule(around({"ConditionOccurrence": {"CodesetId": number}}, at_least=1)), "name": f"rule {number}"}
        for number in range(60)
    ]
    return definition({"ConditionOccurrence": {"CodesetId": 0}}, ConceptSets=sets, InclusionRules=rules)


def test_a_definition_of_five_megabytes_is_read_planned_and_run_in_seconds(tmp_path: Path) -> None:
    file = tmp_path / "large.json"
    file.write_text(json.dumps(large_definition(), ensure_ascii=False), encoding="utf-8")
    assert file.stat().st_size > 5_000_000
    cdm = patients(tmp_path, TWO_EVENTS)
    began = time.perf_counter()
    read = read_definition(file)
    parsed = time.perf_counter()
    cohorts = generate({"large": read}, cdm)
    assert cohorts.rows.num_rows == 0  # nobody has the concepts of the other sets
    assert cohorts.masks("large")["mask"].tolist() == [1, 1]
    print(f"read in {parsed - began:.1f} s, generated in {time.perf_counter() - parsed:.1f} s")
    assert time.perf_counter() - began < 30


def test_a_concept_set_of_a_hundred_thousand_concepts_takes_seconds(tmp_path: Path) -> None:
    cdm = patients(tmp_path, TWO_EVENTS)
    items = [{"concept": {"CONCEPT_ID": 10 + i}, "includeDescendants": True} for i in range(100_000)]
    began = time.perf_counter()
    large = definition(ConceptSets=[{"id": 1, "name": "large", "expression": {"items": items}}])
    assert made(cdm, large).rows.num_rows == 2
    print(f"{time.perf_counter() - began:.1f} s")
    assert time.perf_counter() - began < 20


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"PrimaryCriteria": ', "line 1, column"),
        ('{"PrimaryCriteria": {"CriteriaList": [{"Death": {}},]}}', "line 1, column"),
        ("", "not valid JSON"),
        ("[]", "no JSON object"),
        ("null", "no JSON object"),
        ("{}", "PrimaryCriteria"),
        ('{"PrimaryCriteria": {"CriteriaList": {}}}', "PrimaryCriteria.CriteriaList"),
        ('{"PrimaryCriteria": {"CriteriaList": [{}]}}', "PrimaryCriteria.CriteriaList[0]"),
        ('{"PrimaryCriteria": {"CriteriaList": [{"Deaths": {}}]}}', "PrimaryCriteria.CriteriaList[0]"),
        ('{"PrimaryCriteria": {"CriteriaList": [{"Death": {"Age": 5}}]}}', "Death.Age"),
        ('{"PrimaryCriteria": {"CriteriaList": [{"Death": {"Age": {"Value": "x", "Op": "gt"}}}]}}', "Death.Age.Value"),
        ('{"PrimaryCriteria": {"CriteriaList": [{"Death": {"Agee": {}}}]}}', "did you mean Age?"),
    ],
)
def test_what_is_no_definition_is_refused_with_the_place(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "bad.json"
    file.write_text(text)
    with pytest.raises(RweError) as refusal:
        read_definition(file)
    assert told in str(refusal.value)
