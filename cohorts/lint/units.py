"""Checks of units: a threshold means nothing without its unit, and not the same in two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from cohorts.definition import Measurement
from cohorts.lint.places import Places
from cohorts.lint.problem import Problem


def units(places: Places) -> Iterator[Problem]:
    """A number is compared in one unit, the same wherever the concept set is used."""
    used: dict[int, list[tuple[str, frozenset[int]]]] = defaultdict(list)
    for place in places.criteria:
        criterion = place.criterion
        if not isinstance(criterion, Measurement) or not _compared(criterion):
            continue
        asked = frozenset(unit.concept_id for unit in criterion.unit or [])
        if not asked and criterion.unit_cs is None:
            yield Problem(
                "a number is compared whatever its unit",
                check="units",
                severity="info",
                path=f"{place.path}.ValueAsNumber",
                todo="name the unit, unless it has none, as a score",
            )
        if len(asked) > 1:
            yield Problem(
                "the same number is compared in {n} units",
                check="units",
                severity="warning",
                path=f"{place.path}.Unit",
                todo="ask for each unit with its own threshold, in a group of which any may hold",
                n=len(asked),
            )
        if asked and criterion.codeset_id is not None:
            different = [path for path, other in used[criterion.codeset_id] if not asked & other]
            if different:
                yield Problem(
                    "the threshold is in another unit than at {other}",
                    check="units",
                    severity="info",
                    path=f"{place.path}.Unit",
                    todo="make sure that each threshold fits its unit",
                    other=different[0],
                )
            used[criterion.codeset_id].append((place.path, asked))


def _compared(criterion: Measurement) -> bool:
    return any(value is not None for value in (criterion.value_as_number, criterion.range_low, criterion.range_high))


CHECKS = (units,)
