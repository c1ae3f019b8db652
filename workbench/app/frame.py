"""What is around every page: title, help, footer."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

from workbench.app.data import current_source, has_source
from workbench.app.session import current_language, current_translator, dialog_closed
from workbench.locales import Translator
from workbench.version import SOFTWARE

_STATIC: Final = Path(__file__).parent / "static"
ICON: Final = _STATIC / "icon.png"
_HTML_LANGUAGE: Final = {"zh": "zh-CN", "en": "en"}


def page_head(title: str, help_text: str) -> Translator:
    """Begin a page: its title, and two sentences of help behind a question mark.

    Parameters
    ----------
    title, help_text : str
        In the language of the session.

    Returns
    -------
    Translator
        For the rest of the page.
    """
    dialog_closed()
    t = current_translator()
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title(title, anchor=False, width="content")
        with st.popover(t("Help"), icon=":material/help:"):
            st.markdown(help_text)
    return t


def footer() -> None:
    """Say which data and which program the numbers of a page come from."""
    t = current_translator()
    parts = [SOFTWARE]
    if has_source():
        parts.insert(0, t("Data snapshot {snapshot}", snapshot=current_source().snapshot))
    st.divider()
    st.markdown(f":gray[{'  ·  '.join(parts)}]")


def set_style() -> None:
    """Put the style sheet into the page."""
    st.html(_STATIC / "style.css")


def set_page_language() -> None:
    """Tell the browser, and with it a screen reader, in which language the page is."""
    component = st.components.v2.component(
        "page_language", js="export default (component) => { document.documentElement.lang = component.data }"
    )
    component(data=_HTML_LANGUAGE[current_language()])


def no_data(t: Translator) -> None:
    """Say that there is no CDM yet, and how to get one."""
    st.info(t("There is no data here yet."), icon=":material/database:")
    st.markdown(t("Make the example from the command line, or load an extract of your own:"))
    st.code("rwe demo\nrwe etl run EXTRACT --out demo/cdm.duckdb", language="bash")
