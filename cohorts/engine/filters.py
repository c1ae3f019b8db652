"""Tests of a value against parameters: the SQL depends on the test alone, what is compared stands in a table."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from cohorts.engine.domains import Rows, Unit
from cohorts.engine.nodes import Filter
from cohorts.engine.operations.base import NodeNumber
from cohorts.engine.tables import CODES, CONVERSIONS

CODE_TESTS = ("in", "not in")
NULL_TESTS = ("is null", "is not null")
RANGE_TESTS = ("bt", "!bt")
TEXT_TESTS = ("like", "!like")
COMPARISONS = ("lt", "lte", "eq", "!eq", "gt", "gte")

_COMPARE: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "eq": operator.eq,
    "!eq": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "like": lambda tested, value: tested.like(value),
    "!like": lambda tested, value: tested.not_like(value),
}


def filter_columns(
    position: int, test: str, kind: type[sa.types.TypeEngine[Any]], *, converted: bool = False
) -> list[sa.Column[Any]]:
    """Parameter columns of the filter at `position`, whose values are of `kind`, perhaps converted first."""
    codes = [sa.Column(f"codes_{position}", sa.BigInteger)]
    if test in CODE_TESTS:
        return codes
    if test in NULL_TESTS or test == "holds":
        return []
    values: list[sa.Column[Any]] = [sa.Column(f"value_{position}", kind)]
    if test in RANGE_TESTS:
        values.append(sa.Column(f"extent_{position}", kind))
    return [*codes, *values] if converted else values


def filter_values(filters: Iterable[Filter], number: NodeNumber) -> tuple[Any, ...]:
    """Values for the columns of `filter_columns`, one filter after another."""
    values: list[Any] = []
    for item in filters:
        if item.codes is not None:
            values.append(number(item.codes))
        if item.test in RANGE_TESTS:
            values += [item.value, item.extent]
        elif item.test in TEXT_TESTS or item.test in COMPARISONS:
            values.append(item.value)
    return tuple(values)


def apply_filter(
    rows: Rows, position: int, test: str, tested: ColumnElement[Any], unit: Unit | None = None
) -> ColumnElement[bool]:
    """SQL of the filter at `position`; tests against concepts join the concepts to the rows.

    Parameters
    ----------
    rows : Rows
        The records, which carry the parameters of their node.
    position : int
        Place of the filter among those of the node.
    test : str
        The test.
    tested : sqlalchemy.ColumnElement
        Value of the record.
    unit : Unit, optional
        What it is recorded in, where it is converted first; the conversions are joined to the rows.

    Returns
    -------
    sqlalchemy.ColumnElement
        The condition. A missing value passes no test but ``is null``, and ``not in`` an empty set, as in SQL.
    """
    if test == "holds":
        return tested
    if test == "is null":
        return tested.is_(None)
    if test == "is not null":
        return tested.is_not(None)
    if test in CODE_TESTS:
        return _listed(rows, position, test, tested)
    if unit is not None:
        return _in_unit(rows, position, test, tested, unit)
    value = rows.c[f"value_{position}"]
    if test in RANGE_TESTS:
        within = sa.and_(tested >= value, tested <= rows.c[f"extent_{position}"])
        return sa.not_(within) if test == "!bt" else within
    return _COMPARE[test](tested, value)


def _listed(rows: Rows, position: int, test: str, tested: ColumnElement[Any]) -> ColumnElement[bool]:
    number = rows.c[f"codes_{position}"]
    codes = CODES.alias(f"listed_{position}")
    in_set = sa.and_(codes.c.node == number, codes.c.concept_id == tested)
    rows.source = rows.source.join(codes, in_set, isouter=test == "not in")
    if test == "in":
        return sa.true()
    every = CODES.alias()
    set_is_empty = sa.not_(sa.exists(sa.select(sa.literal(1)).select_from(every).where(every.c.node == number)))
    return sa.and_(codes.c.node.is_(None), sa.or_(tested.is_not(None), set_is_empty))


def _in_unit(rows: Rows, position: int, test: str, tested: ColumnElement[Any], unit: Unit) -> ColumnElement[bool]:
    """Compare a converted number; what lies within the margin of a threshold lies on it."""
    into = conversions_of(rows, f"unit_{position}", rows.c[f"codes_{position}"], unit, outer=unit.may_be_unknown)
    converted = tested * into.c.factor + into.c.shift

    def off(name: str, sign: int) -> ColumnElement[Any]:
        bound = rows.c[f"{name}_{position}"]
        return bound + sign * into.c.margin * (sa.func.abs(bound) + sa.func.abs(into.c.shift))

    if test in ("gt", "lte"):
        passes = _COMPARE[test](converted, off("value", 1))
    elif test in ("gte", "lt"):
        passes = _COMPARE[test](converted, off("value", -1))
    else:
        last = "extent" if test in RANGE_TESTS else "value"
        within = sa.and_(converted >= off("value", -1), converted <= off(last, 1))
        passes = sa.not_(within) if test.startswith("!") else within
    return sa.or_(passes, sa.and_(tested.is_not(None), into.c.node.is_(None))) if unit.may_be_unknown else passes


def conversions_of(rows: Rows, name: str, number: ColumnElement[int], unit: Unit, *, outer: bool) -> sa.FromClause:
    """Join to the rows how each is converted: those of the conversions with this number.

    With `outer` the rows that cannot be converted stay.
    """
    into = CONVERSIONS.alias(name)
    measured: ColumnElement[bool] = into.c.measured == 0
    if unit.measured is not None:
        measured = sa.or_(measured, into.c.measured == rows.own(unit.measured))
    same = sa.and_(into.c.node == number, into.c.unit == rows.own(unit.column), measured)
    rows.source = rows.source.join(into, same, isouter=outer)
    return into
