"""Results that pages ask for again and again, kept by what they were computed from."""

from __future__ import annotations

import streamlit as st

from cohorts import CohortDefinition, Evaluator, generate
from cohorts.definition import Concept, ConceptSetItem, PatientList
from cohorts.engine.plan import plan
from cohorts.lint import Problem, lint
from cohorts.patient_lists.matching import Matched, match_list
from workbench.access import DisclosurePolicy
from workbench.app.data import Source, current_source
from workbench.concepts import Found, concept_labels, find_concepts, recorded_concepts
from workbench.counting import Question, Task
from workbench.counts import StepCount, attrition_counts
from workbench.differences import People, people_between
from workbench.editor import CriterionForm, EntryForm, new_definition, set_entry
from workbench.editor.forms import WITH_VALUE
from workbench.locales import Language, mark
from workbench.patient_lists import kept_lists, lists_of
from workbench.profile import DataProfile, profile_of
from workbench.workspace import Workspace


def counted_steps(definition: CohortDefinition, policy: DisclosurePolicy) -> Question[list[StepCount]]:
    """What each step of a definition leaves."""

    def work(evaluator: Evaluator, task: Task[list[StepCount]]) -> list[StepCount]:
        made = generate({"counted": definition}, evaluator.cdm, evaluator=evaluator, progress=task.tell_steps)
        task.tell(mark("Counting what each step leaves"), 1.0)
        return attrition_counts(made.attrition("counted"), policy)

    return Question(
        ("steps", definition.hash, policy.threshold, _lists_here(definition)), work, lambda: [plan(definition).cohort]
    )


def checked(definition: CohortDefinition) -> Question[list[Problem]]:
    """What is wrong with a definition by the vocabulary and the units of the data."""
    return Question(
        ("problems", definition.hash, _lists_here(definition)), lambda evaluator, _: lint(definition, evaluator)
    )


def compared(old: CohortDefinition, new: CohortDefinition, policy: DisclosurePolicy) -> Question[People]:
    """Who is in two versions of a definition, in numbers."""

    def work(evaluator: Evaluator, task: Task[People]) -> People:
        return people_between(old, new, evaluator, policy, progress=task.tell_steps)

    return Question(
        ("people", old.hash, new.hash, policy.threshold), work, lambda: [plan(old).cohort, plan(new).cohort]
    )


def _lists_here(definition: CohortDefinition) -> tuple[str, ...]:
    """Digests of the patient lists of a definition that are kept here: when one comes or goes, it is asked anew."""
    named = {known.sha256 for known in lists_of([definition])}
    return tuple(kept.sha256 for kept in kept_lists(Workspace.current()) if kept.sha256 in named) if named else ()


def list_matched(known: PatientList) -> Question[Matched]:
    """Whom of a patient list the CDM has."""
    here = tuple(kept.sha256 for kept in kept_lists(Workspace.current()) if kept.sha256 == known.sha256)
    return Question(("list", known.sha256, here), lambda evaluator, _: match_list(known.listed, evaluator))


def labels(source: Source, concept_ids: list[int], language: Language) -> dict[int, str]:
    """Name concepts in a language."""
    return _labels(source.snapshot, tuple(sorted(set(concept_ids))), language)


@st.cache_data(max_entries=500, show_spinner=False)
def _labels(snapshot: str, concept_ids: tuple[int, ...], language: Language) -> dict[int, str]:
    return concept_labels(current_source().cdm, concept_ids, language)


def find(source: Source, text: str, domain: str, language: Language, limit: int) -> list[Found]:
    """Look concepts up."""
    return _find(source.snapshot, text.lower(), domain, language, limit)


@st.cache_data(max_entries=500, show_spinner=False)
def _find(snapshot: str, text: str, domain: str, language: Language, limit: int) -> list[Found]:
    return find_concepts(current_source().cdm, text, domain, language, limit)


def persons_with(kind: str, items: list[ConceptSetItem], policy: DisclosurePolicy) -> Question[list[StepCount]]:
    """How many persons have any record of a concept set: the first step says."""
    anyone = EntryForm(members=[CriterionForm(kind=kind, items=items)], limit="all")
    return counted_steps(set_entry(new_definition("counted"), anyone), policy)


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
    cdm = current_source().cdm
    found = [recorded_concepts(cdm, kind, concept_ids, column) for column in ("unit_concept_id", "value_as_concept_id")]
    names = concept_labels(cdm, [*found[0], *found[1]], language)
    units, answers = ([Concept(concept_id=n, concept_name=names.get(n, str(n))) for n in numbers] for numbers in found)
    return units, answers


def profile(source: Source) -> DataProfile:
    """Look at the CDM as a whole."""
    return _profile(source.snapshot)


@st.cache_data(max_entries=4, show_spinner=False)
def _profile(snapshot: str) -> DataProfile:
    with current_source().cdm.sibling() as alone:
        return profile_of(alone)
