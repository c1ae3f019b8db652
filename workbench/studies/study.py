"""A study: the document behind an analysis of what happened to the persons of some cohorts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from analyses.dataset.spec import CohortOutcome, DatasetSpec
from cohorts import CohortDefinition, read_definition
from workbench.studies.documents import StudyDocument, embedded, read_document

Method = Literal["kaplan_meier", "logrank", "cox_crude", "cox_adjusted", "table_one"]

METHODS: tuple[Method, ...] = ("table_one", "kaplan_meier", "logrank", "cox_crude", "cox_adjusted")


class Study(StudyDocument):
    """A comparison of cohorts: who, which outcome, when it counts, adjusted for what.

    Attributes
    ----------
    cohorts : dict
        Cohort definitions by name.
    dataset : DatasetSpec
        Groups, outcome, time at risk and baseline covariates.
    methods : tuple
        What is computed.
    adjust_for : tuple of str, optional
        Covariates of the adjusted model; all by default.
    conf_level : float
        Level of all intervals.
    planted : str
        Name of the planted comparison in the sample data that this study should recover; empty for real data.
    """

    format: Literal["rwe-study/1"]
    cohorts: dict[str, dict[str, Any]]
    dataset: DatasetSpec
    methods: tuple[Method, ...] = METHODS
    adjust_for: tuple[str, ...] | None = None
    conf_level: float = Field(default=0.95, gt=0.5, lt=1)
    planted: str = ""

    @property
    def definitions(self) -> dict[str, CohortDefinition]:
        """The cohort definitions by name."""
        return {name: read_definition(content, name=name) for name, content in self.cohorts.items()}

    @property
    def adjusted_for(self) -> tuple[str, ...]:
        """Covariates of the adjusted model."""
        if self.adjust_for is not None:
            return self.adjust_for
        return tuple(covariate.name for covariate in self.dataset.covariates)

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        asked = {group.cohort for group in self.dataset.exposure}
        if isinstance(self.dataset.outcome, CohortOutcome):
            asked.add(self.dataset.outcome.cohort)
        unknown = sorted(asked - set(self.cohorts))
        if unknown:
            raise ValueError(f"cohorts that are not defined: {', '.join(unknown)}")
        covariates = {covariate.name for covariate in self.dataset.covariates}
        missing = sorted(set(self.adjust_for or ()) - covariates)
        if missing:
            raise ValueError(f"adjust_for names covariates that are not in the dataset: {', '.join(missing)}")
        return self


def read_study(source: Path | str | dict[str, Any]) -> Study:
    """Read a study.

    Parameters
    ----------
    source : pathlib.Path, str or dict
        A YAML or JSON file, or its content. Cohorts may be given by the paths of their definitions.

    Returns
    -------
    Study
        The study, its cohort definitions in it.

    Raises
    ------
    UsageError
        A file does not exist.
    RweError
        The content is not a study.
    """
    return read_document(Study, source, _with_cohorts)


def _with_cohorts(content: dict[str, Any], folder: Path) -> dict[str, Any]:
    named = content.get("cohorts")
    if not isinstance(named, dict):
        return content
    return {**content, "cohorts": {name: embedded(reference, folder) for name, reference in named.items()}}
