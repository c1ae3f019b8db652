"""Criteria joined: all of them, any, at least or at most so many; and what is asked of the person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from cohorts.builder.concepts import Concepts
from cohorts.builder.ranges import number_range
from cohorts.builder.records import NumberOf, Records
from cohorts.definition import Concept, CriteriaGroup, DemographicCriterion
from omop_etl.errors import UsageError

_SEXES: Final = {"male": 8507, "female": 8532}


@dataclass(frozen=True)
class Demographics:
    """What is asked of the person on the index date."""

    attributes: tuple[tuple[str, Any], ...]

    @property
    def concept_sets(self) -> list[Concepts]:
        """None: nothing here names a concept set."""
        return []

    @property
    def records(self) -> list[Records]:
        """None: no records are asked for."""
        return []

    def demographic(self) -> DemographicCriterion:
        """Write the criterion."""
        return DemographicCriterion(**dict(self.attributes))


@dataclass(frozen=True)
class Group:
    """Criteria of which so many must hold."""

    type: str
    members: tuple[Member, ...]
    count: int | None = None

    @property
    def concept_sets(self) -> list[Concepts]:
        """Concept sets that any member names."""
        return [named for member in self.members for named in member.concept_sets]

    @property
    def records(self) -> list[Records]:
        """Records that any member asks for."""
        inside = ([m] if isinstance(m, Records) else m.records for m in self.members)
        return [records for members in inside for records in members]

    def group(self, numbers: NumberOf) -> CriteriaGroup:
        """Write the group."""
        demographic = [m.demographic() for m in self.members if isinstance(m, Demographics)]
        groups = [m.group(numbers) for m in self.members if isinstance(m, Group)]
        return CriteriaGroup(
            type=self.type,
            **{"count": self.count} if self.count is not None else {},
            criteria_list=[m.correlated(numbers) for m in self.members if isinstance(m, Records)],
            demographic_criteria_list=demographic,
            groups=groups,
        )


Member = Records | Demographics | Group


def age(from_years: int | None = None, to_years: int | None = None) -> Demographics:
    """Age on the index date in completed years, both bounds included.

    Examples
    --------
    >>> age(from_years=18).demographic().to_json()
    {'Age': {'Value': 18, 'Op': 'gte'}}
    """
    return Demographics((("age", number_range(at_least=from_years, at_most=to_years)),))


def sex(name: str) -> Demographics:
    """Sex, ``male`` or ``female``.

    Raises
    ------
    UsageError
        It is neither.
    """
    if name not in _SEXES:
        raise UsageError("{name} is no sex known here", todo="use one of: {known}", name=name, known=", ".join(_SEXES))
    return Demographics((("gender", [Concept(concept_id=_SEXES[name])]),))


def all_of(*members: Member) -> Group:
    """Every member must hold."""
    return _joined("ALL", members)


def any_of(*members: Member) -> Group:
    """One member must hold."""
    return _joined("ANY", members)


def at_least_of(count: int, *members: Member) -> Group:
    """So many members or more must hold."""
    return _joined("AT_LEAST", members, count)


def at_most_of(count: int, *members: Member) -> Group:
    """So many members or fewer may hold."""
    return _joined("AT_MOST", members, count)


def _joined(kind: str, members: tuple[Member, ...], count: int | None = None) -> Group:
    if not members:
        raise UsageError("a group has no members", todo="name the criteria that it joins")
    return Group(kind, members, count)
