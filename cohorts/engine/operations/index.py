"""Events that others are counted around: entry events, qualified events, and the events of nested criteria."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from typing_extensions import override

from cohorts.engine.nodes import Entry, Limit, NestedIndex, Node, Qualified
from cohorts.engine.operations.base import NodeNumber, Operation, Row, integer
from cohorts.engine.tables import EVENTS, INDEX, TRUTH
from omop_etl.cdm import Cdm
from omop_etl.cdm.dates import add_days

_INDEX_COLUMNS = [column.name for column in INDEX.columns]


def by_start(columns: Any, limit: Limit) -> tuple[ColumnElement[Any], ...]:
    """Order in which a limit takes a person's events: by start, ties by event number."""
    start = columns.start_date.desc() if limit == "last" else columns.start_date
    return start, columns.event_id


def observation_periods(cdm: Cdm) -> sa.Table:
    """Observation periods of the CDM."""
    return cdm.table(
        "observation_period", ["person_id", "observation_period_start_date", "observation_period_end_date"]
    )


def observed_long_enough(parameters: sa.Table, period: sa.Table) -> ColumnElement[bool]:
    """Whether an event lies in an observation period, with the days asked for before and after it."""
    starts, ends = period.c.observation_period_start_date, period.c.observation_period_end_date
    return sa.and_(
        period.c.person_id == EVENTS.c.person_id,
        EVENTS.c.start_date >= starts,
        EVENTS.c.start_date <= ends,
        add_days(starts, parameters.c.prior_days) <= EVENTS.c.start_date,
        add_days(EVENTS.c.start_date, parameters.c.post_days) <= ends,
    )


def entry_order(
    limit: str, event: Any, record: str, position: ColumnElement[int], starts: ColumnElement[Any]
) -> tuple[ColumnElement[Any], ...]:
    """Order in which a person's entry events are numbered: by date, record, criterion and observation period.

    `event` has the column `sort_date` and the number of the record under the name `record`; `position` is that of the
    criterion, and `starts` the first day of the observation period.
    """
    sort_date = event.sort_date.desc() if limit == "last" else event.sort_date
    return sort_date, event[record], position, starts


class IndexNested(Operation[NestedIndex]):
    """Adds to events the observation period that each starts in; events outside any period vanish."""

    output = INDEX

    @override
    def parameters(self, shape: Any) -> list[sa.Column[Any]]:
        return [integer("events")]

    @override
    def rows(self, node: NestedIndex, number: NodeNumber) -> Iterable[Row]:
        return [(number(node.events),)]

    @override
    def query(self, shape: Any, parameters: sa.Table, members: sa.Table, cdm: Cdm) -> sa.Select[Any]:
        period = observation_periods(cdm)
        within = sa.and_(
            period.c.person_id == EVENTS.c.person_id,
            EVENTS.c.start_date >= period.c.observation_period_start_date,
            EVENTS.c.start_date <= period.c.observation_period_end_date,
        )
        return (
            sa.select(
                parameters.c.node,
                EVENTS.c.person_id,
                EVENTS.c.event_id,
                EVENTS.c.start_date,
                EVENTS.c.end_date,
                period.c.observation_period_start_date,
                period.c.observation_period_end_date,
                EVENTS.c.visit_id,
                sa.literal(1),
            )
            .join(EVENTS, EVENTS.c.node == parameters.c.events)
            .join(period, within)
        )


class EnterCohort(Operation[Entry]):
    """Takes events that are observed long enough before and after, numbers them per person, and limits them."""

    output = INDEX

    @override
    def shape(self, node: Entry) -> Limit:
        return node.limit

    @override
    def parameters(self, shape: Limit) -> list[sa.Column[Any]]:
        return [integer("prior_days"), integer("post_days")]

    @override
    def rows(self, node: Entry, number: NodeNumber) -> Iterable[Row]:
        return [(node.prior_days, node.post_days)]

    @override
    def members(self, node: Entry) -> Iterable[tuple[Node, int]]:
        return [(member, position) for position, member in enumerate(node.members)]

    @override
    def query(self, shape: Limit, parameters: sa.Table, members: sa.Table, cdm: Cdm) -> sa.Select[Any]:
        period = observation_periods(cdm)
        starts, ends = period.c.observation_period_start_date, period.c.observation_period_end_date
        observed_events = (
            sa.select(
                parameters.c.node,
                EVENTS.c.person_id,
                EVENTS.c.sort_date,
                EVENTS.c.event_id.label("record_id"),
                members.c.meaning,
                EVENTS.c.start_date,
                EVENTS.c.end_date,
                starts.label("period_start"),
                ends.label("period_end"),
                EVENTS.c.visit_id,
            )
            .join(members, members.c.node == parameters.c.node)
            .join(EVENTS, EVENTS.c.node == members.c.member)
            .join(period, observed_long_enough(parameters, period))
        )
        if shape == "all":
            event = observed_events.subquery("observed")
            return _numbered(event.c, shape, sa.func.count().over(partition_by=(event.c.node, event.c.person_id)))
        return _limited(observed_events.cte("observed"), shape)


def _numbered(event: Any, limit: Limit, candidates: ColumnElement[Any]) -> sa.Select[Any]:
    """Rows of `INDEX`, numbered per person."""
    order = entry_order(limit, event, "record_id", event.meaning, event.period_start)
    return sa.select(
        event.node,
        event.person_id,
        sa.func.row_number().over(partition_by=(event.node, event.person_id), order_by=order).label("ordinal"),
        event.start_date,
        event.end_date,
        event.period_start,
        event.period_end,
        event.visit_id,
        candidates.label("candidates"),
    )


def _limited(observed: sa.CTE, limit: Limit) -> sa.Select[Any]:
    """First event of those on each person's first (or last) day: only these few need an order."""
    person = (observed.c.node, observed.c.person_id)
    outermost = sa.func.max if limit == "last" else sa.func.min
    day = sa.select(
        *person, outermost(observed.c.sort_date).label("sort_date"), sa.func.count().label("candidates")
    ).group_by(*person)
    of_person = day.subquery("of_person")
    on_that_day = sa.and_(
        of_person.c.node == observed.c.node,
        of_person.c.person_id == observed.c.person_id,
        of_person.c.sort_date == observed.c.sort_date,
    )
    numbered = _numbered(observed.c, limit, of_person.c.candidates).join(of_person, on_that_day).subquery("numbered")
    return sa.select(*numbered.c).where(numbered.c.ordinal == 1)


class Qualify(Operation[Qualified]):
    """Keeps the entry events for which the additional criteria hold, and limits them again."""

    output = INDEX

    @override
    def shape(self, node: Qualified) -> Limit:
        return node.limit

    @override
    def parameters(self, shape: Limit) -> list[sa.Column[Any]]:
        return [integer("entry"), integer("truth")]

    @override
    def rows(self, node: Qualified, number: NodeNumber) -> Iterable[Row]:
        return [(number(node.entry), number(node.group))]

    @override
    def query(self, shape: Limit, parameters: sa.Table, members: sa.Table, cdm: Cdm) -> sa.Select[Any]:
        holds = sa.and_(
            TRUTH.c.node == parameters.c.truth,
            TRUTH.c.person_id == INDEX.c.person_id,
            TRUTH.c.event_id == INDEX.c.event_id,
        )
        person = (parameters.c.node, INDEX.c.person_id)
        kept = (
            sa.select(
                parameters.c.node,
                *(INDEX.c[name] for name in _INDEX_COLUMNS if name not in ("node", "candidates")),
                sa.func.count().over(partition_by=person).label("candidates"),
                sa.func.row_number().over(partition_by=person, order_by=by_start(INDEX.c, shape)).label("ordinal"),
            )
            .join(INDEX, INDEX.c.node == parameters.c.entry)
            .join(TRUTH, holds)
            .subquery("kept")
        )
        query = sa.select(*(kept.c[name] for name in _INDEX_COLUMNS))
        return query if shape == "all" else query.where(kept.c.ordinal == 1)
