"""The working tables of the engine: one per form of row, shared by all nodes and keyed by node."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from omop_etl.cdm.engines.base import scratch_table


def _id(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger)


def _day(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Date)


CODES = scratch_table("codes", _id("node"), _id("concept_id"))
"""Concepts of the resolved concept sets."""

EVENTS = scratch_table(
    "events",
    _id("node"),
    _id("person_id"),
    _id("event_id"),
    _day("start_date"),
    _day("end_date"),
    _id("visit_id"),
    sa.Column("count_value", sa.Text),
    _day("sort_date"),
)
"""Events of criteria; `event_id` is the id of the record, `count_value` the value that a distinct count counts, and
`sort_date` the record's own start, which differs from `start_date` where a criterion fixes the dates of a period."""

INDEX = scratch_table(
    "index_events",
    _id("node"),
    _id("person_id"),
    _id("event_id"),
    _day("start_date"),
    _day("end_date"),
    _day("period_start"),
    _day("period_end"),
    _id("visit_id"),
    _id("candidates"),
)
"""Events that others are counted around, with their observation period; `candidates` is how many events of the person
the limit chose from."""

TRUTH = scratch_table("truth", _id("node"), _id("person_id"), _id("event_id"))
"""Index events for which a criterion or group holds."""

MASKED = scratch_table("masked", _id("node"), _id("person_id"), _id("event_id"), _id("mask"), _id("met"))
"""Index events with the rules they meet: bit i of `mask` is rule i, `met` is how many."""

INCLUDED = scratch_table(
    "included",
    _id("node"),
    _id("person_id"),
    _id("event_id"),
    _day("start_date"),
    _day("end_date"),
    _day("period_end"),
)
"""Index events that stay, with their observation period's end."""

SPANS = scratch_table("spans", _id("node"), _id("person_id"), _day("start_date"), _day("end_date"))
"""Spans of persons: drug eras, exits, and the rows of cohorts."""

TIMES = scratch_table("times", _id("node"), _id("person_id"), _id("event_id"), _id("start_second"), _id("end_second"))
"""Seconds of the day at which events start and end, where they are known."""

UNIT_SIZES = scratch_table(
    "unit_sizes",
    _id("node"),
    _id("unit"),
    _id("measured"),
    sa.Column("kind", sa.Text),
    sa.Column("size", sa.Double),
    sa.Column("zero", sa.Double),
)
"""Units of the vocabulary: a value is `value * size + zero` in the base unit of `kind`; `measured` is the concept of
the measurement for which alone that holds, or 0."""

CONVERSIONS = scratch_table(
    "conversions",
    _id("node"),
    _id("unit"),
    _id("measured"),
    _id("into_unit"),
    sa.Column("factor", sa.Double),
    sa.Column("shift", sa.Double),
    sa.Column("margin", sa.Double),
)
"""Units that can be converted into one that is asked for: `value * factor + shift` is the value in `into_unit`, and
what lies closer to a threshold than `margin` times its size lies on it. A unit that is asked for stays as it is."""

ALL_TABLES = (CODES, EVENTS, INDEX, TRUTH, MASKED, INCLUDED, SPANS)
"""Tables that every cohort needs."""

RARE_TABLES = (TIMES, UNIT_SIZES, CONVERSIONS)
"""Tables that are made when the first node needs them."""
