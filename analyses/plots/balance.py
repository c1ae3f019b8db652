"""Balance of covariates between groups: the Love plot."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from analyses.plots.labels import Labels
from analyses.plots.theme import PLOT_WIDTH, colours, styled

_ROW = 22
_SHAPES = ("circle", "diamond", "square", "triangle-up")


def love_chart(
    table: pd.DataFrame,
    labels: Labels | None = None,
    *,
    variable: str = "variable",
    smd: str = "smd",
    series: str | None = None,
    threshold: float = 0.1,
    width: int = PLOT_WIDTH,
) -> Any:
    """Draw absolute standardised mean differences, largest on top.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per variable, or per variable and state (before and after weighting, for example).
    labels : Labels, optional
        Words of the figure; ``names`` maps variables and states.
    variable, smd : str
        Columns of `table`.
    series : str, optional
        Column that tells states apart.
    threshold : float
        Where a line is drawn; 0.1 is the usual sign of imbalance (Austin, 2009).
    width : int
        Width of the plot area, in pixels.

    Returns
    -------
    altair chart
        The plot.
    """
    words = labels or Labels()
    points = pd.DataFrame(
        {
            "variable": [words.of(value) for value in table[variable]],
            "smd": table[smd].to_numpy(dtype=float),
            "series": [words.of(value) for value in table[series]] if series else words.before,
        }
    )
    points["smd"] = points["smd"].abs()
    points = points.dropna(subset=["smd"])
    states = list(dict.fromkeys(points["series"]))
    first = points[points["series"] == states[0]] if states else points
    order = first.sort_values("smd", ascending=False)["variable"].tolist()
    highest = max(float(points["smd"].max()) if len(points) else 0.0, threshold)
    x = alt.X("smd:Q", title=words.smd, scale=alt.Scale(domain=[0, highest * 1.08], nice=False))
    line = alt.Chart(pd.DataFrame({"smd": [threshold]})).mark_rule(strokeDash=[4, 3], color="#666666").encode(x=x)
    legend = alt.Legend(orient="top") if len(states) > 1 else None
    scale = alt.Scale(domain=states, range=colours(len(states)))
    dots = (
        alt.Chart(points)
        .mark_point(filled=True, size=70, opacity=0.95)
        .encode(
            x=x,
            y=alt.Y("variable:N", sort=order, title=None, axis=alt.Axis(labelLimit=320, grid=True)),
            color=alt.Color("series:N", title=None, legend=legend, scale=scale),
            shape=alt.Shape(
                "series:N",
                title=None,
                legend=legend,
                scale=alt.Scale(domain=states, range=list(_SHAPES[: len(states)])),
            ),
        )
    )
    return styled(alt.layer(line, dots).properties(width=width, height=_ROW * max(len(order), 1)), words)
