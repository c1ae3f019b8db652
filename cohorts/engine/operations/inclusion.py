"""From qualified events to those that stay, and to the date each leaves the cohort."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from typing_extensions import override

from cohorts.engine.nodes import Exit, Included, Limit, Masked, Node
from cohorts.engine.operations.base import NodeNumber, Operation, Row, integer
from cohorts.engine.operations.index import by_start
from cohorts.engine.tables import EVENTS, INCLUDED, INDEX, MASKED, SPANS, TRUTH
from omop_etl.cdm import Cdm
from omop_etl.cdm.dates import add_days


class MaskRules(Operation[Masked]):
    """Writes down for each index event which rules it meets."""

    output = MASKED

    @override
    def parameters(self, shape: Any) -> list[sa.Column[Any]]:
        return [integer("index_events")]

    @override
    def rows(self, node: Masked, number: NodeNumber) -> Iterable[Row]:
        return [(number(node.index),)]

    @override
    def members(self, node: Masked) -> Iterable[tuple[Node, int]]:
        return [(rule, 1 << position) for position, rule in enumerate(node.rules)]

    @override
    def query(self, shape: Any, parameters: sa.Table, members: sa.Table, cdm: Cdm) -> sa.Select[Any]:
        of_event = (members.c.node, TRUTH.c.person_id, TRUTH.c.event_id)
        held = (
            sa.select(*of_event, sa.func.sum(members.c.meaning).label("mask"), sa.func.count().label("met"))
            .join(TRUTH, TRUTH.c.node == members.c.member)
            .group_by(*of_event)
            .subquery("held")
        )
        same_event = sa.and_(
            held.c.node == parameters.c.node,
            held.c.person_id == INDEX.c.person_id,
            held.c.event_id == INDEX.c.event_id,
        )
        event = (parameters.c.node, INDEX.c.person_id, INDEX.c.event_id)
        mask = sa.cast(sa.func.coalesce(held.c.mask, 0), sa.BigInteger)
        return (
            sa.select(*event, mask, sa.func.coalesce(held.c.met, 0))
            .join(INDEX, INDEX.c.node == parameters.c.index_events)
            .join(held, same_event, isouter=True)
        )


class Include(Operation[Included]):
    """Keeps the index events that meet all rules, and limits them."""

    output = INCLUDED

    @override
    def shape(self, node: Included) -> tuple[bool, Limit]:
        return node.masked is not None, "all" if node.index.one_per_person else node.limit

    @override
    def parameters(self, shape: Any) -> list[sa.Column[Any]]:
        return [integer("index_events"), integer("masked"), integer("rules")]

    @override
    def rows(self, node: Included, number: NodeNumber) -> Iterable[Row]:
        if node.masked is None:
            return [(number(node.index), None, None)]
        return [(number(node.index), number(node.masked), len(node.masked.rules))]

    @override
    def query(self, shape: tuple[bool, Limit], parameters: sa.Table, members: sa.Table, cdm: Cdm) -> sa.Select[Any]:
        with_rules, limit = shape
        kept_columns = ("person_id", "event_id", "start_date", "end_date", "period_end")
        event: list[ColumnElement[Any]] = [INDEX.c[name] for name in kept_columns]
        if limit != "all":
            person = (parameters.c.node, INDEX.c.person_id)
            ordinal = sa.func.row_number().over(partition_by=person, order_by=by_start(INDEX.c, limit))
            event.append(ordinal.label("ordinal"))
        kept = sa.select(parameters.c.node, *event).join(INDEX, INDEX.c.node == parameters.c.index_events)
        if with_rules:
            meets_all = sa.and_(
                MASKED.c.node == parameters.c.masked,
                MASKED.c.person_id == INDEX.c.person_id,
                MASKED.c.event_id == INDEX.c.event_id,
                MASKED.c.met == parameters.c.rules,
            )
            kept = kept.join(MASKED, meets_all)
        if limit == "all":
            return kept
        numbered = kept.subquery("kept")
        return sa.select(*(numbered.c[column.name] for column in INCLUDED.columns)).where(numbered.c.ordinal == 1)


class ExitShape(NamedTuple):
    """What the SQL of an exit depends on."""

    offset: str | None
    eras: bool
    censored: bool


class LeaveCohort(Operation[Exit]):
    """Gives each included event its end: the earliest of the candidates that is not before its start.

    Candidates are the end of the observation period (or the fixed offset, which takes its place and is capped by it),
    the end of the drug era that the start lies in, and the first censoring event.
    """

    output = SPANS

    @override
    def shape(self, node: Exit) -> ExitShape:
        offset = None if node.offset is None else "end_date" if node.offset_from_end else "start_date"
        return ExitShape(offset, node.eras is not None, bool(node.censoring))

    @override
    def parameters(self, shape: Any) -> list[sa.Column[Any]]:
        return [integer("included"), integer("offset_days"), integer("eras")]

    @override
    def rows(self, node: Exit, number: NodeNumber) -> Iterable[Row]:
        return [(number(node.included), node.offset, number(node.eras) if node.eras else None)]

    @override
    def members(self, node: Exit) -> Iterable[tuple[Node, int]]:
        return [(events, position) for position, events in enumerate(node.censoring)]

    @override
    def query(self, shape: ExitShape, parameters: sa.Table, members: sa.Table, cdm: Cdm) -> sa.Select[Any]:
        start, period_end = INCLUDED.c.start_date, INCLUDED.c.period_end
        fixed: ColumnElement[Any] = period_end
        if shape.offset:
            fixed = add_days(INCLUDED.c[shape.offset], parameters.c.offset_days)
            fixed = sa.case((fixed > period_end, period_end), else_=fixed)
        candidates: list[ColumnElement[Any]] = [sa.case((fixed >= start, fixed))]
        source: sa.FromClause = parameters.join(INCLUDED, INCLUDED.c.node == parameters.c.included)
        if shape.eras:
            era = _first_after_start(parameters, _era_ends(parameters))
            source = source.join(era, _of_event(era, parameters), isouter=True)
            candidates.append(era.c.end_date)
        if shape.censored:
            censoring = _first_after_start(parameters, _censoring_dates(parameters, members))
            source = source.join(censoring, _of_event(censoring, parameters), isouter=True)
            candidates.append(censoring.c.end_date)
        end = sa.func.least(*candidates) if len(candidates) > 1 else candidates[0]
        return (
            sa.select(parameters.c.node, INCLUDED.c.person_id, start, end.label("end_date"))
            .select_from(source)
            .where(end.is_not(None))
        )


def _of_event(candidate: sa.Subquery, parameters: sa.Table) -> ColumnElement[bool]:
    return sa.and_(
        candidate.c.node == parameters.c.node,
        candidate.c.person_id == INCLUDED.c.person_id,
        candidate.c.event_id == INCLUDED.c.event_id,
    )


def _first_after_start(parameters: sa.Table, candidates: sa.Select[Any]) -> sa.Subquery:
    """Earliest candidate of each included event that is not before its start."""
    found = candidates.subquery()
    return (
        sa.select(found.c.node, found.c.person_id, found.c.event_id, sa.func.min(found.c.end_date).label("end_date"))
        .where(found.c.end_date >= found.c.start_date)
        .group_by(found.c.node, found.c.person_id, found.c.event_id)
        .subquery()
    )


def _era_ends(parameters: sa.Table) -> sa.Select[Any]:
    eras = SPANS.alias("eras")
    contains = sa.and_(
        eras.c.node == parameters.c.eras,
        eras.c.person_id == INCLUDED.c.person_id,
        INCLUDED.c.start_date >= eras.c.start_date,
        INCLUDED.c.start_date <= eras.c.end_date,
    )
    event = (INCLUDED.c.person_id, INCLUDED.c.event_id, INCLUDED.c.start_date)
    return (
        sa.select(parameters.c.node, *event, eras.c.end_date.label("end_date"))
        .join(INCLUDED, INCLUDED.c.node == parameters.c.included)
        .join(eras, contains)
    )


def _censoring_dates(parameters: sa.Table, members: sa.Table) -> sa.Select[Any]:
    during = sa.and_(
        EVENTS.c.node == members.c.member,
        EVENTS.c.person_id == INCLUDED.c.person_id,
        EVENTS.c.start_date >= INCLUDED.c.start_date,
        EVENTS.c.start_date <= INCLUDED.c.period_end,
    )
    event = (INCLUDED.c.person_id, INCLUDED.c.event_id, INCLUDED.c.start_date)
    return (
        sa.select(parameters.c.node, *event, EVENTS.c.start_date.label("end_date"))
        .join(INCLUDED, INCLUDED.c.node == parameters.c.included)
        .join(members, members.c.node == parameters.c.node)
        .join(EVENTS, during)
    )
