"""The persons of a patient list, and the time for which it names them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from typing_extensions import override

from cohorts.engine.nodes import ListedSpans
from cohorts.engine.operations.base import NodeNumber, Operation, Row, day, integer
from cohorts.engine.tables import SPANS
from cohorts.patient_lists import Shelf
from omop_etl.cdm import Cdm
from omop_etl.cdm.engines.base import arrow_schema


class FindListed(Operation[ListedSpans]):
    """Finds the persons of a list; the rows of the list are the parameters, gone when the statement has run."""

    output = SPANS

    @override
    def parameters(self, shape: Any) -> list[sa.Column[Any]]:
        named_by = [integer("person_id"), sa.Column("person_source_value", sa.Text)]
        return [*named_by, day("start_date"), day("end_date")]

    @override
    def rows(self, node: ListedSpans, number: NodeNumber) -> Iterable[Row]:
        """Give none: `table` takes the rows as they are on the shelf."""
        return ()

    @override
    def require(self, node: ListedSpans, shelf: Shelf) -> None:
        shelf.rows(node.listed)

    @override
    def table(self, target: sa.Table, nodes: Sequence[ListedSpans], number: NodeNumber, shelf: Shelf) -> pa.Table:
        lists = [(number(node), shelf.rows(node.listed).table) for node in nodes]
        schema = arrow_schema(target)
        numbered = [rows.add_column(0, "node", pa.array([n] * rows.num_rows, pa.int64())) for n, rows in lists]
        return pa.concat_tables([rows.cast(schema) for rows in numbered])

    @override
    def query(self, shape: Any, parameters: sa.Table, members: sa.Table, cdm: Cdm) -> sa.Select[Any]:
        found = sa.union_all(
            persons_listed(parameters, "person_id", cdm), persons_listed(parameters, "person_source_value", cdm)
        ).cte("found")
        period = cdm.table("observation_period")
        first, last = period.c.observation_period_start_date, period.c.observation_period_end_date
        of_person = period.c.person_id == found.c.person_id
        end_of_period = sa.func.max(sa.case((found.c.start_date.between(first, last), last)))
        dated = (
            sa.select(
                found.c.node,
                found.c.person_id,
                found.c.start_date,
                sa.func.coalesce(found.c.end_date, end_of_period, found.c.start_date).label("end_date"),
            )
            .select_from(found.outerjoin(period, of_person))
            .where(found.c.start_date.is_not(None))
            .group_by(found.c.node, found.c.person_id, found.c.start_date, found.c.end_date)
        )
        undated = sa.select(found.c.node, found.c.person_id, first.label("start_date"), last.label("end_date"))
        undated = undated.join(period, of_person).where(found.c.start_date.is_(None))
        spans = sa.union(dated, undated).subquery("listed_spans")
        return sa.select(spans.c.node, spans.c.person_id, spans.c.start_date, spans.c.end_date)


def persons_listed(listed: sa.Table, named_by: str, cdm: Cdm) -> sa.Select[Any]:
    """Rows of a list whose persons the CDM has, found by one of the two columns that can name them."""
    person = cdm.table("person", ["person_id", named_by])
    return sa.select(
        listed.c.node,
        person.c.person_id,
        listed.c.start_date,
        listed.c.end_date,
    ).join(person, person.c[named_by] == listed.c[named_by])
