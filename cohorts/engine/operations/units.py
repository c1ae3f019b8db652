"""Units: how large those of the vocabulary are, and how values are converted into the units asked for.

What the sizes say is data (`omop_etl.units`); which concept is which unit, the vocabulary of the CDM says.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import sqlalchemy as sa
from typing_extensions import override

from cohorts.engine.nodes import Conversions, UnitSizes
from cohorts.engine.operations.base import NodeNumber, Operation, Row, integer
from cohorts.engine.tables import CODES, CONVERSIONS, UNIT_SIZES
from omop_etl.cdm import Cdm
from omop_etl.units import UNIT_VOCABULARIES, unit_sizes

MARGIN: Final = 1e-9
"""Share of a threshold: a converted value that misses it by less lies on it, since floating point makes
56.99999999999999 mg/dL of 0.57 g/L."""


class SizeUnits(Operation[UnitSizes]):
    """Finds the units of the vocabulary by their UCUM codes."""

    output = UNIT_SIZES

    @override
    def parameters(self, shape: Any) -> list[sa.Column[Any]]:
        numbers = (sa.Column(name, sa.Double) for name in ("size", "zero"))
        return [*(sa.Column(name, sa.Text) for name in ("code", "kind")), *numbers, integer("measured")]

    @override
    def rows(self, node: UnitSizes, number: NodeNumber) -> Iterable[Row]:
        return unit_sizes()

    @override
    def query(self, shape: Any, parameters: sa.Table, members: sa.Table, cdm: Cdm) -> sa.Select[Any]:
        concept = cdm.table("concept", ["concept_id", "concept_code", "vocabulary_id"])
        columns = [parameters.c[name] for name in ("measured", "kind", "size", "zero")]
        return (
            sa.select(parameters.c.node, concept.c.concept_id, *columns)
            .join(concept, concept.c.concept_code == parameters.c.code)
            .where(concept.c.vocabulary_id.in_(UNIT_VOCABULARIES))
        )


class ConvertUnits(Operation[Conversions]):
    """Finds the units that can be converted into those asked for.

    A record in one of the units asked for is compared as it stands. One in another unit is converted where only one
    value can come of it: if milligrams and grams are both asked for, micrograms are neither. What is measured (its
    molar mass) is looked at only where the units asked for are of one kind.
    """

    output = CONVERSIONS

    @override
    def parameters(self, shape: Any) -> list[sa.Column[Any]]:
        return [integer("asked"), integer("sizes"), sa.Column("margin", sa.Double)]

    @override
    def rows(self, node: Conversions, number: NodeNumber) -> Iterable[Row]:
        return [(number(node.units), number(node.sizes), MARGIN)]

    @override
    def query(self, shape: Any, parameters: sa.Table, members: sa.Table, cdm: Cdm) -> sa.Select[Any]:
        asked = (
            sa.select(parameters.c.node, parameters.c.sizes, parameters.c.margin, CODES.c.concept_id.label("unit"))
            .join(CODES, CODES.c.node == parameters.c.asked)
            .group_by(parameters.c.node, parameters.c.sizes, parameters.c.margin, CODES.c.concept_id)
            .cte("asked")
        )
        as_it_stands = sa.select(
            asked.c.node,
            asked.c.unit,
            sa.cast(sa.literal(0), sa.BigInteger).label("measured"),
            asked.c.unit.label("into_unit"),
            *(
                sa.cast(sa.literal(n), sa.Double).label(name)
                for n, name in ((1, "factor"), (0, "shift"), (0, "margin"))
            ),
        )
        return sa.union_all(as_it_stands, _converted(asked)).subquery("all_conversions").select()


def _converted(asked: sa.CTE) -> sa.Select[Any]:
    into, unit, listed = UNIT_SIZES.alias("into_size"), UNIT_SIZES.alias("unit_size"), asked.alias("listed")
    known = UNIT_SIZES.alias("known")
    kinds = (
        sa.select(asked.c.node, sa.func.count(sa.distinct(known.c.kind)).label("kinds"))
        .join(known, sa.and_(known.c.node == asked.c.sizes, known.c.unit == asked.c.unit, known.c.measured == 0))
        .group_by(asked.c.node)
        .subquery("kinds")
    )
    measured = sa.case((into.c.measured == 0, unit.c.measured), else_=into.c.measured)
    factor = unit.c.size / into.c.size
    shift = (unit.c.zero - into.c.zero) / into.c.size
    pairs = (
        sa.select(
            asked.c.node,
            asked.c.margin,
            unit.c.unit,
            measured.label("measured"),
            into.c.unit.label("into_unit"),
            factor.label("factor"),
            shift.label("shift"),
        )
        .join(kinds, kinds.c.node == asked.c.node)
        .join(into, sa.and_(into.c.node == asked.c.sizes, into.c.unit == asked.c.unit))
        .join(unit, sa.and_(unit.c.node == asked.c.sizes, unit.c.kind == into.c.kind))
        .join(listed, sa.and_(listed.c.node == asked.c.node, listed.c.unit == unit.c.unit), isouter=True)
        .where(
            listed.c.unit.is_(None),
            sa.or_(into.c.measured == 0, unit.c.measured == 0),
            sa.or_(kinds.c.kinds == 1, sa.and_(into.c.measured == 0, unit.c.measured == 0)),
        )
        .subquery("pairs")
    )
    least, most = sa.func.min(pairs.c.factor), sa.func.max(pairs.c.factor)
    return (
        sa.select(
            pairs.c.node,
            pairs.c.unit,
            pairs.c.measured,
            sa.func.min(pairs.c.into_unit).label("into_unit"),
            least.label("factor"),
            sa.func.min(pairs.c.shift).label("shift"),
            pairs.c.margin,
        )
        .group_by(pairs.c.node, pairs.c.unit, pairs.c.measured, pairs.c.margin)
        .having(
            most - least <= pairs.c.margin * most,
            sa.func.max(pairs.c.shift) - sa.func.min(pairs.c.shift) <= pairs.c.margin,
        )
    )
