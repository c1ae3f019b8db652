"""Protocols and studies: complete in themselves, refused by the path of what is wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from omop_etl.errors import RweError, UsageError
from workbench.studies.library import DEMO_PROTOCOL, DEMO_STUDY
from workbench.studies.protocol import read_protocol
from workbench.studies.study import read_study

DEATHS = {"PrimaryCriteria": {"CriteriaList": [{"Death": {}}]}}
PROTOCOL = {
    "format": "rwe-protocol/1",
    "name": "trial",
    "title": {"en": "Trial", "zh": "试验"},
    "cohort": DEATHS,
    "assumptions": {"target": 100},
}
STUDY = {
    "format": "rwe-study/1",
    "name": "study",
    "title": {"en": "Study"},
    "cohorts": {"a": DEATHS, "b": DEATHS},
    "dataset": {
        "exposure": [{"cohort": "a"}, {"cohort": "b"}],
        "outcome": {"kind": "death"},
        "covariates": [{"kind": "age"}],
    },
}


def test_what_ships_with_the_package_can_be_read_and_read_again() -> None:
    protocol, study = read_protocol(DEMO_PROTOCOL), read_study(DEMO_STUDY)
    assert read_protocol(protocol.model_dump(mode="json")).hash == protocol.hash
    assert read_study(study.model_dump(mode="json")).hash == study.hash
    assert study.adjusted_for == ("age", "sex", "ecog_2_or_more", "stage_iv", "liver_metastasis", "copd")


def test_every_label_of_the_library_is_used_and_every_rule_has_one() -> None:
    for document, definitions in (
        (read_protocol(DEMO_PROTOCOL), [read_protocol(DEMO_PROTOCOL).definition]),
        (read_study(DEMO_STUDY), list(read_study(DEMO_STUDY).definitions.values())),
    ):
        rules = {rule.name for d in definitions for rule in d.expression.inclusion_rules or []}
        assert rules <= set(document.labels)


def test_a_cohort_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "cohorts").mkdir()
    (tmp_path / "cohorts" / "deaths.json").write_text('{"PrimaryCriteria": {"CriteriaList": [{"Death": {}}]}}')
    file = tmp_path / "trial.yaml"
    file.write_text(yaml.safe_dump({**PROTOCOL, "cohort": "cohorts/deaths.json"}))
    assert read_protocol(file).definition.hash == read_protocol(PROTOCOL).definition.hash
    file.write_text(yaml.safe_dump({**PROTOCOL, "cohort": "cohorts/none.json"}))
    with pytest.raises(UsageError, match=r"there is no file .*none\.json"):
        read_protocol(file)


def test_the_hash_is_of_the_content_alone() -> None:
    assert read_protocol(PROTOCOL).hash == read_protocol(dict(reversed(PROTOCOL.items()))).hash
    other = {**PROTOCOL, "assumptions": {"target": 101}}
    assert read_protocol(PROTOCOL).hash != read_protocol(other).hash


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"asumptions": {}}, "trial: asumptions: Extra inputs are not permitted"),
        ({"assumptions": {"target": 0}}, r"trial: assumptions\.target: Input should be greater than or equal to 1"),
        ({"format": "rwe-protocol/9"}, "trial: format: Input should be 'rwe-protocol/1'"),
        ({"cohort": {"PrimaryCriteria": {"CriteriaList": [{"Deth": {}}]}}}, r"PrimaryCriteria\.CriteriaList\[0\]"),
    ],
)
def test_a_protocol_is_refused_at_the_place_that_is_wrong(change: dict[str, Any], message: str) -> None:
    with pytest.raises(RweError, match=message):
        read_protocol({**PROTOCOL, **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cohorts": {"a": DEATHS}}, "cohorts that are not defined: b"),
        ({"adjust_for": ["sex"]}, "adjust_for names covariates that are not in the dataset: sex"),
        ({"methods": ["lasso"]}, r"methods\[0\]"),
    ],
)
def test_a_study_is_refused_at_the_place_that_is_wrong(change: dict[str, Any], message: str) -> None:
    with pytest.raises(RweError, match=message):
        read_study({**STUDY, **change})


def test_files_that_hold_no_document(tmp_path: Path) -> None:
    for content, message in (
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"a: [", "is not valid YAML"),
        (b"- 1", "no document"),
    ):
        file = tmp_path / "document.yaml"
        file.write_bytes(content)
        with pytest.raises(RweError, match=message):
            read_study(file)
    with pytest.raises(UsageError, match="there is no file"):
        read_study(tmp_path / "none.yaml")


def test_a_protocol_gives_its_cohort_with_names_in_the_language_asked_for() -> None:
    protocol = read_protocol(DEMO_PROTOCOL)
    english, own = protocol.definition_in("en"), protocol.definition
    assert english.name == protocol.title["en"]
    rules = [rule.name for rule in english.expression.inclusion_rules or []]
    assert rules[1] == "EGFR mutation positive"
    assert all(not re.search(r"[\u4e00-\u9fff]", name or "") for name in rules)
    assert [rule.expression for rule in english.expression.inclusion_rules or []] == [
        rule.expression for rule in own.expression.inclusion_rules or []
    ]
    without = read_protocol(PROTOCOL).definition_in("zh")
    assert without.expression.to_json() == DEATHS
