"""The cards of a definition: its entry event and its criteria."""

from __future__ import annotations

from typing import Final

import streamlit as st

from cohorts.definition import InclusionRule
from workbench.app.cohort.dialog import edit_entry, edit_rule
from workbench.app.cohort.draft import Draft
from workbench.app.data import Source
from workbench.counts import StepCount
from workbench.editor import (
    CriterionForm,
    EntryForm,
    RuleForm,
    duplicate_rule,
    entry_form_of,
    move_rule,
    remove_rule,
    rule_form_of,
)
from workbench.locales import Translator, mark
from workbench.sentences import Narrator

_ACTIONS: Final = {
    "up": mark("Move up"),
    "down": mark("Move down"),
    "duplicate": mark("Duplicate"),
    "remove": mark("Remove"),
}


def show_cards(t: Translator, source: Source, draft: Draft, narrator: Narrator, steps: list[StepCount]) -> None:
    """Draw all cards, and the buttons that add one."""
    _entry_card(t, source, draft, narrator)
    rules = draft.definition.expression.inclusion_rules or []
    counted = [step for step in steps if step.kind == "rule"]
    for position, rule in enumerate(rules):
        _rule_card(t, source, draft, narrator, position, rule, counted[position] if counted else None)
    one, several, _ = st.columns([0.26, 0.34, 0.4])
    empty = CriterionForm(kind="Measurement", latest=0)
    if one.button(t("Add a criterion"), icon=":material/add:", key="add-rule", type="primary"):
        edit_rule(t, source, draft, RuleForm(name="", members=[empty]), None)
    if several.button(t("Add a group: any of several"), icon=":material/alt_route:", key="add-group"):
        edit_rule(t, source, draft, RuleForm(name="", match="any", members=[empty, empty]), None)


def _entry_card(t: Translator, source: Source, draft: Draft, narrator: Narrator) -> None:
    expression = draft.definition.expression
    with st.container(border=True, key="entry-card"):
        head, action = st.columns([0.8, 0.2], vertical_alignment="center")
        head.subheader(t("Entry event: who comes in"), anchor=False)
        form = entry_form_of(expression)
        if not expression.primary_criteria.criteria_list:
            st.markdown(t("Nothing brings a person in yet. Choose a diagnosis, a drug or another record."))
            form = EntryForm(members=[])
        else:
            st.markdown(" ".join(narrator.entry(expression)))
        if form is None:
            st.markdown(f":gray[{t('This entry event has more than a card can show. Change it in its JSON.')}]")
        elif action.button(t("Edit the entry event"), key="edit-entry", icon=":material/edit:"):
            edit_entry(t, source, draft, form)


def _rule_card(
    t: Translator,
    source: Source,
    draft: Draft,
    narrator: Narrator,
    position: int,
    rule: InclusionRule,
    step: StepCount | None,
) -> None:
    form = rule_form_of(rule, draft.definition.expression)
    with st.container(border=True, key=f"rule-card-{position}"):
        head, numbers, action = st.columns([0.5, 0.25, 0.25], vertical_alignment="center")
        name = rule.name or t("Unnamed criterion")
        head.markdown(f"**{position + 1}. {name}**")
        if form is not None:
            label = t("include") if form.mode == "include" else t("exclude")
            head.badge(label, color="blue" if form.mode == "include" else "orange")
        if step is not None:
            numbers.markdown(t("{persons} left", persons=step.persons))
            if step.lost.high:
                numbers.markdown(f":orange[−{step.lost}]")
        if form is not None and action.button(
            t("Edit {n}", n=position + 1), key=f"edit-rule-{position}", icon=":material/edit:"
        ):
            edit_rule(t, source, draft, form, position)
        with action:
            _menu(t, draft, position)
        st.markdown(narrator.rule(rule))
        if form is None:
            st.markdown(f":gray[{t('This criterion has more than a card can show. Change it in its JSON.')}]")


def _menu(t: Translator, draft: Draft, position: int) -> None:
    chosen = st.menu_button(
        t("More {n}", n=position + 1), list(_ACTIONS), format_func=lambda a: t(_ACTIONS[a]), key=f"menu-{position}"
    )
    if chosen is None:
        return
    definition = draft.definition
    changed = {
        "up": lambda: move_rule(definition, position, -1),
        "down": lambda: move_rule(definition, position, 1),
        "duplicate": lambda: duplicate_rule(definition, position),
        "remove": lambda: remove_rule(definition, position),
    }[chosen]()
    draft.change(changed)
    st.rerun()
