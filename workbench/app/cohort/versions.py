"""What the draft has become since it was opened, in words and in people."""

from __future__ import annotations

import streamlit as st

from workbench.app.cohort.draft import Draft
from workbench.app.data import Source
from workbench.app.results import labels, people
from workbench.differences import changes_between
from workbench.locales import Translator
from workbench.sentences.names import concepts_of
from workbench.settings import Settings


def show_changes(t: Translator, source: Source, draft: Draft) -> None:
    """Compare the draft with the version that was opened in this session."""
    opened, current = (draft.past or [draft.definition])[0], draft.definition
    names = labels(source, concepts_of(opened) + concepts_of(current), t.language)
    changes = changes_between(t, opened, current, names)
    if not changes:
        st.markdown(t("Nothing has changed since this definition was opened."))
        return
    for change in changes:
        st.text(f"• {change.text(t)}")
        if change.kind == "changed":
            st.text(f"   − {change.before}\n   + {change.after}")
    both_enter = all(d.expression.primary_criteria.criteria_list for d in (opened, current))
    if both_enter and st.button(t("Count who enters and who leaves"), key="count-changes"):
        counted = people(source, opened, current, Settings().policy)
        figures = (
            (t("Earlier version"), counted.before),
            (t("Later version"), counted.after),
            (t("In both"), counted.shared),
            (t("Entered"), counted.entered),
            (t("Left"), counted.left),
        )
        for column, (name, value) in zip(st.columns(len(figures)), figures, strict=True):
            column.metric(name, value)
        if counted.shared == "…":
            st.markdown(t("One of the groups is too small to be shown, so none of the three is."))
