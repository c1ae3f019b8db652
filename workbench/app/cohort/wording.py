"""Sentences for the cards of a definition, with concept names in the reader's language."""

from __future__ import annotations

from cohorts import CohortDefinition
from cohorts.definition import ConceptSet
from workbench.app.data import Source
from workbench.app.results import labels
from workbench.locales import Translator
from workbench.sentences import Narrator

_MOST_NAMES = 3


def narrator_for(t: Translator, source: Source, definition: CohortDefinition) -> Narrator:
    """Make a narrator that names a concept set by its concepts where they are few, else by its own name."""
    sets = definition.expression.concept_sets or []
    wanted = [item.concept.concept_id for known in sets for item in known.expression.items]
    names = labels(source, wanted, t.language)
    return Narrator(t, {known.id: _name(t, known, names) for known in sets})


def _name(t: Translator, known: ConceptSet, names: dict[int, str]) -> str:
    included = [item.concept for item in known.expression.items if not item.is_excluded]
    if known.name and len(included) > _MOST_NAMES:
        return known.name
    said = [names.get(c.concept_id) or c.concept_name or str(c.concept_id) for c in included]
    return t(", ").join(said) or (known.name or "")
