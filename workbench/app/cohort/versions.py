"""What the draft has become since it was opened, in words and in people."""

from __future__ import annotations

from typing import Final

import streamlit as st

from workbench.app.cohort.draft import Draft
from workbench.app.counting import counted
from workbench.app.data import Source, current_seat
from workbench.app.results import compared, labels
from workbench.differences import changes_between
from workbench.locales import Translator, mark
from workbench.sentences.names import concepts_of
from workbench.settings import Settings

_PLACE: Final = "changes"
_ASKED: Final = "changes-asked"


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
    between = (opened.hash, current.hash)
    if both_enter and st.button(t("Count who enters and who leaves"), key="count-changes"):
        st.session_state[_ASKED] = between
        current_seat().leave(_PLACE)
    if not both_enter or st.session_state.get(_ASKED) != between:
        current_seat().leave(_PLACE)
        return
    question = compared(opened, current, Settings().policy)
    people = counted(t, _PLACE, question, mark("Counting who enters and who leaves"))
    if people is not None:
        figures = (
            (t("Earlier version"), people.before),
            (t("Later version"), people.after),
            (t("In both"), people.shared),
            (t("Entered"), people.entered),
            (t("Left"), people.left),
        )
        for column, (name, value) in zip(st.columns(len(figures)), figures, strict=True):
            column.metric(name, value)
        if people.shared == "…":
            st.markdown(t("One of the groups is too small to be shown, so none of the three is."))
