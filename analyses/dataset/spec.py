"""The document that says how cohorts and a CDM become an analysis-ready table."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

RESERVED = ("person_id", "exposure", "index_date", "end_date", "end_reason", "time", "event")
"""Columns of every analysis-ready table; covariates have other names."""

RecordDomain = Literal[
    "condition_occurrence",
    "condition_era",
    "drug_exposure",
    "drug_era",
    "procedure_occurrence",
    "measurement",
    "observation",
    "device_exposure",
    "visit_occurrence",
]
"""Tables of the CDM that covariates are taken from."""

Statistic = Literal["any", "count", "days_since", "first", "last", "nearest", "min", "max", "mean"]
"""What is taken from the records of a window: whether there is one, how many, days from the latest one to the index
date; or the first, last, nearest (to the index date), least, greatest or mean value."""

PICKED = ("first", "last", "nearest")
REDUCED = ("min", "max", "mean")
WITH_VALUES = ("measurement", "observation")


class Document(BaseModel):
    """Part of the document: unknown fields are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Concepts(Document):
    """Concepts of a covariate.

    Attributes
    ----------
    include : tuple of int
        Concept ids.
    descendants : bool
        Take all concepts below them, too.
    exclude : tuple of int
        Concepts to leave out again, with those below them if `descendants`.
    """

    include: tuple[int, ...] = Field(min_length=1)
    descendants: bool = True
    exclude: tuple[int, ...] = ()


class Window(Document):
    """Days around the index date in which records count; both ends are included.

    Attributes
    ----------
    start, end : int or None
        Days relative to the index date, negative before it; None for all time on that side.
    """

    start: int | None = None
    end: int | None = 0

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start is not None and self.end is not None and self.start > self.end:
            raise ValueError("the window ends before it starts")
        return self


class ValueFilter(Document):
    """Values that a record must have to count.

    Attributes
    ----------
    at_least, at_most : float or None
        Limits of the numeric value, in the covariate's unit.
    concepts : tuple of int
        Concepts of the coded value, one of which it must be.
    """

    at_least: float | None = None
    at_most: float | None = None
    concepts: tuple[int, ...] = ()


class Units(Document):
    """Units of a numeric value; records in other units have no usable value.

    Attributes
    ----------
    unit : int
        Concept of the unit of the covariate.
    convert : dict
        Concepts of other units, with the factor that converts a value into `unit`.
    """

    unit: int
    convert: dict[int, float] = {}


class Named(Document):
    """A covariate's column.

    Attributes
    ----------
    name : str
        Name of the column.
    label : str
        What it is called in tables, in any language; the name if empty.
    """

    name: str = Field(min_length=1)
    label: str = ""


class Age(Named):
    """Age at the index date in completed years; ``year`` takes the difference of the calendar years as Circe does."""

    kind: Literal["age"] = "age"
    name: str = "age"
    method: Literal["exact", "year"] = "exact"


class Sex(Named):
    """Sex, as the names of `levels`; other concepts are missing."""

    kind: Literal["sex"] = "sex"
    name: str = "sex"
    levels: dict[int, str] = {8507: "male", 8532: "female"}


class IndexYear(Named):
    """Calendar year of the index date."""

    kind: Literal["index_year"] = "index_year"
    name: str = "index_year"


class PriorObservation(Named):
    """Days under observation before the index date."""

    kind: Literal["prior_observation"] = "prior_observation"
    name: str = "prior_observation_days"


class Records(Named):
    """A covariate from the records of a domain in a window.

    Attributes
    ----------
    domain : str
        Table of the CDM.
    concepts : Concepts
        Which records count.
    window : Window
        When they must start; or, with `overlap`, be going on.
    statistic : str
        What is taken from them.
    value : {"number", "concept"} or None
        For the statistics that take a value: the numeric or the coded one.
    units : Units or None
        Units of the numeric value; values are taken as they are without it.
    where : ValueFilter or None
        Values that a record must have to count.
    overlap : bool
        Records that start before the window count where they end in it or later.
    levels : dict
        Names of coded values by concept; others have their concept's name.
    """

    kind: Literal["records"] = "records"
    domain: RecordDomain
    concepts: Concepts
    window: Window = Window()
    statistic: Statistic = "any"
    value: Literal["number", "concept"] | None = None
    units: Units | None = None
    where: ValueFilter | None = None
    overlap: bool = False
    levels: dict[int, str] = {}

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        takes_value = self.statistic in PICKED or self.statistic in REDUCED
        if takes_value and self.value is None:
            raise ValueError(f"statistic {self.statistic} needs value: number or concept")
        if not takes_value and self.value is not None:
            raise ValueError(f"statistic {self.statistic} takes no value")
        if self.statistic in REDUCED and self.value == "concept":
            raise ValueError(f"statistic {self.statistic} is for numbers, not concepts")
        if (takes_value or self.where or self.units) and self.domain not in WITH_VALUES:
            raise ValueError(f"{self.domain} has no values; only {' and '.join(WITH_VALUES)} have")
        return self


Covariate = Annotated[Age | Sex | IndexYear | PriorObservation | Records, Field(discriminator="kind")]
"""A baseline covariate."""


class ExposureGroup(Document):
    """One of the groups that are compared.

    Attributes
    ----------
    cohort : str
        Cohort whose rows start at the index date.
    label : str
        What the group is called; the cohort's name if empty.
    """

    cohort: str
    label: str = ""

    @property
    def title(self) -> str:
        """What the group is called."""
        return self.label or self.cohort


class Death(Document):
    """Death of any cause as the outcome."""

    kind: Literal["death"] = "death"


class CohortOutcome(Document):
    """Start of a cohort's row as the outcome.

    Attributes
    ----------
    cohort : str
        The cohort.
    prior : {"exclude", "keep"}
        What to do with persons who had the outcome before their time at risk.
    prior_days : int or None
        How far back that is looked for; None for all time.
    """

    kind: Literal["cohort"] = "cohort"
    cohort: str
    prior: Literal["exclude", "keep"] = "exclude"
    prior_days: int | None = Field(default=None, ge=1)


Outcome = Annotated[Death | CohortOutcome, Field(discriminator="kind")]
"""What ends a person's follow-up with an event."""


class TimeAtRisk(Document):
    """When outcomes count. Follow-up always ends with the observation period and with death.

    Attributes
    ----------
    start_day : int
        First day at risk, relative to the index date; 1 for the day after it.
    window_days : int or None
        Last day at risk, relative to the index date.
    exposure_end : bool
        Follow-up ends with the row of the exposure cohort (as treated), or else goes on (as started).
    grace_days : int
        Days after the end of the exposure that still count.
    study_end : datetime.date or None
        Last day of the study.
    """

    start_day: int = Field(default=1, ge=0)
    window_days: int | None = Field(default=None, ge=0)
    exposure_end: bool = False
    grace_days: int = Field(default=0, ge=0)
    study_end: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.window_days is not None and self.window_days < self.start_day:
            raise ValueError("window_days lies before start_day, so nobody is ever at risk")
        return self


class DatasetSpec(Document):
    """How cohorts and a CDM become an analysis-ready table with one row per person.

    Attributes
    ----------
    exposure : tuple of ExposureGroup
        Groups; the first is the reference. A person belongs to the group of the first row in any of them.
    outcome : Death or CohortOutcome
        What ends follow-up with an event.
    time_at_risk : TimeAtRisk
        When outcomes count.
    covariates : tuple
        Baseline covariates, one column each.

    Examples
    --------
    >>> spec = DatasetSpec.model_validate(
    ...     {
    ...         "exposure": [{"cohort": "gefitinib"}, {"cohort": "osimertinib"}],
    ...         "outcome": {"kind": "death"},
    ...         "covariates": [
    ...             {"kind": "age"},
    ...             {
    ...                 "kind": "records",
    ...                 "name": "hypertension",
    ...                 "domain": "condition_occurrence",
    ...                 "concepts": {"include": [316866]},
    ...                 "window": {"start": -365, "end": 0},
    ...             },
    ...         ],
    ...     }
    ... )
    >>> [covariate.name for covariate in spec.covariates], spec.time_at_risk.start_day
    (['age', 'hypertension'], 1)
    """

    exposure: tuple[ExposureGroup, ...] = Field(min_length=1)
    outcome: Outcome
    time_at_risk: TimeAtRisk = TimeAtRisk()
    covariates: tuple[Covariate, ...] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [covariate.name for covariate in self.covariates]
        repeated = sorted({name for name in names if names.count(name) > 1 or name in RESERVED})
        if repeated:
            raise ValueError(f"covariates need names of their own: {', '.join(repeated)}")
        titles = [group.title for group in self.exposure]
        if len(set(titles)) < len(titles):
            raise ValueError("exposure groups need names of their own")
        return self

    @property
    def records(self) -> list[Records]:
        """Covariates that come from records."""
        return [covariate for covariate in self.covariates if isinstance(covariate, Records)]
