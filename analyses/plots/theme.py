"""The look of all figures: colours that everybody can tell apart, dashes beside colours, one typeface."""

from __future__ import annotations

from typing import Any

import altair as alt

from analyses.plots.labels import Labels

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#4D4D4D", "#8C510A")
"""Colours of groups (Okabe and Ito, 2008), in the order of the groups; they repeat after the last."""

DASHES = ((1, 0), (6, 3), (2, 2), (9, 3, 2, 3), (12, 4), (4, 1), (1, 4), (7, 2, 2, 2, 2, 2))
"""Dashes of groups, so that they are told apart without colour."""

INK = "#333333"
"""Colour of text and axes."""

ACCENT = PALETTE[0]
"""Colour of bars and points where there is one series only."""

PLOT_WIDTH = 480
"""Width of the plot area of an exported figure, in pixels before scaling."""


def colours(count: int) -> list[str]:
    """Give the colours of so many groups."""
    return [PALETTE[number % len(PALETTE)] for number in range(count)]


def dashes(count: int) -> list[list[int]]:
    """Give the dashes of so many groups."""
    return [list(DASHES[number % len(DASHES)]) for number in range(count)]


def styled(chart: Any, labels: Labels) -> Any:
    """Give a finished chart its title, typeface and lines.

    Parameters
    ----------
    chart : altair chart
        Any chart that is not part of another.
    labels : Labels
        Title and font.

    Returns
    -------
    altair chart
        The chart, configured; it cannot be combined with others any more.
    """
    if labels.title:
        chart = chart.properties(title=alt.TitleParams(labels.title, anchor="start", fontSize=15, offset=10))
    config: dict[str, Any] = {"font": labels.font} if labels.font else {}
    return (
        chart.configure(**config)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=INK,
            titleColor=INK,
            labelFontSize=12,
            titleFontSize=13,
            titleFontWeight="normal",
            gridColor="#E6E6E6",
            domainColor="#8C8C8C",
            tickColor="#8C8C8C",
        )
        .configure_legend(labelColor=INK, titleColor=INK, labelFontSize=12, titleFontSize=12, labelLimit=320)
        .configure_title(color=INK)
    )
