"""OHDSI's attrition tables: the rules, how many events and persons meet them, and what a window of dates loses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from cohorts.definition import CohortDefinition
from cohorts.engine.evaluator import Evaluator
from cohorts.engine.plan import Plan
from cohorts.engine.tables import INDEX, MASKED, SPANS
from omop_etl.cdm.engines.base import scratch_table

EVENTS_MODE = 0
"""``mode_id`` of counts over all qualified events."""

PERSONS_MODE = 1
"""``mode_id`` of counts over the best event of each person: the one that meets most rules; of several, the one whose
first rule met stands first; of several still, the earliest."""

_ID = ("cohort_definition_id", pa.int64())
_RULE = ("rule_sequence", pa.int32())
_MODE = ("mode_id", pa.int32())

SCHEMAS: dict[str, pa.Schema] = {
    "cohort_inclusion": pa.schema([_ID, _RULE, ("name", pa.string()), ("description", pa.string())]),
    "cohort_inclusion_result": pa.schema(
        [_ID, _MODE, ("inclusion_rule_mask", pa.int64()), ("person_count", pa.int64())]
    ),
    "cohort_inclusion_stats": pa.schema(
        [_ID, _RULE, _MODE, *((name, pa.int64()) for name in ("person_count", "gain_count", "person_total"))]
    ),
    "cohort_summary_stats": pa.schema([_ID, _MODE, ("base_count", pa.int64()), ("final_count", pa.int64())]),
    "cohort_censor_stats": pa.schema([_ID, ("lost_count", pa.int64())]),
}
"""Columns of each table, as OHDSI's results schema has them."""

_MASKED_OF = scratch_table(
    "stats_masked",
    *(sa.Column(name, sa.BigInteger) for name in ("cohort_definition_id", "index_node", "masked_node")),
)
_SPANS_OF = scratch_table(
    "stats_spans",
    *(sa.Column(name, sa.BigInteger) for name in ("cohort_definition_id", "exit_node", "cohort_node")),
)


@dataclass(frozen=True)
class StatsTables:
    """OHDSI's attrition tables of cohorts that were generated together; each has the columns of `SCHEMAS`.

    Attributes
    ----------
    cohort_inclusion : pyarrow.Table
        The rules of each definition, in order from 0.
    cohort_inclusion_result : pyarrow.Table
        How many events (``mode_id`` 0) or persons (1) meet exactly the rules of a mask; bit i is rule i.
    cohort_inclusion_stats : pyarrow.Table
        How many meet each rule, how many more would stay without it (``gain_count``), and how many there are.
    cohort_summary_stats : pyarrow.Table
        How many there are before the rules, and how many meet all of them.
    cohort_censor_stats : pyarrow.Table
        Persons lost to the window of dates, for definitions that have one.
    """

    cohort_inclusion: pa.Table
    cohort_inclusion_result: pa.Table
    cohort_inclusion_stats: pa.Table
    cohort_summary_stats: pa.Table
    cohort_censor_stats: pa.Table

    def items(self) -> Iterator[tuple[str, pa.Table]]:
        """Name and content of each table."""
        return ((field.name, getattr(self, field.name)) for field in fields(self))


def stats_tables(
    definitions: Mapping[int, CohortDefinition], plans: Mapping[int, Plan], evaluator: Evaluator
) -> StatsTables:
    """Make OHDSI's attrition tables.

    Parameters
    ----------
    definitions : mapping of int to CohortDefinition
        The definitions by ``cohort_definition_id``.
    plans : mapping of int to Plan
        Their plans; the nodes have been evaluated.
    evaluator : Evaluator
        The evaluator that holds their rows.

    Returns
    -------
    StatsTables
        The tables. As in OHDSI a definition without rules has no row in the tables of rules, and one without a window
        of dates has none in ``cohort_censor_stats``.
    """
    with_rules = {number: planned for number, planned in plans.items() if planned.masked is not None}
    masks = _masks(with_rules, evaluator)
    rules = [
        (number, position, rule.name, rule.description)
        for number in with_rules
        for position, rule in enumerate(definitions[number].expression.inclusion_rules or [])
    ]
    stats: list[tuple[int, ...]] = []
    summary: list[tuple[int, ...]] = []
    for number, planned in with_rules.items():
        every = (1 << len(planned.rules)) - 1
        for mode in (EVENTS_MODE, PERSONS_MODE):
            counts = masks.get((number, mode), {})
            total = sum(counts.values())
            summary.append((number, mode, total, counts.get(every, 0)))
            for position in range(len(planned.rules)):
                bit = 1 << position
                meeting = sum(count for mask, count in counts.items() if mask & bit)
                stats.append((number, position, mode, meeting, counts.get(every ^ bit, 0), total))
    results = [(*key, mask, count) for key, counts in sorted(masks.items()) for mask, count in sorted(counts.items())]
    return StatsTables(
        _table("cohort_inclusion", rules),
        _table("cohort_inclusion_result", results),
        _table("cohort_inclusion_stats", stats),
        _table("cohort_summary_stats", summary),
        _table("cohort_censor_stats", _lost(plans, evaluator)),
    )


def _masks(plans: Mapping[int, Plan], evaluator: Evaluator) -> dict[tuple[int, int], dict[int, int]]:
    """How many events, and best events, of each definition meet exactly the rules of a mask."""
    if not plans:
        return {}
    number = evaluator.number
    wanted = pa.table(
        {
            "cohort_definition_id": list(plans),
            "index_node": [number(planned.qualified) for planned in plans.values()],
            "masked_node": [number(planned.masked) for planned in plans.values() if planned.masked],
        }
    )
    same = sa.and_(
        INDEX.c.node == _MASKED_OF.c.index_node,
        INDEX.c.person_id == MASKED.c.person_id,
        INDEX.c.event_id == MASKED.c.event_id,
    )
    first_rule_met = MASKED.c.mask.op("&")(-MASKED.c.mask)
    rank = sa.func.row_number().over(
        partition_by=(_MASKED_OF.c.cohort_definition_id, MASKED.c.person_id),
        order_by=(MASKED.c.met.desc(), first_rule_met, INDEX.c.start_date, MASKED.c.event_id),
    )
    ranked = (
        sa.select(_MASKED_OF.c.cohort_definition_id, MASKED.c.mask, rank.label("rank"))
        .join(MASKED, MASKED.c.node == _MASKED_OF.c.masked_node)
        .join(INDEX, same)
        .subquery("ranked")
    )
    of_mask = (ranked.c.cohort_definition_id, ranked.c.mask)
    best: ColumnElement[int] = sa.func.sum(sa.case((ranked.c.rank == 1, 1), else_=0))
    query = sa.select(*of_mask, sa.func.count().label("events"), best.label("persons")).group_by(*of_mask)
    masks: dict[tuple[int, int], dict[int, int]] = {}
    for row in evaluator.fetch_with(_MASKED_OF, wanted, query).to_pylist():
        for mode, counted in ((EVENTS_MODE, "events"), (PERSONS_MODE, "persons")):
            if row[counted]:
                masks.setdefault((row["cohort_definition_id"], mode), {})[row["mask"]] = int(row[counted])
    return masks


def _lost(plans: Mapping[int, Plan], evaluator: Evaluator) -> list[tuple[int, int]]:
    """Persons of each definition with a window of dates who have a span before it is applied and none after."""
    clipped = {number: p for number, p in plans.items() if p.cohort.window_start or p.cohort.window_end}
    if not clipped:
        return []
    wanted = pa.table(
        {
            "cohort_definition_id": list(clipped),
            "exit_node": [evaluator.number(planned.exit) for planned in clipped.values()],
            "cohort_node": [evaluator.number(planned.cohort) for planned in clipped.values()],
        }
    )

    def persons(node: ColumnElement[int]) -> ColumnElement[int]:
        return sa.func.count(sa.distinct(sa.case((SPANS.c.node == node, SPANS.c.person_id))))

    query = (
        sa.select(
            _SPANS_OF.c.cohort_definition_id,
            (persons(_SPANS_OF.c.exit_node) - persons(_SPANS_OF.c.cohort_node)).label("lost_count"),
        )
        .join(SPANS, SPANS.c.node.in_([_SPANS_OF.c.exit_node, _SPANS_OF.c.cohort_node]))
        .group_by(_SPANS_OF.c.cohort_definition_id)
    )
    rows = evaluator.fetch_with(_SPANS_OF, wanted, query).to_pylist()
    found = {row["cohort_definition_id"]: row["lost_count"] for row in rows}
    return [(number, found.get(number, 0)) for number in clipped]


def _table(name: str, rows: Sequence[tuple[object, ...]]) -> pa.Table:
    schema = SCHEMAS[name]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    return pa.table(
        [pa.array(values, type=column.type) for values, column in zip(columns, schema, strict=True)], schema=schema
    )
