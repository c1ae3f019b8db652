"""Reading and writing cohort definitions: nothing is lost, nothing unknown is run, and errors name the path."""

import json
from pathlib import Path
from typing import Any

import pytest

from cohorts import CohortDefinition, read_definition
from cohorts.definition import ConditionOccurrence, Criterion, NumericRange, Part
from omop_etl.errors import RweError, UsageError
from tests.cohorts.patients import CONDITION, SETS, around, definition, rule


def test_writing_gives_back_exactly_what_was_read_down_to_what_only_people_read() -> None:
    source = definition(
        {"ConditionOccurrence": {"CodesetId": 1, "ConditionTypeExclude": False, "Age": {"Value": 18, "Op": "gte"}}},
        InclusionRules=[{**rule(around(CONDITION, exactly=0)), "description": "没有既往诊断"}],
        CensorWindow={},
        cdmVersionRange=">=5.0.0",
    )
    source["ConceptSets"][0]["expression"]["items"][0]["concept"]["CONCEPT_NAME"] = "肺恶性肿瘤"
    assert read_definition(source).expression.to_json() == source


def test_a_document_of_ours_keeps_its_name_and_semantics(tmp_path: Path) -> None:
    document = CohortDefinition(name="肺癌", expression=read_definition(definition()).expression)
    file = tmp_path / "other.json"
    file.write_text(json.dumps(document.to_json(), ensure_ascii=False), encoding="utf-8")
    read = read_definition(file)
    assert (read.name, read.semantics, read.hash) == ("肺癌", "exact", document.hash)


@pytest.mark.parametrize("nested", [dict, json.dumps])
def test_an_export_of_atlas_holds_its_expression_as_an_object_or_as_text(nested: Any) -> None:
    read = read_definition({"id": 7, "name": "from ATLAS", "expression": nested(definition())})
    assert (read.name, read.semantics) == ("from ATLAS", "circe")


def test_the_hash_depends_on_expression_and_semantics_but_not_on_the_name() -> None:
    one = read_definition(definition(), name="a")
    assert one.hash == read_definition(definition(), name="b").hash
    assert one.hash != read_definition(definition(), semantics="exact").hash
    assert one.hash != read_definition(definition(limit="First")).hash


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (
            {"PrimaryCriteria": {"CriteriaList": [{"Death": {"Agee": {}}}]}},
            "PrimaryCriteria.CriteriaList[0].Death.Agee",
        ),
        ({**definition(), "QualifyingLimit": {}}, "QualifyingLimit"),
        (definition(InclusionRules=[rule(type="SOME")]), "InclusionRules[0].expression.Type"),
        (definition({"Deaths": {}}), "PrimaryCriteria.CriteriaList[0]"),
        (definition({"Death": {"Age": {"Value": "old"}}}), "PrimaryCriteria.CriteriaList[0].Death.Age.Value"),
        ({"ConceptSets": []}, "PrimaryCriteria"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_path(content: dict[str, Any], path: str) -> None:
    with pytest.raises(RweError) as refusal:
        read_definition(content)
    assert path in str(refusal.value)


def test_a_misspelt_attribute_is_named_with_the_nearest_known_one() -> None:
    with pytest.raises(RweError, match="did you mean OccurrenceStartDate"):
        read_definition(definition({"Death": {"OccurenceStartDate": {"Value": "2020-01-01", "Op": "gt"}}}))


def test_what_older_versions_of_atlas_wrote_and_circe_no_longer_reads_is_kept_and_has_no_effect() -> None:
    source = definition({"VisitDetail": {"CodesetId": 1, "VisitType": [{"CONCEPT_ID": 9201}]}})
    assert read_definition(source).expression.to_json() == source


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"PrimaryCriteria": ', "line 1, column 21"),
        (b"[1, 2]", "no JSON object"),
        ("肺癌".encode("gb18030"), "not UTF-8"),
    ],
)
def test_a_file_that_is_no_definition_is_refused_with_the_place(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "broken.json"
    file.write_bytes(content)
    with pytest.raises(RweError, match=told):
        read_definition(file)


def test_a_missing_file_is_an_error_of_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.json"):
        read_definition(tmp_path / "nowhere.json")


def test_criteria_can_be_written_in_python() -> None:
    diagnosis = ConditionOccurrence(codeset_id=1, first=True, age=NumericRange(value=18, op="gte"))
    assert diagnosis.to_json() == {
        "ConditionOccurrence": {"CodesetId": 1, "First": True, "Age": {"Value": 18, "Op": "gte"}}
    }


def test_circe_has_eighteen_kinds_of_criteria_and_each_is_a_part() -> None:
    assert sum(kind.known_to_circe for kind in Criterion.kinds.values()) == 18
    assert all(issubclass(kind, Part) for kind in Criterion.kinds.values())
    assert SETS[0]["id"] == 1
