"""Check of the records: how many numbers are in a unit that is not known, or that cannot be converted."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from cohorts.definition import Criterion
from cohorts.engine.domains import DOMAINS, IN_UNIT, Rows
from cohorts.engine.filters import conversions_of
from cohorts.engine.in_units import unit_field
from cohorts.engine.nodes import AnyCodes, CodeList, Codes, Conversions
from cohorts.engine.tables import CODES
from cohorts.lint.places import Places
from cohorts.lint.problem import Problem
from cohorts.lint.vocabulary import Vocabulary


def unknown_units(places: Places, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Records of which nobody can say whether they reach a threshold; how many is told as a share, never as a count."""
    for place in places.criteria if places.semantics == "exact" else ():
        field = unit_field(place.criterion)
        codes = vocabulary.codes_of(getattr(place.criterion, "codeset_id", None))
        asked = _asked(place.criterion, field, vocabulary) if field else None
        if codes is None or asked is None or DOMAINS[type(place.criterion).__name__].table not in vocabulary.tables:
            continue
        numbers, undecided, units = _counted(place.criterion, field, codes, asked, vocabulary)
        if undecided:
            share = 100 * undecided / numbers
            yield Problem(
                "of {share} % of the numbers it cannot be said whether they reach the threshold: their unit is not "
                "known or cannot be converted ({units})",
                check="unknown units",
                severity="critical" if undecided == numbers else "warning",
                path=f"{place.path}.{type(place.criterion).model_fields[field].alias}",
                todo="map the units of the source, or ask for such a unit with a threshold of its own",
                share=f"{share:.0f}" if share >= 1 else "< 1",
                units=", ".join(units),
            )


def _asked(criterion: Criterion, field: str, vocabulary: Vocabulary) -> AnyCodes | None:
    listed = getattr(criterion, field)
    if listed:
        return CodeList(tuple(sorted({concept.concept_id for concept in listed})))
    return vocabulary.codes_of(getattr(criterion, f"{field}_cs").codeset_id)


def _counted(
    criterion: Criterion, field: str, codes: Codes, asked: AnyCodes, vocabulary: Vocabulary
) -> tuple[int, int, list[str]]:
    """How many records have a number, of how many the unit is of no use, and the names of such units."""
    evaluator, domain = vocabulary.evaluator, DOMAINS[type(criterion).__name__]
    conversions = Conversions(asked)
    evaluator.evaluate([codes, conversions])
    name = next(a.target for key, a in domain.attributes.items() if a.unit and getattr(criterion, key) is not None)
    target = domain.targets[f"{name}{IN_UNIT}"]
    assert target.unit is not None
    assert domain.concept is not None
    needed = sorted({*target.columns, domain.concept})
    table = domain.records(evaluator.cdm, needed, concept=True, source_concept=False)
    of_set = sa.and_(CODES.c.node == evaluator.number(codes), CODES.c.concept_id == table.c[domain.concept])
    own = [table.c[column].label(f"own_{column}") for column in target.columns]
    rows = Rows(sa.select(*own).select_from(table).join(CODES, of_set).subquery("records"), evaluator.cdm)
    into = conversions_of(rows, "into", sa.literal(evaluator.number(conversions)), target.unit, outer=True)
    value, unit = target.expression(rows), rows.own(target.unit.column)
    concept = evaluator.cdm.table("concept", ["concept_id", "concept_name"])
    source = rows.source.join(concept, sa.and_(concept.c.concept_id == unit, unit != 0), isouter=True)
    undecided = sa.func.count(sa.case((into.c.node.is_(None), 1)))
    query = (
        sa.select(concept.c.concept_name.label("name"), sa.func.count().label("n"), undecided.label("undecided"))
        .select_from(source)
        .where(value.is_not(None))
        .group_by(concept.c.concept_name)
    )
    found = evaluator.fetch(query).to_pylist()
    units = sorted({row["name"] or "?" for row in found if row["undecided"]})
    return sum(row["n"] for row in found), sum(row["undecided"] for row in found), units


CHECKS = (unknown_units,)
