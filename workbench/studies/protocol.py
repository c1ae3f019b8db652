"""A protocol: the document behind a feasibility run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from analyses.feasibility import RecruitmentAssumptions
from cohorts import CohortDefinition, read_definition
from workbench.locales import Language
from workbench.studies.documents import StudyDocument, embedded, read_document


class Protocol(StudyDocument):
    """A trial as it is planned: who is wanted, and what is assumed about recruitment.

    Attributes
    ----------
    cohort : dict
        The cohort definition; its rules are the trial's criteria.
    assumptions : RecruitmentAssumptions
        What the projection assumes.

    Examples
    --------
    >>> protocol = read_protocol({
    ...     "format": "rwe-protocol/1", "name": "demo", "title": {"en": "Demo"},
    ...     "cohort": {"PrimaryCriteria": {"CriteriaList": [{"Death": {}}]}}, "assumptions": {"target": 100},
    ... })
    >>> protocol.definition.semantics, protocol.assumptions.target
    ('circe', 100)
    """

    format: Literal["rwe-protocol/1"]
    cohort: dict[str, Any]
    assumptions: RecruitmentAssumptions

    @property
    def definition(self) -> CohortDefinition:
        """The cohort definition."""
        return read_definition(self.cohort)

    def definition_in(self, language: Language) -> CohortDefinition:
        """Give the cohort definition with its title, rules and concept sets named in a language."""
        definition = self.definition
        expression = definition.expression
        named = expression.model_copy(
            update={
                field: [
                    item.model_copy(update={"name": self.label(item.name, language)}) if item.name else item
                    for item in listed
                ]
                for field in ("inclusion_rules", "concept_sets")
                if (listed := getattr(expression, field)) is not None
            }
        )
        title = self.title.get(language, definition.name)
        return definition.model_copy(update={"name": title, "expression": named})


def read_protocol(source: Path | str | dict[str, Any]) -> Protocol:
    """Read a protocol.

    Parameters
    ----------
    source : pathlib.Path, str or dict
        A YAML or JSON file, or its content. A cohort may be given by the path of its definition.

    Returns
    -------
    Protocol
        The protocol, its cohort definition in it.

    Raises
    ------
    UsageError
        A file does not exist.
    RweError
        The content is not a protocol.
    """
    return read_document(Protocol, source, _with_cohort)


def _with_cohort(content: dict[str, Any], folder: Path) -> dict[str, Any]:
    return {**content, "cohort": embedded(content["cohort"], folder)} if content.get("cohort") else content
