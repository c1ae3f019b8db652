"""Names of concept sets for a reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from cohorts import CohortDefinition
from cohorts.definition import CohortExpression, Concept, ConceptSet, ConceptSetItem, Part
from workbench.locales import Language, Translator

_MOST_NAMES: Final = 3

Labels = Mapping[str, Mapping[Language, str]]
"""What to call something, by its own name and the language."""


def concepts_of(definition: CohortDefinition) -> list[int]:
    """List the concepts that a definition names, in its concept sets and elsewhere."""
    return list(dict.fromkeys(concept.concept_id for concept in _concepts_in(definition.expression)))


def _concepts_in(part: object) -> Iterator[Concept]:
    if isinstance(part, Concept):
        yield part
    elif isinstance(part, list):
        for item in part:
            yield from _concepts_in(item)
    elif isinstance(part, Part):
        for field in type(part).model_fields:
            yield from _concepts_in(getattr(part, field))


def concept_set_names(
    t: Translator,
    expression: CohortExpression,
    concept_names: Mapping[int, str],
    labels: Labels | None = None,
) -> dict[int, str]:
    """Name the concept sets of an expression.

    Parameters
    ----------
    t : Translator
        Of the reader's language.
    expression : CohortExpression
        Whose sets.
    concept_names : dict of int to str
        Names of the concepts in that language.
    labels : dict, optional
        What to call a set, by its own name and the language.

    Returns
    -------
    dict of int to str
        By id: the label; or the concepts, where they are few; or the set's own name.
    """
    sets = expression.concept_sets or []
    return {known.id: _name(t, known, concept_names, labels or {}) for known in sets}


def _name(t: Translator, known: ConceptSet, names: Mapping[int, str], labels: Labels) -> str:
    label = labels.get(known.name or "", {}).get(t.language)
    if label:
        return label
    included = [item.concept for item in known.expression.items if not item.is_excluded]
    if known.name and len(included) > _MOST_NAMES:
        return known.name
    said = [names.get(c.concept_id) or c.concept_name or str(c.concept_id) for c in included]
    return t(", ").join(said) or (known.name or "")


def cohort_names(expression: CohortExpression) -> dict[int, str]:
    """Name the cohorts that an expression refers to, by id."""
    return {known.id: (known.name or str(known.id)).strip() for known in expression.cohorts or []}


def patient_list_names(expression: CohortExpression) -> dict[int, str]:
    """Name the patient lists that an expression refers to, by id."""
    return {known.id: known.title for known in expression.patient_lists or []}


def concept_set_lines(t: Translator, definition: CohortDefinition, names: dict[int, str]) -> list[str]:
    """Say what is in each concept set: concepts with their descendants, mapped codes, and what is left out."""
    return [_contents(t, known, names) for known in definition.expression.concept_sets or []]


def concept_set_contents(t: Translator, known: ConceptSet, names: dict[int, str]) -> list[str]:
    """Say each line of a concept set."""
    return [
        t("without {concept}", concept=said) if item.is_excluded else said
        for item in known.expression.items
        if (said := _item(t, item, names))
    ]


def _contents(t: Translator, known: ConceptSet, names: dict[int, str]) -> str:
    inside = [_item(t, item, names) for item in known.expression.items if not item.is_excluded]
    outside = [_item(t, item, names) for item in known.expression.items if item.is_excluded]
    said = t("; ").join(inside) or t("nothing")
    if outside:
        said = t("{concepts}; without: {excluded}", concepts=said, excluded=t("; ").join(outside))
    return t('Concept set "{name}": {concepts}', name=(known.name or str(known.id)).strip(), concepts=said)


def _item(t: Translator, item: ConceptSetItem, names: dict[int, str]) -> str:
    number = item.concept.concept_id
    name = names.get(number) or item.concept.concept_name or ""
    said = f"{name} [{number}]".strip()
    if item.include_descendants:
        said = t("{concept} with descendants", concept=said)
    return t("{concept} and codes mapped to it", concept=said) if item.include_mapped else said
