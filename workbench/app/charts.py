"""Charts on a page."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

_AROUND: Final = 64
"""Pixels that axes and titles take; on a page the height of a chart includes them, in a file it does not."""


def show_chart(chart: Any, alt: str, *, around: int = _AROUND) -> None:
    """Draw a chart as wide as its place.

    Parameters
    ----------
    chart : altair chart
        With the height of its plot area.
    alt : str
        What it shows, in words.
    around : int
        Pixels for axes and titles.
    """
    st.altair_chart(chart.properties(height=chart.height + around), theme=None, alt=alt)
