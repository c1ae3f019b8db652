"""Checks of patient lists: named but not there, there but not named, and whom of them a database knows."""

from __future__ import annotations

from collections.abc import Iterator

from cohorts.definition import PatientList, PatientListMembership
from cohorts.engine.evaluator import Evaluator
from cohorts.lint.places import Places
from cohorts.lint.problem import Problem
from cohorts.patient_lists.matching import match_list
from omop_etl.errors import RweError


def missing_patient_list(places: Places) -> Iterator[Problem]:
    """A criterion that names a list which is not there cannot run."""
    there = {known.id for known in places.expression.patient_lists or []}
    for path, number in _named(places):
        if number not in there:
            yield Problem(
                "there is no patient list with id {id}",
                check="missing patient list",
                severity="critical",
                path=path,
                todo="choose one of those that the definition names",
                id=number if number is not None else "–",
            )


def unused_patient_list(places: Places) -> Iterator[Problem]:
    """A list that nothing names may be a forgotten criterion."""
    used = {number for _, number in _named(places)}
    for i, known in enumerate(places.expression.patient_lists or []):
        if known.id not in used:
            yield Problem(
                "the patient list {name} is not used",
                check="unused patient list",
                severity="warning",
                path=f"PatientLists[{i}]",
                todo="use it, or remove it",
                name=known.title,
            )


def listed_persons(places: Places, evaluator: Evaluator) -> Iterator[Problem]:
    """A list that is not here cannot run; persons whom the database lacks are not found. Counts are not said."""
    for i, known in enumerate(places.expression.patient_lists or []):
        path = next((path for path, number in _named(places) if number == known.id), f"PatientLists[{i}]")
        try:
            matched = match_list(known.listed, evaluator)
        except RweError as error:
            yield Problem(
                error.what, check="patient list", severity="critical", path=path, todo=error.todo, **error.values
            )
            continue
        if not matched.found:
            yield _unknown_persons(known, path)
        elif matched.found < matched.persons:
            yield Problem(
                "some persons of the patient list {name} are not in this database",
                check="patient list",
                severity="warning",
                path=path,
                todo="see on the card or in the account of a run how many; check how the list names persons",
                name=known.title,
            )


def _unknown_persons(known: PatientList, path: str) -> Problem:
    return Problem(
        "no person of the patient list {name} is in this database",
        check="patient list",
        severity="critical",
        path=path,
        todo="check that its column names persons as this database does, by person_id or by person_source_value",
        name=known.title,
    )


def _named(places: Places) -> Iterator[tuple[str, int | None]]:
    """Where criteria name lists, and which."""
    for place in places.criteria:
        if isinstance(place.criterion, PatientListMembership):
            yield f"{place.path}.ListId", place.criterion.list_id


CHECKS = (missing_patient_list, unused_patient_list)
