"""Curves over time or over another number: incidences, mean numbers of events, states, calibration, decisions."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from analyses.plots.labels import Labels
from analyses.plots.theme import PLOT_WIDTH, colours, dashes, styled

_POINTS = 1200
"""Points drawn per curve at most; more cannot be told apart on paper."""


def incidence_chart(table: pd.DataFrame, labels: Labels | None = None, *, width: int = PLOT_WIDTH) -> Any:
    """Draw cumulative incidences with their bands.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``group, cause, time, probability, lower, upper``, such as `CumulativeIncidence.table`.
    labels : Labels, optional
        Words of the figure; ``names`` maps groups and causes.
    width : int
        Width of the plot area, in pixels.

    Returns
    -------
    altair chart
        One curve per group and cause.
    """
    words = labels or Labels()
    several = table["group"].nunique() > 1
    causes = [words.of(cause) for cause in table["cause"]]
    groups = [words.of(group) for group in table["group"]]
    series = [f"{g}, {c}" for g, c in zip(groups, causes, strict=True)] if several else causes
    points = table.assign(series=series, value=table["probability"])[["series", "time", "value", "lower", "upper"]]
    zero = pd.DataFrame({"series": list(dict.fromkeys(series)), "time": 0.0, "value": 0.0})
    return curve_chart(
        pd.concat([zero, points], ignore_index=True), words, x=words.time, y=words.incidence, width=width
    )


def curve_chart(
    points: pd.DataFrame,
    labels: Labels,
    *,
    x: str,
    y: str,
    step: bool = True,
    diagonal: bool = False,
    width: int = PLOT_WIDTH,
    height: int = 300,
) -> Any:
    """Draw curves, with bands where there are limits.

    Parameters
    ----------
    points : pandas.DataFrame
        Columns ``series, time, value`` and, where there are limits, ``lower, upper``; in the order of `time`.
    labels : Labels
        Words of the figure.
    x, y : str
        Titles of the axes.
    step : bool
        Draw steps, each value holding until the next one.
    diagonal : bool
        Draw the line on which both axes are equal.
    width, height : int
        Size of the plot area, in pixels.

    Returns
    -------
    altair chart
        One line per series.
    """
    shown = pd.concat([_thinned(part) for _, part in points.groupby("series", sort=False)], ignore_index=True)
    order = list(dict.fromkeys(points["series"]))
    legend = alt.Legend(orient="top", symbolSize=400, columns=3) if len(order) > 1 else None
    colour = alt.Color(
        "series:N", sort=order, title=None, legend=legend, scale=alt.Scale(domain=order, range=colours(len(order)))
    )
    dash = alt.StrokeDash(
        "series:N", sort=order, title=None, legend=legend, scale=alt.Scale(domain=order, range=dashes(len(order)))
    )
    across, up = alt.X("time:Q", title=x), alt.Y("value:Q", title=y)
    interpolate: Any = "step-after" if step else "linear"
    base = alt.Chart(shown)
    layers = []
    if "lower" in shown:
        layers.append(
            base.transform_filter("isValid(datum.lower) && isValid(datum.upper)")
            .mark_area(interpolate=interpolate, opacity=0.16)
            .encode(x=across, y=alt.Y("lower:Q", title=y), y2="upper:Q", color=colour)
        )
    if diagonal:
        low, high = float(np.nanmin(shown[["time", "value"]])), float(np.nanmax(shown[["time", "value"]]))
        ends = pd.DataFrame({"time": [low, high], "value": [low, high]})
        layers.append(alt.Chart(ends).mark_line(strokeDash=[4, 3], color="#666666").encode(x=across, y=up))
    layers.append(
        base.mark_line(interpolate=interpolate, strokeWidth=2).encode(x=across, y=up, color=colour, strokeDash=dash)
    )
    return styled(alt.layer(*layers).properties(width=width, height=height), labels)


def _thinned(part: pd.DataFrame) -> pd.DataFrame:
    if len(part) <= _POINTS:
        return part
    kept = np.unique(np.linspace(0, len(part) - 1, _POINTS).astype(int))
    return part.iloc[kept]
