"""Checks of attributes: ranges, lists of concepts, selections and texts that say nothing or what cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from cohorts.definition import (
    Concept,
    ConceptSetSelection,
    Criterion,
    DateRange,
    NumericRange,
    Part,
    Period,
    TextFilter,
)
from cohorts.lint.places import Places
from cohorts.lint.problem import Problem

_MAY_BE_NEGATIVE = {"value_as_number", "range_low", "range_high", "range_low_ratio", "range_high_ratio"}
_OPERATORS = ("lt", "lte", "eq", "!eq", "gt", "gte", "bt", "!bt")


def _attributes(places: Places) -> Iterator[tuple[str, str, object]]:
    """Every attribute that is given: its path, the name of its field, and its value."""
    parts: list[tuple[str, Part]] = [(place.path, place.criterion) for place in places.criteria]
    parts += [(path, person) for path, person in places.persons]
    for path, part in parts:
        for name, field in type(part).model_fields.items():
            value = getattr(part, name)
            if value is not None:
                yield f"{path}.{field.alias or name}", name, value


def ranges(places: Places) -> Iterator[Problem]:
    """A range has its ends, in their order, and no negative age or length."""
    for path, name, value in _attributes(places):
        if isinstance(value, NumericRange | DateRange):
            yield from _range(path, name, value)
        elif isinstance(value, Period):
            yield from _period(path, value)
    if places.expression.censor_window is not None:
        yield from _period("CensorWindow", places.expression.censor_window)
    observed = places.expression.primary_criteria.observation_window
    for key, days in (("PriorDays", observed.prior_days), ("PostDays", observed.post_days)):
        if days < 0:
            yield Problem(
                "the number of days of observation is negative",
                check="range",
                severity="critical",
                path=f"PrimaryCriteria.ObservationWindow.{key}",
                todo="give 0 or more",
            )


def _range(path: str, name: str, value: NumericRange | DateRange) -> Iterator[Problem]:
    two = (value.op or "").endswith("bt")
    if value.op not in _OPERATORS:
        yield _incomplete(path, "Op")
    if value.value in (None, ""):
        yield _incomplete(path, "Value")
    if two and value.extent in (None, ""):
        yield _incomplete(path, "Extent")
    ends = [end for end in (value.value, value.extent if two else None) if end not in (None, "")]
    if isinstance(value, DateRange) and not all(map(_is_date, ends)):
        ends = []
        yield Problem(
            "this is not a date", check="range", severity="critical", path=path, todo="write it as yyyy-mm-dd"
        )
    if len(ends) == 2 and ends[0] > ends[1]:  # type: ignore[operator]
        yield _backwards(path)
    negative = any(isinstance(end, int | float) and end < 0 for end in ends)
    if negative and name not in _MAY_BE_NEGATIVE:
        yield Problem(
            "the number is negative, which cannot be here",
            check="range",
            severity="warning",
            path=path,
            todo="give 0 or more",
        )


def _is_date(text: object) -> bool:
    try:
        date.fromisoformat(str(text)[:10])
    except ValueError:
        return False
    return True


def _period(path: str, value: Period) -> Iterator[Problem]:
    if value.start_date and value.end_date and value.start_date > value.end_date:
        yield _backwards(path)


def _backwards(path: str) -> Problem:
    return Problem(
        "the range ends before it starts, so that nothing lies in it",
        check="range",
        severity="critical",
        path=path,
        todo="exchange the two ends",
    )


def _incomplete(path: str, what: str) -> Problem:
    return Problem(
        "the range is incomplete: {missing} is missing",
        check="range",
        severity="critical",
        path=path,
        todo="complete it, or remove the attribute",
        missing=what,
    )


def concepts(places: Places) -> Iterator[Problem]:
    """An empty list of concepts asks nothing."""
    for path, name, value in _attributes(places):
        if value == [] and name != "criteria_list":
            yield Problem(
                "the list of concepts is empty and asks nothing",
                check="concept",
                severity="warning",
                path=path,
                todo="add a concept, or remove the attribute",
            )
        elif isinstance(value, list) and _twice([item for item in value if isinstance(item, Concept)]):
            yield Problem(
                "a concept is listed twice",
                check="concept",
                severity="info",
                path=path,
                todo="remove one of the two",
            )


def _twice(listed: list[Concept]) -> bool:
    return len({concept.concept_id for concept in listed}) < len(listed)


def selections(places: Places) -> Iterator[Problem]:
    """A selection without a concept set asks only whether anything is recorded."""
    for path, _, value in _attributes(places):
        if isinstance(value, ConceptSetSelection) and value.codeset_id is None:
            yield Problem(
                "this asks only whether nothing is recorded"
                if value.is_exclusion
                else "this asks only whether anything is recorded",
                check="concept set selection",
                severity="warning",
                path=path,
                todo="choose a concept set, unless that is meant",
            )


def texts(places: Places) -> Iterator[Problem]:
    """A text to look for is given."""
    for path, _, value in _attributes(places):
        if isinstance(value, TextFilter) and not value.text:
            yield Problem(
                "the text to look for is missing",
                check="text",
                severity="critical" if value.text is None else "warning",
                path=path,
                todo="give a text, or remove the attribute",
            )


def nothing_asked(places: Places) -> Iterator[Problem]:
    """A demographic criterion that gives no attribute is met by everybody."""
    for path, person in places.persons:
        if not any(getattr(person, name) not in (None, []) for name in type(person).model_fields):
            yield Problem(
                "nothing is asked of the person",
                check="attribute",
                severity="warning",
                path=path,
                todo="ask for an age, a sex or another attribute, or remove it",
            )


def excluded_without_list(places: Places) -> Iterator[Problem]:
    """Excluding record types needs a list of them."""
    for place in places.criteria:
        criterion: Criterion = place.criterion
        for name, field in type(criterion).model_fields.items():
            listed = name.removesuffix("_exclude")
            if listed != name and getattr(criterion, name) and not getattr(criterion, listed):
                yield Problem(
                    "types of records are to be left out, but none are listed",
                    check="attribute",
                    severity="warning",
                    path=f"{place.path}.{field.alias or name}",
                    todo="list the types, or remove the attribute",
                )


CHECKS = (ranges, concepts, selections, texts, nothing_asked, excluded_without_list)
