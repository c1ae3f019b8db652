"""The pages, in the order of the menu; in a folder named ``pages`` Streamlit would take them for its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from workbench.app.views import cohort, data, feasibility, home, jobs, survival
from workbench.locales import mark


@dataclass(frozen=True)
class PageEntry:
    """A page in the menu.

    Attributes
    ----------
    path : str
        Its part of the address, the same in both languages; empty for the first page.
    title : str
        Message to translate.
    icon : str
        Name of an icon.
    show : callable
        Draws the page.
    """

    path: str
    title: str
    icon: str
    show: Callable[[], None]


PAGES: Final[dict[str, list[PageEntry]]] = {
    mark("Research"): [
        PageEntry("", mark("Home"), ":material/home:", home.show),
        PageEntry("cohort", mark("Cohort"), ":material/group:", cohort.show),
        PageEntry("feasibility", mark("Feasibility"), ":material/filter_alt:", feasibility.show),
        PageEntry("survival", mark("Survival"), ":material/query_stats:", survival.show),
    ],
    mark("Data"): [PageEntry("data", mark("Data"), ":material/database:", data.show)],
    mark("System"): [PageEntry("jobs", mark("Jobs"), ":material/pending_actions:", jobs.show)],
}
"""Sections of the menu with their pages."""
