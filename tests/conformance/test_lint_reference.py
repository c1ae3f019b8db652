"""The definitions that circe-be's tests made wrong for its checkers are found wrong, and the right ones are not."""

from __future__ import annotations

import pytest

from cohorts import read_definition
from cohorts.lint import lint
from tests.conformance.reference import reference

pytestmark = pytest.mark.conformance

CIRCE = reference("circe")

FIRES = {
    "additionalCriteriaCheckValueIncorrect": {"range", "concept", "text"},
    "primaryCriteriaCheckValueIncorrect": {"range", "concept", "text"},
    "conceptSetCriteriaCheckIncorrect": {"concept set criteria"},
    "contradictionsCriteriaCheckIncorrect": {"contradictions"},
    "deathTimeWindowCheckIncorrect": {"death time window"},
    "domainTypeCheckIncorrect": {"domain type"},
    "drugDomainCheckIncorrect": {"drug domain"},
    "duplicatesConceptSetCheckIncorrect": {"duplicate concept sets"},
    "duplicatesCriteriaCheckIncorrect": {"duplicate criteria"},
    "emptyInclusionRules": {"incomplete rule", "initial event"},
    "noExitCriteriaCheckEarliestEvent": {"no exit"},
    "unusedConceptSet": {"unused concepts"},
}
SILENT = {
    "additionalCriteriaCheckValueCorrect": {"range", "concept", "text"},
    "primaryCriteriaCheckValueCorrect": {"range", "concept", "text"},
    "censoringEventCheckValueCorrect": {"range", "concept", "text"},
    "conceptSetCriteriaCheckCorrect": {"concept set criteria"},
    "contradictionsCriteriaCheckCorrect": {"contradictions"},
    "deathTimeWindowCheckCorrect": {"death time window"},
    "duplicatesCriteriaCheckCorrect": {"duplicate criteria"},
    "eventsProgressionCheckCorrect": {"events progression"},
    "timePatternCheckCorrect": {"time pattern"},
    "unusedConceptSetCorrect": {"unused concepts"},
}


def checks_of(name: str) -> set[str]:
    return {problem.check for problem in lint(read_definition(CIRCE / "definitions" / f"cb_checkers__{name}.json"))}


@pytest.mark.parametrize("name", list(FIRES))
def test_what_is_wrong_is_found(name: str) -> None:
    assert FIRES[name] <= checks_of(name)


@pytest.mark.parametrize("name", list(SILENT))
def test_what_is_right_is_left_alone(name: str) -> None:
    assert not SILENT[name] & checks_of(name)


def test_every_definition_of_the_reference_can_be_checked() -> None:
    files = sorted((CIRCE / "definitions").glob("*.json"))
    assert len(files) == 851
    told = [problem for file in files for problem in lint(read_definition(file))]
    assert all(problem.message() and problem.advice() and problem.path for problem in told)
