"""Generating cohorts together: rows, attrition, rule masks, and refusals that leave the others alone."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cohorts import ROW_SCHEMA, generate, read_definition
from omop_etl.cdm import connect
from omop_etl.errors import CannotAnswerError, RweError
from tests.cohorts.patients import around, days, definition, made, patients, rule

STUDY = """
observation_period
person | start      | end
1      | 2010-01-01 | 2029-12-31
2      | 2010-01-01 | 2029-12-31
3      | 2019-12-01 | 2029-12-31
4      | 2010-01-01 | 2029-12-31

condition_occurrence
person | concept | start
1      | 10      | 2020-01-01
1      | 10      | 2020-02-01
2      | 10      | 2020-01-01
3      | 10      | 2020-01-01
4      | 10      | 2020-01-01

drug_exposure
person | concept | start
1      | 20      | 2020-02-03
2      | 20      | 2020-01-03
4      | 20      | 2020-01-03

measurement
person | concept | date       | value
1      | 20      | 2020-01-01 | 7
1      | 20      | 2020-02-01 | 7
2      | 20      | 2020-01-01 | 4
4      | 20      | 2020-01-01 | 7
"""

TREATED = {**rule(around({"DrugExposure": {"CodesetId": 2}}, at_least=1, StartWindow=days(0, 7))), "name": "treated"}
HIGH = {
    **rule(around({"Measurement": {"CodesetId": 2, "ValueAsNumber": {"Value": 5, "Op": "gt"}}}, at_least=1)),
    "name": "high",
}
TRIAL = definition(
    ObservationWindow={"PriorDays": 365, "PostDays": 0},
    InclusionRules=[TREATED, HIGH],
    ExpressionLimit={"Type": "First"},
)


def test_attrition_counts_events_and_persons_from_the_unrestricted_entry_event(tmp_path: Path) -> None:
    attrition = made(patients(tmp_path, STUDY), TRIAL).attrition("cohort")
    assert attrition[["kind", "name", "events", "persons"]].to_numpy().tolist() == [
        ["entry", "", 5, 4],
        ["within_observation", "", 5, 4],
        ["observation", "", 4, 3],  # person 3 has 31 days before
        ["rule", "treated", 3, 3],  # the first event of person 1 is not treated within a week
        ["rule", "high", 2, 2],  # the value of person 2 is 4
        ["expression_limit", "", 2, 2],
        ["exit", "", 2, 2],
        ["rows", "", 2, 2],
    ]
    assert attrition["excluded_persons"].tolist() == [0, 0, 1, 0, 1, 0, 0, 0]


def test_a_limit_is_a_step_of_its_own(tmp_path: Path) -> None:
    attrition = made(patients(tmp_path, STUDY), definition(limit="First")).attrition("cohort")
    assert attrition[["kind", "events", "persons"]].to_numpy().tolist() == [
        ["entry", 5, 4],
        ["observation", 5, 4],
        ["entry_limit", 4, 4],
        ["exit", 4, 4],
        ["rows", 4, 4],
    ]


def test_masks_say_for_every_qualified_event_which_rules_it_meets(tmp_path: Path) -> None:
    cohorts = made(patients(tmp_path, STUDY), TRIAL)
    masks = cohorts.masks("cohort")
    assert cohorts.rules("cohort") == ["treated", "high"]
    assert masks[["person_id", "event_id", "mask"]].to_numpy().tolist() == [
        [1, 1, 0b10],
        [1, 2, 0b11],
        [2, 1, 0b01],
        [4, 1, 0b11],
    ]


def test_a_definition_without_rules_has_masks_of_zero(tmp_path: Path) -> None:
    assert made(patients(tmp_path, STUDY), definition()).masks("cohort")["mask"].tolist() == [0] * 5


def test_rows_carry_the_number_and_the_name_of_their_definition(tmp_path: Path) -> None:
    definitions = {"trial": read_definition(TRIAL), "all": read_definition(definition())}
    cohorts = generate(definitions, patients(tmp_path, STUDY))
    assert cohorts.rows.schema == ROW_SCHEMA
    found = cohorts.rows.group_by(["cohort_definition_id", "cohort_name"]).aggregate([("subject_id", "count")])
    assert found.to_pylist() == [
        {"cohort_definition_id": 1, "cohort_name": "trial", "subject_id_count": 2},
        {"cohort_definition_id": 2, "cohort_name": "all", "subject_id_count": 5},
    ]
    assert cohorts.persons("trial") == 2


def test_one_refused_definition_leaves_the_others_alone_unless_all_are_wanted(tmp_path: Path) -> None:
    missing_set = definition({"Death": {"CodesetId": 99}})
    missing_column = definition({"DrugExposure": {"EffectiveDrugDose": {"Value": 1, "Op": "gt"}}})
    definitions = {
        "no set": read_definition(missing_set),
        "good": read_definition(definition()),
        "no column": read_definition(missing_column),
    }
    cdm = patients(tmp_path, STUDY)
    cohorts = generate(definitions, cdm, strict=False)
    assert set(cohorts.refused) == {"no set", "no column"}
    assert "effective_drug_dose" in str(cohorts.refused["no column"])
    assert cohorts.rows["cohort_definition_id"].unique().to_pylist() == [2]
    with pytest.raises(RweError, match="concept set with id 99"):
        generate(definitions, cdm)
    with pytest.raises(RweError, match="concept set with id 99"):
        cohorts.attrition("no set")


@pytest.mark.parametrize(("empty", "told"), [("person", "rwe etl run"), ("concept", "vocabulary")])
def test_a_cdm_without_persons_or_vocabulary_cannot_answer(tmp_path: Path, empty: str, told: str) -> None:
    patients(tmp_path, STUDY).close()
    file = tmp_path / f"{empty}.parquet"
    pq.write_table(pq.read_table(file).slice(0, 0), file)
    with connect(f"parquet://{tmp_path}") as cdm, pytest.raises(CannotAnswerError, match=told):
        made(cdm, definition())


def test_a_concept_set_of_a_hundred_thousand_concepts_is_a_table_not_a_text(tmp_path: Path) -> None:
    cdm = patients(tmp_path, STUDY)
    items = [{"concept": {"CONCEPT_ID": number}} for number in range(10, 100_010)]
    large = {"id": 1, "name": "large", "expression": {"items": items}}
    assert made(cdm, definition(ConceptSets=[large])).persons("cohort") == 4
