"""A cohort as a criterion: who is, was or never was in another cohort."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cohorts import generate, read_definition
from cohorts.engine.plan import plan
from cohorts.lint import lint
from omop_etl.errors import RweError
from tests.cohorts.patients import around, days, definition, patients, rows, rule, starts
from tests.servers.engines import TestEngine

RECORDS = """
condition_occurrence
person | concept | start
1      | 10      | 2020-03-01
2      | 10      | 2020-03-01
3      | 10      | 2020-03-01
1      | 20      | 2020-01-05
2      | 20      | 2020-05-05

drug_exposure
person | concept | start      | end
1      | 20      | 2020-01-10 | 2020-03-20
2      | 20      | 2020-05-10 | 2020-06-01
"""

TREATED = definition({"DrugExposure": {"CodesetId": 2}}, EndStrategy={"DateOffset": {"DateField": "EndDate"}})
"""Persons on drug 20, from the start to the end of each exposure."""

COHORTS = [{"id": 7, "name": "treated", "semantics": "exact", "expression": TREATED}]


def member(**asked: Any) -> dict[str, Any]:
    return {"CohortMembership": {"CohortId": 7, **asked}}


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        pytest.param(around(member(), at_least=1, StartWindow=days(None, 0)), ["1"], id="entered the other before"),
        pytest.param(around(member(), at_least=1, StartWindow=days(1, None)), ["2"], id="enters it later"),
        pytest.param(around(member(), exactly=0), ["3"], id="is never in it"),
        pytest.param(
            around(member(), at_least=1, StartWindow=days(None, 0), EndWindow=days(0, None)),
            ["1"],
            id="is in it that day",
        ),
        pytest.param(around(member(Duration={"Op": "lt", "Value": 30}), at_least=1), ["2"], id="for under 30 days"),
        pytest.param(
            around(member(StartDate={"Op": "gte", "Value": "2020-05-01"}), at_least=1), ["2"], id="from a date on"
        ),
    ],
)
def test_membership_is_counted_like_a_record(
    engine: TestEngine, criterion: dict[str, Any], expected: list[str]
) -> None:
    asked = definition(InclusionRules=[rule(criterion)], Cohorts=COHORTS)
    assert [row.split()[0] for row in starts(patients(engine, RECORDS), asked, "exact")] == expected


def test_the_rows_of_a_cohort_can_be_entry_events(engine: TestEngine) -> None:
    asked = definition(member(), EndStrategy={"DateOffset": {"DateField": "EndDate"}}, Cohorts=COHORTS)
    assert rows(patients(engine, RECORDS), asked) == ["1 2020-01-10 2020-03-20", "2 2020-05-10 2020-06-01"]


def test_membership_in_a_cohort_of_a_cohort(engine: TestEngine) -> None:
    inner = definition(InclusionRules=[rule(around(member(), exactly=0))], Cohorts=COHORTS)
    outer = definition(
        InclusionRules=[rule(around({"CohortMembership": {"CohortId": 1}}, at_least=1))],
        Cohorts=[{"id": 1, "name": "untreated", "expression": inner}],
    )
    assert starts(patients(engine, RECORDS), outer, "exact") == ["3 2020-03-01"]


def test_a_cohort_that_is_generated_anyway_is_made_once(tmp_path: Path) -> None:
    asked = definition(InclusionRules=[rule(around(member(), at_least=1))], Cohorts=COHORTS)
    with patients(tmp_path, RECORDS) as cdm:
        both = {"treated": read_definition(TREATED, semantics="exact"), "asked": read_definition(asked)}
        made = generate(both, cdm)
        other = next(node for node in made.plan("asked").rules[0][1].inputs if type(node).__name__ == "CohortSpans")
        assert other.inputs[0] == made.plan("treated").cohort


def write(folder: Path, name: str, content: dict[str, Any]) -> Path:
    (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder / name


def test_a_cohort_may_stand_in_a_file_of_its_own_and_is_kept_inside_the_document(tmp_path: Path) -> None:
    write(
        tmp_path, "treated.json", {"format": "rwe-cohort/1", "name": "t", "semantics": "exact", "expression": TREATED}
    )
    asked = definition(InclusionRules=[rule(around(member(), at_least=1))], Cohorts=[{"id": 7, "file": "treated.json"}])
    read = read_definition(write(tmp_path, "asked.json", asked))
    (other,) = read.expression.cohorts or []
    assert (other.name, other.semantics) == ("treated", "exact")
    alone = read_definition(read.to_json())
    assert alone.hash == read.hash
    cdm = patients(tmp_path, RECORDS)
    assert rows(cdm, alone.expression.to_json()) == ["1 2020-03-01 2020-03-01", "2 2020-03-01 2020-03-01"]


@pytest.mark.parametrize(
    ("cohorts", "message"),
    [
        ([], "InclusionRules.0..*CohortMembership.CohortId: there is no cohort with id 7"),
        ([{"id": 7}], "the cohort with id 7 is empty"),
        ([*COHORTS, *COHORTS], "several cohorts have the id 7"),
        ([{"id": 7, "file": "gone.json"}], "there is no file gone.json"),
        ([{"id": 7, "file": "asked.json"}], "circle: asked.json → asked.json"),
        ([{"id": 7, "file": "round.json"}], "circle: asked.json → round.json → asked.json"),
        ([{"id": 7, "expression": definition([])}], "asked → 7: PrimaryCriteria.CriteriaList: there is no entry event"),
    ],
)
def test_a_cohort_that_cannot_be_had_is_refused(tmp_path: Path, cohorts: list[Any], message: str) -> None:
    write(tmp_path, "round.json", definition(Cohorts=[{"id": 1, "file": "asked.json"}]))
    asked = definition(InclusionRules=[rule(around(member(), at_least=1))], Cohorts=cohorts)
    with patients(tmp_path, RECORDS) as cdm, pytest.raises(RweError, match=message):
        generate({"asked": read_definition(write(tmp_path, "asked.json", asked))}, cdm)


def test_a_file_is_not_looked_for_where_the_definition_came_from_none() -> None:
    with pytest.raises(RweError, match="came from no file"):
        read_definition(definition(Cohorts=[{"id": 7, "file": "treated.json"}]))


def test_a_cohort_is_checked_as_a_definition_of_its_own() -> None:
    wrong = definition({"DrugExposure": {"CodesetId": 99}})
    asked = definition(
        InclusionRules=[rule(around(member(), at_least=1))], Cohorts=[{"id": 7, "name": "treated", "expression": wrong}]
    )
    critical = [problem.path for problem in lint(read_definition(asked)) if problem.severity == "critical"]
    assert critical == ["Cohorts[0].expression.PrimaryCriteria.CriteriaList[0].DrugExposure.CodesetId"]


def test_cohorts_in_cohorts_are_planned_once_each_however_often_they_are_named() -> None:
    deep: dict[str, Any] = TREATED
    for _ in range(20):
        twice = rule(*(around({"CohortMembership": {"CohortId": 1}}, at_least=n) for n in (1, 2)))
        deep = definition(InclusionRules=[twice], Cohorts=[{"id": 1, "expression": deep}])
    assert len(plan(read_definition(deep)).rules) == 1
