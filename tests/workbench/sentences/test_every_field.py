"""Every field of every part of a definition is said: setting it changes the sentences, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from cohorts import read_definition
from cohorts.definition import Criterion, DemographicCriterion
from workbench.locales import LANGUAGES, Language, translator
from workbench.sentences import Narrator

SETS = [{"id": n, "name": f"set {n}", "expression": {"items": []}} for n in range(3)]
NUMBER = {"Value": 5, "Op": "gt"}
SAMPLES: dict[str, Any] = {
    "NumericRange": NUMBER,
    "DateRange": {"Value": "2020-01-01", "Op": "gte"},
    "TextFilter": {"Text": "abc", "Op": "contains"},
    "Period": {"StartDate": "2020-01-01", "EndDate": "2020-12-31"},
    "ConceptSetSelection": {"CodesetId": 2, "IsExclusion": False},
    "DateAdjustment": {"StartWith": "END_DATE", "StartOffset": 3, "EndWith": "END_DATE", "EndOffset": 9},
    "CriteriaGroup": {"Type": "ALL", "DemographicCriteriaList": [{"Age": NUMBER}]},
    "list[Concept]": [{"CONCEPT_ID": 7, "CONCEPT_NAME": "seven"}],
    "list[AnyCriterion]": [{"Death": {}}],
    "list[Criterion]": [{"Death": {}}],
    "int": 2,
    "bool": True,
}


def sample(annotation: Any) -> Any:
    text = str(annotation)
    for name, value in SAMPLES.items():
        bare = name.removeprefix("list[").rstrip("]")
        if name.startswith("list[") == ("list[" in text) and (
            f".{bare}" in text or (bare == "Concept" and "Concept]" in text)
        ):
            return value
    if "list[" in text:
        return SAMPLES["list[AnyCriterion]"]
    return SAMPLES["bool"] if "bool" in text else SAMPLES["int"]


def fields(part: type[Any]) -> list[tuple[str, str, Any]]:
    return [(name, field.alias or name, field.annotation) for name, field in part.model_fields.items()]


def sentences(language: Language, expression: dict[str, Any]) -> str:
    definition = read_definition({"ConceptSets": SETS, **expression})
    return "\n".join(Narrator.of(translator(language), definition.expression).definition(definition.expression))


def entry(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    content = {"CriteriaList": [{"Death": {"CodesetId": 1}}], **content} if kind == "CustomEra" else content
    return {"PrimaryCriteria": {"CriteriaList": [{kind: content}]}}


CRITERION_FIELDS = [(k, n, alias, a) for k in sorted(Criterion.kinds) for n, alias, a in fields(Criterion.kinds[k])]


@pytest.mark.parametrize("language", list(LANGUAGES))
@pytest.mark.parametrize(("kind", "name", "alias", "annotation"), CRITERION_FIELDS)
def test_a_criterion_says_its_field(kind: str, name: str, alias: str, annotation: Any, language: Language) -> None:
    before: dict[str, Any] = {}
    if name.endswith("_exclude"):
        listed = name.removesuffix("_exclude")
        before = {Criterion.kinds[kind].model_fields[listed].alias or "": SAMPLES["list[Concept]"]}
    said = sentences(language, entry(kind, {**before, alias: sample(annotation)}))
    assert said != sentences(language, entry(kind, before))
    if name.removesuffix("_cs") + "_cs" == name:
        excluded = sentences(language, entry(kind, {alias: {"CodesetId": 2, "IsExclusion": True}}))
        recorded = sentences(language, entry(kind, {alias: {"IsExclusion": False}}))
        missing = sentences(language, entry(kind, {alias: {"IsExclusion": True}}))
        assert len({said, excluded, recorded, missing}) == 4


@pytest.mark.parametrize("language", list(LANGUAGES))
@pytest.mark.parametrize(("name", "alias", "annotation"), fields(DemographicCriterion))
def test_a_demographic_criterion_says_its_field(name: str, alias: str, annotation: Any, language: Language) -> None:
    def with_rule(item: dict[str, Any]) -> dict[str, Any]:
        group = {"Type": "ALL", "DemographicCriteriaList": [{"Age": NUMBER}, item]}
        return {**entry("Death", {}), "InclusionRules": [{"name": "r", "expression": group}]}

    assert sentences(language, with_rule({alias: sample(annotation)})) != sentences(language, with_rule({}))


BOUND = {"Days": 30, "Coeff": -1}
AROUND = {
    "Criteria": {"DrugExposure": {"CodesetId": 1}},
    "StartWindow": {"Start": BOUND, "End": {"Days": 0, "Coeff": 1}},
    "Occurrence": {"Type": 2, "Count": 2},
}
DISTINCT = {"Type": 2, "Count": 2, "IsDistinct": True}
CHANGES: dict[str, dict[str, Any]] = {
    "criteria": {"Criteria": {"DrugExposure": {"CodesetId": 2}}},
    "days": {"StartWindow": {"Start": {"Days": 31, "Coeff": -1}, "End": {"Days": 0, "Coeff": 1}}},
    "open start": {"StartWindow": {"Start": {"Coeff": -1}, "End": {"Days": 0, "Coeff": 1}}},
    "end": {"StartWindow": {"Start": BOUND, "End": {"Days": 1, "Coeff": 1}}},
    "open end": {"StartWindow": {"Start": BOUND, "End": {"Coeff": 1}}},
    "coefficient": {"StartWindow": {"Start": BOUND, "End": {"Days": 3, "Coeff": -1}}},
    "one day": {"StartWindow": {"Start": BOUND, "End": {"Days": 30, "Coeff": -1}}},
    "hours": {"StartWindow": {"Start": {"Hours": 6, "Coeff": -1}, "End": {"Hours": 0, "Coeff": 1}}},
    "half an hour": {"StartWindow": {"Start": {"Hours": 0.5, "Coeff": -1}, "End": {"Hours": 0, "Coeff": 1}}},
    "hours after": {"StartWindow": {"Start": {"Hours": 0, "Coeff": 1}, "End": {"Hours": 6, "Coeff": 1}}},
    "hours around": {"StartWindow": {"Start": {"Hours": 6, "Coeff": -1}, "End": {"Hours": 6, "Coeff": 1}}},
    "hours apart, before": {"StartWindow": {"Start": {"Hours": 6, "Coeff": -1}, "End": {"Hours": 3, "Coeff": -1}}},
    "hours apart, after": {"StartWindow": {"Start": {"Hours": 3, "Coeff": 1}, "End": {"Hours": 6, "Coeff": 1}}},
    "an exact hour before": {"StartWindow": {"Start": {"Hours": 3, "Coeff": -1}, "End": {"Hours": 3, "Coeff": -1}}},
    "an exact hour after": {"StartWindow": {"Start": {"Hours": 3, "Coeff": 1}, "End": {"Hours": 3, "Coeff": 1}}},
    "the same moment": {"StartWindow": {"Start": {"Hours": 0, "Coeff": 1}, "End": {"Hours": 0, "Coeff": 1}}},
    "hours before or earlier": {"StartWindow": {"Start": {"Coeff": -1}, "End": {"Hours": 6, "Coeff": -1}}},
    "until the moment": {"StartWindow": {"Start": {"Coeff": -1}, "End": {"Hours": 0, "Coeff": 1}}},
    "until hours after": {"StartWindow": {"Start": {"Coeff": -1}, "End": {"Hours": 6, "Coeff": 1}}},
    "from hours before": {"StartWindow": {"Start": {"Hours": 6, "Coeff": -1}, "End": {"Coeff": 1}}},
    "from the moment": {"StartWindow": {"Start": {"Hours": 0, "Coeff": 1}, "End": {"Coeff": 1}}},
    "from hours after": {"StartWindow": {"Start": {"Hours": 6, "Coeff": 1}, "End": {"Coeff": 1}}},
    "days, then hours": {"StartWindow": {"Start": BOUND, "End": {"Hours": 6, "Coeff": 1}}},
    "hours, then days": {"StartWindow": {"Start": {"Hours": 6, "Coeff": -1}, "End": {"Days": 0, "Coeff": 1}}},
    "hours from the index end": {
        "StartWindow": {
            "Start": {"Hours": 6, "Coeff": -1},
            "End": {"Hours": 0, "Coeff": 1},
            "UseIndexEnd": True,
        }
    },
    "backwards": {"StartWindow": {"Start": {"Days": 3, "Coeff": 1}, "End": {"Days": 1, "Coeff": 1}}},
    "use index end": {"StartWindow": {**AROUND["StartWindow"], "UseIndexEnd": True}},
    "use event end": {"StartWindow": {**AROUND["StartWindow"], "UseEventEnd": True}},
    "end window": {"EndWindow": AROUND["StartWindow"]},
    "end window of the start": {"EndWindow": {**AROUND["StartWindow"], "UseEventEnd": False}},
    "end window from the index end": {"EndWindow": {**AROUND["StartWindow"], "UseIndexEnd": True}},
    "exactly": {"Occurrence": {"Type": 0, "Count": 2}},
    "at most": {"Occurrence": {"Type": 1, "Count": 2}},
    "none": {"Occurrence": {"Type": 0, "Count": 0}},
    "count": {"Occurrence": {"Type": 2, "Count": 3}},
    "count of nothing": {"Occurrence": {"Type": 2, "Count": 0}},
    "distinct": {"Occurrence": DISTINCT},
    "distinct units": {"Occurrence": {**DISTINCT, "CountColumn": "UNIT"}},
    "distinct, exactly": {"Occurrence": {**DISTINCT, "Type": 0}},
    "distinct, at most": {"Occurrence": {**DISTINCT, "Type": 1}},
    "visit": {"RestrictVisit": True},
    "observation period": {"IgnoreObservationPeriod": True},
}


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_every_way_of_counting_around_is_said_and_no_two_sound_alike(language: Language) -> None:
    def with_rule(item: dict[str, Any]) -> dict[str, Any]:
        rule = {"name": "r", "expression": {"Type": "ALL", "CriteriaList": [item]}}
        return {**entry("Death", {}), "InclusionRules": [rule]}

    said = {name: sentences(language, with_rule({**AROUND, **change})) for name, change in CHANGES.items()}
    said[""] = sentences(language, with_rule(AROUND))
    alike = [(a, b) for a in said for b in said if a < b and said[a] == said[b]]
    assert alike == []


ALL, LAST = {"Type": "All"}, {"Type": "Last"}
EMPTY_GROUP = {"Type": "ALL"}
PRIMARY = {"CriteriaList": [{"Death": {}}], "PrimaryCriteriaLimit": ALL}
AGE = {"DemographicCriteriaList": [{"Age": NUMBER}, {"Gender": SAMPLES["list[Concept]"]}]}
ERA = {"DrugCodesetId": 1, "GapDays": 0, "Offset": 0}
WHOLE: dict[str, dict[str, Any]] = {
    "primary first": {"PrimaryCriteria": {"CriteriaList": [{"Death": {}}]}},
    "primary last": {"PrimaryCriteria": {**PRIMARY, "PrimaryCriteriaLimit": LAST}},
    "prior": {"PrimaryCriteria": {**PRIMARY, "ObservationWindow": {"PriorDays": 9}}},
    "post": {"PrimaryCriteria": {**PRIMARY, "ObservationWindow": {"PostDays": 9}}},
    "additional, limit missing": {"AdditionalCriteria": EMPTY_GROUP},
    "additional, last": {"AdditionalCriteria": EMPTY_GROUP, "QualifiedLimit": LAST},
    "additional": {"AdditionalCriteria": {"Type": "ALL", **AGE}, "QualifiedLimit": ALL},
    "any": {"AdditionalCriteria": {"Type": "ANY", **AGE}, "QualifiedLimit": ALL},
    "at least": {"AdditionalCriteria": {"Type": "AT_LEAST", "Count": 1, **AGE}, "QualifiedLimit": ALL},
    "at most": {"AdditionalCriteria": {"Type": "AT_MOST", "Count": 1, **AGE}, "QualifiedLimit": ALL},
    "none of": {"AdditionalCriteria": {"Type": "AT_MOST", "Count": 0, **AGE}, "QualifiedLimit": ALL},
    "sub-group": {
        "AdditionalCriteria": {"Type": "ANY", **AGE, "Groups": [{"Type": "ALL", **AGE}]},
        "QualifiedLimit": ALL,
    },
    "expression first": {"ExpressionLimit": {"Type": "First"}},
    "expression last": {"ExpressionLimit": LAST},
    "offset": {"EndStrategy": {"DateOffset": {"DateField": "StartDate", "Offset": 9}}},
    "offset 0": {"EndStrategy": {"DateOffset": {"DateField": "StartDate", "Offset": 0}}},
    "offset -1": {"EndStrategy": {"DateOffset": {"DateField": "StartDate", "Offset": -1}}},
    "offset from end": {"EndStrategy": {"DateOffset": {"DateField": "EndDate", "Offset": 9}}},
    "offset -1 from end": {"EndStrategy": {"DateOffset": {"DateField": "EndDate", "Offset": -1}}},
    "offset 0 from end": {"EndStrategy": {"DateOffset": {"DateField": "EndDate", "Offset": 0}}},
    "era": {"EndStrategy": {"CustomEra": ERA}},
    "era drug": {"EndStrategy": {"CustomEra": {**ERA, "DrugCodesetId": 2}}},
    "era gap": {"EndStrategy": {"CustomEra": {**ERA, "GapDays": 9}}},
    "era offset": {"EndStrategy": {"CustomEra": {**ERA, "Offset": 9}}},
    "both": {"EndStrategy": {"CustomEra": ERA, "DateOffset": {"Offset": 9}}},
    "cohort": {"Cohorts": [{"id": 1, "name": "other", "expression": {"PrimaryCriteria": PRIMARY}}]},
    "list": {"PatientLists": [{"id": 1, "name": "other", "file": "other.csv", "sha256": "1a"}]},
    "list of the same name that holds something else": {
        "PatientLists": [{"id": 1, "name": "other", "file": "other.csv", "sha256": "2b"}]
    },
    "list from another file": {"PatientLists": [{"id": 1, "name": "other", "file": "other.xlsx", "sha256": "1a"}]},
    "era supply": {"EndStrategy": {"CustomEra": {**ERA, "DaysSupplyOverride": 9}}},
    "censoring": {"CensoringCriteria": [{"Death": {}}]},
    "pad": {"CollapseSettings": {"CollapseType": "ERA", "EraPad": 9}},
    "window start": {"CensorWindow": {"StartDate": "2020-01-01"}},
    "window end": {"CensorWindow": {"EndDate": "2020-01-01"}},
}


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_every_part_of_the_whole_is_said_and_no_two_sound_alike(language: Language) -> None:
    plain = {"PrimaryCriteria": PRIMARY, "ExpressionLimit": ALL}
    said = {name: sentences(language, {**plain, **change}) for name, change in WHOLE.items()}
    said[""] = sentences(language, plain)
    alike = [(a, b) for a in said for b in said if a < b and said[a] == said[b]]
    assert alike == []


@pytest.mark.parametrize(
    ("occurrence", "english", "chinese"),
    [
        ({"Type": 0, "Count": 0}, 'use of "set 1" at least once', "使用“set 1”至少 1 次"),
        ({"Type": 1, "Count": 0}, 'use of "set 1" at least once', "使用“set 1”至少 1 次"),
        ({"Type": 2, "Count": 1}, 'no use of "set 1"', "无使用“set 1”的记录"),
        ({"Type": 2, "Count": 3}, 'use of "set 1" at most 2 times', "使用“set 1”至多 2 次"),
    ],
)
def test_none_of_is_said_without_a_double_negative(occurrence: dict[str, Any], english: str, chinese: str) -> None:
    group = {"Type": "AT_MOST", "Count": 0, "CriteriaList": [{**AROUND, "Occurrence": occurrence}]}
    expression = {**entry("Death", {}), "AdditionalCriteria": group}
    for language, words in (("en", english), ("zh", chinese)):
        said = sentences(language, expression)
        assert words in said
        assert "at most 0" not in said
        assert "至多 0" not in said
