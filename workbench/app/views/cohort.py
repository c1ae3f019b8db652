"""Cohort: say by cards who comes in and who stays, and see the count while doing so."""

from __future__ import annotations

from functools import partial
from typing import Final

import streamlit as st

from workbench.app.choices import distinct
from workbench.app.cohort.cards import show_cards
from workbench.app.cohort.diagnostics import show_diagnostics
from workbench.app.cohort.draft import Draft, begin_empty_draft, current_draft, delete_draft, open_draft, saved_drafts
from workbench.app.cohort.exchange import show_export, show_import, show_library
from workbench.app.cohort.picker import PICKING
from workbench.app.cohort.summary import show_summary
from workbench.app.cohort.versions import show_changes
from workbench.app.cohort.why import show_why
from workbench.app.cohort.wording import narrator_for
from workbench.app.counting import counted
from workbench.app.data import current_seat, current_source, has_source
from workbench.app.errors import guarded
from workbench.app.frame import no_data, page_head
from workbench.app.results import checked
from workbench.app.session import current_translator
from workbench.locales import Translator, mark

_CHECKS: Final = "checks"


def show() -> None:
    """Draw the page."""
    t = current_translator()
    page_head(
        t("Cohort"),
        t(
            "A cohort says who comes in (the entry event, which sets the index date) and who stays (the criteria). "
            "Every change is saved and counted at once."
        ),
    )
    if not has_source():
        no_data(t)
        return
    draft = current_draft()
    _chooser(t, draft)
    if draft is None:
        current_seat().leave()
        st.info(t("Open a definition, begin a new one, or bring one in."), icon=":material/group_add:")
        return
    source = current_source()
    current_seat().leave(PICKING)
    current_seat().ask(_CHECKS, checked(draft.definition))
    cards, summary = st.columns([0.66, 0.34], gap="large")
    with summary:
        steps = show_summary(t, draft)
    with cards:
        _name(t, draft)
        shown, checks = st.container(), st.container()
        with checks:
            question = checked(draft.definition)
            problems = counted(t, _CHECKS, question, mark("Checking the definition"), aside=True) or []
        with shown:
            show_cards(t, source, draft, narrator_for(t, source, draft.definition), steps, problems)
        with st.expander(t("Why is a person in or out?"), icon=":material/help_center:"):
            show_why(t, draft.definition)
        with st.expander(t("What changed since it was opened"), icon=":material/difference:"):
            show_changes(t, source, draft)
        with st.expander(t("JSON, export and fingerprint")):
            show_export(t, draft)
    with st.expander(t("Diagnostics"), icon=":material/monitor_heart:"):
        guarded(partial(show_diagnostics, t, source, draft))()


def _chooser(t: Translator, draft: Draft | None) -> None:
    saved = distinct(saved_drafts())
    options = list(saved)
    wanted = st.selectbox(
        t("Definition"),
        options,
        index=options.index(draft.draft_id) if draft is not None and draft.draft_id in saved else None,
        format_func=lambda number: saved[number],
        placeholder=t("Choose a definition"),
        key=f"definition-{draft.draft_id if draft else 'none'}",
    )
    if wanted is not None and (draft is None or wanted != draft.draft_id):
        open_draft(wanted)
        st.rerun()
    with st.container(horizontal=True):
        if st.button(t("New"), icon=":material/add:", key="new-definition"):
            begin_empty_draft(t("New cohort"))
            st.rerun()
        with st.popover(t("From the library"), icon=":material/local_library:"):
            show_library(t)
        with st.popover(t("Import"), icon=":material/upload:"):
            show_import(t)
        if draft is not None:
            _history(t, draft)
            if st.button(t("Delete"), icon=":material/delete:", key="delete-definition"):
                delete_draft(draft.draft_id)
                st.rerun()


def _name(t: Translator, draft: Draft) -> None:
    name = st.text_input(t("Name of the cohort"), draft.definition.name, key=f"name-{draft.draft_id}")
    if name.strip() and name != draft.definition.name:
        draft.change(draft.definition.model_copy(update={"name": name.strip()}))
        st.rerun()


def _history(t: Translator, draft: Draft) -> None:
    if st.button(t("Undo"), icon=":material/undo:", disabled=not draft.past, key="undo"):
        draft.undo()
        st.rerun()
    if st.button(t("Redo"), icon=":material/redo:", disabled=not draft.future, key="redo"):
        draft.redo()
        st.rerun()
