"""Concepts as people look for them: by name in either language, by synonym, by code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from cohorts.definition import Concept
from omop_etl.cdm import Cdm
from omop_etl.errors import CannotAnswerError
from omop_etl.vocabulary import search_concepts
from omop_etl.vocabulary.search import CHINESE, FoundConcept
from workbench.locales import Language
from workbench.units import unit_symbol

_LANGUAGE_CONCEPTS: Final[dict[Language, int]] = {"zh": CHINESE}
"""Concept of the language of a synonym; English names are the concepts' own."""

_VALUED: Final = {
    "Measurement": ("measurement", "measurement_concept_id"),
    "Observation": ("observation", "observation_concept_id"),
}
_MOST_RECORDED: Final = 30


@dataclass(frozen=True)
class Found:
    """A concept that a search found.

    Attributes
    ----------
    concept : Concept
        For a concept set.
    label : str
        Its name in the reader's language.
    persons : int
        Persons who have a record of it or of a concept below it; 0 where the CDM does not say.
    """

    concept: Concept
    label: str
    persons: int


def concept_labels(cdm: Cdm, concept_ids: Iterable[int], language: Language) -> dict[int, str]:
    """Name concepts in a language.

    Parameters
    ----------
    cdm : Cdm
        Whose vocabulary to use.
    concept_ids : iterable of int
        Which concepts.
    language : {"zh", "en"}
        The language; a concept without a name in it goes by its English name, a unit by its symbol.

    Returns
    -------
    dict of int to str
        Names of those that exist.
    """
    wanted = sorted(set(concept_ids))
    if not wanted:
        return {}
    concept = cdm.table("concept", ["concept_id", "concept_name"])
    columns = [concept.c.concept_id, concept.c.concept_name]
    if {"vocabulary_id", "concept_code"} <= set(cdm.tables["concept"]):
        columns += [concept.c.vocabulary_id, concept.c.concept_code]
    rows = cdm.engine.fetch(sa.select(*columns).where(concept.c.concept_id.in_(wanted))).to_pylist()
    labels = {row["concept_id"]: row["concept_name"] for row in rows}
    symbols = {
        row["concept_id"]: symbol
        for row in rows
        if row.get("vocabulary_id") == "UCUM" and (symbol := unit_symbol(row["concept_code"] or ""))
    }
    return labels | symbols | _synonyms(cdm, wanted, language)


def _synonyms(cdm: Cdm, concept_ids: list[int], language: Language) -> dict[int, str]:
    """Return the synonym of each concept in a language; where there are several, the first one recorded."""
    if language not in _LANGUAGE_CONCEPTS or "concept_synonym" not in cdm.tables:
        return {}
    synonym = cdm.table("concept_synonym")
    rows = cdm.engine.fetch(
        sa.select(synonym.c.concept_id, synonym.c.concept_synonym_name).where(
            synonym.c.language_concept_id == _LANGUAGE_CONCEPTS[language], synonym.c.concept_id.in_(concept_ids)
        )
    ).to_pylist()
    names: dict[int, str] = {}
    for row in rows:
        names.setdefault(row["concept_id"], row["concept_synonym_name"])
    return names


def find_concepts(cdm: Cdm, text: str, domain: str, language: Language, limit: int) -> list[Found]:
    """Look concepts up by name, synonym, code or number; see `omop_etl.vocabulary.search_concepts`.

    Parameters
    ----------
    cdm : Cdm
        Whose vocabulary to search.
    text : str
        What was typed.
    domain : str
        Domain to search.
    language : {"zh", "en"}
        Of the labels.
    limit : int
        How many at most.

    Returns
    -------
    list of Found
        The best match first.
    """
    if "concept" not in cdm.tables:
        raise CannotAnswerError("this CDM has no vocabulary", todo="load one, for example with `rwe etl run`")
    hits = search_concepts(cdm, text, domain, None, limit)
    labels = concept_labels(cdm, [hit.concept_id for hit in hits], language)
    return [Found(_concept(hit), labels.get(hit.concept_id, hit.name), hit.descendant_persons) for hit in hits]


def _concept(hit: FoundConcept) -> Concept:
    return Concept(
        concept_id=hit.concept_id,
        concept_name=hit.name,
        domain_id=hit.domain,
        vocabulary_id=hit.vocabulary,
        concept_class_id=hit.concept_class,
        standard_concept=hit.standard or None,
        concept_code=hit.code,
    )


def recorded_concepts(cdm: Cdm, kind: str, concept_ids: Iterable[int], column: str) -> list[int]:
    """List what records of some concepts have in a column, the most frequent first.

    Parameters
    ----------
    cdm : Cdm
        Whose records to look at.
    kind : {"Measurement", "Observation"}
        Of records.
    concept_ids : iterable of int
        Concepts of the records, their descendants included.
    column : str
        A column of concepts: ``unit_concept_id`` or ``value_as_concept_id``.

    Returns
    -------
    list of int
        Concepts, without 0.
    """
    name, about = _VALUED[kind]
    if name not in cdm.tables or column not in cdm.tables[name] or "concept_ancestor" not in cdm.tables:
        return []
    table, ancestor = cdm.table(name), cdm.table("concept_ancestor")
    below = sa.select(ancestor.c.descendant_concept_id).where(ancestor.c.ancestor_concept_id.in_(sorted(concept_ids)))
    found = table.c[column]
    rows = cdm.engine.fetch(
        sa.select(found)
        .where(table.c[about].in_(below), found.is_not(None), found != 0)
        .group_by(found)
        .order_by(sa.func.count().desc(), found)
        .limit(_MOST_RECORDED)
    )
    return [int(value) for value in rows.column(0).to_pylist()]
