"""Cards: what is typed into one comes back from the definition; what no card can hold stays untouched."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts import read_definition
from cohorts.definition import Concept, ConceptSetItem, InclusionRule, NamedCohort, NumericRange, PatientList
from workbench.editor import (
    CriterionForm,
    EntryForm,
    RuleForm,
    add_rule,
    duplicate_rule,
    entry_form_of,
    move_rule,
    new_definition,
    remove_rule,
    replace_rule,
    rule_form_of,
    set_entry,
)
from workbench.editor.forms import DEMOGRAPHICS, KINDS, MEMBERSHIP, PATIENT_LIST

LUNG_CANCER = ConceptSetItem(concept=Concept(concept_id=443388, concept_name="肺恶性肿瘤"), include_descendants=True)
GEFITINIB = ConceptSetItem(concept=Concept(concept_id=1319193, concept_name="吉非替尼"))
HAEMOGLOBIN = ConceptSetItem(concept=Concept(concept_id=3000963, concept_name="血红蛋白"))
GRAM_PER_LITRE = Concept(concept_id=8636, concept_name="g/L")

ranges = st.builds(NumericRange, value=st.integers(0, 200), op=st.sampled_from(["lt", "lte", "eq", "gt", "gte"]))
items = st.lists(st.sampled_from([LUNG_CANCER, GEFITINIB, HAEMOGLOBIN]), max_size=2, unique_by=str)
offsets = st.none() | st.integers(-400, 400)
records = st.builds(
    CriterionForm,
    kind=st.sampled_from(["ConditionOccurrence", "DrugExposure", "ProcedureOccurrence", "VisitOccurrence"]),
    items=items,
    first=st.booleans(),
    age=st.none() | ranges,
    earliest=offsets,
    latest=offsets,
    times=st.integers(1, 5),
)
by_hours = st.builds(
    CriterionForm,
    kind=st.sampled_from(["Measurement", "DrugExposure", "VisitOccurrence"]),
    items=items,
    earliest=st.integers(-48, 48) | st.floats(-48, 48).map(lambda hour: round(hour, 2)),
    latest=offsets,
    unit=st.just("hours"),
)
results = st.builds(
    CriterionForm,
    kind=st.sampled_from(["Measurement", "Observation"]),
    items=items,
    value=st.none() | ranges,
    units=st.sampled_from([[], [GRAM_PER_LITRE]]),
    earliest=offsets,
    latest=offsets,
)
persons = st.builds(CriterionForm, kind=st.just(DEMOGRAPHICS), age=ranges)
including = st.builds(
    RuleForm,
    name=st.text(max_size=5),
    match=st.sampled_from(["all", "any"]),
    members=st.builds(
        lambda p, r: [*p, *r], st.lists(persons, max_size=1), st.lists(records | results | by_hours, min_size=1)
    ),
)
excluding = st.builds(
    RuleForm,
    name=st.text(max_size=5),
    mode=st.just("exclude"),
    members=st.lists(records.map(lambda r: r.model_copy(update={"times": 1})) | results, min_size=1),
)


@given(st.lists(including | excluding, max_size=3))
def test_a_card_reads_back_as_it_was_written(cards: list[RuleForm]) -> None:
    definition = set_entry(new_definition("肺癌"), EntryForm(members=[CriterionForm(kind="ConditionOccurrence")]))
    for card in cards:
        definition = add_rule(definition, card)
    again = read_definition(definition.to_json())
    assert again.hash == definition.hash
    assert [rule_form_of(rule, again.expression) for rule in again.expression.inclusion_rules or []] == cards


@given(st.lists(records, min_size=1, max_size=3), st.integers(0, 400), st.sampled_from(["first", "last", "all"]))
def test_an_entry_event_reads_back_as_it_was_written(members: list[CriterionForm], prior: int, limit: Any) -> None:
    plain = [m.model_copy(update={"earliest": None, "latest": None, "times": 1}) for m in members]
    entry = EntryForm(members=plain, prior_days=prior, limit=limit)
    assert entry_form_of(set_entry(new_definition("肺癌"), entry).expression) == entry


def test_an_excluding_card_asks_for_none_of_the_records() -> None:
    card = RuleForm(
        name="未用过吉非替尼", mode="exclude", members=[CriterionForm(kind="DrugExposure", items=[GEFITINIB])]
    )
    definition = add_rule(new_definition("肺癌"), card)
    assert definition.expression.to_json()["InclusionRules"][0]["expression"]["CriteriaList"] == [
        {
            "Criteria": {"DrugExposure": {"CodesetId": 0}},
            "StartWindow": {"Start": {"Days": None, "Coeff": -1}, "End": {"Days": None, "Coeff": 1}},
            "Occurrence": {"Type": 0, "Count": 0},
        }
    ]


def test_a_card_asks_for_hours() -> None:
    soon = CriterionForm(kind="Measurement", items=[HAEMOGLOBIN], earliest=0, latest=6.5, unit="hours")
    definition = add_rule(new_definition("肺癌"), RuleForm(name="早检", members=[soon]))
    asked = definition.expression.to_json()["InclusionRules"][0]["expression"]["CriteriaList"][0]
    assert asked["StartWindow"] == {"Start": {"Hours": 0, "Coeff": -1}, "End": {"Hours": 6.5, "Coeff": 1}}


def test_equal_concept_sets_are_shared_and_useless_ones_go() -> None:
    drug = RuleForm(name="a", members=[CriterionForm(kind="DrugExposure", items=[GEFITINIB])])
    both = add_rule(add_rule(new_definition("x"), drug), drug.model_copy(update={"name": "b"}))
    assert [s.name for s in both.expression.concept_sets or []] == ["吉非替尼"]
    other = replace_rule(both, 0, RuleForm(name="c", members=[CriterionForm(kind="Measurement", items=[HAEMOGLOBIN])]))
    assert [s.name for s in other.expression.concept_sets or []] == ["吉非替尼", "血红蛋白"]
    assert [s.name for s in remove_rule(other, 1).expression.concept_sets or []] == ["血红蛋白"]


def test_cards_move_and_multiply() -> None:
    definition = new_definition("x")
    for name in "abc":
        definition = add_rule(definition, RuleForm(name=name, members=[CriterionForm(kind=KINDS[0])]))

    def names(changed: Any) -> str:
        return "".join(rule.name for rule in changed.expression.inclusion_rules)

    assert names(move_rule(definition, 0, 1)) == "bac"
    assert names(move_rule(definition, 0, -1)) == "abc"
    assert names(duplicate_rule(definition, 1)) == "abbc"
    assert names(remove_rule(definition, 1)) == "ac"
    assert names(definition) == "abc"


DAYS_THEN_HOURS = {"Start": {"Days": 1, "Coeff": -1}, "End": {"Hours": 6, "Coeff": 1}}
CORRELATED = {"Criteria": {"DrugExposure": {}}, "Occurrence": {"Type": 2, "Count": 1}}


@pytest.mark.parametrize(
    "expression",
    [
        {"Type": "AT_LEAST", "Count": 1, "CriteriaList": [CORRELATED]},
        {"Type": "ALL", "Groups": [{"Type": "ANY", "CriteriaList": [CORRELATED]}]},
        {"Type": "ALL", "CriteriaList": [{**CORRELATED, "Occurrence": {"Type": 1, "Count": 2}}]},
        {"Type": "ALL", "CriteriaList": [{**CORRELATED, "RestrictVisit": True}]},
        {"Type": "ALL", "CriteriaList": [{**CORRELATED, "StartWindow": DAYS_THEN_HOURS}]},
        {"Type": "ALL", "CriteriaList": [{**CORRELATED, "Occurrence": {"Type": 2, "Count": 1, "IsDistinct": True}}]},
        {"Type": "ALL", "CriteriaList": [{**CORRELATED, "Criteria": {"DrugExposure": {"Refills": {"Value": 1}}}}]},
        {"Type": "ALL", "CriteriaList": [{**CORRELATED, "Criteria": {"Specimen": {}}}]},
        {"Type": "ALL", "CriteriaList": [CORRELATED, {**CORRELATED, "Occurrence": {"Type": 0, "Count": 0}}]},
        {"Type": "ALL", "DemographicCriteriaList": [{"Race": [{"CONCEPT_ID": 1}]}]},
        {"Type": "ALL"},
    ],
)
def test_what_no_card_can_hold_is_not_squeezed_into_one(expression: dict[str, Any]) -> None:
    definition = read_definition({"PrimaryCriteria": {"CriteriaList": [{"Death": {}}]}})
    rule = InclusionRule.model_validate({"name": "x", "expression": expression})
    assert rule_form_of(rule, definition.expression) is None
    assert entry_form_of(definition.expression) is None


def test_another_cohort_is_copied_into_the_definition_and_leaves_with_its_last_card() -> None:
    deaths = read_definition({"PrimaryCriteria": {"CriteriaList": [{"Death": {}}]}})
    other = NamedCohort(id=3, name="deaths", semantics="circe", expression=deaths.expression)
    asked = RuleForm(name="later", members=[CriterionForm(kind=MEMBERSHIP, cohort=other, earliest=1, first=True)])
    entry = EntryForm(members=[CriterionForm(kind="VisitOccurrence")])
    one = add_rule(set_entry(new_definition("n"), entry), asked)
    assert one.expression.cohorts == [other]
    assert rule_form_of((one.expression.inclusion_rules or [])[0], one.expression) == asked
    two = duplicate_rule(one, 0)
    assert remove_rule(two, 1).expression.cohorts == [other]
    assert not remove_rule(one, 0).expression.cohorts
    assert read_definition(one.to_json()) == one


def test_a_patient_list_is_named_by_its_digest_and_leaves_with_its_last_card() -> None:
    listed = PatientList(id=4, name="enrolled", file="enrolled.csv", sha256="a1")
    member = CriterionForm(kind=PATIENT_LIST, patient_list=listed, latest=0, first=True)
    entry = EntryForm(members=[CriterionForm(kind=PATIENT_LIST, patient_list=listed)])
    one = add_rule(set_entry(new_definition("n"), entry), RuleForm(name="before", members=[member]))
    assert one.expression.patient_lists == [listed]
    assert entry_form_of(one.expression) == entry
    assert rule_form_of((one.expression.inclusion_rules or [])[0], one.expression) == RuleForm(
        name="before", members=[member]
    )
    assert read_definition(one.to_json()) == one
    assert remove_rule(one, 0).expression.patient_lists == [listed]
    assert not set_entry(remove_rule(one, 0), EntryForm(members=[CriterionForm(kind="Death")])).expression.patient_lists
    assert CriterionForm(kind=PATIENT_LIST).lacks_group
