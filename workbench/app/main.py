"""The script that Streamlit runs for every session: language, pages, footer."""

from __future__ import annotations

import streamlit as st

from workbench.app.errors import guarded
from workbench.app.frame import ICON, footer, set_page_language, set_style
from workbench.app.navigation import remember_pages
from workbench.app.session import current_translator, language_switch
from workbench.app.views import PAGES


def run() -> None:
    """Show the page that the address names."""
    t = current_translator()
    st.set_page_config(page_title=t("RWE Workbench"), page_icon=str(ICON), layout="wide")
    st.logo(str(ICON), size="large")
    pages = {
        page.path: st.Page(
            guarded(page.show), title=t(page.title), icon=page.icon, url_path=page.path or None, default=not page.path
        )
        for section in PAGES.values()
        for page in section
    }
    remember_pages(pages)
    chosen = st.navigation({t(section): [pages[page.path] for page in listed] for section, listed in PAGES.items()})
    with st.sidebar:
        language_switch()
    set_page_language()
    set_style()
    chosen.run()
    guarded(footer)()


run()
