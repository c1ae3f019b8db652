"""What the engine found, fetched once and sorted by node and person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

import pyarrow as pa
import sqlalchemy as sa

from cohorts.engine.evaluator import Evaluator
from cohorts.engine.nodes import EntryTimes, EventTimes, Node
from cohorts.engine.tables import EVENTS, INCLUDED, INDEX, SPANS, TIMES, TRUTH
from omop_etl.cdm import Cdm
from omop_etl.cdm.engines.base import scratch_table

_ASKED = scratch_table("explained_nodes", sa.Column("asked", sa.BigInteger))


class EventRow(NamedTuple):
    """An event."""

    event_id: int
    start: date
    end: date | None
    visit_id: int | None
    count_value: str | None


class IndexRow(NamedTuple):
    """An index event with its observation period."""

    event_id: int
    start: date
    end: date | None
    period_start: date
    period_end: date
    visit_id: int | None


class TimeRow(NamedTuple):
    """Seconds of the day at which an event starts and ends, where they are known."""

    start: int | None
    end: int | None


class Facts:
    """Rows of evaluated nodes, by node and person.

    Parameters
    ----------
    evaluator : Evaluator
        Holds the rows.
    nodes : iterable of Node
        Those whose rows are needed.
    """

    def __init__(self, evaluator: Evaluator, nodes: Iterable[Node]) -> None:
        self._evaluator = evaluator
        nodes = tuple(nodes)
        self._asked = pa.table({"asked": pa.array(sorted({evaluator.number(node) for node in nodes}), pa.int64())})
        self._times: dict[int, dict[tuple[int, int], TimeRow]] = defaultdict(dict)
        if any(isinstance(node, EntryTimes | EventTimes) for node in nodes):
            for row in self._rows(TIMES, "event_id", "start_second", "end_second"):
                self._times[row[0]][row[1], row[2]] = TimeRow(*row[3:])
        self._events: dict[int, dict[int, list[EventRow]]] = defaultdict(lambda: defaultdict(list))
        self._index: dict[int, dict[int, dict[int, IndexRow]]] = defaultdict(lambda: defaultdict(dict))
        self._truth: dict[int, set[tuple[int, int]]] = defaultdict(set)
        self._spans: dict[int, dict[int, list[tuple[date, date]]]] = defaultdict(lambda: defaultdict(list))
        self._included: dict[int, dict[int, dict[int, date]]] = defaultdict(lambda: defaultdict(dict))
        for row in self._rows(EVENTS, "event_id", "start_date", "end_date", "visit_id", "count_value"):
            self._events[row[0]][row[1]].append(EventRow(*row[2:]))
        columns = ("event_id", "start_date", "end_date", "period_start", "period_end", "visit_id")
        for row in self._rows(INDEX, *columns):
            self._index[row[0]][row[1]].setdefault(row[2], IndexRow(*row[2:]))
        for node, person, event in self._rows(TRUTH, "event_id"):
            self._truth[node].add((person, event))
        for node, person, start, end in self._rows(SPANS, "start_date", "end_date"):
            self._spans[node][person].append((start, end))
        for node, person, event, start in self._rows(INCLUDED, "event_id", "start_date"):
            self._included[node][person][event] = start

    def events(self, node: Node, person: int) -> list[EventRow]:
        """Events of a person, in the order of their starts."""
        return self._events[self._evaluator.number(node)][person]

    def index(self, node: Node, person: int) -> dict[int, IndexRow]:
        """Index events of a person, by event number."""
        return self._index[self._evaluator.number(node)][person]

    def holds(self, node: Node, person: int, event: int) -> bool:
        """Tell whether a criterion or group holds for an index event."""
        return (person, event) in self._truth[self._evaluator.number(node)]

    def times(self, node: Node | None, person: int, event: int) -> TimeRow | None:
        """When in the day an event starts and ends; none where the times of `node` were not asked for."""
        return None if node is None else self._times[self._evaluator.number(node)].get((person, event))

    def spans(self, node: Node, person: int) -> list[tuple[date, date]]:
        """Spans of a person, in the order of their starts."""
        return self._spans[self._evaluator.number(node)][person]

    def included(self, node: Node, person: int) -> dict[int, date]:
        """Starts of the events that stayed, by event number."""
        return self._included[self._evaluator.number(node)][person]

    def _rows(self, table: sa.Table, *columns: str) -> Iterable[tuple[Any, ...]]:
        names = ("node", "person_id", *columns)
        query = sa.select(*(table.c[name] for name in names)).join(_ASKED, _ASKED.c.asked == table.c.node)
        order = [table.c[name] for name in ("node", "person_id", "start_date", "event_id") if name in table.c]
        found = self._evaluator.fetch_with(_ASKED, self._asked, query.order_by(*order))
        return zip(*(column.to_pylist() for column in found.columns), strict=True)


def observation_periods(cdm: Cdm) -> dict[int, list[tuple[date, date]]]:
    """Observation periods of every person of a restricted CDM, in the order of their starts."""
    table = cdm.table("observation_period")
    start, end = table.c.observation_period_start_date, table.c.observation_period_end_date
    periods: dict[int, list[tuple[date, date]]] = defaultdict(list)
    for row in cdm.engine.fetch(sa.select(table.c.person_id, start, end).order_by(start, end)).to_pylist():
        periods[row["person_id"]].append((row[start.name], row[end.name]))
    return periods
