"""Cohorts and a CDM to one analysis-ready table: the only part of the analyses that reads a database."""

from analyses.dataset.build import Dataset, build
from analyses.dataset.spec import (
    Age,
    CohortOutcome,
    Concepts,
    DatasetSpec,
    Death,
    ExposureGroup,
    IndexYear,
    PriorObservation,
    Records,
    Sex,
    TimeAtRisk,
    Units,
    ValueFilter,
    Window,
)

__all__ = [
    "Age",
    "CohortOutcome",
    "Concepts",
    "Dataset",
    "DatasetSpec",
    "Death",
    "ExposureGroup",
    "IndexYear",
    "PriorObservation",
    "Records",
    "Sex",
    "TimeAtRisk",
    "Units",
    "ValueFilter",
    "Window",
    "build",
]
