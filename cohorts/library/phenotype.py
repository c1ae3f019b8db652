"""What a phenotype is: a definition, what it is meant to find, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from cohorts.builder import CohortBuilder
from cohorts.definition import CohortDefinition

Specialty = Literal["lung_cancer", "diabetes", "heart_kidney"]
Texts = dict[str, str]
"""A text by language, ``zh`` and ``en``."""


@dataclass(frozen=True)
class Phenotype:
    """A cohort of persons with a disease, state or treatment.

    Attributes
    ----------
    name : str
        Short name.
    version : int
        Grows when the definition changes.
    specialty : {"lung_cancer", "diabetes", "heart_kidney"}
        Where it belongs.
    title, description, logic, limits : dict
        By language: what it is called, whom it means to find, how it finds them, and where it fails.
    references : tuple of str
        What the criteria rest on.
    sentence : CohortBuilder
        The definition as it was written.
    """

    name: str
    version: int
    specialty: Specialty
    title: Texts
    description: Texts
    logic: Texts
    limits: Texts
    references: tuple[str, ...]
    sentence: CohortBuilder

    def definition(self, language: str = "en") -> CohortDefinition:
        """Write the definition, named in a language."""
        written = self.sentence.described(self.description[language]).definition()
        return written.model_copy(update={"name": self.title[language]})

    def to_json(self) -> dict[str, Any]:
        """Write the whole document."""
        return {
            "format": "rwe-phenotype/1",
            "name": self.name,
            "version": self.version,
            "specialty": self.specialty,
            "title": self.title,
            "description": self.description,
            "logic": self.logic,
            "limits": self.limits,
            "references": list(self.references),
            "definition": self.definition().to_json(),
        }
