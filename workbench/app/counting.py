"""Waiting on a page: what is being counted, how far it is, and a button that stops it; the page stays usable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import streamlit as st

from omop_etl.errors import RweError
from workbench.app.data import current_seat
from workbench.app.errors import note_defect, show_number, show_refusal
from workbench.app.session import current_translator, redraw
from workbench.counting import Question, Task, Ticket
from workbench.locales import Translator

Result = TypeVar("Result")

POLL: Final = 0.5
"""Seconds between two looks at how work stands."""

AT_ONCE: Final = 0.4
"""Seconds that a page waits for an answer before it shows that it is being worked out."""


def asked(place: str, question: Question[Result]) -> Ticket[Result]:
    """Ask in a place of this session, and give an answer that comes soon the time to come."""
    ticket = current_seat().ask(place, question)
    ticket.task.wait(max(0.0, AT_ONCE - ticket.task.seconds))
    return ticket


def looked_at(place: str, question: Question[Result]) -> Ticket[Result] | None:
    """Look at what was asked, from a fragment: it must ask for nothing, since its session may just have ended."""
    return current_seat().look(place, question)


def counted(t: Translator, place: str, question: Question[Result], doing: str, *, aside: bool = False) -> Result | None:
    """Give the answer to a question; or show how it stands, and redraw the page once it has been answered.

    Parameters
    ----------
    t : Translator
        Of the page.
    place : str
        Place of the page that shows the answer.
    question : Question
        What is asked.
    doing : str
        What is being done, as a message to translate.
    aside : bool
        Only a line says so: the rest of the page does not depend on it.

    Returns
    -------
    object
        The answer, or none where there is none yet, it was stopped or it failed; the page shows which.
    """
    ticket = asked(place, question)
    if ticket.task.status == "done":
        return ticket.task.result
    if ticket.waits:
        _followed(place, question, doing, aside)
    else:
        show_end(t, place, ticket)
    return None


@st.fragment(run_every=POLL)
def _followed(place: str, question: Question[Any], doing: str, aside: bool) -> None:
    t, ticket = current_translator(), looked_at(place, question)
    if ticket is None or not ticket.waits:
        redraw()
    elif aside:
        with st.container(key=f"counting-{place}"):
            st.markdown(f":gray[{standing_text(t, ticket.task, doing)}]")
    else:
        show_standing(t, place, ticket.task, doing)


def counted_in_place(
    place: str, question: Question[Result], doing: str, show: Callable[[Translator, Result], None]
) -> None:
    """Show an answer where it is asked for, once it has come; what stands around it, such as a dialog, stays as it is.

    Parameters
    ----------
    place : str
        Place of the page that shows the answer.
    question : Question
        What is asked.
    doing : str
        What is being done, as a message to translate.
    show : callable
        Draws the answer.
    """
    ticket = asked(place, question)
    if ticket.waits:
        _awaited(place, question, doing, show)
    else:
        _answer(current_translator(), place, ticket, show)


@st.fragment(run_every=POLL)
def _awaited(place: str, question: Question[Any], doing: str, show: Callable[[Translator, Any], None]) -> None:
    t, ticket = current_translator(), looked_at(place, question)
    if ticket is None:
        return
    if ticket.waits:
        st.markdown(f":gray[{standing_text(t, ticket.task, doing)}]")
    else:
        _answer(t, place, ticket, show)


def _answer(t: Translator, place: str, ticket: Ticket[Any], show: Callable[[Translator, Any], None]) -> None:
    if ticket.task.status == "done":
        show(t, ticket.task.result)
    else:
        show_end(t, place, ticket)


def show_standing(t: Translator, place: str, task: Task[Any], doing: str) -> None:
    """Show how far work is, with the button that stops it."""
    with st.container(key=f"counting-{place}"):
        st.progress(min(1.0, task.share), text=standing_text(t, task, doing))
        st.button(
            t("Stop"), key=f"stop-{place}", icon=":material/stop_circle:", on_click=current_seat().stop, args=(place,)
        )


def standing_text(t: Translator, task: Task[Any], doing: str) -> str:
    """Say what is being done, which step of how many, and for how long."""
    seconds = f"{task.seconds:.0f}"
    if task.status == "waiting":
        return t("Waiting for another count to end · {seconds} s", seconds=seconds)
    stage = t(task.stage or doing)
    if not task.steps:
        return t("{stage} · {seconds} s", stage=stage, seconds=seconds)
    step = min(task.step + 1, task.steps)
    return t("{stage}: step {step} of {steps} · {seconds} s", stage=stage, step=step, steps=task.steps, seconds=seconds)


def show_end(t: Translator, place: str, ticket: Ticket[Any]) -> None:
    """Show that there is no answer and why, with the button that asks again."""
    error = ticket.task.error
    with st.container(key=f"ended-{place}"):
        if error is None:
            st.info(t("Stopped: there is no result for this version."), icon=":material/stop_circle:")
        elif isinstance(error, RweError):
            show_refusal(error)
        else:
            ticket.note = ticket.note or note_defect(error)
            show_number(ticket.note)
        st.button(
            t("Start again"),
            key=f"again-{place}",
            icon=":material/refresh:",
            on_click=current_seat().again,
            args=(place,),
        )
