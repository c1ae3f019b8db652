"""A typical trial definition with eight rules, over the synthetic population."""

from __future__ import annotations

from typing import Any

from benchmarks.cohorts.population import KINDS
from cohorts import CohortDefinition, read_definition

CONDITION, DRUG, MEASUREMENT, PROCEDURE, VISIT = KINDS


def trial(*, threshold: float = 7.0) -> CohortDefinition:
    """Give the definition; `threshold` is that of the laboratory rule, the one that is edited."""
    content = {
        "ConceptSets": [
            _concept_set(0, CONDITION.first_concept - 1 - 3),
            _concept_set(1, CONDITION.first_concept - 1 - 7),
            _concept_set(2, DRUG.first_concept - 1 - 5),
            _concept_set(3, DRUG.first_concept - 1 - 2),
            _concept_set(4, MEASUREMENT.first_concept + 4),
            _concept_set(5, MEASUREMENT.first_concept + 9),
            _concept_set(6, VISIT.first_concept + 1),
            _concept_set(7, PROCEDURE.first_concept - 1 - 1),
        ],
        "PrimaryCriteria": {
            "CriteriaList": [{"ConditionOccurrence": {"CodesetId": 0}}],
            "ObservationWindow": {"PriorDays": 365, "PostDays": 0},
            "PrimaryCriteriaLimit": {"Type": "First"},
        },
        "InclusionRules": [
            {
                "name": "age 18 to 75",
                "expression": {
                    "Type": "ALL",
                    "DemographicCriteriaList": [{"Age": {"Value": 18, "Extent": 75, "Op": "bt"}}],
                },
            },
            _rule("laboratory value", _measured(4, {"Value": threshold, "Op": "gte"}), (-720, 30), at_least=1),
            _rule("no drug of group 5 lately", {"DrugExposure": {"CodesetId": 2}}, (-365, -1), exactly=0),
            _rule("no other cancer", {"ConditionOccurrence": {"CodesetId": 1}}, (-1825, 0), exactly=0),
            _rule("a visit near the diagnosis", {"VisitOccurrence": {"CodesetId": 6}}, (-365, 365), at_least=1),
            _rule("performance", _measured(5, {"Value": 18, "Op": "lte"}), (-1825, 365), at_least=1),
            _rule("two drugs of group 2", {"DrugExposure": {"CodesetId": 3}}, (-1825, 365), at_least=2),
            _rule("no operation lately", {"ProcedureOccurrence": {"CodesetId": 7}}, (-30, 0), exactly=0),
        ],
        "ExpressionLimit": {"Type": "First"},
        "EndStrategy": {"DateOffset": {"DateField": "StartDate", "Offset": 365}},
    }
    return read_definition(content, name="trial", semantics="exact")


def _concept_set(number: int, concept: int) -> dict[str, Any]:
    item = {"concept": {"CONCEPT_ID": concept, "CONCEPT_NAME": f"concept {concept}"}, "includeDescendants": True}
    return {"id": number, "name": f"set {number}", "expression": {"items": [item]}}


def _measured(codes: int, value: dict[str, Any]) -> dict[str, Any]:
    return {"Measurement": {"CodesetId": codes, "ValueAsNumber": value}}


def _rule(
    name: str,
    criterion: dict[str, Any],
    window: tuple[int | None, int],
    *,
    at_least: int | None = None,
    exactly: int | None = None,
) -> dict[str, Any]:
    first, last = window
    start: dict[str, int] = {"Coeff": -1} if first is None else {"Coeff": -1 if first < 0 else 1, "Days": abs(first)}
    occurrence = {"Type": 2, "Count": at_least} if at_least is not None else {"Type": 0, "Count": exactly}
    criterion_around = {
        "Criteria": criterion,
        "StartWindow": {"Start": start, "End": {"Coeff": -1 if last < 0 else 1, "Days": abs(last)}},
        "Occurrence": occurrence,
    }
    return {"name": name, "expression": {"Type": "ALL", "CriteriaList": [criterion_around]}}
