"""What a browser session remembers: its language, and the choices that must survive a change of it."""

from __future__ import annotations

from typing import Final, cast

import streamlit as st

from omop_etl.errors import UsageError
from workbench.locales import LANGUAGES, Language, Translator, language_of, translator
from workbench.settings import Settings

_KEEP: Final = "keep."
_LANGUAGE: Final = "language"
_SWITCH: Final = f"{_KEEP}language"
_IN_URL: Final = "lang"
_DIALOG: Final = "dialog"


def keep(name: str) -> str:
    """Key of a widget whose value must survive a change of language."""
    return _KEEP + name


def current_language() -> Language:
    """Language of this session: the one chosen, or in the address, or of the settings.

    It is kept beside the switch, whose own value Streamlit forgets when a button leads to another page.
    """
    known = (st.session_state.get(key) for key in (_SWITCH, _LANGUAGE))
    chosen = next((language for language in known if language), None) or _asked_for() or Settings().language
    st.session_state[_LANGUAGE] = chosen
    return cast(Language, chosen)


def current_translator() -> Translator:
    """Translator of this session."""
    return translator(current_language())


def current_user() -> str:
    """Say who uses the pages, where they are served behind a login; empty where they are not."""
    if not getattr(st.user, "is_logged_in", False):
        return ""
    return str(st.user.get("email") or st.user.get("sub") or "")


def language_switch() -> None:
    """Let the user choose the language; it stands in the address of every page."""
    language = current_language()
    if st.query_params.get(_IN_URL) != language:
        st.query_params[_IN_URL] = language
    st.session_state.setdefault(_SWITCH, language)
    st.segmented_control(
        "语言 · Language",
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        key=_SWITCH,
        required=True,
        on_change=_language_changed,
        label_visibility="collapsed",
    )


def _language_changed() -> None:
    """Hold on to every kept choice.

    Streamlit forgets the value of a widget whose labels change, unless the value is assigned again.
    """
    for key in list(st.session_state):
        if isinstance(key, str) and key.startswith(_KEEP):
            st.session_state[key] = st.session_state[key]


def dialog_opened() -> None:
    """Note that a dialog is open: to run the page anew would close it, and what was typed would be lost."""
    st.session_state[_DIALOG] = True


def dialog_closed() -> None:
    """Note that no dialog is open: somebody closed it, or the page runs anew."""
    st.session_state[_DIALOG] = False


def redraw() -> None:
    """Run the page anew, unless a dialog is open: what is behind it is redrawn when it closes."""
    if not st.session_state.get(_DIALOG):
        st.rerun()


def _asked_for() -> Language | None:
    try:
        return language_of(st.query_params.get(_IN_URL, ""))
    except UsageError:
        return None
