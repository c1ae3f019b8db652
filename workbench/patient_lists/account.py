"""What became of the rows of patient lists, in counts that may be shown."""

from __future__ import annotations

from collections.abc import Iterable

from cohorts import CohortDefinition
from cohorts.definition import CohortExpression, PatientList
from cohorts.patient_lists import PatientRows
from cohorts.patient_lists.matching import Matched
from workbench.access import DisclosurePolicy, Shown, protect_chain
from workbench.words import Say


def lists_of(definitions: Iterable[CohortDefinition]) -> list[PatientList]:
    """Patient lists that definitions name, those of the cohorts that they refer to too; each once."""
    found: dict[str, PatientList] = {}
    for definition in definitions:
        for known in _inside(definition.expression):
            found.setdefault(known.sha256 or known.title, known)
    return list(found.values())


def _inside(expression: CohortExpression) -> list[PatientList]:
    lists = list(expression.patient_lists or [])
    for other in expression.cohorts or []:
        lists += _inside(other.expression) if other.expression is not None else []
    return lists


def list_words(t: Say, name: str, matched: Matched, policy: DisclosurePolicy) -> str:
    """Say how many persons of a list a database has.

    Examples
    --------
    >>> from workbench.locales import translator
    >>> print(list_words(translator("en"), "enrolled", Matched(350, 20, 320, 312, False), DisclosurePolicy()))
    Patient list "enrolled": 311–319 of 320 persons found in this database; 350 rows, 20 of them repeated.
    """
    rows, distinct, persons, found = _protected(
        (matched.rows, matched.rows - matched.repeated, matched.persons, matched.found), policy
    )
    return t(
        'Patient list "{name}": {found} of {persons} persons found in this database; {rows} rows, {repeated} of them '
        "repeated.",
        name=name,
        found=found,
        persons=persons,
        rows=rows,
        repeated=rows.minus(distinct),
    )


def read_words(t: Say, name: str, read: PatientRows, policy: DisclosurePolicy) -> str:
    """Say what a list holds, without a database."""
    rows, distinct, persons = _protected((read.rows, read.rows - read.repeated, read.persons), policy)
    return t(
        'Patient list "{name}": {persons} persons; {rows} rows, {repeated} of them repeated.',
        name=name,
        persons=persons,
        rows=rows,
        repeated=rows.minus(distinct),
    )


def _protected(counts: tuple[int, ...], policy: DisclosurePolicy) -> list[Shown]:
    """Protect rows, different rows, persons and persons found, each a part of the one before; persons matter most."""
    return protect_chain(counts, policy, anchor=2)
