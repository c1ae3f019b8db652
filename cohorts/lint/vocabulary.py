"""Checks against the vocabulary and the records of a CDM: what the concepts are there, and what they find."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import sqlalchemy as sa

from cohorts.definition import ConceptSet, Measurement
from cohorts.engine.evaluator import Evaluator
from cohorts.engine.nodes import CodeItem, Codes
from cohorts.engine.tables import CODES
from cohorts.lint.places import Places
from cohorts.lint.problem import Problem
from omop_etl.cdm.engines.base import scratch_table

_LISTED: Final = scratch_table("linted_concepts", sa.Column("listed", sa.BigInteger))

_MOST_NAMED: Final = 5

_DOMAINS: Final = {
    "ConditionOccurrence": "Condition",
    "ConditionEra": "Condition",
    "DrugExposure": "Drug",
    "DrugEra": "Drug",
    "DoseEra": "Drug",
    "ProcedureOccurrence": "Procedure",
    "Measurement": "Measurement",
    "Observation": "Observation",
    "DeviceExposure": "Device",
    "VisitOccurrence": "Visit",
    "VisitDetail": "Visit",
    "Specimen": "Specimen",
    "Death": "Condition",
}
"""Domain whose concepts a criterion finds in the standard concept of its records."""


@dataclass(frozen=True)
class Known:
    """What a vocabulary says of a concept."""

    name: str
    domain: str
    standard: str
    invalid: str


class Vocabulary:
    """The concepts of a definition as a CDM knows them.

    Parameters
    ----------
    places : Places
        The definition.
    evaluator : Evaluator
        Resolves concept sets on the CDM.
    """

    def __init__(self, places: Places, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.sets: list[ConceptSet] = list(places.expression.concept_sets or [])
        self.concepts = self._concepts({i.concept.concept_id for s in self.sets for i in s.expression.items})
        self.sizes = self._sizes()

    def _concepts(self, wanted: set[int]) -> dict[int, Known]:
        columns = ["concept_id", "concept_name", "domain_id", "standard_concept", "invalid_reason"]
        concept = self.evaluator.cdm.table("concept", columns)
        query = sa.select(*(concept.c[name] for name in columns)).join(
            _LISTED, _LISTED.c.listed == concept.c.concept_id
        )
        listed = pa.table({"listed": pa.array(sorted(wanted), pa.int64())})
        found = self.evaluator.fetch_with(_LISTED, listed, query).to_pylist()
        return {row["concept_id"]: Known(*(str(row[name] or "") for name in columns[1:])) for row in found}

    def _sizes(self) -> dict[int, int]:
        """How many concepts each set holds, by its position."""
        nodes = {i: Codes(_items(known)) for i, known in enumerate(self.sets)}
        self.evaluator.evaluate(nodes.values())
        query = sa.select(CODES.c.node, sa.func.count().label("n")).group_by(CODES.c.node)
        counted = {row["node"]: row["n"] for row in self.evaluator.fetch(query).to_pylist()}
        return {i: counted.get(self.evaluator.number(node), 0) for i, node in nodes.items()}

    @property
    def tables(self) -> Container[str]:
        """Names of the tables that the CDM has."""
        return self.evaluator.cdm.tables

    def codes_of(self, codeset: int | None) -> Codes | None:
        """Concepts of a concept set; none where there is no such set."""
        return next((Codes(_items(known)) for known in self.sets if known.id == codeset), None)

    def units_of(self, codeset: int) -> dict[int, str]:
        """Units that the measurements of a concept set have in this data, with their names."""
        node = self.codes_of(codeset)
        if node is None or "measurement" not in self.tables:
            return {}
        self.evaluator.evaluate([node])
        measurement = self.evaluator.cdm.table("measurement")
        concept = self.evaluator.cdm.table("concept")
        unit = measurement.c.unit_concept_id
        query = (
            sa.select(unit, concept.c.concept_name)
            .join(CODES, CODES.c.concept_id == measurement.c.measurement_concept_id)
            .join(concept, concept.c.concept_id == unit)
            .where(CODES.c.node == self.evaluator.number(node), measurement.c.value_as_number.is_not(None), unit != 0)
            .group_by(unit, concept.c.concept_name)
        )
        found = self.evaluator.fetch(query)
        return dict(zip(found.column(0).to_pylist(), found.column(1).to_pylist(), strict=True))


def _items(known: ConceptSet) -> tuple[CodeItem, ...]:
    return tuple(
        CodeItem(item.concept.concept_id, item.include_descendants, item.include_mapped, item.is_excluded)
        for item in known.expression.items
    )


def resolved_empty(places: Places, vocabulary: Vocabulary) -> Iterator[Problem]:
    """A concept set that resolves to nothing in this vocabulary finds nothing."""
    for i, known in enumerate(vocabulary.sets):
        if known.expression.items and not vocabulary.sizes[i]:
            yield Problem(
                "the concept set {name} holds no concept of this vocabulary",
                check="empty in the vocabulary",
                severity="critical",
                path=f"ConceptSets[{i}]",
                todo="look its concepts up in this vocabulary",
                name=known.name or known.id,
            )


def unknown_concepts(places: Places, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Concepts that this vocabulary does not have find nothing."""
    for i, known in enumerate(vocabulary.sets):
        listed = [item.concept.concept_id for item in known.expression.items]
        unknown = [number for number in listed if number not in vocabulary.concepts]
        if unknown:
            yield Problem(
                "{n} of {all} concepts of the concept set {name} do not exist in this vocabulary: {ids}",
                check="unknown concept",
                severity="warning",
                path=f"ConceptSets[{i}]",
                todo="remove them, or load a vocabulary that has them",
                n=len(unknown),
                all=len(listed),
                name=known.name or known.id,
                ids=", ".join(str(number) for number in unknown[:_MOST_NAMED])
                + ("…" if len(unknown) > _MOST_NAMED else ""),
            )


def listed_concepts(places: Places, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Concepts that are no longer valid, or that no record carries as its standard concept."""
    only_source = _used_for_source_codes_only(places)
    for i, known in enumerate(vocabulary.sets):
        for n, item in enumerate(known.expression.items):
            path, number = f"ConceptSets[{i}].expression.items[{n}]", item.concept.concept_id
            concept = vocabulary.concepts.get(number)
            if concept is None:
                continue
            if concept.invalid:
                yield Problem(
                    "concept {id} ({name}) is no longer valid",
                    check="invalid concept",
                    severity="warning",
                    path=path,
                    todo="replace it by the concept it was replaced by",
                    id=number,
                    name=concept.name,
                )
            elif not (concept.standard or item.include_mapped or item.is_excluded or known.id in only_source):
                yield Problem(
                    "concept {id} ({name}) is not standard, so that no record carries it",
                    check="non-standard concept",
                    severity="warning",
                    path=path,
                    todo="use the standard concept it maps to, or match source codes",
                    id=number,
                    name=concept.name,
                )


def _used_for_source_codes_only(places: Places) -> set[int]:
    source: set[int] = set()
    standard: set[int] = set()
    for place in places.criteria:
        for name in type(place.criterion).model_fields:
            value = getattr(place.criterion, name)
            if isinstance(value, int) and not isinstance(value, bool):
                if name.endswith("_source_concept"):
                    source.add(value)
                elif name == "codeset_id":
                    standard.add(value)
    return source - standard


def domain_mismatch(places: Places, vocabulary: Vocabulary) -> Iterator[Problem]:
    """A concept set of one domain in a criterion of another finds nothing: the domain decides the table."""
    by_id: dict[int | None, ConceptSet] = {known.id: known for known in vocabulary.sets}
    for place in places.criteria:
        expected = _DOMAINS.get(type(place.criterion).__name__)
        known = by_id.get(getattr(place.criterion, "codeset_id", None))
        if known is None or expected is None:
            continue
        listed = [vocabulary.concepts.get(i.concept.concept_id) for i in known.expression.items if not i.is_excluded]
        domains = sorted({concept.domain for concept in listed if concept is not None})
        if domains and expected not in domains:
            yield Problem(
                "the concept set {name} holds concepts of {domains}, which are recorded in another table",
                check="domain mismatch",
                severity="warning",
                path=f"{place.path}.CodesetId",
                todo="take a criterion of that kind, or another concept set",
                name=known.name or known.id,
                domains=", ".join(domains),
            )


def recorded_units(places: Places, vocabulary: Vocabulary) -> Iterator[Problem]:
    """A threshold without a unit over records in several units, or in a unit that no record has."""
    for place in places.criteria:
        criterion = place.criterion
        if not isinstance(criterion, Measurement) or criterion.value_as_number is None or criterion.codeset_id is None:
            continue
        asked = {unit.concept_id for unit in criterion.unit or []}
        recorded = vocabulary.units_of(criterion.codeset_id)
        if not asked and criterion.unit_cs is None and len(recorded) > 1:
            yield Problem(
                "the results of this data are in {n} units ({units}), and the number is compared in all of them",
                check="recorded units",
                severity="critical",
                path=f"{place.path}.ValueAsNumber",
                todo="name the unit",
                n=len(recorded),
                units=", ".join(sorted(recorded.values())),
            )
        elif asked and recorded and not asked & set(recorded) and places.semantics == "circe":
            yield Problem(
                "no result of this data is in the unit asked for; there are {units}",
                check="recorded units",
                severity="critical",
                path=f"{place.path}.Unit",
                todo="take a unit of the data, and convert the threshold",
                units=", ".join(sorted(recorded.values())),
            )


CHECKS = (resolved_empty, unknown_concepts, listed_concepts, domain_mismatch, recorded_units)
