"""Every field of every part of an expression: compiled, refused by name, or declared to be for the reader alone."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from cohorts import read_definition
from cohorts.definition import CohortExpression, Criterion, DemographicCriterion, Part
from cohorts.definition import expression as expression_module
from cohorts.definition import values as values_module
from cohorts.engine.plan import Plan, plan
from omop_etl.errors import RweError
from tests.cohorts.patients import concept_set

WALKED_IN_TEST_PLAN: tuple[type[Part], ...] = (Criterion, DemographicCriterion)
"""`test_plan` walks the attributes of these one by one."""

FOR_THE_READER = {
    "Concept": {
        "concept_name",
        "standard_concept",
        "standard_concept_caption",
        "invalid_reason",
        "invalid_reason_caption",
        "concept_code",
        "domain_id",
        "vocabulary_id",
        "concept_class_id",
    },
    "ConceptSet": {"name"},
    "InclusionRule": {"description"},
    "CohortExpression": {"cdm_version_range", "title"},
    "CollapseSettings": {"collapse_type"},
    "NamedCohort": {"name", "file"},
    "PatientList": {"name", "file"},
}
"""Fields that Circe does not look at either when it makes the rows; ERA is the only way to collapse."""

OTHER = {"PrimaryCriteria": {"CriteriaList": [{"Death": {"Age": {"Value": 1, "Op": "gt"}}}]}}

FULL: dict[str, Any] = {
    "ConceptSets": [concept_set(1, 10), concept_set(2, 20)],
    "Cohorts": [{"id": 1, "semantics": "circe", "expression": OTHER}],
    "PatientLists": [{"id": 1, "name": "enrolled", "file": "enrolled.csv", "sha256": "1a"}],
    "PrimaryCriteria": {
        "CriteriaList": [
            {
                "ConditionOccurrence": {
                    "Age": {"Value": 18, "Op": "bt", "Extent": 80},
                    "OccurrenceStartDate": {"Value": "2020-01-01", "Op": "bt", "Extent": "2020-12-31"},
                    "StopReason": {"Text": "x", "Op": "contains"},
                    "Gender": [{"CONCEPT_ID": 8507}],
                    "GenderCS": {"CodesetId": 1, "IsExclusion": False},
                    "DateAdjustment": {
                        "StartWith": "START_DATE",
                        "StartOffset": 1,
                        "EndWith": "END_DATE",
                        "EndOffset": 2,
                    },
                }
            },
            {"ObservationPeriod": {"UserDefinedPeriod": {"StartDate": "2020-01-01", "EndDate": "2020-02-01"}}},
            {"CohortMembership": {"CohortId": 1}},
            {"PatientListMembership": {"ListId": 1}},
        ],
        "ObservationWindow": {"PriorDays": 1, "PostDays": 2},
        "PrimaryCriteriaLimit": {"Type": "All"},
    },
    "AdditionalCriteria": {
        "Type": "AT_LEAST",
        "Count": 1,
        "CriteriaList": [
            {
                "Criteria": {"DrugExposure": {"CodesetId": 2}},
                "StartWindow": {
                    "Start": {"Days": 5, "Coeff": -1},
                    "End": {"Days": 6, "Coeff": 1},
                    "UseIndexEnd": False,
                    "UseEventEnd": False,
                },
                "EndWindow": {"Start": {"Days": 7, "Coeff": -1}, "End": {"Days": 8, "Coeff": 1}},
                "Occurrence": {"Type": 2, "Count": 1, "IsDistinct": True, "CountColumn": "START_DATE"},
                "RestrictVisit": False,
                "IgnoreObservationPeriod": False,
            }
        ],
        "DemographicCriteriaList": [{"Age": {"Value": 18, "Op": "gt"}}],
        "Groups": [{"Type": "ALL", "CriteriaList": []}],
    },
    "QualifiedLimit": {"Type": "First"},
    "ExpressionLimit": {"Type": "First"},
    "InclusionRules": [
        {
            "name": "rule",
            "expression": {
                "Type": "ANY",
                "CriteriaList": [],
                "DemographicCriteriaList": [{"Age": {"Value": 1, "Op": "gt"}}],
            },
        }
    ],
    "EndStrategy": {"DateOffset": {"DateField": "StartDate", "Offset": 3}},
    "CensoringCriteria": [{"Death": {}}],
    "CollapseSettings": {"CollapseType": "ERA", "EraPad": 4},
    "CensorWindow": {"StartDate": "2020-01-01", "EndDate": "2021-01-01"},
}

ERA_EXIT = {"CustomEra": {"DrugCodesetId": 2, "GapDays": 3, "Offset": 4, "DaysSupplyOverride": 5}}

Change = tuple[str, tuple[str | int, ...], Any]

_ENTRY = ("PrimaryCriteria", "CriteriaList", 0, "ConditionOccurrence")
_PERIOD = ("PrimaryCriteria", "CriteriaList", 1, "ObservationPeriod", "UserDefinedPeriod")
_AROUND = ("AdditionalCriteria", "CriteriaList", 0)
_ITEM = ("ConceptSets", 1, "expression", "items", 0)

CHANGES: tuple[Change, ...] = (
    ("NumericRange.value", (*_ENTRY, "Age", "Value"), 19),
    ("NumericRange.op", (*_ENTRY, "Age", "Op"), "!bt"),
    ("NumericRange.extent", (*_ENTRY, "Age", "Extent"), 81),
    ("DateRange.value", (*_ENTRY, "OccurrenceStartDate", "Value"), "2020-01-02"),
    ("DateRange.op", (*_ENTRY, "OccurrenceStartDate", "Op"), "!bt"),
    ("DateRange.extent", (*_ENTRY, "OccurrenceStartDate", "Extent"), "2020-12-30"),
    ("TextFilter.text", (*_ENTRY, "StopReason", "Text"), "y"),
    ("TextFilter.op", (*_ENTRY, "StopReason", "Op"), "startsWith"),
    ("Period.start_date", (*_PERIOD, "StartDate"), "2020-01-02"),
    ("Period.end_date", (*_PERIOD, "EndDate"), "2020-02-02"),
    ("Period.start_date", ("CensorWindow", "StartDate"), "2020-01-02"),
    ("Period.end_date", ("CensorWindow", "EndDate"), "2020-12-31"),
    ("Concept.concept_id", (*_ENTRY, "Gender", 0, "CONCEPT_ID"), 8532),
    ("ConceptSetSelection.codeset_id", (*_ENTRY, "GenderCS", "CodesetId"), 2),
    ("ConceptSetSelection.is_exclusion", (*_ENTRY, "GenderCS", "IsExclusion"), True),
    ("DateAdjustment.start_with", (*_ENTRY, "DateAdjustment", "StartWith"), "END_DATE"),
    ("DateAdjustment.start_offset", (*_ENTRY, "DateAdjustment", "StartOffset"), 7),
    ("DateAdjustment.end_with", (*_ENTRY, "DateAdjustment", "EndWith"), "START_DATE"),
    ("DateAdjustment.end_offset", (*_ENTRY, "DateAdjustment", "EndOffset"), 7),
    ("ResultLimit.type", ("PrimaryCriteria", "PrimaryCriteriaLimit", "Type"), "Last"),
    ("ResultLimit.type", ("QualifiedLimit", "Type"), "Last"),
    ("ResultLimit.type", ("ExpressionLimit", "Type"), "Last"),
    ("ObservationWindow.prior_days", ("PrimaryCriteria", "ObservationWindow", "PriorDays"), 9),
    ("ObservationWindow.post_days", ("PrimaryCriteria", "ObservationWindow", "PostDays"), 9),
    ("PrimaryCriteria.criteria_list", ("PrimaryCriteria", "CriteriaList"), [{"Death": {}}]),
    ("PrimaryCriteria.observation_window", ("PrimaryCriteria", "ObservationWindow"), {}),
    ("PrimaryCriteria.primary_criteria_limit", ("PrimaryCriteria", "PrimaryCriteriaLimit"), {}),
    ("CorrelatedCriterion.criteria", (*_AROUND, "Criteria"), {"Death": {}}),
    ("CorrelatedCriterion.start_window", (*_AROUND, "StartWindow"), {}),
    ("CorrelatedCriterion.end_window", (*_AROUND, "EndWindow"), None),
    ("CorrelatedCriterion.occurrence", (*_AROUND, "Occurrence"), {"Type": 2, "Count": 1}),
    ("CorrelatedCriterion.restrict_visit", (*_AROUND, "RestrictVisit"), True),
    ("CorrelatedCriterion.ignore_observation_period", (*_AROUND, "IgnoreObservationPeriod"), True),
    ("Window.start", (*_AROUND, "StartWindow", "Start"), {"Days": 50, "Coeff": -1}),
    ("Window.end", (*_AROUND, "StartWindow", "End"), {"Days": 50, "Coeff": 1}),
    ("Window.use_index_end", (*_AROUND, "StartWindow", "UseIndexEnd"), True),
    ("Window.use_event_end", (*_AROUND, "StartWindow", "UseEventEnd"), True),
    ("Window.use_index_end", (*_AROUND, "EndWindow", "UseIndexEnd"), True),
    ("Window.use_event_end", (*_AROUND, "EndWindow", "UseEventEnd"), False),
    ("WindowBound.days", (*_AROUND, "StartWindow", "Start", "Days"), 50),
    ("WindowBound.hours", (*_AROUND, "StartWindow", "Start"), {"Hours": 6, "Coeff": -1}),
    ("WindowBound.hours", (*_AROUND, "StartWindow", "Start", "Hours"), 6),
    ("WindowBound.coeff", (*_AROUND, "StartWindow", "Start", "Coeff"), 1),
    ("WindowBound.days", (*_AROUND, "EndWindow", "End", "Days"), None),
    ("Occurrence.type", (*_AROUND, "Occurrence", "Type"), 1),
    ("Occurrence.count", (*_AROUND, "Occurrence", "Count"), 2),
    ("Occurrence.is_distinct", (*_AROUND, "Occurrence", "IsDistinct"), False),
    ("Occurrence.count_column", (*_AROUND, "Occurrence", "CountColumn"), "END_DATE"),
    ("CriteriaGroup.type", ("AdditionalCriteria", "Type"), "AT_MOST"),
    ("CriteriaGroup.count", ("AdditionalCriteria", "Count"), 2),
    ("CriteriaGroup.criteria_list", ("AdditionalCriteria", "CriteriaList"), []),
    ("CriteriaGroup.demographic_criteria_list", ("AdditionalCriteria", "DemographicCriteriaList"), []),
    ("CriteriaGroup.groups", ("AdditionalCriteria", "Groups"), []),
    ("InclusionRule.name", ("InclusionRules", 0, "name"), "another"),
    ("InclusionRule.expression", ("InclusionRules", 0, "expression"), {"Type": "ALL"}),
    ("DateOffset.date_field", ("EndStrategy", "DateOffset", "DateField"), "EndDate"),
    ("DateOffset.offset", ("EndStrategy", "DateOffset", "Offset"), 9),
    ("EndStrategy.date_offset", ("EndStrategy", "DateOffset"), None),
    ("EndStrategy.custom_era", ("EndStrategy",), ERA_EXIT),
    ("DrugEraExit.drug_codeset_id", ("EndStrategy", "CustomEra", "DrugCodesetId"), 1),
    ("DrugEraExit.gap_days", ("EndStrategy", "CustomEra", "GapDays"), 9),
    ("DrugEraExit.offset", ("EndStrategy", "CustomEra", "Offset"), 9),
    ("DrugEraExit.days_supply_override", ("EndStrategy", "CustomEra", "DaysSupplyOverride"), None),
    ("CollapseSettings.era_pad", ("CollapseSettings", "EraPad"), 9),
    ("ConceptSet.id", ("ConceptSets", 0, "id"), 2),
    ("ConceptSet.expression", ("ConceptSets", 1, "expression"), {"items": []}),
    ("ConceptSetExpression.items", ("ConceptSets", 1, "expression", "items"), []),
    ("ConceptSetItem.concept", (*_ITEM, "concept"), {"CONCEPT_ID": 21}),
    ("ConceptSetItem.is_excluded", (*_ITEM, "isExcluded"), True),
    ("ConceptSetItem.include_descendants", (*_ITEM, "includeDescendants"), True),
    ("ConceptSetItem.include_mapped", (*_ITEM, "includeMapped"), True),
    ("CohortExpression.primary_criteria", ("PrimaryCriteria",), {"CriteriaList": [{"Death": {}}]}),
    ("CohortExpression.additional_criteria", ("AdditionalCriteria",), None),
    ("CohortExpression.concept_sets", ("ConceptSets",), [concept_set(1, 11), concept_set(2, 21)]),
    ("CohortExpression.qualified_limit", ("QualifiedLimit",), {"Type": "All"}),
    ("CohortExpression.expression_limit", ("ExpressionLimit",), {"Type": "All"}),
    ("CohortExpression.inclusion_rules", ("InclusionRules",), []),
    ("CohortExpression.end_strategy", ("EndStrategy",), None),
    ("CohortExpression.censoring_criteria", ("CensoringCriteria",), []),
    ("CohortExpression.collapse_settings", ("CollapseSettings",), None),
    ("CohortExpression.cohorts", ("Cohorts",), []),
    ("NamedCohort.id", ("Cohorts", 0, "id"), 2),
    ("NamedCohort.semantics", ("Cohorts", 0, "semantics"), "exact"),
    ("NamedCohort.expression", ("Cohorts", 0, "expression"), {"PrimaryCriteria": {"CriteriaList": [{"Death": {}}]}}),
    ("CohortExpression.patient_lists", ("PatientLists",), []),
    ("PatientList.id", ("PatientLists", 0, "id"), 2),
    ("PatientList.sha256", ("PatientLists", 0, "sha256"), "2b"),
    ("CohortExpression.censor_window", ("CensorWindow",), None),
)
"""A field, where it stands in `FULL`, and another value for it."""


def parts(kind: type[Part] = Part) -> set[type[Part]]:
    return {kind}.union(*(parts(sub) for sub in kind.__subclasses__()))


def every_field() -> list[str]:
    bases = {Part, values_module.CamelPart}
    walked = [part for part in parts() - bases if not issubclass(part, WALKED_IN_TEST_PLAN)]
    return sorted(f"{part.__name__}.{name}" for part in walked for name in part.model_fields)


def content(planned: Plan) -> tuple[str, ...]:
    """What is computed: the rows, and the rules by name."""
    return (planned.cohort.key, *(f"{name} {node.key}" for name, node in planned.rules))


def changed(path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    expression = copy.deepcopy(FULL)
    if "CustomEra" in path:
        expression["EndStrategy"] = copy.deepcopy(ERA_EXIT)
    place: Any = expression
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return expression


def test_every_field_is_walked_or_declared_to_be_for_the_reader() -> None:
    declared = {f"{part}.{name}" for part, names in FOR_THE_READER.items() for name in names}
    walked = {name for name, _, _ in CHANGES}
    assert set(every_field()) == walked | declared
    assert not walked & declared
    assert issubclass(expression_module.CohortExpression, CohortExpression)


@pytest.mark.parametrize(("name", "path", "value"), CHANGES, ids=lambda v: v if isinstance(v, str) else "")
def test_a_changed_field_changes_what_is_computed_or_is_refused(
    name: str, path: tuple[str | int, ...], value: Any
) -> None:
    base = {**FULL, "EndStrategy": ERA_EXIT} if "CustomEra" in path else FULL
    before = content(plan(read_definition(base)))
    refusal = ""
    after = before
    try:
        after = content(plan(read_definition(changed(path, value))))
    except RweError as error:
        refusal = str(error)
    named = str(path[-1]) in refusal or path[0] in ("ConceptSets", "Cohorts", "PatientLists")
    assert after != before or (refusal and named), f"{name} was dropped"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("Title",), "another"),
        (("cdmVersionRange",), ">=5.4"),
        (("ConceptSets", 0, "name"), "another"),
        (("InclusionRules", 0, "description"), "why"),
        (("PatientLists", 0, "name"), "another"),
        (("PatientLists", 0, "file"), "another.csv"),
        (("CollapseSettings", "CollapseType"), "era"),
        ((*_ENTRY, "Gender", 0, "CONCEPT_NAME"), "another"),
    ],
)
def test_what_is_for_the_reader_changes_no_row_and_is_kept(path: tuple[str | int, ...], value: Any) -> None:
    expression = changed(path, value)
    read = read_definition(expression)
    assert content(plan(read)) == content(plan(read_definition(FULL)))
    assert read.expression.to_json() == expression


@pytest.mark.parametrize(
    "path",
    [
        ("Unheard",),
        ("PrimaryCriteria", "Unheard"),
        (*_ENTRY, "Unheard"),
        (*_ENTRY, "Age", "Unheard"),
        (*_AROUND, "Unheard"),
        (*_AROUND, "StartWindow", "Unheard"),
        (*_AROUND, "StartWindow", "Start", "Unheard"),
        (*_AROUND, "Occurrence", "Unheard"),
        ("AdditionalCriteria", "Groups", 0, "Unheard"),
        ("AdditionalCriteria", "DemographicCriteriaList", 0, "Unheard"),
        ("InclusionRules", 0, "Unheard"),
        ("EndStrategy", "Unheard"),
        ("CollapseSettings", "Unheard"),
        ("CensorWindow", "Unheard"),
        ("PatientLists", 0, "Unheard"),
        (*_ITEM, "Unheard"),
    ],
    ids=lambda path: ".".join(map(str, path)),
)
def test_an_unknown_key_anywhere_is_kept_when_written_and_refused_when_read(path: tuple[str | int, ...]) -> None:
    expression = changed(path, {"x": [1]})
    assert CohortExpression.model_validate(expression).to_json() == expression
    with pytest.raises(RweError, match="Unheard"):
        read_definition(expression)
