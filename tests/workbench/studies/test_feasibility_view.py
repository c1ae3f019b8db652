"""Feasibility as it may be shown: right where it is exact, and unable to give a small group away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from omop_etl.cdm import Cdm
from omop_etl.errors import CannotAnswerError
from tests.cohorts.patients import patients
from workbench.access import DisclosurePolicy
from workbench.counts import attrition_counts
from workbench.studies.feasibility import Screening, screen, view
from workbench.studies.protocol import Protocol, read_protocol

OPEN, TEN = DisclosurePolicy(threshold=1), DisclosurePolicy(threshold=10)


def concept_set(number: int, concept: int) -> dict[str, Any]:
    return {"id": number, "expression": {"items": [{"concept": {"CONCEPT_ID": concept}}]}}


def rule(name: str, criterion: dict[str, Any]) -> dict[str, Any]:
    around = {"Start": {"Coeff": -1}, "End": {"Coeff": 1}}
    asked = {"Criteria": criterion, "StartWindow": around, "Occurrence": {"Type": 2, "Count": 1}}
    return {"name": name, "expression": {"Type": "ALL", "CriteriaList": [asked]}}


def protocol(target: int = 20) -> Protocol:
    return read_protocol(
        {
            "format": "rwe-protocol/1",
            "name": "trial",
            "title": {"en": "Trial"},
            "cohort": {
                "ConceptSets": [concept_set(0, 10), concept_set(1, 20), concept_set(2, 12)],
                "PrimaryCriteria": {"CriteriaList": [{"ConditionOccurrence": {"CodesetId": 0}}]},
                "InclusionRules": [
                    rule("on drug", {"DrugExposure": {"CodesetId": 1}}),
                    rule("second diagnosis", {"ConditionOccurrence": {"CodesetId": 2}}),
                ],
            },
            "assumptions": {"target": target, "history_months": 3},
        }
    )


def hospital(folder: Path, *, diagnosed: int, on_drug: range, second: range) -> Cdm:
    """Make a CDM of persons 1 to `diagnosed`, of whom some have the drug and some the second diagnosis."""
    entries = [f"{person} | 10 | 2020-0{1 + person % 3}-10" for person in range(1, diagnosed + 1)]
    entries += [f"{person} | 12 | 2020-01-01" for person in second]
    drugs = [f"{person} | 20 | 2020-01-01" for person in on_drug]
    conditions = "condition_occurrence\nperson | concept | start\n" + "\n".join(entries)
    return patients(folder, conditions + "\n\ndrug_exposure\nperson | concept | start\n" + "\n".join(drugs))


def test_exact_numbers_where_nothing_is_hidden(tmp_path: Path) -> None:
    """30 persons; 1-20 on the drug, 11-30 with the second diagnosis: ten meet both, ten only lack each."""
    with hospital(tmp_path, diagnosed=30, on_drug=range(1, 21), second=range(11, 31)) as cdm:
        found = view(screen(protocol().definition, cdm), protocol(), OPEN)
    assert [(s.kind, str(s.persons), str(s.lost)) for s in found.steps] == [
        ("entry", "30", "0"),
        ("observation", "30", "0"),
        ("entry_limit", "30", "0"),
        ("rule", "20", "10"),
        ("rule", "10", "10"),
    ]
    assert [(e.name, str(e.met), str(e.gain), str(e.without), e.share_of_loss) for e in found.rules] == [
        ("on drug", "20", "10", "20", 0.5),
        ("second diagnosis", "20", "10", "20", 0.5),
    ]
    assert (str(found.entered), str(found.eligible), found.first_zero) == ("30", "10", "")


def test_one_rule_switched_off_changes_the_rest_at_once(tmp_path: Path) -> None:
    with hospital(tmp_path, diagnosed=30, on_drug=range(1, 21), second=range(11, 31)) as cdm:
        found = view(screen(protocol().definition, cdm), protocol(), OPEN, active=[1])
    assert [str(s.persons) for s in found.steps] == ["30", "30", "30", "20"]
    assert not found.complete
    assert found.periods is None


def test_small_differences_are_hidden_everywhere(tmp_path: Path) -> None:
    """30 persons, 27 on the drug, 15 with the second diagnosis as well: three must not be counted from any table."""
    with hospital(tmp_path, diagnosed=30, on_drug=range(1, 28), second=range(1, 16)) as cdm:
        screening = screen(protocol().definition, cdm)
    found = view(screening, protocol(), TEN)
    assert [str(s.persons) for s in found.steps] == ["30", "30", "30", "16–29", "15"]
    assert (str(found.rules[0].gain), str(found.rules[0].met)) == ("0", "16–29")
    assert (str(found.rules[1].gain), str(found.rules[1].without)) == ("<15", "16–29")
    page = [str(s.persons) for s in attrition_counts(screening.attrition, TEN)]
    assert page[:5] == ["30", "30", "30", "16–29", "15"], "the cohort page shows the same steps"


def test_nobody_eligible_names_the_rule_and_the_way_out(tmp_path: Path) -> None:
    with hospital(tmp_path, diagnosed=30, on_drug=range(1, 21), second=range(0)) as cdm:
        found = view(screen(protocol().definition, cdm), protocol(), TEN)
    assert found.first_zero == "second diagnosis"
    assert [(dropped, str(persons)) for dropped, persons in found.relaxations] == [(("second diagnosis",), "20")]
    assert (found.periods, found.rate, found.recruitment) == (None, None, None)


def test_nobody_with_the_entry_event_is_said(tmp_path: Path) -> None:
    cdm = patients(tmp_path, "condition_occurrence\nperson | concept | start\n1 | 11 | 2020-01-01")
    with cdm, pytest.raises(CannotAnswerError, match="nobody in this data has the entry event of cohort"):
        screen(protocol().definition, cdm)


def test_the_monthly_rate_stands_for_several_totals() -> None:
    """61 persons in twelve months are 5.08 a month; whoever reads 5 may think of 54 to 66."""
    months = pd.date_range("2024-01-01", periods=12, freq="MS")
    person = np.arange(61)
    masks = pd.DataFrame(
        {"person_id": person, "event_id": person, "start_date": months[person % 12], "mask": np.full(61, 3)}
    )
    attrition = pd.DataFrame(
        {"kind": ["entry", "rule", "rule"], "name": ["", "a", "b"], "events": [61] * 3, "persons": [61] * 3}
    )
    screening = Screening(
        protocol().definition, "sn-x", attrition, masks, ("a", "b"), pd.Timestamp("2024-12-31").date()
    )
    wanted = protocol().model_copy(
        update={"assumptions": protocol().assumptions.model_copy(update={"history_months": 12})}
    )
    found = view(screening, wanted, TEN)
    assert found.rate == 5.0
    assert found.recruitment is not None
    assert found.periods is not None
    assert (found.periods.unit, found.periods.counts) == ("quarter", (16, 15, 15, 15))
