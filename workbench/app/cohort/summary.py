"""The column beside the cards: how many are left, and which card costs most."""

from __future__ import annotations

from html import escape
from typing import Final

import streamlit as st

from workbench.app.cohort.draft import Draft
from workbench.app.counting import POLL, asked, looked_at, show_end, show_standing
from workbench.app.data import current_seat
from workbench.app.results import counted_steps
from workbench.app.session import current_translator, redraw
from workbench.counting import Question
from workbench.counts import StepCount
from workbench.locales import Translator, mark
from workbench.settings import Settings

_PLACE: Final = "count"


def show_summary(t: Translator, draft: Draft) -> list[StepCount]:
    """Count the definition and show what is left after each step.

    Returns
    -------
    list of StepCount
        The steps; none while nobody can enter, and none of an earlier version while this one is being counted.
    """
    if not draft.definition.expression.primary_criteria.criteria_list:
        current_seat().leave(_PLACE)
        st.info(t("Say first what brings a person in."), icon=":material/login:")
        return []
    question = counted_steps(draft.definition, Settings().policy)
    ticket = asked(_PLACE, question)
    if ticket.task.status == "done":
        current_seat().remembered[_PLACE, draft.draft_id] = ticket.task.result
        _show_counted(t, ticket.task.result)
        return ticket.task.result
    if ticket.waits:
        _follow(draft.draft_id, question)
    else:
        show_end(t, _PLACE, ticket)
        _show_earlier(t, draft.draft_id)
    return []


@st.fragment(run_every=POLL)
def _follow(draft_id: str, question: Question[list[StepCount]]) -> None:
    t, ticket = current_translator(), looked_at(_PLACE, question)
    if ticket is not None and ticket.waits:
        show_standing(t, _PLACE, ticket.task, mark("Counting"))
        _show_earlier(t, draft_id)
        return
    redraw()
    if ticket is None:
        return
    if ticket.task.status == "done":
        _show_counted(t, ticket.task.result)
    else:
        show_end(t, _PLACE, ticket)
        _show_earlier(t, draft_id)


def _show_counted(t: Translator, steps: list[StepCount]) -> None:
    st.metric(t("Eligible persons"), str(steps[-1].persons), border=True)
    st.html(funnel_html(t, _telling(steps)))
    costliest = _costliest(steps)
    if costliest is not None:
        st.markdown(t("Most are lost at **{step}**.", step=costliest.name(t)))


def _show_earlier(t: Translator, draft_id: str) -> None:
    """Show in grey what was counted last, as that of another version."""
    steps: list[StepCount] | None = current_seat().remembered.get((_PLACE, draft_id))
    if steps is None:
        return
    said = escape(t("Of the version before: {persons} eligible persons", persons=steps[-1].persons))
    st.html(
        f'<div class="rwe-earlier"><p style="margin:.2rem 0 .6rem;font-weight:600">{said}</p>'
        f"{funnel_html(t, _telling(steps))}</div>"
    )


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
