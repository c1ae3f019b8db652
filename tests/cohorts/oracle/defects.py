"""Where the oracle answers differently from Circe, or not at all: declared by name, and as narrow as we can make them.

A definition that disagrees, or on which the oracle fails, is cleared only if it contains a declared defect *and* agrees
once that defect, and nothing else, is taken out of it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cohorts.definition import Criterion

Json = dict[str, Any]
Meets = Callable[[str, str, Any], bool]

_EXCLUSION_IGNORED = {
    "DrugExposure": ("GenderCS", "ProviderSpecialtyCS", "VisitTypeCS", "DrugTypeCS", "RouteConceptCS", "DoseUnitCS"),
    "ProcedureOccurrence": ("GenderCS", "ProviderSpecialtyCS", "VisitTypeCS", "ProcedureTypeCS", "ModifierCS"),
    "Measurement": ("VisitTypeCS", "MeasurementTypeCS", "OperatorCS", "ValueAsConceptCS", "UnitCS"),
    "Observation": ("VisitTypeCS", "ObservationTypeCS", "ValueAsConceptCS", "QualifierCS", "UnitCS"),
    "DeviceExposure": ("GenderCS", "ProviderSpecialtyCS", "VisitTypeCS", "DeviceTypeCS"),
    "Specimen": ("GenderCS", "SpecimenTypeCS", "UnitCS", "AnatomicSiteCS", "DiseaseStatusCS"),
    "VisitDetail": ("VisitDetailTypeCS",),
    "Death": ("DeathTypeCS", "GenderCS"),
}
_COUNTED_AS_NULL = {
    "Measurement": ("VALUE_AS_NUMBER", "RANGE_LOW", "RANGE_HIGH", "UNIT", "DURATION"),
    "Observation": ("VALUE_AS_NUMBER", "UNIT", "DURATION"),
}
_CONCEPT_OUT_OF_REACH = ("Measurement", "Observation", "Episode", "VisitDetail", "PayerPlanPeriod", "LocationRegion")
_COUNT_OUT_OF_REACH = {"VisitDetail": ("VISIT_ID", "DURATION", "VISIT_DETAIL_ID"), "PayerPlanPeriod": ("DURATION",)}


@dataclass(frozen=True)
class Defect:
    """A defect of the oracle.

    Attributes
    ----------
    name : str
        What the oracle does.
    evidence : str
        How we know what Circe does.
    meets : callable
        Whether a key of a part shows it, from the kind of the part (a criterion's, or the key that holds it), the key
        and its value.
    """

    name: str
    evidence: str
    meets: Meets


def _counted(kind: str, value: Json, column: tuple[str | None, ...]) -> bool:
    return bool(value.get("IsDistinct")) and value.get("CountColumn") in column


DEFECTS = (
    Defect(
        "IsExclusion of a selection is ignored",
        "BuilderUtils.getCodesetInExpression of circe-be; hm_* reference rows with …TypeExclude and …CS",
        lambda kind, key, value: key in _EXCLUSION_IGNORED.get(kind, ()) and bool(value.get("IsExclusion")),
    ),
    Defect(
        "RaceCS and EthnicityCS test the race and the ethnicity",
        "CohortExpressionQueryBuilder of circe-be tests the gender (its issue 227); hm_demo_* reference rows",
        lambda kind, key, value: key in ("RaceCS", "EthnicityCS"),
    ),
    Defect(
        "a selection without a concept set is ignored",
        "BuilderUtils of circe-be: the column is filled, or with IsExclusion is not",
        lambda kind, key, value: key.endswith("CS") and "CodesetId" not in value,
    ),
    Defect(
        "!startsWith, !endsWith and words that are no operator compare whole texts",
        "BuilderUtils.buildTextFilterClause of circe-be: NOT LIKE with the wildcard of the word",
        lambda kind, key, value: (
            isinstance(value, dict) and "Text" in value and value.get("Op") in ("!startsWith", "!endsWith", "eq")
        ),
    ),
    Defect(
        "an adjusted event may end before it starts, and some kinds take the wrong date to adjust",
        "CriteriaSqlBuilder.resolveWhereClauses of circe-be drops it; hm_adj_* reference rows",
        lambda kind, key, value: key == "DateAdjustment" and kind != "Specimen",
    ),
    Defect(
        "OccurrenceEndDate of a drug exposure tests its end",
        "DrugExposureSqlBuilder of circe-be tests C.start_date; hm_attr_* reference rows",
        lambda kind, key, value: (kind, key) == ("DrugExposure", "OccurrenceEndDate"),
    ),
    Defect(
        "EffectiveDrugDose is ignored",
        "DrugExposureSqlBuilder of circe-be compares C.effective_drug_dose",
        lambda kind, key, value: (kind, key) == ("DrugExposure", "EffectiveDrugDose"),
    ),
    Defect(
        "Quantity of a drug exposure is cut to a whole number",
        "DrugExposureSqlBuilder of circe-be prints four decimals",
        lambda kind, key, value: (
            (kind, key) == ("DrugExposure", "Quantity") and any(value[k] % 1 for k in ("Value", "Extent") if k in value)
        ),
    ),
    Defect(
        "First of a device exposure is ignored",
        "deviceExposure.sql of circe-be: C.ordinal = 1; hm_dom_DeviceExposure_first reference rows",
        lambda kind, key, value: (kind, key) == ("DeviceExposure", "First") and value is True,
    ),
    Defect(
        "Abnormal reads a column that the subquery lacks",
        "MeasurementSqlBuilder of circe-be selects value_as_concept_id",
        lambda kind, key, value: (kind, key) == ("Measurement", "Abnormal") and value is True,
    ),
    Defect(
        "SpecimenSourceConcept reads a column that the CDM lacks",
        "specimen.sql of circe-be never looks at it",
        lambda kind, key, value: (kind, key) == ("Specimen", "SpecimenSourceConcept"),
    ),
    Defect(
        "PlaceOfServiceLocation of a visit reads a column that the subquery lacks",
        "VisitOccurrenceSqlBuilder of circe-be selects care_site_id",
        lambda kind, key, value: (kind, key) == ("VisitOccurrence", "PlaceOfServiceLocation"),
    ),
    Defect(
        "the fixed dates of a payer plan period are lost by the repair of its scope",
        "hm_attr_ppp_user reference rows",
        lambda kind, key, value: (kind, key) == ("PayerPlanPeriod", "UserDefinedPeriod"),
    ),
    Defect(
        "a distinct count of some columns counts nulls, which are none",
        "getTableColumnForCriteriaColumn of circe-be names the column",
        lambda kind, key, value: key == "Occurrence" and _counted(kind, value, _COUNTED_AS_NULL.get(kind, ())),
    ),
    Defect(
        "a distinct count reads a column that is out of reach",
        "the templates of circe-be select it; hm_occ_distinct_* reference rows",
        lambda kind, key, value: (
            key == "Occurrence"
            and (
                (kind in _CONCEPT_OUT_OF_REACH and _counted(kind, value, (None, "DOMAIN_CONCEPT")))
                or _counted(kind, value, _COUNT_OUT_OF_REACH.get(kind, ()))
            )
        ),
    ),
    Defect(
        "a distinct count loses its column where the counted criterion has criteria of its own",
        "wrapCriteriaQuery of circe-be selects a fixed list of columns too: Circe cannot run these either",
        lambda kind, key, value: (
            key == "Occurrence" and bool(value.get("IsDistinct")) and "CorrelatedCriteria" in value["counted"]
        ),
    ),
    Defect(
        "a distinct count of merged events asks the events that are merged for the column too",
        "not every kind has it; the merged spans have it by themselves",
        lambda kind, key, value: (kind, key) == ("CustomEra", "Occurrence") and bool(value.get("IsDistinct")),
    ),
)


def found(expression: Json) -> set[str]:
    """Names of the defects that a definition meets."""
    return {
        defect.name for part, kind, key in _keys(expression) for defect in DEFECTS if _meets(defect, part, kind, key)
    }


def without(expression: Json) -> Json:
    """The definition with every defect taken out of it: the attribute dropped, or the count made a plain one."""
    control = copy.deepcopy(expression)
    for part, kind, key in list(_keys(control)):
        if any(_meets(defect, part, kind, key) for defect in DEFECTS):
            if key == "Occurrence":
                part[key] = {name: value for name, value in part[key].items() if name in ("Type", "Count")}
            else:
                del part[key]
    return control


def _meets(defect: Defect, part: Json, kind: str, key: str) -> bool:
    value = part[key]
    if key == "Occurrence":
        value = {**value, "counted": part["Criteria"][kind]}
    elif key.endswith("CS") and not isinstance(value, dict):
        return False
    return defect.meets(kind, key, value)


def _keys(part: Any, kind: str = "") -> Iterator[tuple[Json, str, str]]:
    """Every object with its keys, and the kind of criterion it is (for a count: the kind that is counted)."""
    if isinstance(part, list):
        for item in part:
            yield from _keys(item, kind)
    if not isinstance(part, dict):
        return
    for key, value in list(part.items()):
        of = next(iter(part["Criteria"])) if key == "Occurrence" else kind
        yield part, of, key
        yield from _keys(value, key if key in Criterion.kinds else "")
