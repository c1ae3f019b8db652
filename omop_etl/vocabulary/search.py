"""Find concepts by what people call them: Chinese or English name, synonym, code or number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from omop_etl.account.tables import CONCEPT_COUNT
from omop_etl.cdm.connection import Cdm
from omop_etl.cdm.schema import ETL_SCHEMA

CHINESE = 4182948
"""Concept of the Chinese language, as synonyms have it."""

_CONCEPT_COLUMNS = (
    "concept_id",
    "concept_name",
    "domain_id",
    "vocabulary_id",
    "concept_class_id",
    "standard_concept",
    "concept_code",
)
_COUNTS = ("records", "persons", "descendant_records", "descendant_persons")


@dataclass(frozen=True)
class FoundConcept:
    """A concept, with how it was found and how often it occurs.

    Attributes
    ----------
    concept_id : int
        OMOP identifier.
    name, name_zh : str
        English name, and a Chinese one, empty where there is none.
    domain, vocabulary, concept_class, code : str
        As in CONCEPT.
    standard : str
        ``S`` standard, ``C`` classification, empty otherwise.
    matched : str
        The name, synonym or code that matched best.
    records, persons : int
        How often the concept itself occurs in the CDM; 0 where the CDM does not say.
    descendant_records, descendant_persons : int
        The same for the concept with its descendants.
    """

    concept_id: int
    name: str
    name_zh: str
    domain: str
    vocabulary: str
    concept_class: str
    code: str
    standard: str
    matched: str
    records: int
    persons: int
    descendant_records: int
    descendant_persons: int


def search_concepts(
    cdm: Cdm, text: str, domain: str | None = None, standard: bool | None = None, limit: int = 50
) -> list[FoundConcept]:
    """Find concepts by name, synonym, code or number.

    Parameters
    ----------
    cdm : Cdm
        An opened CDM with a vocabulary.
    text : str
        A piece of a Chinese or English name or synonym, the beginning of a code, or a concept's number. Case does not
        matter.
    domain : str, optional
        Only concepts of this domain.
    standard : bool, optional
        Only standard and classification concepts (True), or only the others (False).
    limit : int
        At most so many concepts.

    Returns
    -------
    list of FoundConcept
        What matches exactly first, then beginnings, then pieces; among equals what occurs most often first.
    """
    wanted = text.strip().lower()
    if not wanted:
        return []
    names = _names(cdm).subquery()
    concept = cdm.table("concept", _CONCEPT_COLUMNS)
    rank = sa.func.min(_rank(names.c.label, wanted))
    query = (
        sa.select(
            *(concept.c[name] for name in _CONCEPT_COLUMNS),
            rank.label("rank"),
            sa.func.min(names.c.label).label("label"),
        )
        .join_from(names, concept, names.c.concept_id == concept.c.concept_id)
        .where(_matches(names, wanted))
        .group_by(*(concept.c[name] for name in _CONCEPT_COLUMNS))
    )
    if domain is not None:
        query = query.where(concept.c.domain_id == domain)
    if standard is not None:
        has_mark = concept.c.standard_concept.in_(["S", "C"])
        query = query.where(has_mark if standard else sa.or_(concept.c.standard_concept.is_(None), ~has_mark))
    found = _with_counts(cdm, query.subquery(), limit)
    chinese = chinese_names(cdm, [row["concept_id"] for row in found])
    return [_found(row, chinese) for row in found]


def chinese_names(cdm: Cdm, concepts: Iterable[int]) -> dict[int, str]:
    """Chinese names of concepts, the longest where there are several.

    Parameters
    ----------
    cdm : Cdm
        An opened CDM with a vocabulary.
    concepts : iterable of int
        Concept ids.

    Returns
    -------
    dict of int to str
        Only concepts that have one.
    """
    wanted = sorted(set(concepts))
    if not wanted or "concept_synonym" not in cdm.tables:
        return {}
    synonym = cdm.table("concept_synonym")
    query = sa.select(synonym.c.concept_id, synonym.c.concept_synonym_name).where(
        synonym.c.concept_id.in_(wanted), synonym.c.language_concept_id == CHINESE
    )
    names: dict[int, str] = {}
    for row in cdm.engine.fetch(query).to_pylist():
        known, name = names.get(row["concept_id"], ""), row["concept_synonym_name"]
        names[row["concept_id"]] = max(known, name, key=lambda text: (len(text), text))
    return names


def _names(cdm: Cdm) -> sa.CompoundSelect[Any] | sa.Select[Any]:
    """Everything that a concept may be found by: kind 0 a name, 1 a code."""
    concept = cdm.table("concept")
    parts = [
        sa.select(concept.c.concept_id, concept.c.concept_name.label("label"), sa.literal(0).label("kind")),
        sa.select(concept.c.concept_id, concept.c.concept_code.label("label"), sa.literal(1).label("kind")),
        sa.select(concept.c.concept_id, sa.cast(concept.c.concept_id, sa.Text), sa.literal(1).label("kind")),
    ]
    if "concept_synonym" in cdm.tables:
        synonym = cdm.table("concept_synonym")
        parts.append(sa.select(synonym.c.concept_id, synonym.c.concept_synonym_name, sa.literal(0)))
    return sa.union_all(*parts)


def _matches(names: sa.Subquery, wanted: str) -> sa.ColumnElement[bool]:
    label = sa.func.lower(names.c.label)
    piece = sa.func.strpos(label, wanted)
    return sa.or_(sa.and_(names.c.kind == 0, piece > 0), sa.and_(names.c.kind == 1, piece == 1))


def _rank(label: sa.ColumnElement[str], wanted: str) -> sa.ColumnElement[int]:
    """0 the whole label, 1 its beginning, 2 a piece."""
    lowered = sa.func.lower(label)
    return sa.case((lowered == wanted, 0), (sa.func.strpos(lowered, wanted) == 1, 1), else_=2)


def _with_counts(cdm: Cdm, found: sa.Subquery, limit: int) -> list[dict[str, Any]]:
    standard_first = sa.case((found.c.standard_concept == "S", 0), (found.c.standard_concept == "C", 1), else_=2)
    if _COUNTS[0] in cdm.engine.columns(ETL_SCHEMA).get(CONCEPT_COUNT.name, []):
        counts = [sa.func.coalesce(CONCEPT_COUNT.c[name], 0).label(name) for name in _COUNTS]
        joined = found.outerjoin(CONCEPT_COUNT, CONCEPT_COUNT.c.concept_id == found.c.concept_id)
        query = sa.select(found, *counts).select_from(joined)
        query = query.order_by(found.c.rank, sa.func.coalesce(CONCEPT_COUNT.c.descendant_records, 0).desc())
    else:
        query = sa.select(found, *(sa.literal(0).label(name) for name in _COUNTS)).order_by(found.c.rank)
    return list(cdm.engine.fetch(query.order_by(standard_first, found.c.concept_id).limit(limit)).to_pylist())


def _found(row: dict[str, Any], chinese: dict[int, str]) -> FoundConcept:
    return FoundConcept(
        concept_id=row["concept_id"],
        name=row["concept_name"],
        name_zh=chinese.get(row["concept_id"], ""),
        domain=row["domain_id"],
        vocabulary=row["vocabulary_id"],
        concept_class=row["concept_class_id"],
        code=row["concept_code"],
        standard=row["standard_concept"] or "",
        matched=row["label"],
        **{name: int(row[name]) for name in _COUNTS},
    )
