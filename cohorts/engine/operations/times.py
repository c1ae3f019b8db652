"""Times of day of events: of the records of a criterion, and of the entry events that were numbered from them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa
from typing_extensions import override

from cohorts.engine.domains import DOMAINS
from cohorts.engine.domains.times import TIMES as TIME_COLUMNS
from cohorts.engine.nodes import EntryTimes, EventTimes
from cohorts.engine.operations.base import NodeNumber, Operation, Row, integer
from cohorts.engine.operations.index import entry_order, observation_periods, observed_long_enough
from cohorts.engine.tables import EVENTS, TIMES
from omop_etl.cdm import Cdm


class EventTimesShape(NamedTuple):
    """What the SQL of the times of events depends on."""

    domain: str
    start_from_end: bool
    end_from_start: bool


class ReadTimes(Operation[EventTimes]):
    """Reads the times of day of events from their records."""

    output = TIMES

    @override
    def shape(self, node: EventTimes) -> EventTimesShape:
        moved = node.events.adjustment
        return EventTimesShape(
            node.events.domain,
            moved is not None and moved.from_end_start,
            moved is not None and not moved.from_end_end,
        )

    @override
    def parameters(self, shape: Any) -> list[sa.Column[Any]]:
        return [integer("events")]

    @override
    def rows(self, node: EventTimes, number: NodeNumber) -> Iterable[Row]:
        return [(number(node.events),)]

    @override
    def query(self, shape: EventTimesShape, parameters: sa.Table, members: sa.Table, cdm: Cdm) -> sa.Select[Any]:
        domain, times = DOMAINS[shape.domain], TIME_COLUMNS[shape.domain]
        record = cdm.table(domain.table, [domain.key, "person_id", *times.names])
        start, end = times.start_second(record.c), times.end_second(record.c)
        event = (parameters.c.node, EVENTS.c.person_id, EVENTS.c.event_id)
        same = sa.and_(record.c[domain.key] == EVENTS.c.event_id, record.c.person_id == EVENTS.c.person_id)
        return (
            sa.select(
                *event,
                sa.func.min(end if shape.start_from_end else start).label("start_second"),
                sa.func.min(start if shape.end_from_start else end).label("end_second"),
            )
            .join(EVENTS, EVENTS.c.node == parameters.c.events)
            .join(record, same)
            .group_by(*event)
        )


class NumberTimes(Operation[EntryTimes]):
    """Gives the times of events to the entry events that were made of them, numbering these in the same order."""

    output = TIMES

    @override
    def shape(self, node: EntryTimes) -> str:
        return node.entry.limit

    @override
    def parameters(self, shape: Any) -> list[sa.Column[Any]]:
        return [integer(name) for name in ("events", "times", "position", "prior_days", "post_days")]

    @override
    def rows(self, node: EntryTimes, number: NodeNumber) -> Iterable[Row]:
        entry = node.entry
        return [
            (number(events), number(times), position, entry.prior_days, entry.post_days)
            for position, (events, times) in enumerate(zip(entry.members, node.members, strict=True))
        ]

    @override
    def query(self, shape: Any, parameters: sa.Table, members: sa.Table, cdm: Cdm) -> sa.Select[Any]:
        period = observation_periods(cdm)
        person = (parameters.c.node, EVENTS.c.person_id)
        starts = period.c.observation_period_start_date
        order = entry_order(shape, EVENTS.c, "event_id", parameters.c.position, starts)
        of_event = sa.and_(
            TIMES.c.node == parameters.c.times,
            TIMES.c.person_id == EVENTS.c.person_id,
            TIMES.c.event_id == EVENTS.c.event_id,
        )
        return (
            sa.select(
                *person,
                sa.func.row_number().over(partition_by=person, order_by=order).label("event_id"),
                TIMES.c.start_second,
                TIMES.c.end_second,
            )
            .join(EVENTS, EVENTS.c.node == parameters.c.events)
            .join(period, observed_long_enough(parameters, period))
            .join(TIMES, of_event)
        )
