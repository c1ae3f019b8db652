"""From a part of a cohort expression to the fields of a card, where a card can hold it without loss."""

from __future__ import annotations

from typing import Any, Final

from cohorts.definition import (
    CohortExpression,
    CohortMembership,
    ConceptSetItem,
    CorrelatedCriterion,
    Criterion,
    DemographicCriterion,
    InclusionRule,
    Part,
    PatientListMembership,
    WindowBound,
)
from workbench.attributes import says_something
from workbench.editor.forms import (
    DEMOGRAPHICS,
    KINDS,
    MEMBERSHIP,
    PATIENT_LIST,
    CriterionForm,
    EntryForm,
    Match,
    Mode,
    RuleForm,
)

_FIELDS: Final = {
    "codeset_id": "items",
    "first": "first",
    "value_as_number": "value",
    "unit": "units",
    "value_as_concept": "answers",
    "age": "age",
    "gender": "genders",
}
"""Attributes of a criterion that a card has a field for."""

_COMPARISONS: Final = ("lt", "lte", "eq", "gt", "gte", "bt")


class _TooMuchError(Exception):
    """The part holds something that a card has no field for."""


def rule_form_of(rule: InclusionRule, expression: CohortExpression) -> RuleForm | None:
    """Read a rule into a card.

    Parameters
    ----------
    rule : InclusionRule
        The rule.
    expression : CohortExpression
        Where its concept sets are.

    Returns
    -------
    RuleForm or None
        None where a card could not hold the rule: it is then shown in words and changed in its JSON.
    """
    group = rule.expression
    if group is None or group.groups or group.is_empty or group.rule not in ("ALL", "ANY"):
        return None
    match: Match = "any" if group.rule == "ANY" else "all"
    try:
        mode = _mode(group.criteria_list)
        if mode == "exclude" and (match == "any" or group.demographic_criteria_list):
            return None
        members = [_person(item) for item in group.demographic_criteria_list]
        members += [_record(item, expression) for item in group.criteria_list]
    except _TooMuchError:
        return None
    return RuleForm(name=rule.name or "", description=rule.description or "", mode=mode, match=match, members=members)


def entry_form_of(expression: CohortExpression) -> EntryForm | None:
    """Read the entry event into a card; None where a card could not hold it."""
    primary = expression.primary_criteria
    additional = expression.additional_criteria
    if additional is not None and not additional.is_empty:
        return None
    try:
        members = [CriterionForm(**_fields(item, expression)) for item in primary.criteria_list]
    except _TooMuchError:
        return None
    return EntryForm(
        members=members,
        prior_days=primary.observation_window.prior_days,
        post_days=primary.observation_window.post_days,
        limit=primary.primary_criteria_limit.choice,
    )


def _mode(items: list[CorrelatedCriterion]) -> Mode:
    """Tell whether all records are asked for or all ruled out; a mixture fits no card."""
    ruled_out = {item.occurrence.type != 2 and item.occurrence.count == 0 for item in items}
    wanted = {item.occurrence.type == 2 and item.occurrence.count > 0 for item in items}
    if not items or wanted == {True}:
        return "include"
    if ruled_out == {True}:
        return "exclude"
    raise _TooMuchError


def _record(item: CorrelatedCriterion, expression: CohortExpression) -> CriterionForm:
    window = item.start_window
    elsewhere = (window.use_index_end, window.use_event_end, item.end_window, item.restrict_visit)
    if any(elsewhere) or item.ignore_observation_period or item.occurrence.is_distinct:
        raise _TooMuchError
    if window.by_hours and not (window.start.days is None and window.end.days is None):
        raise _TooMuchError
    return CriterionForm(
        **_fields(item.criteria, expression),
        earliest=_offset(window.start, -1),
        latest=_offset(window.end, 1),
        unit="hours" if window.by_hours else "days",
        times=max(1, item.occurrence.count),
    )


def _person(item: DemographicCriterion) -> CriterionForm:
    given = _given(item)
    if not set(given) <= {"age", "gender"} or _beyond(given):
        raise _TooMuchError
    return CriterionForm(kind=DEMOGRAPHICS, age=item.age, genders=item.gender or [])


def _fields(criterion: Criterion, expression: CohortExpression) -> dict[str, Any]:
    given = _given(criterion)
    if isinstance(criterion, CohortMembership):
        return _membership(criterion, given, expression)
    if isinstance(criterion, PatientListMembership):
        return _listed(criterion, given, expression)
    if type(criterion).__name__ not in KINDS or not set(given) <= set(_FIELDS) or _beyond(given):
        raise _TooMuchError
    fields = {_FIELDS[name]: value for name, value in given.items()}
    if "items" in fields:
        fields["items"] = _items(fields["items"], expression)
    return {"kind": type(criterion).__name__, **fields}


def _membership(criterion: CohortMembership, given: dict[str, Any], expression: CohortExpression) -> dict[str, Any]:
    named = [cohort for cohort in expression.cohorts or [] if cohort.id == criterion.cohort_id]
    if len(named) != 1 or not set(given) <= {"cohort_id", "first"}:
        raise _TooMuchError
    return {"kind": MEMBERSHIP, "first": bool(criterion.first), "cohort": named[0]}


def _listed(criterion: PatientListMembership, given: dict[str, Any], expression: CohortExpression) -> dict[str, Any]:
    named = [listed for listed in expression.patient_lists or [] if listed.id == criterion.list_id]
    if len(named) != 1 or not set(given) <= {"list_id", "first"}:
        raise _TooMuchError
    return {"kind": PATIENT_LIST, "first": bool(criterion.first), "patient_list": named[0]}


def _given(part: Part) -> dict[str, Any]:
    """Collect the attributes that say something."""
    names = (*type(part).model_fields, *(part.model_extra or {}))
    return {name: getattr(part, name) for name in names if says_something(getattr(part, name))}


def _beyond(given: dict[str, Any]) -> bool:
    """Tell whether a comparison is of a kind that the fields do not offer."""
    return any(given[name].op not in _COMPARISONS for name in ("age", "value_as_number") if name in given)


def _items(codeset: int, expression: CohortExpression) -> list[ConceptSetItem]:
    found = [concept_set for concept_set in expression.concept_sets or [] if concept_set.id == codeset]
    if len(found) != 1 or not found[0].expression.items:
        raise _TooMuchError
    return found[0].expression.items


def _offset(bound: WindowBound, open_side: int) -> float | None:
    if bound.offset is not None:
        return bound.offset
    if bound.hours is not None:
        return bound.hours * bound.coeff
    if bound.coeff != open_side:
        raise _TooMuchError
    return None
