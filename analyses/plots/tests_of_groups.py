"""Figures of tests: observed beside expected, p-values, coefficients over time."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from analyses.plots.labels import Labels
from analyses.plots.theme import ACCENT, PALETTE, PLOT_WIDTH, styled

_DOTS = 1500


def observed_expected_chart(table: pd.DataFrame, labels: Labels | None = None, *, width: int = PLOT_WIDTH) -> Any:
    """Draw observed and expected events per group.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``group``, ``observed``, ``expected``.
    labels : Labels, optional
        Words of the figure.
    width : int
        Width of the plot area, in pixels.

    Returns
    -------
    altair chart
        Two bars per group.
    """
    words = labels or Labels()
    parts = [
        pd.DataFrame(
            {"group": [words.of(g) for g in table["group"]], "events": table[kind].astype(float), "kind": word}
        )
        for kind, word in (("observed", words.observed), ("expected", words.expected))
    ]
    kinds = [words.observed, words.expected]
    chart = (
        alt.Chart(pd.concat(parts, ignore_index=True))
        .mark_bar(opacity=0.85)
        .encode(
            x=alt.X("events:Q", title=words.events),
            y=alt.Y("group:N", title=None, sort=None),
            yOffset=alt.YOffset("kind:N", sort=kinds),
            color=alt.Color("kind:N", title=None, sort=kinds, scale=alt.Scale(domain=kinds, range=list(PALETTE[:2]))),
        )
    )
    return styled(chart.properties(width=width, height=46 * max(len(table), 1)), words)


def p_value_chart(
    table: pd.DataFrame, labels: Labels | None = None, *, name: str | None = None, width: int = PLOT_WIDTH
) -> Any:
    """Draw the p-values of a table of tests on a logarithmic axis.

    Parameters
    ----------
    table : pandas.DataFrame
        Column ``p_adjusted`` or ``p``, and ``a`` and ``b`` where pairs are compared.
    labels : Labels, optional
        Words of the figure.
    name : str, optional
        Column that names the tests.
    width : int
        Width of the plot area, in pixels.

    Returns
    -------
    altair chart
        One dot per test; the line is at 0.05.
    """
    words = labels or Labels()
    p = table["p_adjusted"] if "p_adjusted" in table else table["p"]
    if name is not None:
        names = [words.of(value) for value in table[name]]
    elif "a" in table:
        names = [f"{words.of(a)} – {words.of(b)}" for a, b in zip(table["a"], table["b"], strict=True)]
    else:
        names = [""] * len(table)
    dots = pd.DataFrame({"test": names, "p": np.clip(p.to_numpy(dtype=float), 1e-12, 1)})
    lowest = min(0.001, float(dots["p"].min()))
    ticks = [tick for tick in (1e-12, 1e-9, 1e-6, 1e-4, 0.001, 0.01, 0.05, 0.2, 1) if tick >= lowest]
    axis = alt.Axis(values=ticks, format="~g")
    x = alt.X("p:Q", title=words.p_value, scale=alt.Scale(type="log", domain=[lowest, 1], nice=False), axis=axis)
    line = alt.Chart(pd.DataFrame({"p": [0.05]})).mark_rule(strokeDash=[4, 3], color="#666666").encode(x=x)
    marks = (
        alt.Chart(dots)
        .mark_point(filled=True, size=80, color=ACCENT, opacity=1)
        .encode(x=x, y=alt.Y("test:N", title=None, sort=None, axis=alt.Axis(labelLimit=320)))
    )
    return styled(alt.layer(line, marks).properties(width=width, height=28 * max(len(dots), 1)), words)


def schoenfeld_chart(
    residuals: pd.DataFrame, labels: Labels | None = None, *, width: int = 260, height: int = 180, columns: int = 2
) -> Any:
    """Draw scaled Schoenfeld residuals over time: a level line means proportional hazards.

    Parameters
    ----------
    residuals : pandas.DataFrame
        Column ``time`` and one per coefficient.
    labels : Labels, optional
        Words of the figure; ``names`` maps the coefficients.
    width, height : int
        Size of each panel, in pixels.
    columns : int
        Panels beside each other.

    Returns
    -------
    altair chart
        One panel per coefficient, with a smooth line.
    """
    words = labels or Labels()
    kept = residuals.iloc[:: max(1, -(-len(residuals) // _DOTS))]
    panels = []
    for name in [column for column in residuals.columns if column not in ("time", "stratum")]:
        data = pd.DataFrame({"time": kept["time"].astype(float), "value": kept[name].astype(float)})
        x = alt.X("time:Q", title=words.time)
        y = alt.Y("value:Q", title=words.coefficient)
        base = alt.Chart(data, title=alt.TitleParams(words.of(name), fontSize=12, fontWeight="normal"))
        dots = base.mark_point(size=14, opacity=0.35, color="#7F7F7F").encode(x=x, y=y)
        smooth = (
            base.transform_loess("time", "value", bandwidth=0.6).mark_line(color=ACCENT, strokeWidth=2).encode(x=x, y=y)
        )
        panels.append(alt.layer(dots, smooth).properties(width=width, height=height))
    return styled(alt.concat(*panels, columns=columns), words)
