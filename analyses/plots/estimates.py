"""Estimates with their intervals: differences and other numbers on a straight axis, ratios on a logarithmic one."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from analyses.plots.forest import forest_chart
from analyses.plots.labels import Labels
from analyses.plots.theme import ACCENT, PLOT_WIDTH, styled

_ROW = 26
_LIMITS = (("lower", "upper"), ("conf_lower", "conf_upper"))


def estimate_chart(
    table: pd.DataFrame, labels: Labels | None = None, *, null: float | None = None, width: int = PLOT_WIDTH
) -> Any:
    """Draw the estimates of a table of findings.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``estimate, lower, upper``, or any numbers: the first one of every row is drawn then. The other columns
        before the first number name the rows.
    labels : Labels, optional
        Words of the figure; ``names`` maps the names of rows and columns.
    null : float, optional
        Value of no effect; 1 says that the estimates are ratios.
    width : int
        Width of the plot area, in pixels.

    Returns
    -------
    altair chart
        One row per finding.
    """
    words = labels or (Labels(estimate="Ratio", interval="Ratio (95% CI)") if null == 1.0 else Labels())
    rows, value = named_rows(table, words)
    if null == 1.0 and {"lower", "upper"} <= set(rows):
        return forest_chart(rows, words, name="label", estimate="estimate", lower="lower", upper="upper", null=1.0)
    y = alt.Y("label:N", sort=rows["label"].tolist(), title=None, axis=alt.Axis(labelLimit=320))
    title = words.of(value)
    shown = alt.Chart(rows)
    layers = []
    if null is not None:
        layers.append(
            alt.Chart(pd.DataFrame({"estimate": [null]}))
            .mark_rule(strokeDash=[4, 3], color="#666666")
            .encode(x=alt.X("estimate:Q", title=title))
        )
    if {"lower", "upper"} <= set(rows):
        layers.append(
            shown.mark_rule(color=ACCENT, strokeWidth=2).encode(x=alt.X("lower:Q", title=title), x2="upper:Q", y=y)
        )
    layers.append(
        shown.mark_point(shape="square", filled=True, size=70, opacity=1, color=ACCENT).encode(
            x=alt.X("estimate:Q", title=title, scale=alt.Scale(zero=False)), y=y
        )
    )
    return styled(alt.layer(*layers).properties(width=width, height=_ROW * max(len(rows), 1)), words)


def named_rows(table: pd.DataFrame, labels: Labels) -> tuple[pd.DataFrame, str]:
    """Take what is drawn from a table: a label per row, the estimate, its limits; and the name of the estimate."""
    numeric = [name for name in table.columns if pd.api.types.is_numeric_dtype(table[name])]
    value = "estimate" if "estimate" in table else numeric[0]
    naming = list(table.columns[: list(table.columns).index(value)])
    texts = [[labels.of(item) for item in table[name]] for name in naming]
    joined = [", ".join(parts) for parts in zip(*texts, strict=True)] if texts else [""] * len(table)
    rows = pd.DataFrame({"label": joined, "estimate": table[value].to_numpy(dtype=float)})
    for low, high in _LIMITS:
        if {low, high} <= set(table.columns):
            rows["lower"], rows["upper"] = table[low].to_numpy(dtype=float), table[high].to_numpy(dtype=float)
    rows["label"] = _distinct(rows["label"])
    return rows.replace([np.inf, -np.inf], np.nan), value


def _distinct(labels: pd.Series) -> pd.Series:
    """Number labels that occur more than once, so that each has a row of its own."""
    order = labels.groupby(labels).cumcount()
    return labels.where(order == 0, labels + " (" + (order + 1).astype(str) + ")")
