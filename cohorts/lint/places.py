"""Every place in an expression that a check may look at, with its path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from cohorts.definition import (
    CohortDefinition,
    CohortExpression,
    CorrelatedCriterion,
    CriteriaGroup,
    Criterion,
    CustomEra,
    DemographicCriterion,
    Semantics,
)

Role = Literal["entry", "additional", "rule", "censoring"]


@dataclass(frozen=True)
class Place:
    """A criterion, and how it stands in the definition.

    Attributes
    ----------
    path : str
        Path of the criterion.
    criterion : Criterion
        The criterion.
    role : {"entry", "additional", "rule", "censoring"}
        What it is for.
    around : CorrelatedCriterion, optional
        How it is counted; none for the criteria of the entry and of censoring.
    depth : int
        0 around the index event, 1 around a record that is counted around it, and so on.
    """

    path: str
    criterion: Criterion
    role: Role
    around: CorrelatedCriterion | None = None
    depth: int = 0

    @property
    def around_path(self) -> str:
        """Path of the criterion as counted."""
        return self.path.rpartition(".Criteria.")[0] or self.path


@dataclass
class Places:
    """All places of a definition.

    Attributes
    ----------
    expression : CohortExpression
        The expression.
    criteria : list of Place
        Every criterion.
    groups : list of (str, CriteriaGroup, role, depth)
        Every group.
    persons : list of (str, DemographicCriterion)
        Every demographic criterion.
    semantics : {"circe", "exact"}
        What the definition means.
    """

    expression: CohortExpression
    criteria: list[Place] = field(default_factory=list)
    groups: list[tuple[str, CriteriaGroup, Role, int]] = field(default_factory=list)
    persons: list[tuple[str, DemographicCriterion]] = field(default_factory=list)
    semantics: Semantics = "circe"

    @classmethod
    def of(cls, definition: CohortDefinition) -> Places:
        """Walk through a definition."""
        expression = definition.expression
        places = cls(expression, semantics=definition.semantics)
        for i, criterion in enumerate(expression.primary_criteria.criteria_list):
            places._criterion(f"PrimaryCriteria.CriteriaList[{i}]", criterion, "entry")
        if expression.additional_criteria is not None:
            places._group("AdditionalCriteria", expression.additional_criteria, "additional", 0)
        for i, rule in enumerate(expression.inclusion_rules or []):
            if rule.expression is not None:
                places._group(f"InclusionRules[{i}].expression", rule.expression, "rule", 0)
        for i, criterion in enumerate(expression.censoring_criteria or []):
            places._criterion(f"CensoringCriteria[{i}]", criterion, "censoring")
        return places

    @property
    def counted(self) -> Iterator[tuple[Place, CorrelatedCriterion]]:
        """Criteria that are counted around an event."""
        return ((place, place.around) for place in self.criteria if place.around is not None)

    def _criterion(
        self, path: str, criterion: Criterion, role: Role, around: CorrelatedCriterion | None = None, depth: int = 0
    ) -> None:
        path = f"{path}.{type(criterion).__name__}"
        self.criteria.append(Place(path, criterion, role, around, depth))
        if isinstance(criterion, CustomEra):
            for i, member in enumerate(criterion.criteria_list):
                self._criterion(f"{path}.CriteriaList[{i}]", member, role, around, depth)
        if criterion.correlated_criteria is not None:
            self._group(f"{path}.CorrelatedCriteria", criterion.correlated_criteria, role, depth + 1)

    def _group(self, path: str, group: CriteriaGroup, role: Role, depth: int) -> None:
        self.groups.append((path, group, role, depth))
        for i, item in enumerate(group.criteria_list):
            self._criterion(f"{path}.CriteriaList[{i}].Criteria", item.criteria, role, item, depth)
        self.persons += [
            (f"{path}.DemographicCriteriaList[{i}]", item) for i, item in enumerate(group.demographic_criteria_list)
        ]
        for i, member in enumerate(group.groups):
            self._group(f"{path}.Groups[{i}]", member, role, depth)
