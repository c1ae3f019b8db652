"""Events of criteria: the records of a domain that pass a criterion's own attributes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from typing_extensions import override

from cohorts.engine.domains import DOMAINS, Domain, Rows, Target
from cohorts.engine.filters import apply_filter, filter_columns, filter_values
from cohorts.engine.nodes import Adjustment, Events, FilteredEvents
from cohorts.engine.operations.base import NodeNumber, Operation, Row, day, integer
from cohorts.engine.tables import CODES, EVENTS, TRUTH
from omop_etl.cdm import Cdm
from omop_etl.cdm.dates import add_days, days_between


class EventShape(NamedTuple):
    """What the SQL of an event set depends on."""

    domain: str
    codes: bool
    source_codes: bool
    first: bool
    adjusted: tuple[bool, bool] | None
    fixed_start: bool
    fixed_end: bool
    count_column: str | None
    tests: tuple[tuple[str, str], ...]


class SelectEvents(Operation[Events]):
    """Selects records by concept set and attributes.

    As in Circe, ``first`` takes a person's earliest record among those of the concept set, before any other attribute
    is looked at.
    """

    output = EVENTS

    @override
    def shape(self, node: Events) -> EventShape:
        return EventShape(
            node.domain,
            node.codes is not None,
            node.source_codes is not None,
            node.first,
            (node.adjustment.from_end_start, node.adjustment.from_end_end) if node.adjustment else None,
            node.fixed_start is not None,
            node.fixed_end is not None,
            node.count_column,
            tuple(item.shape for item in node.filters),
        )

    @override
    def parameters(self, shape: EventShape) -> list[sa.Column[Any]]:
        targets = DOMAINS[shape.domain].targets
        columns = [integer(name) for name in ("codes", "source_codes") if getattr(shape, name)]
        if shape.adjusted:
            columns += [integer("start_offset"), integer("end_offset")]
        columns += [day(name) for name in _fixed_dates(shape)]
        for position, (target, test) in enumerate(shape.tests):
            tested = targets[target]
            columns += filter_columns(position, test, tested.kind, converted=tested.unit is not None)
        return columns

    @override
    def rows(self, node: Events, number: NodeNumber) -> Iterable[Row]:
        codes = [number(codes) for codes in (node.codes, node.source_codes) if codes is not None]
        offsets = _offsets(node.adjustment)
        fixed = [date for date in (node.fixed_start, node.fixed_end) if date is not None]
        return [(*codes, *offsets, *fixed, *filter_values(node.filters, number))]

    @override
    def query(self, shape: EventShape, parameters: sa.Table, members: sa.Table, cdm: Cdm) -> sa.Select[Any]:
        domain = DOMAINS[shape.domain]
        used = [domain.targets[target] for target, _ in shape.tests]
        counted = domain.targets[domain.count_columns[shape.count_column]] if shape.count_column else None
        records = _records(shape, domain, [*used, counted] if counted else used, parameters, cdm)
        rows = Rows(records, cdm)
        conditions = [
            apply_filter(rows, position, test, target.expression(rows), target.unit)
            for position, ((_, test), target) in enumerate(zip(shape.tests, used, strict=True))
        ]
        if shape.adjusted:
            conditions.append(records.c.end_date >= records.c.start_date)
        if shape.first:
            conditions.append(records.c.ordinal == 1)
        for name in _fixed_dates(shape):
            conditions += [records.c.start_date <= records.c[name], records.c.end_date >= records.c[name]]
        start = records.c.fixed_start if shape.fixed_start else records.c.start_date
        end = records.c.fixed_end if shape.fixed_end else records.c.end_date
        of_dates = {"START_DATE": start, "END_DATE": end, "DURATION": days_between(start, end)}
        counted_value: ColumnElement[Any] = sa.null()
        if counted is not None:
            fixed = shape.count_column in of_dates and (shape.fixed_start or shape.fixed_end)
            counted_value = of_dates[shape.count_column or ""] if fixed else counted.expression(rows)
        return (
            sa.select(
                records.c.node,
                records.c.person_id,
                records.c.event_id,
                start.label("start_date"),
                end.label("end_date"),
                records.c.visit_id,
                sa.cast(counted_value, sa.Text).label("count_value"),
                records.c.start_date.label("sort_date"),
            )
            .select_from(rows.source)
            .where(*conditions)
        )


def _offsets(adjustment: Adjustment | None) -> tuple[int, ...]:
    return (adjustment.start_offset, adjustment.end_offset) if adjustment else ()


def _records(shape: EventShape, domain: Domain, targets: list[Target], parameters: sa.Table, cdm: Cdm) -> sa.Subquery:
    """Rows of the domain's table for each node, with their dates, before the attributes are tested."""
    raw = sorted({name for target in targets for name in target.columns})
    table = domain.records(cdm, raw, concept=shape.codes, source_concept=shape.source_codes)
    source: sa.FromClause = parameters
    if shape.codes:
        standard = CODES.alias("standard")
        source = source.join(standard, standard.c.node == parameters.c.codes)
        source = source.join(table, table.c[domain.concept or ""] == standard.c.concept_id)
    else:
        source = source.join(table, sa.true())
    if shape.source_codes:
        assert domain.source_concept is not None
        non_standard = CODES.alias("non_standard")
        same = table.c[domain.source_concept[1]] == non_standard.c.concept_id
        source = source.join(non_standard, sa.and_(non_standard.c.node == parameters.c.source_codes, same))
    own_start, own_end = domain.start(table.c), domain.end(table.c)
    start, end = _dates(shape, own_start, own_end, parameters)
    columns = [
        *parameters.c,
        table.c.person_id,
        table.c[domain.key].label("event_id"),
        start.label("start_date"),
        end.label("end_date"),
        (table.c[domain.visit] if domain.visit else sa.cast(sa.null(), sa.BigInteger)).label("visit_id"),
        *(_raw(table, name).label(f"own_{name}") for name in raw),
    ]
    if shape.first:
        order = (own_start, table.c[domain.key])
        ordinal = sa.func.row_number().over(partition_by=(parameters.c.node, table.c.person_id), order_by=order)
        columns.append(ordinal.label("ordinal"))
    return sa.select(*columns).select_from(source).subquery("records")


def _raw(table: sa.FromClause, name: str) -> ColumnElement[Any]:
    """Column of the table, also one that the database has beside those of the standard."""
    return table.c[name] if name in table.c else sa.literal_column(f"{table}.{name}")


def _dates(
    shape: EventShape, own_start: ColumnElement[Any], own_end: ColumnElement[Any], parameters: sa.Table
) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    if shape.adjusted is None:
        return own_start, own_end
    from_end_start, from_end_end = shape.adjusted
    return (
        add_days(own_end if from_end_start else own_start, parameters.c.start_offset),
        add_days(own_end if from_end_end else own_start, parameters.c.end_offset),
    )


def _fixed_dates(shape: EventShape) -> list[str]:
    """Dates that the criterion gives in place of the record's own; every other attribute tests the record's own."""
    return [name for name in ("fixed_start", "fixed_end") if getattr(shape, name)]


class FilterEvents(Operation[FilteredEvents]):
    """Keeps the events for which a group, counted around them, holds."""

    output = EVENTS

    @override
    def parameters(self, shape: Any) -> list[sa.Column[Any]]:
        return [integer("events"), integer("truth")]

    @override
    def rows(self, node: FilteredEvents, number: NodeNumber) -> Iterable[Row]:
        return [(number(node.events), number(node.group))]

    @override
    def query(self, shape: Any, parameters: sa.Table, members: sa.Table, cdm: Cdm) -> sa.Select[Any]:
        same_event = sa.and_(
            TRUTH.c.node == parameters.c.truth,
            TRUTH.c.person_id == EVENTS.c.person_id,
            TRUTH.c.event_id == EVENTS.c.event_id,
        )
        return (
            sa.select(parameters.c.node, *(column for column in EVENTS.c if column.name != "node"))
            .join(EVENTS, EVENTS.c.node == parameters.c.events)
            .join(TRUTH, same_event)
        )
