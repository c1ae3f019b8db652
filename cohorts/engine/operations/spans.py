"""Spans of time merged per person: merged events, drug eras and the rows of a cohort."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from typing_extensions import override

from cohorts.engine.domains import Rows
from cohorts.engine.domains.clinical import drug_end
from cohorts.engine.domains.targets import COMMON_TARGETS
from cohorts.engine.filters import apply_filter, filter_columns, filter_values
from cohorts.engine.nodes import AnySpans, Cohort, CohortSpans, DrugEras, MergedEvents, Node
from cohorts.engine.operations.base import NodeNumber, Operation, Row, day, integer
from cohorts.engine.tables import CODES, EVENTS, SPANS
from omop_etl.cdm import Cdm
from omop_etl.cdm.dates import add_days


def merge_spans(spans: sa.Subquery) -> sa.Select[Any]:
    """Merge the spans of each node and person that overlap or lie at most `pad` days apart.

    Parameters
    ----------
    spans : sqlalchemy.Subquery
        Columns node, person_id, start_date, end_date and pad (days).

    Returns
    -------
    sqlalchemy.Select
        Columns node, person_id, start_date, end_date: the first start and the last end of each run.
    """
    person = (spans.c.node, spans.c.person_id)
    padded_end = add_days(spans.c.end_date, spans.c.pad)
    end_so_far = sa.func.max(padded_end).over(partition_by=person, order_by=spans.c.start_date, rows=(None, -1))
    marked = sa.select(
        *person,
        spans.c.start_date,
        spans.c.end_date,
        sa.case((end_so_far >= spans.c.start_date, 0), else_=1).label("opens"),
    ).subquery("marked")
    run = sa.func.sum(marked.c.opens).over(
        partition_by=(marked.c.node, marked.c.person_id),
        order_by=(marked.c.start_date, marked.c.opens.desc()),
        rows=(None, 0),
    )
    numbered = sa.select(*marked.c, run.label("run")).subquery("numbered")
    return sa.select(
        numbered.c.node,
        numbered.c.person_id,
        sa.func.min(numbered.c.start_date).label("start_date"),
        sa.func.max(numbered.c.end_date).label("end_date"),
    ).group_by(numbered.c.node, numbered.c.person_id, numbered.c.run)


class SpanShape(NamedTuple):
    """What the SQL of spans that are events depends on."""

    first: bool
    adjusted: tuple[bool, bool] | None
    count_column: str | None
    tests: tuple[tuple[str, str], ...]


MERGED_COUNT_COLUMNS = {"START_DATE": "start", "END_DATE": "end", "VISIT_ID": "visit", "DURATION": "duration"}
"""Columns of merged events whose distinct values can be counted."""


SpanNode = TypeVar("SpanNode", bound=AnySpans)


class _SpansAsEvents(Operation[SpanNode]):
    """Numbers the spans of persons and tests them like the records of a criterion."""

    output = EVENTS
    source: ClassVar[str]
    """Column of the table of parameters that says how the spans are found."""

    @abstractmethod
    def spans(self, parameters: sa.Table, members: sa.Table) -> sa.Select[Any]:
        """Spans of each node: node, person_id, start_date, end_date."""

    @abstractmethod
    def source_of(self, node: SpanNode, number: NodeNumber) -> int:
        """Value of that column."""

    @override
    def shape(self, node: SpanNode) -> SpanShape:
        adjusted = (node.adjustment.from_end_start, node.adjustment.from_end_end) if node.adjustment else None
        return SpanShape(node.first, adjusted, node.count_column, tuple(item.shape for item in node.filters))

    @override
    def parameters(self, shape: SpanShape) -> list[sa.Column[Any]]:
        columns = [integer(self.source)]
        if shape.adjusted:
            columns += [integer("start_offset"), integer("end_offset")]
        for position, (target, test) in enumerate(shape.tests):
            columns += filter_columns(position, test, COMMON_TARGETS[target].kind)
        return columns

    @override
    def rows(self, node: SpanNode, number: NodeNumber) -> Iterable[Row]:
        moved = node.adjustment
        offsets = (moved.start_offset, moved.end_offset) if moved else ()
        return [(self.source_of(node, number), *offsets, *filter_values(node.filters, number))]

    @override
    def query(self, shape: SpanShape, parameters: sa.Table, members: sa.Table, cdm: Cdm) -> sa.Select[Any]:
        merged = self.spans(parameters, members).subquery("merged")
        start: ColumnElement[Any] = merged.c.start_date
        end: ColumnElement[Any] = merged.c.end_date
        if shape.adjusted:
            from_end_start, from_end_end = shape.adjusted
            start, end = (
                add_days(end if from_end_start else start, parameters.c.start_offset),
                add_days(end if from_end_end else start, parameters.c.end_offset),
            )
        order = (merged.c.person_id, merged.c.start_date, merged.c.end_date)
        columns: list[ColumnElement[Any]] = [
            merged.c.person_id,
            sa.func.row_number().over(partition_by=merged.c.node, order_by=order).label("event_id"),
            start.label("start_date"),
            end.label("end_date"),
            sa.cast(sa.null(), sa.BigInteger).label("visit_id"),
        ]
        if shape.first:
            ordinal = sa.func.row_number().over(partition_by=(merged.c.node, merged.c.person_id), order_by=order[1:])
            columns.append(ordinal.label("ordinal"))
        records = (
            sa.select(*parameters.c, *columns).join(merged, merged.c.node == parameters.c.node).subquery("records")
        )
        rows = Rows(records, cdm)
        conditions = [
            apply_filter(rows, position, test, COMMON_TARGETS[target].expression(rows))
            for position, (target, test) in enumerate(shape.tests)
        ]
        if shape.first:
            conditions.append(records.c.ordinal == 1)
        if shape.adjusted:
            conditions.append(records.c.end_date >= records.c.start_date)
        counted: ColumnElement[Any] = sa.null()
        if shape.count_column:
            counted = COMMON_TARGETS[MERGED_COUNT_COLUMNS[shape.count_column]].expression(rows)
        return (
            sa.select(
                *(records.c[name] for name in ("node", "person_id", "event_id", "start_date", "end_date", "visit_id")),
                sa.cast(counted, sa.Text).label("count_value"),
                records.c.start_date.label("sort_date"),
            )
            .select_from(rows.source)
            .where(*conditions)
        )


class MergeEvents(_SpansAsEvents[MergedEvents]):
    """Merges events of several criteria into spans (Circe: the criterion ``CustomEra``)."""

    source = "pad"

    @override
    def source_of(self, node: MergedEvents, number: NodeNumber) -> int:
        return node.gap_days

    @override
    def members(self, node: MergedEvents) -> Iterable[tuple[Node, int]]:
        return [(member, 0) for member in node.members]

    @override
    def spans(self, parameters: sa.Table, members: sa.Table) -> sa.Select[Any]:
        raw = (
            sa.select(parameters.c.node, EVENTS.c.person_id, EVENTS.c.start_date, EVENTS.c.end_date, parameters.c.pad)
            .join(members, members.c.node == parameters.c.node)
            .join(EVENTS, EVENTS.c.node == members.c.member)
            .subquery("raw")
        )
        return merge_spans(raw)


class TakeCohort(_SpansAsEvents[CohortSpans]):
    """Takes the rows of a cohort as events."""

    source = "cohort"

    @override
    def source_of(self, node: CohortSpans, number: NodeNumber) -> int:
        return number(node.cohort)

    @override
    def spans(self, parameters: sa.Table, members: sa.Table) -> sa.Select[Any]:
        return sa.select(parameters.c.node, SPANS.c.person_id, SPANS.c.start_date, SPANS.c.end_date).join(
            SPANS, SPANS.c.node == parameters.c.cohort
        )


class BuildDrugEras(Operation[DrugEras]):
    """Builds spans of continuous exposure from drug exposures, matched by standard or by source concept."""

    output = SPANS

    @override
    def shape(self, node: DrugEras) -> bool:
        return node.days_supply is not None

    @override
    def parameters(self, shape: bool) -> list[sa.Column[Any]]:
        return [integer("codes"), integer("gap_days"), integer("offset_days"), integer("days_supply")]

    @override
    def rows(self, node: DrugEras, number: NodeNumber) -> Iterable[Row]:
        return [(number(node.codes), node.gap_days, node.offset, node.days_supply)]

    @override
    def query(self, shape: bool, parameters: sa.Table, members: sa.Table, cdm: Cdm) -> sa.Select[Any]:
        columns = ("drug_exposure_start_date", "drug_exposure_end_date", "days_supply")
        exposure = cdm.table("drug_exposure", [*columns, "drug_concept_id", "drug_source_concept_id"])

        def matched_by(concept: str) -> sa.Select[Any]:
            start = exposure.c.drug_exposure_start_date
            end = add_days(start, parameters.c.days_supply) if shape else drug_end(exposure.c)
            return (
                sa.select(
                    parameters.c.node,
                    exposure.c.person_id,
                    start.label("start_date"),
                    add_days(end, parameters.c.offset_days).label("end_date"),
                    parameters.c.gap_days.label("pad"),
                )
                .join(CODES, CODES.c.node == parameters.c.codes)
                .join(exposure, exposure.c[concept] == CODES.c.concept_id)
            )

        exposures = sa.union_all(matched_by("drug_concept_id"), matched_by("drug_source_concept_id"))
        return merge_spans(exposures.subquery("exposures"))


class CollapseShape(NamedTuple):
    """What the SQL of a cohort's rows depends on; a person who has one span at most needs no merging."""

    merge: bool
    from_date: bool
    until_date: bool


class CollapseSpans(Operation[Cohort]):
    """Merges the spans of persons into the rows of a cohort and clips them to a window of dates."""

    output = SPANS

    @override
    def shape(self, node: Cohort) -> CollapseShape:
        merge = not node.exits.included.one_per_person
        return CollapseShape(merge, node.window_start is not None, node.window_end is not None)

    @override
    def parameters(self, shape: Any) -> list[sa.Column[Any]]:
        return [integer("spans"), integer("pad"), day("window_start"), day("window_end")]

    @override
    def rows(self, node: Cohort, number: NodeNumber) -> Iterable[Row]:
        return [(number(node.exits), node.pad, node.window_start, node.window_end)]

    @override
    def query(self, shape: CollapseShape, parameters: sa.Table, members: sa.Table, cdm: Cdm) -> sa.Select[Any]:
        span = (SPANS.c.person_id, SPANS.c.start_date, SPANS.c.end_date)
        spans = sa.select(parameters.c.node, *span).join(SPANS, SPANS.c.node == parameters.c.spans)
        if shape.merge:
            spans = merge_spans(spans.add_columns(parameters.c.pad).subquery("spans_to_merge"))
        if not (shape.from_date or shape.until_date):
            return spans
        rows = spans.subquery("merged")
        start: ColumnElement[Any] = rows.c.start_date
        end: ColumnElement[Any] = rows.c.end_date
        if shape.from_date:
            start = sa.func.greatest(start, parameters.c.window_start)
        if shape.until_date:
            end = sa.func.least(end, parameters.c.window_end)
        return (
            sa.select(rows.c.node, rows.c.person_id, start.label("start_date"), end.label("end_date"))
            .join(parameters, parameters.c.node == rows.c.node)
            .where(start <= end)
        )
