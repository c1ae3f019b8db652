"""Sentences for the cards of a definition, with concept names in the reader's language."""

from __future__ import annotations

from cohorts import CohortDefinition
from workbench.app.data import Source
from workbench.app.results import labels
from workbench.locales import Translator
from workbench.sentences import Narrator
from workbench.sentences.names import concepts_of


def narrator_for(t: Translator, source: Source, definition: CohortDefinition) -> Narrator:
    """Make a narrator that names a concept set by its concepts where they are few, else by its own name."""
    names = labels(source, concepts_of(definition), t.language)
    return Narrator.of(t, definition.expression, names, semantics=definition.semantics)
