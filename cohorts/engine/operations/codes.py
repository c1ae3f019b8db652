"""Concept sets, resolved in the vocabulary: all of a batch in one statement.

The rules are those of OHDSI Circe: a listed concept counts if it exists, its descendants count if they are valid; with
``mapped`` the concepts that map to any of them count too. Excluded lines are resolved alike and taken away.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from typing_extensions import override

from cohorts.engine.nodes import CodeList, Codes
from cohorts.engine.operations.base import NodeNumber, Operation, Row, flag, integer
from cohorts.engine.tables import CODES
from omop_etl.cdm import Cdm


class ResolveCodes(Operation[Codes]):
    """Resolves concept sets with descendants, mapped concepts and exclusions."""

    output = CODES

    @override
    def shape(self, node: Codes) -> tuple[bool, bool, bool]:
        items = node.items
        return any(i.descendants for i in items), any(i.mapped for i in items), any(i.excluded for i in items)

    @override
    def parameters(self, shape: Any) -> list[sa.Column[Any]]:
        return [integer("concept_id"), flag("descendants"), flag("mapped"), flag("excluded")]

    @override
    def rows(self, node: Codes, number: NodeNumber) -> Iterable[Row]:
        return ((i.concept_id, i.descendants, i.mapped, i.excluded) for i in node.items)

    @override
    def query(self, shape: Any, parameters: sa.Table, members: sa.Table, cdm: Cdm) -> sa.Select[Any]:
        with_descendants, with_mapped, with_excluded = shape
        listed = _listed(parameters, cdm)
        named = sa.union_all(listed, _descendants(parameters, cdm)) if with_descendants else listed
        lines = named.cte("named")
        of_lines = sa.select(lines.c.node, lines.c.excluded, lines.c.concept_id)
        every = sa.union_all(of_lines, _mapped(lines, cdm)) if with_mapped else of_lines
        resolved = every.subquery("resolved")
        included = sa.select(resolved.c.node, resolved.c.concept_id).group_by(resolved.c.node, resolved.c.concept_id)
        if not with_excluded:
            return included
        return included.having(sa.func.max(sa.case((resolved.c.excluded, 1), else_=0)) == 0)


def _listed(items: sa.Table, cdm: Cdm) -> sa.Select[Any]:
    concept = cdm.table("concept", ["concept_id"])
    return sa.select(items.c.node, items.c.excluded, items.c.mapped, items.c.concept_id).join(
        concept, concept.c.concept_id == items.c.concept_id
    )


def _descendants(items: sa.Table, cdm: Cdm) -> sa.Select[Any]:
    concept = cdm.table("concept", ["concept_id", "invalid_reason"]).alias("descendant")
    ancestor = cdm.table("concept_ancestor")
    return (
        sa.select(items.c.node, items.c.excluded, items.c.mapped, concept.c.concept_id)
        .join(ancestor, ancestor.c.ancestor_concept_id == items.c.concept_id)
        .join(concept, concept.c.concept_id == ancestor.c.descendant_concept_id)
        .where(items.c.descendants, concept.c.invalid_reason.is_(None))
    )


def _mapped(lines: sa.CTE, cdm: Cdm) -> sa.Select[Any]:
    relationship = cdm.table("concept_relationship")
    return (
        sa.select(lines.c.node, lines.c.excluded, relationship.c.concept_id_1)
        .join(relationship, relationship.c.concept_id_2 == lines.c.concept_id)
        .where(
            lines.c.mapped,
            relationship.c.relationship_id == "Maps to",
            relationship.c.invalid_reason.is_(None),
        )
    )


class ListCodes(Operation[CodeList]):
    """Takes listed concepts as they are."""

    output = CODES

    @override
    def parameters(self, shape: Any) -> list[sa.Column[Any]]:
        return [integer("concept_id")]

    @override
    def rows(self, node: CodeList, number: NodeNumber) -> Iterable[Row]:
        return ((concept_id,) for concept_id in sorted(set(node.concept_ids)))

    @override
    def query(self, shape: Any, parameters: sa.Table, members: sa.Table, cdm: Cdm) -> sa.Select[Any]:
        return sa.select(parameters.c.node, parameters.c.concept_id)
