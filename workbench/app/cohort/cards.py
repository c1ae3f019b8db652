"""The cards of a definition: its entry event and its criteria."""

from __future__ import annotations

from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cohorts.definition import InclusionRule
from cohorts.lint import Problem
from workbench.app.cohort.dialog import edit_entry, edit_rule
from workbench.app.cohort.draft import Draft
from workbench.app.cohort.findings import of_entry, of_rule, of_the_rest, show_problems
from workbench.app.cohort.summary import lost_text
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


def show_cards(
    t: Translator, source: Source, draft: Draft, narrator: Narrator, steps: list[StepCount], problems: list[Problem]
) -> None:
    """Draw all cards with what the checks found in each, and the buttons that add one."""
    _entry_card(t, source, draft, narrator, of_entry(problems))
    rules = draft.definition.expression.inclusion_rules or []
    counted = [step for step in steps if step.kind == "rule"]
    for position, rule in enumerate(rules):
        with _rule_card(t, source, draft, narrator, position, rule, counted[position] if counted else None):
            show_problems(t, of_rule(problems, position), f"rule-{position}")
    show_problems(t, of_the_rest(problems), "rest")
    empty = CriterionForm(kind="Measurement", latest=0)
    with st.container(horizontal=True):
        one = st.button(t("Add a criterion"), icon=":material/add:", key="add-rule", type="primary")
        several = st.button(t("Add a group: any of several"), icon=":material/alt_route:", key="add-group")
    if one:
        edit_rule(t, source, draft, RuleForm(name="", members=[empty]), None)
    if several:
        edit_rule(t, source, draft, RuleForm(name="", match="any", members=[empty, empty]), None)


def _entry_card(t: Translator, source: Source, draft: Draft, narrator: Narrator, problems: list[Problem]) -> None:
    expression = draft.definition.expression
    with st.container(border=True, key="entry-card"):
        form = entry_form_of(expression)
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader(t("Entry event: who comes in"), anchor=False, width="content")
            fits = form is not None or not expression.primary_criteria.criteria_list
            asked = fits and st.button(t("Edit the entry event"), key="edit-entry", icon=":material/edit:")
        if not expression.primary_criteria.criteria_list:
            st.markdown(t("Nothing brings a person in yet. Choose a diagnosis, a drug or another record."))
            form = EntryForm(members=[])
        else:
            st.markdown(t.join(narrator.entry(expression)))
        if form is None:
            st.markdown(f":gray[{t('This entry event has more than a card can show. Change it in its JSON.')}]")
        elif asked:
            edit_entry(t, source, draft, form)
        if expression.primary_criteria.criteria_list:
            show_problems(t, problems, "entry")


def _rule_card(
    t: Translator,
    source: Source,
    draft: Draft,
    narrator: Narrator,
    position: int,
    rule: InclusionRule,
    step: StepCount | None,
) -> DeltaGenerator:
    form = rule_form_of(rule, draft.definition.expression)
    card = st.container(border=True, key=f"rule-card-{position}")
    with card:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            with st.container(horizontal=True, width="content", vertical_alignment="center"):
                st.markdown(f"**{position + 1}. {rule.name or t('Unnamed criterion')}**", width="content")
                if form is not None:
                    included = form.mode == "include"
                    st.badge(t("include") if included else t("exclude"), color="blue" if included else "orange")
            with st.container(horizontal=True, width="content", vertical_alignment="center"):
                if step is not None:
                    gone = lost_text(t, step)
                    lost = f"  :orange[{gone}]" if gone else ""
                    st.markdown(t("{persons} left", persons=step.persons) + lost, width="content")
                asked = form is not None and st.button(
                    t("Edit {n}", n=position + 1), key=f"edit-rule-{position}", icon=":material/edit:"
                )
                _menu(t, draft, position)
        if form is not None and asked:
            edit_rule(t, source, draft, form, position)
        st.markdown(narrator.rule(rule))
        if form is None:
            st.markdown(f":gray[{t('This criterion has more than a card can show. Change it in its JSON.')}]")
    return card


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
