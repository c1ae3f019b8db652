"""Checks of criteria: without a concept set, eras, counts that ask nothing, the same twice, types of records."""

from __future__ import annotations

import json
from collections.abc import Iterator

from cohorts.definition import Criterion, Window
from cohorts.lint.places import Places
from cohorts.lint.problem import Problem

_NEEDS_NO_SET = {"ObservationPeriod", "PayerPlanPeriod", "Death", "VisitOccurrence", "CustomEra"}
_TYPES = {
    "ConditionOccurrence": "condition_type",
    "DrugExposure": "drug_type",
    "ProcedureOccurrence": "procedure_type",
    "Measurement": "measurement_type",
    "Observation": "observation_type",
    "DeviceExposure": "device_type",
    "Specimen": "specimen_type",
    "VisitOccurrence": "visit_type",
    "Death": "death_type",
    "ObservationPeriod": "period_type",
}


def concept_set_criteria(places: Places) -> Iterator[Problem]:
    """A criterion without a concept set takes every record of its kind."""
    for place in places.criteria:
        kind = type(place.criterion)
        if kind.__name__ in _NEEDS_NO_SET or "codeset_id" not in kind.model_fields:
            continue
        source = [name for name in kind.model_fields if name.endswith("_source_concept")]
        if all(getattr(place.criterion, name) is None for name in ("codeset_id", *source)):
            yield Problem(
                "no concept set is given, so that every record of this kind counts",
                check="concept set criteria",
                severity="warning",
                path=place.path,
                todo="choose a concept set, unless that is meant",
            )


def drug_era(places: Places) -> Iterator[Problem]:
    """Drug eras rest on days of supply, which many sources lack."""
    for place in places.criteria:
        if type(place.criterion).__name__ == "DrugEra":
            yield Problem(
                "drug eras rest on the days of supply; where the source has none, as for infusions, they are too short",
                check="drug era",
                severity="info",
                path=place.path,
                todo="look at the days of supply in this data, or count drug exposures",
            )


def occurrence(places: Places) -> Iterator[Problem]:
    """'At least 0' and 'at most' a great number ask nothing."""
    for place, item in places.counted:
        if item.occurrence.type == 2 and item.occurrence.count == 0:
            yield Problem(
                "'at least 0' is always met",
                check="occurrence",
                severity="warning",
                path=f"{place.around_path}.Occurrence",
                todo="say 'exactly 0' or 'at least 1'",
            )
        elif item.occurrence.count < 0:
            yield Problem(
                "the count is negative",
                check="occurrence",
                severity="critical",
                path=f"{place.around_path}.Occurrence",
                todo="give 0 or more",
            )


def group_count(places: Places) -> Iterator[Problem]:
    """A group cannot ask for more members than it has, and 'at most' all of them asks nothing."""
    for path, group, _, _ in places.groups:
        members = len(group.criteria_list) + len(group.demographic_criteria_list) + len(group.groups)
        if group.rule not in ("AT_LEAST", "AT_MOST") or not members:
            continue
        count = group.count
        if count is None:
            yield Problem(
                "the number of conditions is missing",
                check="group count",
                severity="critical",
                path=f"{path}.Count",
                todo="say how many",
            )
        elif group.rule == "AT_LEAST" and count > members:
            yield Problem(
                "at least {count} of {members} conditions can never hold",
                check="group count",
                severity="critical",
                path=f"{path}.Count",
                todo="ask for fewer, or add conditions",
                count=count,
                members=members,
            )
        elif (group.rule == "AT_LEAST" and count == 0) or (group.rule == "AT_MOST" and count >= members):
            yield Problem(
                "this group is always met",
                check="group count",
                severity="warning",
                path=f"{path}.Count",
                todo="change the number, or remove the group",
            )


def duplicate_criteria(places: Places) -> Iterator[Problem]:
    """The same asked twice is asked once; the same as the entry event may be met by the entry event itself."""
    entry = {
        _written(place.criterion): place.path for place in places.criteria if place.role == "entry" and not place.around
    }
    seen: dict[str, str] = {}
    for place in places.criteria:
        key = _written(place.criterion)
        if place.around is not None and place.depth == 0:
            asked = place.around.occurrence.type == 2 and place.around.occurrence.count == 1
            if key in entry and asked and _holds_the_index(place.around.start_window):
                yield Problem(
                    "this is met by the entry event itself",
                    check="duplicate criteria",
                    severity="warning",
                    path=place.around_path,
                    todo="leave the index date out of the window, or ask for one more",
                )
        whole = f"{place.role} {place.depth} {_counted(place.around)} {key}" if place.depth == 0 else ""
        if whole and whole in seen:
            yield Problem(
                "this is the same as {other}",
                check="duplicate criteria",
                severity="warning",
                path=place.around_path,
                todo="remove one of the two, or make them differ",
                other=seen[whole],
            )
        seen.setdefault(whole, place.around_path)


def _written(criterion: Criterion) -> str:
    return json.dumps(criterion.to_json(), sort_keys=True)


def _counted(around: object) -> str:
    return json.dumps(around.to_json(), sort_keys=True) if hasattr(around, "to_json") else ""


def _holds_the_index(window: Window) -> bool:
    low, high = (bound.seconds if bound.offset is None else bound.offset for bound in (window.start, window.end))
    return (low is None or low <= 0) and (high is None or high >= 0)


def domain_type(places: Places) -> Iterator[Problem]:
    """Whether records of every origin count is worth a thought: diagnoses at discharge, claims, lists of problems."""
    open_to_all = [place for place in places.criteria if _takes_every_type(place.criterion)]
    if open_to_all:
        yield Problem(
            "{n} criteria take records of every origin",
            check="domain type",
            severity="info",
            path=open_to_all[0].path,
            todo="if only some origins should count (such as diagnoses at discharge), say so in the type of the record",
            n=len(open_to_all),
        )


def _takes_every_type(criterion: Criterion) -> bool:
    name = _TYPES.get(type(criterion).__name__)
    return name is not None and not getattr(criterion, name) and getattr(criterion, f"{name}_cs", None) is None


CHECKS = (concept_set_criteria, drug_era, occurrence, group_count, duplicate_criteria, domain_type)
