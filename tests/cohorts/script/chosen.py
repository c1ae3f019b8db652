"""Small definitions that together use what a cohort's SQL can hold; their SQL is kept in `tests/cohorts/snapshots`."""

from __future__ import annotations

from typing import Any, Final

from cohorts import CohortDefinition, read_definition
from tests.cohorts.patients import CONDITION, around, concept_set, days, definition, hours, rule

_DRUG: Final = {"DrugExposure": {"CodesetId": 2}}
_LAB: Final = {"Measurement": {"CodesetId": 3}}
_VISIT: Final = {"VisitOccurrence": {"CodesetId": 3}}
_WOMEN_OVER_60: Final = {"Gender": [{"CONCEPT_ID": 8532}], "Age": {"Value": 60, "Op": "gt"}}
_ADULTS: Final = {"ConditionOccurrence": {"CodesetId": 1, "Age": {"Value": 18, "Op": "gte"}}}


def _counted(*criteria: Any, type: str, count: int | None = None) -> dict[str, Any]:
    return {"InclusionRules": [rule(*criteria, type=type, **({} if count is None else {"Count": count}))]}


_CODES: Final = concept_set(1, 10, descendants=True, includeMapped=True)
_CODES["expression"]["items"].append({"concept": {"CONCEPT_ID": 21}, "isExcluded": True, "includeDescendants": True})

_EXPRESSIONS: Final[dict[str, dict[str, Any]]] = {
    "first_event_after_a_year_of_observation": definition(
        limit="First", ObservationWindow={"PriorDays": 365, "PostDays": 30}, EndStrategy=None
    ),
    "codes_with_descendants_mapped_and_excluded": definition(ConceptSets=[_CODES]),
    "entry_by_any_of_four_domains": definition(
        [_DRUG, {"ProcedureOccurrence": {"CodesetId": 3}}, {"Death": {}}, {"DrugEra": {"CodesetId": 2}}], limit="Last"
    ),
    "measured_value_unit_and_ratio": definition(
        {
            "Measurement": {
                "CodesetId": 1,
                "ValueAsNumber": {"Value": 1, "Extent": 5, "Op": "bt"},
                "Unit": [{"CONCEPT_ID": 20}],
                "RangeHighRatio": {"Value": 2, "Op": "gt"},
                "OccurrenceStartDate": {"Value": "2020-02-29", "Op": "gte"},
            }
        }
    ),
    "value_in_any_unit_and_none_that_may_be_high": definition(
        {
            "Measurement": {
                "CodesetId": 1,
                "ValueAsNumber": {"Value": 1, "Extent": 5, "Op": "bt"},
                "RangeHigh": {"Value": 5, "Op": "lt"},
                "Unit": [{"CONCEPT_ID": 20}],
            }
        },
        InclusionRules=[
            rule(
                around(
                    {
                        "Observation": {
                            "CodesetId": 1,
                            "ValueAsNumber": {"Value": 2, "Op": "gt"},
                            "UnitCS": {"CodesetId": 2, "IsExclusion": False},
                        }
                    },
                    exactly=0,
                )
            )
        ],
    ),
    "age_in_completed_years_and_text": definition(
        {"ConditionOccurrence": {**_ADULTS["ConditionOccurrence"], "StopReason": {"Text": "t's w", "Op": "contains"}}}
    ),
    "age_by_year_and_demographics": definition(
        _ADULTS, InclusionRules=[rule(DemographicCriteriaList=[_WOMEN_OVER_60])]
    ),
    "rules_within_windows": definition(
        InclusionRules=[
            rule(around(_DRUG, at_least=2, StartWindow=days(-30, 0))),
            rule(around(_DRUG, exactly=0, StartWindow=days(1, None), EndWindow=days(0, 90, UseEventEnd=True))),
        ]
    ),
    "windows_of_hours": definition(
        [CONDITION, _DRUG],
        InclusionRules=[rule(around(_LAB, at_least=1, StartWindow=hours(-3, 0), EndWindow=days(0, 1)))],
    ),
    "groups_that_count": definition(
        **_counted(around(_DRUG, at_least=1), around(_VISIT, at_most=3), type="AT_LEAST", count=1)
    ),
    "distinct_on_the_same_visit": definition(
        **_counted(
            around(_DRUG, at_least=2, Occurrence={"IsDistinct": True, "CountColumn": "START_DATE"}),
            around(_DRUG, at_least=1, RestrictVisit=True, IgnoreObservationPeriod=True),
            type="ANY",
        )
    ),
    "nested_criterion": definition(
        InclusionRules=[
            rule(
                around(
                    {
                        "DrugExposure": {
                            "CodesetId": 2,
                            "CorrelatedCriteria": {
                                "Type": "ALL",
                                "CriteriaList": [around(_VISIT, at_least=1, StartWindow=days(-7, 7))],
                            },
                        }
                    },
                    at_least=1,
                )
            )
        ]
    ),
    "additional_criterion_and_limits": definition(
        AdditionalCriteria={"Type": "ALL", "CriteriaList": [around(_DRUG, at_least=1)]},
        QualifiedLimit={"Type": "First"},
        ExpressionLimit={"Type": "Last"},
    ),
    "drug_era_exit_and_censoring": definition(
        EndStrategy={"CustomEra": {"DrugCodesetId": 2, "GapDays": 30, "Offset": 7}},
        CensoringCriteria=[{"Death": {}}, {"ConditionOccurrence": {"CodesetId": 3}}],
    ),
    "time_on_a_patient_list": definition(
        InclusionRules=[rule(around({"PatientListMembership": {"ListId": 1}}, at_least=1, StartWindow=days(None, 0)))],
        PatientLists=[{"id": 1, "name": "enrolled", "file": "enrolled.csv", "sha256": "0" * 64}],
    ),
    "spans_merged_and_clipped": definition(
        CONDITION,
        EndStrategy={"DateOffset": {"DateField": "EndDate", "Offset": 14}},
        CollapseSettings={"CollapseType": "ERA", "EraPad": 60},
        CensorWindow={"StartDate": "2015-01-01", "EndDate": "2020-12-31"},
    ),
}

_EXACT: Final = ("age_in_completed_years", "value_in_any_unit")

CHOSEN: Final[dict[str, CohortDefinition]] = {
    name: read_definition(expression, name=name, semantics="exact" if name.startswith(_EXACT) else "circe")
    for name, expression in _EXPRESSIONS.items()
}
"""The definitions by name."""
