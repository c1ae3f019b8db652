"""Explain persons on a CDM, with names of concepts in the reader's language; only for those who may see rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cohorts import CohortDefinition
from cohorts.explain import Evidence, Explanation, Finding, explain
from omop_etl.cdm import Cdm
from workbench.access.rows import note_rows_shown
from workbench.concepts import concept_labels
from workbench.explanations.lines import Line, explanation_lines
from workbench.locales import Translator
from workbench.sentences import Narrator
from workbench.sentences.names import concepts_of


@dataclass(frozen=True)
class Explained:
    """An explanation and its lines in one language."""

    explanation: Explanation
    lines: list[Line]


def explain_persons(t: Translator, definition: CohortDefinition, cdm: Cdm, persons: Sequence[int]) -> list[Explained]:
    """Explain persons in words, and note that their rows were shown.

    Parameters
    ----------
    t : Translator
        Of the reader's language.
    definition : CohortDefinition
        The cohort.
    cdm : Cdm
        A CDM opened for this purpose.
    persons : sequence of int
        Whom to explain. The caller has made sure that the reader may see rows.

    Returns
    -------
    list of Explained
        One a person.
    """
    note_rows_shown(definition.hash, cdm.snapshot, len(persons))
    explanations = explain(definition, cdm, persons)
    ids = {number for explanation in explanations for number in _concepts(explanation)}
    labels = concept_labels(cdm, ids | set(concepts_of(definition)), t.language)
    narrator = Narrator.of(t, definition.expression, labels, semantics=definition.semantics)
    return [Explained(e, explanation_lines(t, definition, narrator, e, labels)) for e in explanations]


def _concepts(explanation: Explanation) -> Iterator[int]:
    """Concepts that an explanation names."""
    for fate in explanation.fates:
        yield from _of_rows([Evidence(fate.record)])
        findings = [rule.finding for rule in fate.rules]
        findings += [fate.additional] if fate.additional is not None else []
        for finding in findings:
            yield from _of_finding(finding)
    for almost in explanation.almost:
        yield from _of_rows(almost.near)


def _of_finding(finding: Finding) -> Iterator[int]:
    yield from _of_rows((*finding.counted, *finding.near))
    for test in finding.tested:
        if test.miss.test in ("in", "not in") and isinstance(test.miss.value, int):
            yield test.miss.value
    for member in finding.members:
        yield from _of_finding(member)


def _of_rows(rows: Iterable[Evidence]) -> Iterator[int]:
    for row in rows:
        record = row.record
        units = (record.unit_concept_id, record.converted_unit_concept_id)
        named = (record.concept_id, *units, record.value_concept_id)
        yield from (number for number in named if number)
        for miss in row.misses:
            if miss.test in ("in", "not in") and isinstance(miss.value, int):
                yield miss.value
        if row.nested is not None:
            yield from _of_finding(row.nested)
