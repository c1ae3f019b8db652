"""Plans: every attribute of every criterion is compiled or refused, and equal parts are one node."""

from pathlib import Path
from typing import Any

import pytest

from cohorts import generate, read_definition
from cohorts.definition import (
    Concept,
    ConceptSetSelection,
    CorrelatedCriterion,
    CriteriaGroup,
    Criterion,
    DateAdjustment,
    DateRange,
    DemographicCriterion,
    NumericRange,
    Occurrence,
    Part,
    Period,
    TextFilter,
)
from cohorts.engine.nodes import Node
from cohorts.engine.operations import OPERATIONS
from cohorts.engine.plan import MAX_RULES, plan
from omop_etl.errors import RweError
from tests.cohorts.patients import CONDITION, SETS, around, definition, patients, rule

WITHOUT_EFFECT = {
    ("Specimen", "specimen_source_concept"),
    ("Specimen", "date_adjustment"),
    ("LocationRegion", "start_date"),
    ("LocationRegion", "end_date"),
    ("CustomEra", "gap_days"),
}
"""Attributes that Circe reads and ignores; its semantics keep that."""

NOTHING = {"first": False, "abnormal": False}


def example(annotation: str) -> Any:
    """A value for an attribute of the given type."""
    examples: list[tuple[str, Any]] = [
        ("NumericRange", NumericRange(value=5, op="bt", extent=9)),
        ("DateRange", DateRange(value="2020-01-01", op="bt", extent="2020-12-31")),
        ("TextFilter", TextFilter(text="x", op="contains")),
        ("ConceptSetSelection", ConceptSetSelection(codeset_id=1, is_exclusion=False)),
        ("DateAdjustment", DateAdjustment(start_offset=1, end_offset=2)),
        ("Period", Period(start_date="2020-01-01", end_date="2020-12-31")),
        (
            "CriteriaGroup",
            CriteriaGroup(
                criteria_list=[
                    CorrelatedCriterion(criteria=Criterion.kinds["Death"](), occurrence=Occurrence(type=2, count=1))
                ]
            ),
        ),
        ("Concept", [Concept(concept_id=1)]),
        ("bool", True),
        ("int", 1),
    ]
    return next(value for name, value in examples if name in annotation)


def attributes(kind: type[Part]) -> list[tuple[str, str]]:
    return [(name, str(field.annotation)) for name, field in kind.model_fields.items()]


EVERY_ATTRIBUTE = [
    (kind, name, annotation) for kind in Criterion.kinds.values() for name, annotation in attributes(kind)
]


def planned(criterion: Criterion) -> str:
    needed = {
        "CustomEra": {"CriteriaList": [{"Death": {}}]},
        "CohortMembership": {"CohortId": 2},
        "PatientListMembership": {"ListId": 2},
    }
    ((kind, given),) = criterion.to_json().items()
    others = [{"id": n, "expression": definition({"Death": {"CodesetId": n}})} for n in (1, 2)]
    entry = {kind: {**needed.get(kind, {}), **given}}
    lists = [{"id": n, "sha256": str(n)} for n in (1, 2)]
    return plan(read_definition(definition(entry, Cohorts=others, PatientLists=lists))).cohort.key


@pytest.mark.parametrize(
    ("kind", "name", "annotation"), EVERY_ATTRIBUTE, ids=lambda v: getattr(v, "__name__", str(v))[:40]
)
def test_every_attribute_of_every_criterion_changes_the_plan_or_is_refused(
    kind: type[Criterion], name: str, annotation: str
) -> None:
    companions: dict[str, Any] = {}
    if name.endswith("_exclude"):
        companions[name.removesuffix("_exclude")] = [Concept(concept_id=1)]
    if (kind.__name__, name) == ("DrugEra", "gap_days"):
        companions["era_length"] = NumericRange(value=1, op="gt")
    value = [Criterion.kinds["DrugEra"]()] if name == "criteria_list" else example(annotation)
    given = kind(**companions, **{name: value})
    changed = planned(given) != planned(kind(**companions))
    assert changed or (kind.__name__, name) in WITHOUT_EFFECT


@pytest.mark.parametrize(("name", "annotation"), attributes(DemographicCriterion))
def test_every_demographic_attribute_changes_the_plan(name: str, annotation: str) -> None:
    def key(**given: Any) -> str:
        demographic = DemographicCriterion(**given).to_json()
        return plan(
            read_definition(definition(InclusionRules=[rule(DemographicCriteriaList=[demographic])]))
        ).cohort.key

    assert key(**{name: example(annotation)}) != key()


def test_every_kind_of_node_has_an_operation() -> None:
    def subclasses(kind: type[Node]) -> set[type[Node]]:
        return set(kind.__subclasses__()).union(*(subclasses(sub) for sub in kind.__subclasses__()))

    assert subclasses(Node) == set(OPERATIONS)


def test_equal_parts_of_different_definitions_are_one_node() -> None:
    one = plan(read_definition(definition()))
    other = plan(read_definition(definition(limit="First")))
    assert one.entry_events[0] == other.entry_events[0]
    assert one.entry != other.entry


def test_a_node_is_evaluated_once_on_a_cdm(tmp_path: Path) -> None:
    cdm = patients(tmp_path, "condition_occurrence\nperson | concept | start\n1 | 10 | 2020-01-05")
    first = generate({"a": read_definition(definition())}, cdm)
    told: list[tuple[int, int]] = []
    edited = read_definition(definition(CollapseSettings={"EraPad": 5}))
    generate({"a": edited}, cdm, evaluator=first.evaluator, progress=lambda *step: told.append(step))
    assert told == [(0, 1), (1, 1)], "only the last step, the merging of spans, has changed"


@pytest.mark.parametrize(
    ("expression", "path", "reason"),
    [
        (definition([]), "PrimaryCriteria.CriteriaList", "no entry event"),
        (definition({"Death": {"CodesetId": 99}}), "CriteriaList[0].Death.CodesetId", "no concept set with id 99"),
        (definition(InclusionRules=[{"name": "empty"}]), "InclusionRules[0].expression", "no expression"),
        (definition(InclusionRules=[rule()] * (MAX_RULES + 1)), "InclusionRules", "63 rules"),
        (definition({"Death": {"Age": {"Op": "gt"}}}), "Death.Age.Value", "missing"),
        (definition({"Death": {"Age": {"Value": 3, "Op": "above"}}}), "Death.Age.Op", "'above'"),
        (definition({"Death": {"OccurrenceStartDate": {"Value": "2020-02-30", "Op": "gt"}}}), "Value", "not a date"),
        (definition(EndStrategy={"CustomEra": {"GapDays": 3}}), "DrugCodesetId", "no concept set"),
        (definition({"DrugEra": {"GapDays": {"Value": 3, "Op": "gt"}}}), "DrugEra.GapDays", "Circe fails"),
        (
            definition(
                InclusionRules=[
                    rule(around(CONDITION, at_least=1, Occurrence={"IsDistinct": True, "CountColumn": "REFILLS"}))
                ]
            ),
            "InclusionRules[0].expression.CriteriaList[0].Criteria.ConditionOccurrence",
            "REFILLS",
        ),
        (definition(InclusionRules=[rule(type="AT_LEAST")], ConceptSets=SETS), "Count", "needs a count"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_path(expression: dict[str, Any], path: str, reason: str) -> None:
    with pytest.raises(RweError) as refusal:
        plan(read_definition(expression))
    assert path in str(refusal.value)
    assert reason in str(refusal.value)


def test_exact_semantics_mend_what_circe_gets_wrong() -> None:
    def filters(criterion: dict[str, Any], semantics: Any) -> list[str]:
        events = plan(read_definition(definition(criterion), semantics=semantics)).entry_events[0]
        return [f"{item.target} {item.test} {item.value}" for item in events.filters]  # type: ignore[union-attr]

    end = {"DrugExposure": {"OccurrenceEndDate": {"Value": "2020-01-01", "Op": "gt"}}}
    assert filters(end, "circe") == ["start gt 2020-01-01"]
    assert filters(end, "exact") == ["end gt 2020-01-01"]
    half = {"ProcedureOccurrence": {"Quantity": {"Value": 0.5, "Op": "gt"}}}
    assert filters(half, "circe") == ["quantity gt 0.0"]
    assert filters(half, "exact") == ["quantity gt 0.5"]
    gap = {"DrugEra": {"GapDays": {"Value": 3, "Op": "gt"}, "EraLength": {"Value": 60, "Op": "gt"}}}
    assert filters(gap, "circe") == ["duration gt 60.0", "gap days gt 60.0"]
    assert filters(gap, "exact") == ["duration gt 60.0", "gap days gt 3.0"]
