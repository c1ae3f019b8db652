"""The rows behind events: what they are about, their values, and what each test looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import pyarrow as pa
import sqlalchemy as sa

from cohorts.engine.domains import DOMAINS, Domain, Rows, Target
from cohorts.engine.domains.targets import COMMON_TARGETS, DEMOGRAPHIC_TARGETS
from cohorts.engine.evaluator import Evaluator
from cohorts.engine.filters import conversions_of
from cohorts.engine.nodes import Filter, Node
from cohorts.engine.tables import EVENTS, INDEX
from cohorts.explain.facts import EventRow, TimeRow
from cohorts.explain.model import Record, Value
from cohorts.explain.windows import clock
from omop_etl.cdm.engines.base import scratch_table

_VALUES: Final = {
    "Measurement": ("value_as_number", "unit_concept_id", "value_as_concept_id"),
    "Observation": ("value_as_number", "unit_concept_id", "value_as_concept_id"),
    "Specimen": ("quantity", "unit_concept_id", None),
    "DrugExposure": ("quantity", None, None),
    "DoseEra": ("dose_value", "unit_concept_id", None),
}
"""Columns with the value of a record, its unit, and a value that is a concept."""


class InUnit(NamedTuple):
    """A number as it was recorded, and in the unit that was asked for; None where it cannot be converted."""

    value: float | None = None
    unit: int | None = None
    into_unit: int | None = None
    converted: float | None = None


class _Row(NamedTuple):
    """What a row says of itself."""

    concept: int | None = None
    value: float | None = None
    unit: int | None = None
    value_concept: int | None = None


_SOUGHT = scratch_table("explained_concepts", sa.Column("sought", sa.BigInteger))
Key = tuple[int, int]


class Records:
    """Reads the rows behind the events of evaluated nodes.

    Parameters
    ----------
    evaluator : Evaluator
        Holds the events; its CDM holds the rows.
    """

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._cdm = evaluator.cdm
        self._rows: dict[str, dict[int, _Row]] = {}
        self._names: dict[int, str] = {}
        self._values: dict[tuple[int, str], dict[Key, Value]] = {}
        self._in_unit: dict[tuple[int, str, int], dict[Key, InUnit]] = {}

    def load(self, nodes: Mapping[str, Iterable[Node]]) -> None:
        """Read the rows of all events of some nodes, given by domain, and the names of their concepts."""
        for name, of_domain in nodes.items():
            if name in DOMAINS:
                self._rows[name] = self._read(name, [self._evaluator.number(node) for node in of_domain])
        described = [row for rows in self._rows.values() for row in rows.values()]
        self._name({i for row in described for i in (row.concept, row.unit, row.value_concept) if i})

    def record(self, domain: str, event: EventRow, times: TimeRow | None = None) -> Record:
        """Describe an event by its row, with its times of day where these were read."""
        if domain not in DOMAINS:
            return Record(domain, event.event_id, None, "", event.start, event.end)
        row = self._rows[domain].get(event.event_id, _Row())
        return Record(
            table=DOMAINS[domain].table,
            row_id=event.event_id,
            concept_id=row.concept,
            concept_name=self.name(row.concept),
            start=event.start,
            end=event.end,
            value=row.value,
            unit_concept_id=row.unit,
            unit_name=self.name(row.unit),
            value_concept_id=row.value_concept,
            value_concept_name=self.name(row.value_concept),
            start_time=clock(times.start) if times else None,
            end_time=clock(times.end) if times else None,
        )

    def name(self, concept_id: Any) -> str:
        """Name of a concept; empty where the vocabulary has none."""
        if isinstance(concept_id, int) and concept_id and concept_id not in self._names:
            self._name({concept_id})
        return self._names.get(concept_id, "")

    def tested(self, node: Node, domain: str, test: Filter, key: Key) -> Value:
        """What a test looked at in an event of a node, given by person and event number."""
        number = self._evaluator.number(node)
        if (number, test.target) not in self._values:
            targets = DOMAINS[domain].targets if domain in DOMAINS else COMMON_TARGETS
            records = self._with_columns(number, domain, targets[test.target])
            self._values[number, test.target] = self._look(records, targets[test.target])
        return self._values[number, test.target].get(key)

    def in_unit(self, node: Node, domain: str, test: Filter, key: Key) -> InUnit:
        """Tell in which unit a number of an event of a node was recorded, and what it is in the unit asked for."""
        assert test.codes is not None
        wanted = (self._evaluator.number(node), test.target, self._evaluator.number(test.codes))
        if wanted not in self._in_unit:
            self._in_unit[wanted] = self._convert(*wanted, domain)
        return self._in_unit[wanted].get(key, InUnit())

    def _convert(self, number: int, name: str, conversions: int, domain: str) -> dict[Key, InUnit]:
        target = DOMAINS[domain].targets[name]
        assert target.unit is not None
        rows = Rows(self._with_columns(number, domain, target), self._cdm)
        into = conversions_of(rows, "into", sa.literal(conversions), target.unit, outer=True)
        value = target.expression(rows)
        converted = value * into.c.factor + into.c.shift
        found = (value.label("value"), rows.own(target.unit.column), into.c.into_unit, converted.label("converted"))
        query = sa.select(rows.c.person_id, rows.c.event_id, *found).select_from(rows.source)
        columns = (column.to_pylist() for column in self._evaluator.fetch(query).columns)
        return {
            (person, event): InUnit(_number(value), unit, into_unit, _number(converted))
            for person, event, value, unit, into_unit, converted in zip(*columns, strict=True)
        }

    def tested_of_index(self, node: Node, test: Filter, key: Key) -> Value:
        """What a demographic test looked at in an index event."""
        number = self._evaluator.number(node)
        if (number, test.target) not in self._values:
            records = sa.select(*INDEX.c).where(INDEX.c.node == number).subquery("records")
            self._values[number, test.target] = self._look(records, DEMOGRAPHIC_TARGETS[test.target])
        return self._values[number, test.target].get(key)

    # -- reading ------------------------------------------------------------------------------------------------------
    def _look(self, records: sa.Subquery, target: Target) -> dict[Key, Value]:
        rows = Rows(records, self._cdm)
        value = target.expression(rows).label("value")
        query = sa.select(records.c.person_id, records.c.event_id, value).select_from(rows.source)
        found = self._evaluator.fetch(query)
        persons, events, values = (column.to_pylist() for column in found.columns)
        return dict(zip(zip(persons, events, strict=True), values, strict=True))

    def _with_columns(self, number: int, domain: str, target: Target) -> sa.Subquery:
        """Events of a node with the raw columns that a target reads."""
        event = [EVENTS.c[name] for name in ("person_id", "event_id", "start_date", "end_date", "visit_id")]
        if not target.columns:
            return sa.select(*event).where(EVENTS.c.node == number).subquery("records")
        table = self._table(domain, target.columns)
        raw = [table.c[name].label(f"own_{name}") for name in target.columns]
        return (
            sa.select(*event, *raw)
            .join(table, table.c.key == EVENTS.c.event_id)
            .where(EVENTS.c.node == number)
            .subquery("records")
        )

    def _table(self, name: str, columns: Iterable[str]) -> sa.Subquery:
        """Key and some columns of a domain's records, also columns that only this database has."""
        domain: Domain = DOMAINS[name]
        source = domain.records(self._cdm, sorted(columns), concept=False, source_concept=False)
        raw = [
            source.c[column] if column in source.c else sa.literal_column(f"{source}.{column}").label(column)
            for column in columns
        ]
        return sa.select(source.c[domain.key].label("key"), *raw).select_from(source).subquery("raw")

    def _read(self, name: str, numbers: list[int]) -> dict[int, _Row]:
        domain = DOMAINS[name]
        here = self._cdm.tables.get(domain.table, [])
        asked = [domain.concept, *_VALUES.get(name, (None, None, None))]
        present = [column if column in here or domain.custom_records else None for column in asked]
        table = self._table(name, dict.fromkeys(column for column in present if column))
        columns = [table.c[column] if column else sa.cast(sa.null(), sa.BigInteger) for column in present]
        of_nodes = sa.select(EVENTS.c.event_id).where(EVENTS.c.node.in_(numbers)).distinct().subquery("wanted")
        query = sa.select(table.c.key, *(c.label(f"c{i}") for i, c in enumerate(columns)))
        found = self._evaluator.fetch(query.join(of_nodes, of_nodes.c.event_id == table.c.key))
        rows = zip(*(column.to_pylist() for column in found.columns), strict=True)
        return {key: _Row(c, None if v is None else float(v), u, vc) for key, c, v, u, vc in rows}

    def _name(self, concept_ids: set[int]) -> None:
        unknown = sorted(concept_ids - set(self._names))
        if not unknown:
            return
        concept = self._cdm.table("concept", ["concept_id", "concept_name"])
        query = sa.select(concept.c.concept_id, concept.c.concept_name).join(
            _SOUGHT, _SOUGHT.c.sought == concept.c.concept_id
        )
        found = self._evaluator.fetch_with(_SOUGHT, pa.table({"sought": pa.array(unknown, pa.int64())}), query)
        self._names.update(dict.fromkeys(unknown, ""))
        self._names.update(zip(found.column(0).to_pylist(), found.column(1).to_pylist(), strict=True))


def _number(value: Any) -> float | None:
    """Read a number without what floating point adds in its last digits."""
    return None if value is None else float(f"{float(value):.12g}")


def by_domain(nodes: Iterable[tuple[str, Node]]) -> dict[str, list[Node]]:
    """Sort nodes by their domain."""
    sorted_nodes: dict[str, list[Node]] = defaultdict(list)
    for domain, node in nodes:
        sorted_nodes[domain].append(node)
    return sorted_nodes
