"""Criteria and groups, evaluated for every index event: the events for which each holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from typing_extensions import override

from cohorts.engine.domains import Rows
from cohorts.engine.domains.targets import DEMOGRAPHIC_TARGETS
from cohorts.engine.filters import apply_filter, filter_columns, filter_values
from cohorts.engine.nodes import Bound, Correlated, Demographic, Group, NestedIndex, Node
from cohorts.engine.operations.base import NodeNumber, Operation, Row, flag, integer
from cohorts.engine.tables import EVENTS, INDEX, TRUTH
from omop_etl.cdm import Cdm
from omop_etl.cdm.dates import add_days

_BOUND_KINDS = {"days": 0, "period_start": 1, "period_end": 2}
_SIDES = ("low", "high")


class CorrelatedShape(NamedTuple):
    """What the SQL of a correlated criterion depends on.

    `bounds` says of each window which sides are dates; `presence` is whether one event is enough to decide, and what
    is decided by it.
    """

    bounds: tuple[tuple[bool, bool], ...]
    occurrence: str
    counts_absence: bool
    distinct: bool
    same_visit: bool
    anywhere: bool
    one_row_per_event: bool
    presence: bool | None


class CountAround(Operation[Correlated]):
    """Counts events in windows around index events and keeps the index events with the right count."""

    output = TRUTH

    @override
    def shape(self, node: Correlated) -> CorrelatedShape:
        return CorrelatedShape(
            bounds=tuple((w.low.kind in _BOUND_KINDS, w.high.kind in _BOUND_KINDS) for w in node.windows),
            occurrence=node.occurrence,
            counts_absence=node.occurrence == "at_most" or node.count == 0,
            distinct=node.distinct,
            same_visit=node.same_visit,
            anywhere=node.anywhere,
            one_row_per_event=not isinstance(node.index, NestedIndex),
            presence=_decided_by_one(node),
        )

    @override
    def parameters(self, shape: CorrelatedShape) -> list[sa.Column[Any]]:
        columns = [integer("index_events"), integer("events"), integer("required")]
        for window in range(len(shape.bounds)):
            columns += [integer(f"{side}_{part}_{window}") for side in _SIDES for part in ("kind", "days")]
            columns += [flag(f"from_index_end_{window}"), flag(f"to_event_end_{window}")]
        return columns

    @override
    def rows(self, node: Correlated, number: NodeNumber) -> Iterable[Row]:
        row: list[Any] = [number(node.index), number(node.events), node.count]
        for window in node.windows:
            row += [*_bound_values(window.low), *_bound_values(window.high)]
            row += [window.from_index_end, window.to_event_end]
        return [tuple(row)]

    @override
    def query(self, shape: CorrelatedShape, parameters: sa.Table, members: sa.Table, cdm: Cdm) -> sa.Select[Any]:
        placed = _placed(shape, parameters).subquery("placed")
        if shape.presence is not None:
            event = sa.select(placed.c.node, placed.c.person_id, placed.c.event_id)
            found = sa.exists(sa.select(sa.literal(1)).select_from(EVENTS).where(*_near(shape, placed)))
            return event.where(found if shape.presence else sa.not_(found))
        around = self._found_around(shape, placed).subquery("around")
        if not shape.counts_absence:
            event_found = (around.c.node, around.c.person_id, around.c.event_id)
            return sa.select(*event_found).where(_compared(around.c.found, shape.occurrence, around.c.required))
        return self._with_none_around(shape, parameters, around)

    @staticmethod
    def _with_none_around(shape: CorrelatedShape, parameters: sa.Table, around: sa.Subquery) -> sa.Select[Any]:
        """Index events with so many events around them, those that have none among them."""
        event = (parameters.c.node, INDEX.c.person_id, INDEX.c.event_id)
        same_event = sa.and_(
            around.c.node == parameters.c.node,
            around.c.person_id == INDEX.c.person_id,
            around.c.event_id == INDEX.c.event_id,
        )
        if shape.one_row_per_event:
            return (
                sa.select(*event)
                .join(INDEX, INDEX.c.node == parameters.c.index_events)
                .join(around, same_event, isouter=True)
                .where(_compared(sa.func.coalesce(around.c.found, 0), shape.occurrence, parameters.c.required))
            )
        total = sa.func.max if shape.distinct else sa.func.sum
        found = sa.func.coalesce(total(around.c.found), 0)
        return (
            sa.select(*event)
            .join(INDEX, INDEX.c.node == parameters.c.index_events)
            .join(around, same_event, isouter=True)
            .group_by(*event, parameters.c.required)
            .having(_compared(found, shape.occurrence, parameters.c.required))
        )

    def near(self, shape: CorrelatedShape, placed: sa.Subquery) -> tuple[sa.FromClause, list[ColumnElement[bool]]]:
        """Index events with the events near them, and what else must hold of the two."""
        return placed.join(EVENTS, sa.and_(*_near(shape, placed))), []

    def _found_around(self, shape: CorrelatedShape, placed: sa.Subquery) -> sa.Select[Any]:
        """How many events are found around each index event that has any."""
        source, conditions = self.near(shape, placed)
        counted = sa.func.count(sa.distinct(EVENTS.c.count_value)) if shape.distinct else sa.func.count()
        event = (placed.c.node, placed.c.person_id, placed.c.event_id, placed.c.required)
        return sa.select(*event, counted.label("found")).select_from(source).where(*conditions).group_by(*event)


def _decided_by_one(node: Correlated) -> bool | None:
    """Whether the first event found decides: True where there must be one, False where there must be none."""
    if node.distinct or isinstance(node.index, NestedIndex):
        return None
    if node.occurrence == "at_least":
        return True if node.count == 1 else None
    return False if node.count == 0 else None


def _bound_values(bound: Bound) -> tuple[int | None, int]:
    return _BOUND_KINDS.get(bound.kind), bound.days


def _placed(shape: CorrelatedShape, parameters: sa.Table) -> sa.Select[Any]:
    """Index events with the parameters of their node and the dates of their windows, before any other event is met."""
    dates: list[ColumnElement[Any]] = []
    for window, sides in enumerate(shape.bounds):
        anchor = sa.case((parameters.c[f"from_index_end_{window}"], INDEX.c.end_date), else_=INDEX.c.start_date)
        for side, is_date in zip(_SIDES, sides, strict=True):
            kind, days = parameters.c[f"{side}_kind_{window}"], parameters.c[f"{side}_days_{window}"]
            bound = sa.case(
                (kind == _BOUND_KINDS["days"], add_days(anchor, days)),
                (kind == _BOUND_KINDS["period_start"], INDEX.c.period_start),
                else_=INDEX.c.period_end,
            )
            dates += [bound.label(f"{side}_{window}")] if is_date else []
    of_index = [column for column in INDEX.c if column.name != "node"]
    return sa.select(*parameters.c, *of_index, *dates).join(INDEX, INDEX.c.node == parameters.c.index_events)


def _near(shape: CorrelatedShape, placed: sa.Subquery) -> list[ColumnElement[bool]]:
    """Whether an event is one of the criterion's, of the same person, and lies in the windows of an index event."""
    near = [EVENTS.c.node == placed.c.events, EVENTS.c.person_id == placed.c.person_id]
    for window, (has_low, has_high) in enumerate(shape.bounds):
        tested = sa.case((placed.c[f"to_event_end_{window}"], EVENTS.c.end_date), else_=EVENTS.c.start_date)
        near += [tested >= placed.c[f"low_{window}"]] if has_low else []
        near += [tested <= placed.c[f"high_{window}"]] if has_high else []
    if not shape.anywhere:
        near += [EVENTS.c.start_date >= placed.c.period_start, EVENTS.c.start_date <= placed.c.period_end]
    if shape.same_visit:
        near.append(EVENTS.c.visit_id == placed.c.visit_id)
    return near


def _compared(found: ColumnElement[int], occurrence: str, required: ColumnElement[int]) -> ColumnElement[bool]:
    if occurrence == "exactly":
        return found == required
    return found <= required if occurrence == "at_most" else found >= required


class TestDemographics(Operation[Demographic]):
    """Keeps the index events whose person and dates pass the tests."""

    output = TRUTH

    @override
    def shape(self, node: Demographic) -> tuple[tuple[str, str], ...]:
        return tuple(item.shape for item in node.filters)

    @override
    def parameters(self, shape: Any) -> list[sa.Column[Any]]:
        columns = [integer("index_events")]
        for position, (target, test) in enumerate(shape):
            columns += filter_columns(position, test, DEMOGRAPHIC_TARGETS[target].kind)
        return columns

    @override
    def rows(self, node: Demographic, number: NodeNumber) -> Iterable[Row]:
        return [(number(node.index), *filter_values(node.filters, number))]

    @override
    def query(self, shape: Any, parameters: sa.Table, members: sa.Table, cdm: Cdm) -> sa.Select[Any]:
        records = (
            sa.select(*parameters.c, *(column for column in INDEX.c if column.name != "node"))
            .join(INDEX, INDEX.c.node == parameters.c.index_events)
            .subquery("records")
        )
        rows = Rows(records, cdm)
        rows.person()
        conditions = [
            apply_filter(rows, position, test, DEMOGRAPHIC_TARGETS[target].expression(rows))
            for position, (target, test) in enumerate(shape)
        ]
        event = (records.c.node, records.c.person_id, records.c.event_id)
        return sa.select(*event).select_from(rows.source).where(*conditions).group_by(*event)


class CombineGroup(Operation[Group]):
    """Keeps the index events for which so many members of a group hold; with no members, all of them."""

    output = TRUTH

    @override
    def shape(self, node: Group) -> tuple[str, bool]:
        if not node.members:
            return "EMPTY", False
        return node.rule, node.rule == "AT_MOST" or (node.rule == "AT_LEAST" and node.count == 0)

    @override
    def parameters(self, shape: Any) -> list[sa.Column[Any]]:
        return [integer("index_events"), integer("required")]

    @override
    def rows(self, node: Group, number: NodeNumber) -> Iterable[Row]:
        required = {"ALL": len(node.members), "ANY": 1}.get(node.rule, node.count)
        return [(number(node.index), required)]

    @override
    def members(self, node: Group) -> Iterable[tuple[Node, int]]:
        return [(member, position) for position, member in enumerate(node.members)]

    @override
    def query(self, shape: Any, parameters: sa.Table, members: sa.Table, cdm: Cdm) -> sa.Select[Any]:
        rule, counts_absence = shape
        event = (parameters.c.node, INDEX.c.person_id, INDEX.c.event_id)
        query = sa.select(*event).join(INDEX, INDEX.c.node == parameters.c.index_events)
        if rule == "EMPTY":
            return query.group_by(*event)
        held = (
            sa.select(members.c.node, TRUTH.c.person_id, TRUTH.c.event_id)
            .join(TRUTH, TRUTH.c.node == members.c.member)
            .subquery("held")
        )
        same_event = sa.and_(
            held.c.node == parameters.c.node,
            held.c.person_id == INDEX.c.person_id,
            held.c.event_id == INDEX.c.event_id,
        )
        occurrence = {"ALL": "exactly", "AT_MOST": "at_most"}.get(rule, "at_least")
        return (
            query.join(held, same_event, isouter=counts_absence)
            .group_by(*event, parameters.c.required)
            .having(_compared(sa.func.count(held.c.node), occurrence, parameters.c.required))
        )
