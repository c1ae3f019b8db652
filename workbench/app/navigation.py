"""Going from one page to another."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

_PAGES: Final = "pages"


def remember_pages(pages: dict[str, Any]) -> None:
    """Keep the pages of this run, by their part of the address."""
    st.session_state[_PAGES] = pages


def go_to(path: str) -> None:
    """Show another page."""
    st.switch_page(st.session_state[_PAGES][path])
