"""The small values a cohort expression is made of: ranges, concepts, windows, limits."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel, to_pascal

Semantics = Literal["circe", "exact"]
"""What a definition means: exactly what OHDSI Circe makes of it, or what a clinician means."""


def _circe_key(name: str) -> str:
    """Key that Circe gives a field: PascalCase, with the suffix ``CS`` in capitals."""
    key = to_pascal(name)
    return key[:-2] + "CS" if name.endswith("_cs") else key


class Part(BaseModel):
    """A part of a cohort expression: immutable, written with Circe's keys, and keeping keys it does not know.

    Only keys that were given are written back, so that reading and writing an expression loses nothing.
    """

    model_config = ConfigDict(alias_generator=_circe_key, populate_by_name=True, extra="allow", frozen=True)

    def to_json(self) -> dict[str, Any]:
        """Return the part as Circe's JSON object."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class CamelPart(Part):
    """A part whose keys Circe writes in camelCase (concept sets and inclusion rules)."""

    model_config = ConfigDict(alias_generator=to_camel)


class NumericRange(Part):
    """A comparison with a number: ``op`` is one of lt, lte, eq, !eq, gt, gte, bt, !bt; ``bt`` includes both ends."""

    value: int | float | None = None
    op: str | None = None
    extent: int | float | None = None


class DateRange(Part):
    """A comparison with a date, ``yyyy-mm-dd``; the operators are those of `NumericRange`."""

    value: str | None = None
    op: str | None = None
    extent: str | None = None


class TextFilter(Part):
    """A comparison with a text: ``op`` is contains, startsWith or endsWith, each also with ``!`` before it."""

    text: str | None = None
    op: str | None = None


class Period(Part):
    """Two fixed dates, ``yyyy-mm-dd``; either may be missing."""

    start_date: str | None = None
    end_date: str | None = None


class Concept(Part):
    """A concept; only its identifier matters, the rest is for the reader."""

    model_config = ConfigDict(alias_generator=str.upper)

    concept_id: int
    concept_name: str | None = None
    standard_concept: str | None = None
    standard_concept_caption: str | None = None
    invalid_reason: str | None = None
    invalid_reason_caption: str | None = None
    concept_code: str | None = None
    domain_id: str | None = None
    vocabulary_id: str | None = None
    concept_class_id: str | None = None


class ConceptSetSelection(Part):
    """A column tested against a concept set; without a set, whether the column is filled at all."""

    codeset_id: int | None = None
    is_exclusion: bool | None = None


class DateAdjustment(Part):
    """New start and end of an event, each counted in days from its old start or end."""

    start_with: Literal["START_DATE", "END_DATE"] | None = None
    start_offset: int | None = None
    end_with: Literal["START_DATE", "END_DATE"] | None = None
    end_offset: int | None = None


class ResultLimit(Part):
    """Which events of a person to keep: ``All``, ``First`` or ``Last``, in any case; First where it is missing."""

    type: str | None = None

    @property
    def choice(self) -> Literal["all", "first", "last"]:
        """The limit, in lower case."""
        choice = (self.type or "First").lower()
        return choice if choice in ("all", "last") else "first"  # type: ignore[return-value]


class ObservationWindow(Part):
    """Days of observation required before and after the event that brings a person in."""

    prior_days: int = 0
    post_days: int = 0


class WindowBound(Part):
    """One end of a window: `days` or `hours` before (``coeff`` -1) or after (1) the index; neither means no bound.

    Days are counted between dates, hours between times of day to the second. Circe knows days only.

    Examples
    --------
    >>> WindowBound(hours=6, coeff=1).seconds, WindowBound(days=6).offset, WindowBound().seconds
    (21600, -6, None)
    """

    days: int | None = None
    hours: int | float | None = Field(default=None, ge=0, le=24 * 36525, allow_inf_nan=False)
    coeff: int = -1

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        if self.days is not None and self.hours is not None:
            raise ValueError("a bound has Days or Hours, not both")
        return self

    @property
    def offset(self) -> int | None:
        """Days from the index, negative before it; none where the bound is open or in hours."""
        return None if self.days is None else self.coeff * self.days

    @property
    def seconds(self) -> int | None:
        """Seconds from the index, negative before it; none where the bound is open or in days."""
        return None if self.hours is None else self.coeff * round(self.hours * 3600)

    @property
    def is_open(self) -> bool:
        """Whether nothing is said."""
        return self.days is None and self.hours is None


class Window(Part):
    """When an event must happen, in days or hours from the index event."""

    start: WindowBound = Field(default_factory=WindowBound)
    end: WindowBound = Field(default_factory=WindowBound)
    use_index_end: bool | None = None
    use_event_end: bool | None = None

    @property
    def by_hours(self) -> bool:
        """Whether a bound is in hours, so that times of day are needed."""
        return self.start.hours is not None or self.end.hours is not None


class Occurrence(Part):
    """How often: `type` 0 exactly, 1 at most, 2 at least `count` times, perhaps counting distinct values only."""

    type: Literal[0, 1, 2]
    count: int
    is_distinct: bool = False
    count_column: str | None = None
