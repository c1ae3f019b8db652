"""The dialogs in which the entry event and a criterion are edited."""

from __future__ import annotations

from typing import Final

import streamlit as st

from workbench.app.cohort.draft import Draft
from workbench.app.cohort.editing import Editing, begin
from workbench.app.cohort.member_fields import Purpose, member_fields
from workbench.app.data import Source
from workbench.app.session import dialog_closed, dialog_opened
from workbench.editor import CriterionForm, EntryForm, RuleForm, add_rule, concept_set_named, replace_rule, set_entry
from workbench.editor.forms import MEMBERSHIP, Match
from workbench.locales import Translator, mark

_LIMITS: Final = {
    "first": mark("the first event of a person"),
    "last": mark("the last event of a person"),
    "all": mark("every event of a person"),
}
_MODES: Final = {"include": mark("keep who meets it"), "exclude": mark("leave out who meets it")}
_MATCHES: Final[dict[Match, str]] = {"all": mark("all of them"), "any": mark("any of them")}


def edit_entry(t: Translator, source: Source, draft: Draft, form: EntryForm) -> None:
    """Open the dialog for the entry event."""
    editing = begin(form.members or [CriterionForm(kind="ConditionOccurrence", first=True)])

    @st.dialog(t("Entry event: what brings a person in"), width="large", on_dismiss=dialog_closed)
    def body() -> None:
        members = _members(t, source, editing, "entry")
        st.divider()
        before, after, limit = st.columns(3)
        prior = before.number_input(t("Days observed before"), min_value=0, value=form.prior_days, key="entry-prior")
        post = after.number_input(t("Days observed after"), min_value=0, value=form.post_days, key="entry-post")
        which = limit.selectbox(
            t("Which event counts"),
            list(_LIMITS),
            index=list(_LIMITS).index(form.limit),
            format_func=lambda choice: t(_LIMITS[choice]),
            key="entry-limit",
        )
        if _saved(t, disabled=any(member.lacks_group for member in members)):
            entry = EntryForm(members=members, prior_days=int(prior), post_days=int(post), limit=which)
            draft.change(set_entry(draft.definition, entry))
            st.rerun()

    dialog_opened()
    body()


def edit_rule(t: Translator, source: Source, draft: Draft, form: RuleForm, position: int | None) -> None:
    """Open the dialog for a criterion: a new one where there is no position."""
    editing = begin(form.members)

    @st.dialog(t("Criterion"), width="large", on_dismiss=dialog_closed)
    def body() -> None:
        name = st.text_input(t("Name"), value=form.name, key="rule-name", placeholder=t("for example: ECOG 0–1"))
        mode = st.segmented_control(
            t("Those who meet it"),
            list(_MODES),
            default=form.mode,
            required=True,
            format_func=lambda choice: t(_MODES[choice]),
            key="rule-mode",
        )
        members = _members(t, source, editing, "rule")
        match: Match | None = form.match
        if len(members) > 1 and mode == "include":
            match = st.segmented_control(
                t("How many must hold"),
                list(_MATCHES),
                default=form.match,
                required=True,
                format_func=lambda choice: t(_MATCHES[choice]),
                key="rule-match",
            )
        name = name.strip() or _suggested(members)
        problem = _problem(t, name, mode, members)
        if problem:
            st.warning(problem, icon=":material/edit_note:")
        if _saved(t, disabled=bool(problem)):
            rule = RuleForm(name=name, description=form.description, mode=mode, match=match or "all", members=members)
            changed = add_rule(draft.definition, rule)
            if position is not None:
                changed = replace_rule(draft.definition, position, rule)
            draft.change(changed)
            st.rerun()

    dialog_opened()
    body()


def _members(t: Translator, source: Source, editing: Editing, purpose: Purpose) -> list[CriterionForm]:
    forms = []
    for member in editing.members:
        with st.container(border=True, key=f"member-{member.uid}"):
            forms.append(member_fields(t, source, member, purpose))
            if len(editing.members) > 1:
                st.button(t("Remove this one"), key=member.key("remove"), on_click=editing.remove, args=(member.uid,))
    label = t("Add another event that also counts") if purpose == "entry" else t("Add another condition")
    st.button(label, key=f"add-member-{purpose}", icon=":material/add:", on_click=editing.add, args=(forms[0].kind,))
    return forms


def _suggested(members: list[CriterionForm]) -> str:
    """Name a card after its concepts, where the user gives it no name."""
    return ", ".join(name for name in map(_name, members) if name)


def _name(member: CriterionForm) -> str:
    if member.cohort is not None:
        return member.cohort.name or ""
    return member.patient_list.title if member.patient_list is not None else concept_set_named(member.items)


def _problem(t: Translator, name: str, mode: str, members: list[CriterionForm]) -> str:
    """Say what keeps a card from being saved."""
    for member in members:
        if member.lacks_group:
            return t("Choose a cohort.") if member.kind == MEMBERSHIP else t("Choose a patient list.")
    if not name:
        return t("Choose a concept, or give the criterion a name.")
    if any(member.kind == "Demographics" and not (member.age or member.genders) for member in members):
        return t("Choose an age or a sex.")
    if mode == "exclude" and any(member.kind == "Demographics" for member in members):
        return t("Age and sex cannot be left out: say which ages and sexes to keep.")
    if any(m.earliest is not None and m.latest is not None and m.earliest > m.latest for m in members):
        return t("The window ends before it starts.")
    return ""


def _saved(t: Translator, *, disabled: bool = False) -> bool:
    return st.button(t("Save"), type="primary", key="dialog-save", disabled=disabled)
