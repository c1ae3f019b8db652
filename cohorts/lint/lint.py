"""Run all checks on a definition."""

from __future__ import annotations

from cohorts.definition import CohortDefinition
from cohorts.engine.evaluator import Evaluator
from cohorts.lint import (
    attributes,
    contradictions,
    criteria,
    lists,
    sets,
    structure,
    times,
    units,
    unknown_units,
    vocabulary,
    windows,
)
from cohorts.lint.places import Places
from cohorts.lint.problem import SEVERITIES, Problem

CHECKS = (
    *structure.CHECKS,
    *sets.CHECKS,
    *lists.CHECKS,
    *attributes.CHECKS,
    *criteria.CHECKS,
    *windows.CHECKS,
    *times.CHECKS,
    *contradictions.CHECKS,
    *units.CHECKS,
)
"""Every check that needs no data."""


def lint(definition: CohortDefinition, evaluator: Evaluator | None = None) -> list[Problem]:
    """Look for what is wrong in a definition, or probably is.

    Parameters
    ----------
    definition : CohortDefinition
        The definition.
    evaluator : Evaluator, optional
        Of a CDM, to look at the concepts in its vocabulary, and at the units and times of its records.

    Returns
    -------
    list of Problem
        The gravest first, each in the order of the definition; those of the cohorts it refers to with their path.

    Examples
    --------
    >>> from cohorts import read_definition
    >>> nobody = read_definition({"PrimaryCriteria": {"CriteriaList": []}}, name="nobody")
    >>> lint(nobody)
    [<initial event critical at PrimaryCriteria.CriteriaList>]
    """
    places = Places.of(definition)
    found = [problem for check in CHECKS for problem in check(places)]
    if evaluator is not None:
        known = vocabulary.Vocabulary(places, evaluator)
        with_data = (*vocabulary.CHECKS, *times.DATA_CHECKS, *unknown_units.CHECKS)
        found += [problem for check in with_data for problem in check(places, known)]
        found += lists.listed_persons(places, evaluator)
    for position, other in enumerate(definition.expression.cohorts or []):
        if other.expression is not None:
            inside = CohortDefinition(name=other.name or "", semantics=other.semantics, expression=other.expression)
            found += [problem.under(f"Cohorts[{position}].expression") for problem in lint(inside, evaluator)]
    return sorted(found, key=lambda problem: SEVERITIES.index(problem.severity))
