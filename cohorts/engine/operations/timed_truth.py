"""Criteria counted in windows of hours: elapsed seconds between times of day, as far as these are known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from typing_extensions import override

from cohorts.engine.nodes import Correlated, TimedCorrelated
from cohorts.engine.operations.base import NodeNumber, Row, integer
from cohorts.engine.operations.truth import CorrelatedShape, CountAround
from cohorts.engine.tables import EVENTS, TIMES
from omop_etl.cdm.dates import days_between

DAY = 86_400
"""Seconds of a day."""

_INDEX_TIMES, _EVENT_TIMES = TIMES.alias("index_times"), TIMES.alias("event_times")


class CountAroundByTime(CountAround):
    """Counts events in windows of which some bounds are in hours.

    A time of day that is not known may be any: an event counts where it lies in the window for every time that it and
    the index event could have, so that dates decide alone where they can.
    """

    @override
    def shape(self, node: Correlated) -> CorrelatedShape:
        return super().shape(node)._replace(presence=None)

    @override
    def parameters(self, shape: CorrelatedShape) -> list[sa.Column[Any]]:
        seconds = [f"{side}_seconds_{window}" for window in range(len(shape.bounds)) for side in ("low", "high")]
        return [*super().parameters(shape), *(integer(name) for name in ("index_times", "event_times", *seconds))]

    @override
    def rows(self, node: Correlated, number: NodeNumber) -> Iterable[Row]:
        assert isinstance(node, TimedCorrelated)
        times = (number(node.index_times), number(node.event_times))
        seconds = [bound.seconds for window in node.windows for bound in (window.low, window.high)]
        return [(*row, *times, *seconds) for row in super().rows(node, number)]

    @override
    def near(self, shape: CorrelatedShape, placed: sa.Subquery) -> tuple[sa.FromClause, list[ColumnElement[bool]]]:
        source, conditions = super().near(shape, placed)
        source = source.join(_INDEX_TIMES, _of_event(_INDEX_TIMES, placed.c.index_times, placed))
        source = source.join(_EVENT_TIMES, _of_event(_EVENT_TIMES, placed.c.event_times, EVENTS))
        for window in range(len(shape.bounds)):
            conditions += _within_seconds(window, placed)
        return source, conditions


def _of_event(times: sa.FromClause, node: ColumnElement[int], events: sa.FromClause) -> ColumnElement[bool]:
    return sa.and_(times.c.node == node, times.c.person_id == events.c.person_id, times.c.event_id == events.c.event_id)


def _within_seconds(window: int, placed: sa.Subquery) -> list[ColumnElement[bool]]:
    from_end, to_end = (placed.c[f"{flag}_{window}"] for flag in ("from_index_end", "to_event_end"))
    anchor_date = sa.case((from_end, placed.c.end_date), else_=placed.c.start_date)
    anchor = sa.case((from_end, _INDEX_TIMES.c.end_second), else_=_INDEX_TIMES.c.start_second)
    tested_date = sa.case((to_end, EVENTS.c.end_date), else_=EVENTS.c.start_date)
    tested = sa.case((to_end, _EVENT_TIMES.c.end_second), else_=_EVENT_TIMES.c.start_second)
    days = sa.cast(days_between(anchor_date, tested_date), sa.BigInteger) * DAY
    least = days + sa.func.coalesce(tested, 0) - sa.func.coalesce(anchor, DAY - 1)
    most = days + sa.func.coalesce(tested, DAY - 1) - sa.func.coalesce(anchor, 0)
    low, high = placed.c[f"low_seconds_{window}"], placed.c[f"high_seconds_{window}"]
    return [sa.or_(low.is_(None), least >= low), sa.or_(high.is_(None), most <= high)]
