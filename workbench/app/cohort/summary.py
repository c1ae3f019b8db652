"""The column beside the cards: how many are left, and which card costs most."""

from __future__ import annotations

from html import escape

import streamlit as st

from cohorts import CohortDefinition
from workbench.app.data import Source
from workbench.app.results import step_counts
from workbench.counts import StepCount
from workbench.locales import Translator
from workbench.settings import Settings


def show_summary(t: Translator, source: Source, definition: CohortDefinition) -> list[StepCount]:
    """Count the definition and show what is left after each step.

    Returns
    -------
    list of StepCount
        The steps; none while nobody can enter.
    """
    if not definition.expression.primary_criteria.criteria_list:
        st.info(t("Say first what brings a person in."), icon=":material/login:")
        return []
    with st.spinner(t("Counting")):
        steps = step_counts(source, definition, Settings().policy)
    final = steps[-1].persons
    st.metric(t("Eligible persons"), str(final), border=True)
    st.html(funnel_html(t, _telling(steps)))
    costliest = _costliest(steps)
    if costliest is not None:
        st.markdown(t("Most are lost at **{step}**.", step=costliest.name(t)))
    return steps


def funnel_html(t: Translator, steps: list[StepCount], names: dict[str, str] | None = None) -> str:
    """Draw the steps as bars with their numbers; rules go by `names`, and every text is escaped."""
    called = names or {}
    most = max((step.persons.high for step in steps), default=0) or 1
    rows = [_bar(t, called.get(step.rule, step.name(t)), step, step.persons.centre / most) for step in steps]
    label = escape(t("Persons left after each step"), quote=True)
    return f'<div role="group" aria-label="{label}" style="font-size:.9rem">{"".join(rows)}</div>'


def lost_text(t: Translator, step: StepCount) -> str:
    """Say how many leave at a step; nothing where nobody does."""
    if not step.lost.high:
        return ""
    return f"−{step.lost}" if step.lost.exact is not None else t("lost {persons}", persons=step.lost)


def _bar(t: Translator, name: str, step: StepCount, share: float) -> str:
    gone = escape(lost_text(t, step))
    lost = f'<span style="color:#8a3b12">{gone}</span>' if gone else ""
    return (
        '<div style="margin:.35rem 0"><div style="display:flex;justify-content:space-between;gap:.6rem">'
        f"<span>{escape(name)}</span>"
        f'<span style="white-space:nowrap"><b>{escape(str(step.persons))}</b> {lost}</span></div>'
        '<div style="background:#e4e9f0;border-radius:3px;height:.5rem" aria-hidden="true">'
        f'<div style="background:#1f4e79;border-radius:3px;height:.5rem;width:{100 * share:.1f}%"></div></div></div>'
    )


def _telling(steps: list[StepCount]) -> list[StepCount]:
    """Keep the first step, the criteria, and what else loses anybody."""
    return [step for n, step in enumerate(steps) if n == 0 or step.kind == "rule" or step.lost.high]


def _costliest(steps: list[StepCount]) -> StepCount | None:
    rules = [step for step in steps if step.kind == "rule" and step.lost.high]
    return max(rules, key=lambda step: step.lost.centre, default=None)
