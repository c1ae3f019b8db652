"""Checks of conditions that cannot hold together."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator

from cohorts.definition import CorrelatedCriterion, CriteriaGroup, DemographicCriterion, NumericRange
from cohorts.lint.places import Places
from cohorts.lint.problem import Problem

_ENDLESS = 10**9
Span = tuple[float, float]


def contradictions(places: Places) -> Iterator[Problem]:
    """Counts of one criterion in one window, or ages and sexes, that exclude each other."""
    together: dict[str, tuple[list[tuple[str, CorrelatedCriterion]], list[tuple[str, DemographicCriterion]]]]
    together = defaultdict(lambda: ([], []))
    for path, group, role, depth in places.groups:
        if group.rule == "ALL":
            scope = role if depth == 0 and role == "rule" and ".Groups[" not in path else path
            counted, persons = together[scope]
            counted += [(f"{path}.CriteriaList[{i}]", item) for i, item in enumerate(group.criteria_list)]
            persons += [
                (f"{path}.DemographicCriteriaList[{i}]", item) for i, item in enumerate(group.demographic_criteria_list)
            ]
    for counted, persons in together.values():
        yield from _counts(counted)
        yield from _persons(persons)


def _counts(items: list[tuple[str, CorrelatedCriterion]]) -> Iterator[Problem]:
    alike: dict[str, list[tuple[str, CorrelatedCriterion]]] = defaultdict(list)
    for path, item in items:
        asked = item.to_json()
        asked.pop("Occurrence", None)
        distinct = (item.occurrence.is_distinct, item.occurrence.count_column)
        alike[json.dumps([asked, distinct], sort_keys=True)].append((path, item))
    for same in alike.values():
        for n, (path, item) in enumerate(same):
            against = [other for other, earlier in same[:n] if not _overlap(_allowed(item), _allowed(earlier))]
            if against:
                yield _contradiction(path, against[0])


def _persons(items: list[tuple[str, DemographicCriterion]]) -> Iterator[Problem]:
    for n, (path, item) in enumerate(items):
        for other, earlier in items[:n]:
            ages = [_span(part.age) for part in (item, earlier) if part.age is not None]
            if len(ages) == 2 and None not in ages and not _overlap(*ages):  # type: ignore[arg-type]
                yield _contradiction(path, other)
                continue
            for name in ("gender", "race", "ethnicity"):
                lists = [{c.concept_id for c in getattr(part, name) or []} for part in (item, earlier)]
                if all(lists) and not lists[0] & lists[1]:
                    yield _contradiction(path, other)


def _contradiction(path: str, other: str) -> Problem:
    return Problem(
        "this and {other} exclude each other, so that nobody meets both",
        check="contradictions",
        severity="critical",
        path=path,
        todo="remove one of the two, or put them into a group of which any may hold",
        other=other,
    )


def _allowed(item: CorrelatedCriterion) -> Span:
    count = item.occurrence.count
    return ((count, count), (0, count), (count, _ENDLESS))[item.occurrence.type]


def _span(value: NumericRange | None) -> Span | None:
    """Whole numbers that a range allows, from and to; none where it is no single stretch."""
    if value is None or value.value is None:
        return None
    number = float(value.value)
    return {
        "lt": (-_ENDLESS, number - 1),
        "lte": (-_ENDLESS, number),
        "eq": (number, number),
        "gt": (number + 1, _ENDLESS),
        "gte": (number, _ENDLESS),
        "bt": (number, float(value.extent) if value.extent is not None else _ENDLESS),
    }.get(value.op or "")


def _overlap(one: Span, other: Span) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def empty_group(places: Places) -> Iterator[Problem]:
    """A group without members inside another one is always met."""
    for path, group, _, _ in places.groups:
        for i, member in enumerate(group.groups):
            if isinstance(member, CriteriaGroup) and member.is_empty:
                yield Problem(
                    "this group has no conditions and is always met",
                    check="empty group",
                    severity="warning",
                    path=f"{path}.Groups[{i}]",
                    todo="add conditions, or remove the group",
                )


CHECKS = (contradictions, empty_group)
