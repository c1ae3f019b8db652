"""Home."""

from __future__ import annotations

from workbench.app.data import has_source
from workbench.app.frame import no_data, page_head
from workbench.app.session import current_translator


def show() -> None:
    """Draw the page."""
    t = current_translator()
    page_head(t("RWE Workbench"), t("Start here."))
    if not has_source():
        no_data(t)
