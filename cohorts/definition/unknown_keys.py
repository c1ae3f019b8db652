"""Keys of a definition that are not known here: kept for the round trip, but never ignored when it is run."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from cohorts.definition.criteria import Criterion, VisitDetail
from cohorts.definition.values import Concept, Part

_OBSOLETE: dict[type[Part], set[str]] = {
    VisitDetail: {
        "OccurrenceStartDate",
        "OccurrenceEndDate",
        "VisitType",
        "VisitTypeExclude",
        "VisitLength",
        "Gender",
        "ProviderSpecialty",
        "PlaceOfService",
    }
}
"""Keys that older versions of ATLAS wrote and Circe itself no longer reads; they never had an effect."""


@dataclass(frozen=True)
class UnknownKey:
    """A key that is not known here, where it stands, and the known key nearest to it."""

    path: str
    near: str | None


def unknown_keys(part: Part, path: str = "") -> Iterator[UnknownKey]:
    """Find the keys of an expression that are not known here.

    Parameters
    ----------
    part : Part
        An expression or a part of one.
    path : str
        Where the part stands.

    Yields
    ------
    UnknownKey
        Each unknown key; the descriptive keys of concepts and keys that Circe no longer reads do not count.
    """
    if isinstance(part, Concept):
        return
    kind = type(part)
    if isinstance(part, Criterion):
        path = f"{path}.{kind.__name__}".lstrip(".")
    known = _known_keys(kind)
    for key in part.model_extra or {}:
        if key not in _OBSOLETE.get(kind, ()):
            near = difflib.get_close_matches(key, known, n=1)
            yield UnknownKey(f"{path}.{key}".lstrip("."), near[0] if near else None)
    for alias, name in known.items():
        value = getattr(part, name)
        if isinstance(value, Part | list):
            yield from _inside(value, f"{path}.{alias}".lstrip("."))


@cache
def _known_keys(kind: type[Part]) -> dict[str, str]:
    """Keys of a part in JSON, with the names of their fields."""
    return {field.alias or name: name for name, field in kind.model_fields.items()}


def first_unknown_key(part: Part) -> UnknownKey | None:
    """Return the first unknown key of an expression, if there is one."""
    return next(unknown_keys(part), None) if _any_extra(part) else None


def _any_extra(part: Part) -> bool:
    """Whether any part but a concept has a key that its model does not know; fast, since most have none."""
    leads_on: dict[type, bool] = {list: True}  # a look at an abstract base for every value would cost the most
    stack: list[object] = [part]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            stack.extend(item)
            continue
        kind = type(item)
        if kind not in leads_on:
            leads_on[kind] = issubclass(kind, Part) and not issubclass(kind, Concept)
        if leads_on[kind]:
            if getattr(item, "model_extra", None):
                return True
            stack.extend(value for value in vars(item).values() if leads_on.get(type(value), True))
    return False


def _inside(value: object, path: str) -> Iterator[UnknownKey]:
    if isinstance(value, Part):
        yield from unknown_keys(value, path)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _inside(item, f"{path}[{position}]")
