"""What a page shows when something went wrong: what, and what to do; never an exception's text."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import wraps

import streamlit as st

from omop_etl.errors import RweError
from workbench.app.session import current_translator
from workbench.log import log_defect


def guarded(page: Callable[[], None]) -> Callable[[], None]:
    """Keep an error of a page within the page."""

    @wraps(page)
    def shown() -> None:
        try:
            page()
        except RweError as error:
            show_refusal(error)
        except Exception as defect:
            show_defect(defect)

    return shown


def show_refusal(error: RweError) -> None:
    """Say what was refused, and what to do about it."""
    t = current_translator()
    what, _, todo = t.error(error).partition("\n")
    st.error(what, icon=":material/error:")
    if todo:
        st.markdown(todo.strip())


def show_defect(defect: Exception) -> bool:
    """Own up to an unforeseen error under a number that stands in the log, too.

    Parameters
    ----------
    defect : Exception
        What happened; its text is not shown, for it may hold values of patients.

    Returns
    -------
    bool
        True: nothing else needs to be shown.
    """
    show_number(note_defect(defect))
    return True


def note_defect(defect: Exception) -> str:
    """Note an unforeseen error in the log, and return the number under which it stands there."""
    number = secrets.token_hex(3)
    log_defect(defect, number)
    return number


def show_number(number: str) -> None:
    """Own up to an unforeseen error that stands in the log under a number."""
    t = current_translator()
    st.error(
        t("Something unforeseen went wrong on this page (number {number}).", number=number), icon=":material/error:"
    )
    st.markdown(
        t("Reload the page. If it happens again, give the number to whoever runs this workbench: the log has it.")
    )
