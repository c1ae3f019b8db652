"""The panel that answers why a person is in the cohort or not."""

from __future__ import annotations

from html import escape
from typing import Final

import streamlit as st

from cohorts import CohortDefinition, Evaluator
from workbench.app.counting import counted
from workbench.app.data import current_seat
from workbench.app.session import keep
from workbench.counting import Question, Task
from workbench.explanations import Explained, Line, explain_persons
from workbench.locales import Translator, mark
from workbench.settings import Settings

_PLACE: Final = "why"
_LOOK: Final = {
    "yes": ("✓", "#146c43", mark("met")),
    "no": ("✗", "#a12622", mark("not met")),
    "row": ("•", "#1f2937", mark("a row that counts")),
    "near": ("≈", "#8a5a00", mark("a row that nearly counts")),
    "note": ("", "#4b5563", ""),
}


def show_why(t: Translator, definition: CohortDefinition) -> None:
    """Let the user ask about one person; the answer is worked out anew each time and given up once it is shown."""
    if not Settings().rows:
        st.info(t("Records of single persons are not shown on this installation."), icon=":material/lock:")
        st.markdown(
            t(
                "Why a person is in or out can be told only by showing that person's records. Whoever runs this "
                "workbench can allow it with `rows = true` in `rwe.toml`; each look is then noted in the log, without "
                "the person's number."
            )
        )
        return
    if not definition.expression.primary_criteria.criteria_list:
        st.info(t("Say first what brings a person in."), icon=":material/login:")
        return
    person = st.text_input(
        t("Number of the person (PERSON_ID)"), key=keep("why-person"), placeholder=t("for example: 42")
    ).strip()
    if not person:
        current_seat().leave(_PLACE)
        return
    if not person.lstrip("-").isdigit():
        st.warning(t("A person's number has digits only."), icon=":material/edit_note:")
        return
    question = _explained(t, definition, int(person))
    explained = counted(t, _PLACE, question, mark("Looking at the records"))
    if explained is not None:
        current_seat().leave(_PLACE)
        st.html(lines_html(t, explained.lines))
        _legend(t, explained)


def _explained(t: Translator, definition: CohortDefinition, person: int) -> Question[Explained]:
    """Ask for this session alone, since each look is noted.

    It has a connection of its own: the working tables of the pages' evaluators stay as they are.
    """

    def work(evaluator: Evaluator, task: Task[Explained]) -> Explained:
        with evaluator.cdm.sibling() as alone, task.stop.reaches(alone.engine):
            return explain_persons(t, definition, alone, [person])[0]

    return Question(("why", definition.hash, person, t.language, current_seat().owner), work, kept=False)


def lines_html(t: Translator, lines: list[Line]) -> str:
    """Draw the lines of an explanation, indented and with their signs; every text is escaped."""
    rows = []
    for line in lines:
        sign, colour, meaning = _LOOK[line.sign]
        weight = "600" if line.level == 0 else "400"
        said = f'<span role="img" aria-label="{escape(t(meaning), quote=True)}">{sign}</span>' if meaning else ""
        rows.append(
            f'<div style="display:flex;gap:.5rem;margin:.2rem 0 .2rem {line.level * 1.4:.1f}rem;font-weight:{weight}">'
            f'<span style="color:{colour};font-weight:700;min-width:1rem">{said}</span>'
            f'<span style="color:{colour if line.sign == "note" else "#1f2937"}">{escape(line.text)}</span></div>'
        )
    label = escape(t("Why this person is in the cohort or not"), quote=True)
    return f'<div role="group" aria-label="{label}" style="font-size:.92rem">{"".join(rows)}</div>'


def _legend(t: Translator, explained: Explained) -> None:
    signs = dict.fromkeys(line.sign for line in explained.lines if line.sign != "note")
    said = "  ·  ".join(f"{_LOOK[sign][0]} {t(_LOOK[sign][2])}" for sign in signs)
    st.markdown(f":gray[{said}]")
