"""Two versions of a definition: every change in words, and people without small counts."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from cohorts import CohortDefinition, Evaluator, read_definition
from tests.cohorts.patients import CONDITION, around, concept_set, days, definition, hours, patients, rule
from workbench.access import DisclosurePolicy
from workbench.differences import People, changes_between, people_between
from workbench.locales import translator

DRUG = {"DrugExposure": {"CodesetId": 2}}
EN, ZH = translator("en"), translator("zh")


def adult(age: int) -> dict[str, Any]:
    group = {"Type": "ALL", "DemographicCriteriaList": [{"Age": {"Value": age, "Op": "gte"}}]}
    return {"name": "adult", "expression": group}


def treated(last: int) -> dict[str, Any]:
    return {**rule(around(DRUG, at_least=1, StartWindow=days(0, last))), "name": "treated"}


def version(**parts: Any) -> CohortDefinition:
    return read_definition(definition(CONDITION, **parts), name="cohort")


def said(old: CohortDefinition, new: CohortDefinition, t: Any = EN) -> list[str]:
    return [change.text(t) for change in changes_between(t, old, new)]


def test_a_threshold_is_told_by_its_figures() -> None:
    old, new = version(InclusionRules=[adult(30), treated(90)]), version(InclusionRules=[adult(45), treated(30)])
    assert said(old, new) == ["changed: adult: 30 → 45", "changed: treated: 90 → 30"]
    assert said(old, new, ZH) == ["修改：adult：30 → 45", "修改：treated：90 → 30"]


def test_hours_are_told_by_their_figures_and_a_change_of_unit_in_words() -> None:
    def soon(window: dict[str, Any]) -> CohortDefinition:
        return version(InclusionRules=[{**rule(around(DRUG, at_least=1, StartWindow=window)), "name": "treated"}])

    assert said(soon(hours(0, 6)), soon(hours(0, 12))) == ["changed: treated: 6 → 12"]
    assert said(soon(hours(0, 6)), soon(hours(0, 12)), ZH) == ["修改：treated：6 → 12"]
    (change,) = changes_between(EN, soon(days(0, 6)), soon(hours(0, 6)))
    assert "in the 6 days from the index date on" in change.before
    assert "within 6 hours after the start of the index event" in change.after


def test_rules_come_go_move_and_are_renamed() -> None:
    old = version(InclusionRules=[adult(18), treated(90)])
    assert said(old, version(InclusionRules=[adult(18)])) == [
        'removed: treated: Use of "set 2" at least once, in the 90 days from the index date on.'
    ]
    assert said(version(InclusionRules=[adult(18)]), old)[0].startswith("added: treated: Use of")
    assert said(old, version(InclusionRules=[treated(90), adult(18)])) == [
        "moved: Order of the criteria: adult, treated → treated, adult"
    ]
    renamed = version(InclusionRules=[{**adult(18), "name": "of age"}, treated(90)])
    (change,) = changes_between(EN, old, renamed)
    assert (change.kind, change.part, change.before, change.after) == (
        "changed",
        "Name of a criterion",
        "adult",
        "of age",
    )


def test_entry_exit_and_concept_sets_are_compared() -> None:
    old = version()
    exit_ = {"DateOffset": {"DateField": "StartDate", "Offset": 9}}
    new = version(
        limit="First", EndStrategy=exit_, ConceptSets=[concept_set(1, 10, 12), *definition()["ConceptSets"][1:]]
    )
    told = changes_between(EN, old, new)
    assert [(change.kind, change.part) for change in told] == [
        ("changed", "Entry event"),
        ("changed", "Follow-up"),
        ("added", 'Concept set "set 1"'),
    ]
    assert told[1].after == "A person leaves 9 days after the index date."


def test_the_same_twice_has_no_changes() -> None:
    parts = {"InclusionRules": [adult(18), treated(90)]}
    assert changes_between(EN, version(**parts), version(**copy.deepcopy(parts))) == []


def test_people_who_entered_and_left_are_counted(tmp_path: Path) -> None:
    born = "\n".join(f"{n} | {1940 if n <= 15 else 1990 if n <= 40 else 2015}" for n in range(1, 61))
    ill = "\n".join(f"{n} | 10 | 2020-01-01" for n in range(1, 61))
    text = f"person\nperson | year\n{born}\n\ncondition_occurrence\nperson | concept | start\n{ill}"
    young = {"Type": "ALL", "DemographicCriteriaList": [{"Age": {"Value": 50, "Op": "lt"}}]}
    old = version(InclusionRules=[adult(18)])
    new = version(InclusionRules=[{"name": "young", "expression": young}])
    with patients(tmp_path, text) as cdm:
        counted = people_between(old, new, Evaluator(cdm), DisclosurePolicy())
    assert counted == People(before="40", after="45", shared="25", entered="20", left="15")


@pytest.mark.parametrize("counts", [(100, 3, 20), (100, 20, 3), (4, 20, 20), (100, 0, 9)])
def test_small_groups_hide_all_three(counts: tuple[int, int, int]) -> None:
    shown = People.of(*counts, DisclosurePolicy())
    assert (shown.shared, shown.entered, shown.left) == ("…", "…", "…")


def test_totals_that_differ_by_few_are_not_both_exact() -> None:
    shown = People.of(100, 0, 9, DisclosurePolicy())
    assert (shown.before, shown.after) != ("109", "100")
