"""Results that pages ask for again and again, kept by what they were computed from."""

from __future__ import annotations

import streamlit as st

from cohorts import CohortDefinition, generate, read_definition
from cohorts.definition import Concept, ConceptSetItem
from cohorts.lint import Problem, lint
from cohorts.patient_lists import ListName
from cohorts.patient_lists.matching import Matched, match_list
from workbench.access import DisclosurePolicy, Shown
from workbench.app.data import Source, current_source
from workbench.concepts import Found, concept_labels, find_concepts, recorded_concepts
from workbench.counts import StepCount, attrition_counts
from workbench.differences import People, people_between
from workbench.editor import CriterionForm, EntryForm, new_definition, set_entry
from workbench.editor.forms import WITH_VALUE
from workbench.locales import Language
from workbench.profile import DataProfile, profile_of


def step_counts(source: Source, definition: CohortDefinition, policy: DisclosurePolicy) -> list[StepCount]:
    """Count what each step of a definition leaves."""
    return _step_counts(definition.hash, source.snapshot, policy.threshold, definition.to_json())


@st.cache_data(max_entries=500, show_spinner=False)
def _step_counts(definition_hash: str, snapshot: str, threshold: int, _content: dict[str, object]) -> list[StepCount]:
    definition = read_definition(dict(_content), name="counted")
    source = current_source()
    with source.evaluator() as evaluator:
        attrition = generate({"counted": definition}, source.cdm, evaluator=evaluator).attrition("counted")
    return attrition_counts(attrition, DisclosurePolicy(threshold=threshold))


def problems_of(source: Source, definition: CohortDefinition) -> list[Problem]:
    """Check a definition against the vocabulary and the units of the data."""
    return _problems(definition.hash, source.snapshot, definition.to_json())


@st.cache_data(max_entries=500, show_spinner=False)
def _problems(definition_hash: str, snapshot: str, _content: dict[str, object]) -> list[Problem]:
    definition = read_definition(dict(_content), name="checked")
    with current_source().evaluator() as evaluator:
        return lint(definition, evaluator)


def forget_checks() -> None:
    """Check definitions anew: a patient list has come that they may name."""
    _problems.clear()


def list_matched(source: Source, listed: ListName) -> Matched:
    """Look whom of a patient list the CDM has."""
    with source.evaluator() as evaluator:
        return match_list(listed, evaluator)


def people(source: Source, old: CohortDefinition, new: CohortDefinition, policy: DisclosurePolicy) -> People:
    """Count who is in two versions of a definition."""
    return _people(old.hash, new.hash, source.snapshot, policy.threshold, old.to_json(), new.to_json())


@st.cache_data(max_entries=100, show_spinner=False)
def _people(
    old_hash: str,
    new_hash: str,
    snapshot: str,
    threshold: int,
    _old: dict[str, object],
    _new: dict[str, object],
) -> People:
    old, new = (read_definition(dict(content), name="compared") for content in (_old, _new))
    with current_source().evaluator() as evaluator:
        return people_between(old, new, evaluator, DisclosurePolicy(threshold=threshold))


def labels(source: Source, concept_ids: list[int], language: Language) -> dict[int, str]:
    """Name concepts in a language."""
    return _labels(source.snapshot, tuple(sorted(set(concept_ids))), language)


@st.cache_data(max_entries=500, show_spinner=False)
def _labels(snapshot: str, concept_ids: tuple[int, ...], language: Language) -> dict[int, str]:
    source = current_source()
    with source.evaluator():
        return concept_labels(source.cdm, concept_ids, language)


def find(source: Source, text: str, domain: str, language: Language, limit: int) -> list[Found]:
    """Look concepts up."""
    return _find(source.snapshot, text.lower(), domain, language, limit)


@st.cache_data(max_entries=500, show_spinner=False)
def _find(snapshot: str, text: str, domain: str, language: Language, limit: int) -> list[Found]:
    source = current_source()
    with source.evaluator():
        return find_concepts(source.cdm, text, domain, language, limit)


def persons_with(source: Source, kind: str, items: list[ConceptSetItem], policy: DisclosurePolicy) -> Shown:
    """Count the persons who have any record of a concept set."""
    anyone = EntryForm(members=[CriterionForm(kind=kind, items=items)], limit="all")
    return step_counts(source, set_entry(new_definition("counted"), anyone), policy)[0].persons


def recorded(
    source: Source, kind: str, items: list[ConceptSetItem], language: Language
) -> tuple[list[Concept], list[Concept]]:
    """List the units and the coded results that records of a concept set have, the most frequent first."""
    if kind not in WITH_VALUE or not items:
        return [], []
    wanted = tuple(item.concept.concept_id for item in items if not item.is_excluded)
    return _recorded(source.snapshot, kind, wanted, language)


@st.cache_data(max_entries=500, show_spinner=False)
def _recorded(
    snapshot: str, kind: str, concept_ids: tuple[int, ...], language: Language
) -> tuple[list[Concept], list[Concept]]:
    source = current_source()
    with source.evaluator():
        found = [
            recorded_concepts(source.cdm, kind, concept_ids, column)
            for column in ("unit_concept_id", "value_as_concept_id")
        ]
        names = concept_labels(source.cdm, [*found[0], *found[1]], language)
    units, answers = ([Concept(concept_id=n, concept_name=names.get(n, str(n))) for n in numbers] for numbers in found)
    return units, answers


def profile(source: Source) -> DataProfile:
    """Look at the CDM as a whole."""
    return _profile(source.snapshot)


@st.cache_data(max_entries=4, show_spinner=False)
def _profile(snapshot: str) -> DataProfile:
    source = current_source()
    with source.evaluator():
        return profile_of(source.cdm)
