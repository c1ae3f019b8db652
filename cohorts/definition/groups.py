"""Groups of criteria, and criteria counted around an index event."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from cohorts.definition.criteria import AnyCriterion, Concepts, Criterion
from cohorts.definition.values import ConceptSetSelection, DateRange, NumericRange, Occurrence, Part, Window


class CorrelatedCriterion(Part):
    """A criterion that must occur so often within a window around the index event.

    Circe spells the class ``CorelatedCriteria``; in the JSON its place is an entry of a group's ``CriteriaList``.
    """

    criteria: AnyCriterion
    start_window: Window = Field(default_factory=Window)
    end_window: Window | None = None
    occurrence: Occurrence
    restrict_visit: bool = False
    ignore_observation_period: bool = False

    @property
    def windows(self) -> dict[str, Window]:
        """The windows by their keys in the JSON."""
        both = {"StartWindow": self.start_window, "EndWindow": self.end_window}
        return {key: window for key, window in both.items() if window is not None}


class DemographicCriterion(Part):
    """Age, gender, race and ethnicity of the person, and dates of the index event."""

    age: NumericRange | None = None
    gender: Concepts | None = None
    gender_cs: ConceptSetSelection | None = None
    race: Concepts | None = None
    race_cs: ConceptSetSelection | None = None
    ethnicity: Concepts | None = None
    ethnicity_cs: ConceptSetSelection | None = None
    occurrence_start_date: DateRange | None = None
    occurrence_end_date: DateRange | None = None


class CriteriaGroup(Part):
    """Criteria of which all, any, at least or at most so many must hold; an empty group holds always."""

    type: str | None = None
    count: int | None = None
    criteria_list: list[CorrelatedCriterion] = Field(default_factory=list)
    demographic_criteria_list: list[DemographicCriterion] = Field(default_factory=list)
    groups: list[CriteriaGroup] = Field(default_factory=list)

    @field_validator("type")
    @classmethod
    def _known_type(cls, value: str | None) -> str | None:
        if value is not None and value.upper() not in ("ALL", "ANY", "AT_LEAST", "AT_MOST"):
            raise ValueError(f"{value!r} is not one of ALL, ANY, AT_LEAST, AT_MOST")
        return value

    @property
    def rule(self) -> Literal["ALL", "ANY", "AT_LEAST", "AT_MOST"]:
        """How many members must hold; ALL where nothing is said."""
        return (self.type or "ALL").upper()  # type: ignore[return-value]

    @property
    def is_empty(self) -> bool:
        """Whether the group has no members."""
        return not (self.criteria_list or self.demographic_criteria_list or self.groups)


_FORWARD = {"CriteriaGroup": CriteriaGroup, "AnyCriterion": AnyCriterion}
_WAITING: tuple[type[Part], ...] = (Criterion, *Criterion.kinds.values(), CorrelatedCriterion, CriteriaGroup)
for _part in _WAITING:
    _part.model_rebuild(force=True, _types_namespace=_FORWARD)
