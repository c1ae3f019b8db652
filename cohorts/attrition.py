"""Attrition: events and persons left after each step, from the unrestricted entry event to the rows of the cohort."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from cohorts.engine.evaluator import Evaluator
from cohorts.engine.nodes import Entry, Node, Qualified
from cohorts.engine.operations.spans import merge_spans
from cohorts.engine.plan import Plan
from cohorts.engine.tables import EVENTS, INCLUDED, INDEX, MASKED, SPANS
from omop_etl.cdm.engines.base import scratch_table

_USES = scratch_table("entry_uses", sa.Column("position", sa.BigInteger))
_STEPS = scratch_table("rule_steps", sa.Column("position", sa.BigInteger), sa.Column("needed", sa.BigInteger))


@dataclass(frozen=True)
class _Step:
    kind: str
    name: str
    events: int
    persons: int


def attrition_of(plan: Plan, evaluator: Evaluator) -> pd.DataFrame:
    """Count what each step of an evaluated plan leaves.

    Parameters
    ----------
    plan : Plan
        The plan; its nodes have been evaluated.
    evaluator : Evaluator
        The evaluator that holds their rows.

    Returns
    -------
    pandas.DataFrame
        As `GeneratedCohorts.attrition` describes.
    """
    counter = _Counter(evaluator)
    steps = [counter.entry_events(plan)]
    if plan.entry.prior_days or plan.entry.post_days:
        steps.append(counter.within_observation(plan))
    steps += counter.index_steps(plan.entry, "observation", "entry_limit")
    if isinstance(plan.qualified, Qualified):
        steps += counter.index_steps(plan.qualified, "additional", "qualified_limit")
    steps += counter.rule_steps(plan)
    if plan.included.limit != "all":
        steps.append(counter.rows_of(INCLUDED, plan.included, "expression_limit"))
    steps.append(counter.rows_of(SPANS, plan.exit, "exit"))
    if plan.cohort.window_start or plan.cohort.window_end:
        steps.append(counter.merged(plan))
    steps.append(counter.rows_of(SPANS, plan.cohort, "rows"))
    frame = pd.DataFrame([(i, s.kind, s.name, s.events, s.persons) for i, s in enumerate(steps)])
    frame.columns = pd.Index(["step", "kind", "name", "events", "persons"])
    for counted in ("events", "persons"):
        frame[f"excluded_{counted}"] = frame[counted].shift(1, fill_value=frame[counted].iloc[0]) - frame[counted]
    return frame


class _Counter:
    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def entry_events(self, plan: Plan) -> _Step:
        """Entry events as they stand in the records, before any restriction."""
        numbers = tuple(self._evaluator.number(node) for node in plan.entry_events)

        def count() -> _Step:
            if len(numbers) == 1:
                return _Step("entry", "", *self._count(EVENTS, EVENTS.c.node == numbers[0]))
            per_use = sum(self._count(EVENTS, EVENTS.c.node == number)[0] for number in numbers)
            _, persons = self._count(EVENTS, EVENTS.c.node.in_(numbers))
            return _Step("entry", "", per_use, persons)

        return self._evaluator.remembered(("entry", numbers), count)

    def within_observation(self, plan: Plan) -> _Step:
        """Entry events that start in an observation period, however long it is."""
        numbers = tuple(self._evaluator.number(node) for node in plan.entry_events)
        return self._evaluator.remembered(("within", numbers), lambda: self._within_observation(numbers))

    def _within_observation(self, numbers: tuple[int, ...]) -> _Step:
        uses = pa.table({"position": list(numbers)})
        period = self._evaluator.cdm.table("observation_period")
        within = sa.and_(
            period.c.person_id == EVENTS.c.person_id,
            EVENTS.c.start_date >= period.c.observation_period_start_date,
            EVENTS.c.start_date <= period.c.observation_period_end_date,
        )
        query = sa.select(*_counted(EVENTS.c.person_id)).join_from(_USES, EVENTS, EVENTS.c.node == _USES.c.position)
        row = self._evaluator.fetch_with(_USES, uses, query.join(period, within)).to_pylist()[0]
        return _Step("within_observation", "", row["events"], row["persons"])

    def merged(self, plan: Plan) -> _Step:
        """Spans merged per person, before a window of dates clips them."""
        spans = (
            sa.select(*(c for c in SPANS.c), sa.literal(plan.cohort.pad, sa.BigInteger).label("pad"))
            .where(SPANS.c.node == self._evaluator.number(plan.exit))
            .subquery("spans_to_merge")
        )
        merged = merge_spans(spans).subquery("merged")
        row = self._evaluator.fetch(sa.select(*_counted(merged.c.person_id))).to_pylist()[0]
        return _Step("merged", "", row["events"], row["persons"])

    def index_steps(self, node: Entry | Qualified, restricted: str, limited: str) -> list[_Step]:
        """What a restriction leaves, and then what the limit on a person's events leaves."""
        number = self._evaluator.number(node)
        return self._evaluator.remembered(
            ("index", number, restricted), lambda: self._index_steps(node, INDEX.c.node == number, restricted, limited)
        )

    def _index_steps(
        self, node: Entry | Qualified, of_node: ColumnElement[bool], restricted: str, limited: str
    ) -> list[_Step]:
        events, persons = self._count(INDEX, of_node)
        if node.limit == "all":
            return [_Step(restricted, "", events, persons)]
        candidates = sa.select(sa.func.coalesce(sa.func.sum(INDEX.c.candidates), 0)).where(of_node)
        before = int(self._evaluator.scalar(candidates))
        return [_Step(restricted, "", before, persons), _Step(limited, node.limit, events, persons)]

    def rule_steps(self, plan: Plan) -> list[_Step]:
        """What is left after each rule together with those before it."""
        if plan.masked is None:
            return []
        needed_masks = [(2 << position) - 1 for position in range(len(plan.rules))]
        if plan.qualified.one_per_person:
            return self._rule_steps_of_persons(plan, plan.masked, needed_masks)
        needed = pa.table({"position": list(range(len(plan.rules))), "needed": needed_masks})
        met = MASKED.c.mask.op("&")(_STEPS.c.needed) == _STEPS.c.needed
        query = (
            sa.select(
                _STEPS.c.position,
                sa.func.count().label("events"),
                sa.func.count(sa.distinct(MASKED.c.person_id)).label("persons"),
            )
            .join(MASKED, met)
            .where(MASKED.c.node == self._evaluator.number(plan.masked))
            .group_by(_STEPS.c.position)
        )
        found = {row["position"]: row for row in self._evaluator.fetch_with(_STEPS, needed, query).to_pylist()}
        none = {"events": 0, "persons": 0}
        return [
            _Step("rule", name, found.get(i, none)["events"], found.get(i, none)["persons"])
            for i, (name, _) in enumerate(plan.rules)
        ]

    def _rule_steps_of_persons(self, plan: Plan, masked: Node, needed: list[int]) -> list[_Step]:
        """Count by mask first: where a person has one event, events are persons."""
        of_node = MASKED.c.node == self._evaluator.number(masked)
        query = sa.select(MASKED.c.mask, sa.func.count().label("events")).where(of_node).group_by(MASKED.c.mask)
        counts = [(row["mask"], row["events"]) for row in self._evaluator.fetch(query).to_pylist()]
        left = [sum(events for mask, events in counts if mask & wanted == wanted) for wanted in needed]
        return [_Step("rule", name, count, count) for (name, _), count in zip(plan.rules, left, strict=True)]

    def rows_of(self, table: sa.Table, node: Node, kind: str) -> _Step:
        """Rows of a node, as a step."""
        return _Step(kind, "", *self._count(table, table.c.node == self._evaluator.number(node)))

    def _count(self, table: sa.Table, of_node: ColumnElement[Any]) -> tuple[int, int]:
        query = sa.select(*_counted(table.c.person_id)).where(of_node)
        row = self._evaluator.fetch(query).to_pylist()[0]
        return row["events"], row["persons"]


def _counted(person_id: ColumnElement[int]) -> tuple[ColumnElement[int], ColumnElement[int]]:
    return sa.func.count().label("events"), sa.func.count(sa.distinct(person_id)).label("persons")
