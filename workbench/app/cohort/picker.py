"""Choosing concepts where they are needed: search, choose, see how many persons have them."""

from __future__ import annotations

from typing import Final

import streamlit as st

from workbench.access import protect_chain
from workbench.app.cohort.editing import Member
from workbench.app.counting import counted_in_place
from workbench.app.data import Source
from workbench.app.results import find, labels, persons_with
from workbench.concepts import Found
from workbench.counts import StepCount
from workbench.locales import Translator, mark
from workbench.settings import Settings

DOMAINS: Final = {
    "ConditionOccurrence": "Condition",
    "DrugExposure": "Drug",
    "Measurement": "Measurement",
    "ProcedureOccurrence": "Procedure",
    "Observation": "Observation",
    "VisitOccurrence": "Visit",
}
"""Domain in which the concepts of a kind of record are looked for."""

PICKING: Final = "picking-"
"""Places of the counts in a dialog; a page without one gives them up."""

_MOST_SHOWN: Final = 12


def pick_concepts(t: Translator, source: Source, member: Member, kind: str) -> None:
    """Let the user search and choose the concepts of one member."""
    text = st.text_input(
        t("Search concepts"),
        key=member.key("search"),
        placeholder=t("Name, synonym or code, in Chinese or English"),
        icon=":material/search:",
        live=True,
    )
    if text and text.strip():
        _results(t, member, find(source, text.strip(), DOMAINS[kind], t.language, _MOST_SHOWN))
    _chosen(t, source, member)
    if member.items:
        question = persons_with(kind, member.items, Settings().policy)
        counted_in_place(
            f"{PICKING}{member.uid}", question, mark("Counting the persons with such a record"), _show_persons
        )


def _show_persons(t: Translator, steps: list[StepCount]) -> None:
    if (persons := steps[0].persons).high == 0:
        st.warning(t("Nobody in this data has such a record."), icon=":material/search_off:")
    else:
        st.markdown(t("Persons with such a record: **{persons}**", persons=persons))


def _results(t: Translator, member: Member, found: list[Found]) -> None:
    if not found:
        st.markdown(t("Nothing found. Try a shorter word, the English name or a code."))
    chosen = {item.concept.concept_id for item in member.items}
    for hit in found:
        concept = hit.concept
        left, right = st.columns([0.84, 0.16], vertical_alignment="center")
        note = " · ".join(part for part in (concept.vocabulary_id, concept.concept_code) if part)
        if hit.persons:
            persons = protect_chain([hit.persons], Settings().policy)[0]
            note += " · " + t("{persons} persons", persons=persons)
        kind = "" if concept.standard_concept in ("S", "C") else f" :orange[{t('not standard')}]"
        left.markdown(f"{_plain(hit.label)}{kind}  \n:gray[{_plain(note)}]")
        right.button(
            t("Chosen") if concept.concept_id in chosen else t("Choose"),
            key=member.key(f"choose-{concept.concept_id}"),
            disabled=concept.concept_id in chosen,
            on_click=member.add,
            args=(concept,),
        )


def _chosen(t: Translator, source: Source, member: Member) -> None:
    if not member.items:
        st.markdown(f":gray[{t('No concept chosen: any record of this kind counts.')}]")
        return
    names = labels(source, [item.concept.concept_id for item in member.items], t.language)
    for position, item in enumerate(member.items):
        number = item.concept.concept_id
        name, below, without, out = st.columns([0.46, 0.22, 0.16, 0.16], vertical_alignment="center")
        name.markdown(f"**{_plain(names.get(number) or item.concept.concept_name or str(number))}**")
        descendants = below.checkbox(
            t("with subordinate concepts"), value=item.include_descendants, key=member.key(f"below-{number}")
        )
        excluded = without.checkbox(t("leave out"), value=item.is_excluded, key=member.key(f"without-{number}"))
        out.button(t("Remove"), key=member.key(f"out-{number}"), on_click=member.remove, args=(number,))
        member.items[position] = item.model_copy(update={"include_descendants": descendants, "is_excluded": excluded})


def _plain(text: str) -> str:
    """Take the meaning out of characters that Markdown would read."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()<>#+-.!|$~:" else c for c in text)
