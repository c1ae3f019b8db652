"""Checks of the concept sets themselves: unused, empty, twice, missing."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from cohorts.definition import ConceptSet, Criterion, Part
from cohorts.definition.unknown_keys import _known_keys
from cohorts.lint.places import Places
from cohorts.lint.problem import Problem

_NOT_REFERENCES = {"gap_days", "episode_number"}


def references(part: BaseModel, path: str = "") -> Iterator[tuple[str, int]]:
    """Find where a part names concept sets: the path of each reference, and the id."""
    path = f"{path}.{type(part).__name__}" if isinstance(part, Criterion) else path
    for alias, name in _known_keys(type(part)).items() if isinstance(part, Part) else ():
        value = getattr(part, name)
        here = f"{path}.{alias}".lstrip(".")
        if isinstance(value, bool) or name in _NOT_REFERENCES or name in ("concept_sets", "cohorts"):
            continue
        if isinstance(value, int) and (
            name.endswith(("codeset_id", "_concept")) or name == "place_of_service_location"
        ):
            yield here, value
        elif isinstance(value, BaseModel):
            yield from references(value, here)
        elif isinstance(value, list):
            for i, item in enumerate(value):
                if isinstance(item, BaseModel):
                    yield from references(item, f"{here}[{i}]")


def unused_concepts(places: Places) -> Iterator[Problem]:
    """A concept set that nothing names may be a forgotten criterion."""
    used = {number for _, number in references(places.expression)}
    for i, known in enumerate(places.expression.concept_sets or []):
        if known.id not in used:
            yield Problem(
                "the concept set {name} is not used",
                check="unused concepts",
                severity="warning",
                path=f"ConceptSets[{i}]",
                todo="use it, or remove it",
                name=_name(known),
            )


def missing_concept_set(places: Places) -> Iterator[Problem]:
    """A criterion that names a set which is not there cannot run."""
    there = {known.id for known in places.expression.concept_sets or []}
    for path, number in references(places.expression):
        if number not in there:
            yield Problem(
                "there is no concept set with id {id}",
                check="missing concept set",
                severity="critical",
                path=path,
                todo="add it, or choose another",
                id=number,
            )


def empty_concept_set(places: Places) -> Iterator[Problem]:
    """A concept set without concepts finds nothing."""
    for i, known in enumerate(places.expression.concept_sets or []):
        if not any(not item.is_excluded for item in known.expression.items):
            yield Problem(
                "the concept set {name} has no concepts, so that nothing is found by it",
                check="empty concept set",
                severity="critical",
                path=f"ConceptSets[{i}]",
                todo="add concepts",
                name=_name(known),
            )


def duplicate_concept_sets(places: Places) -> Iterator[Problem]:
    """Two concept sets with the same lines are one; two with the same id are merged."""
    seen: dict[object, ConceptSet] = {}
    ids: dict[int, ConceptSet] = {}
    for i, known in enumerate(places.expression.concept_sets or []):
        lines = frozenset(
            (item.concept.concept_id, item.is_excluded, item.include_descendants, item.include_mapped)
            for item in known.expression.items
        )
        if lines and lines in seen:
            yield Problem(
                "the concept sets {name} and {other} hold the same concepts",
                check="duplicate concept sets",
                severity="warning",
                path=f"ConceptSets[{i}]",
                todo="use one of them in both places",
                name=_name(known),
                other=_name(seen[lines]),
            )
        elif known.id in ids:
            yield Problem(
                "the concept sets {name} and {other} have the same id and count as one",
                check="duplicate concept sets",
                severity="critical",
                path=f"ConceptSets[{i}]",
                todo="give each its own id",
                name=_name(known),
                other=_name(ids[known.id]),
            )
        seen.setdefault(lines, known)
        ids.setdefault(known.id, known)


def _name(known: ConceptSet) -> str:
    return (known.name or "").strip() or str(known.id)


CHECKS = (unused_concepts, missing_concept_set, empty_concept_set, duplicate_concept_sets)
