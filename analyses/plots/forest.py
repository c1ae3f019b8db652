"""Forest plots: estimates with their intervals on a logarithmic axis, and the numbers beside them."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from analyses.plots.labels import Labels
from analyses.plots.theme import ACCENT, INK, styled

_ROW = 28


def forest_chart(
    table: pd.DataFrame,
    labels: Labels | None = None,
    *,
    name: str = "name",
    estimate: str = "hr",
    lower: str = "hr_lower",
    upper: str = "hr_upper",
    null: float = 1.0,
    width: int = 320,
) -> Any:
    """Draw ratios with their intervals.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per estimate, in the order of the figure, such as `CoxModel.table`.
    labels : Labels, optional
        Words of the figure; ``names`` maps the values of the column `name`.
    name, estimate, lower, upper : str
        Columns of `table`.
    null : float
        Value of no effect.
    width : int
        Width of the plot area, in pixels.

    Returns
    -------
    altair chart
        Estimates without finite limits are named but not drawn.
    """
    words = labels or Labels()
    rows = pd.DataFrame(
        {
            "label": [words.of(value) for value in table[name]],
            "estimate": table[estimate].to_numpy(dtype=float),
            "lower": table[lower].to_numpy(dtype=float),
            "upper": table[upper].to_numpy(dtype=float),
        }
    )
    numbers = rows[["estimate", "lower", "upper"]].to_numpy()
    finite = np.all(np.isfinite(numbers) & (numbers > 0), axis=1)
    rows["text"] = [
        f"{row.estimate:.2f} ({row.lower:.2f}–{row.upper:.2f})" if drawn else words.not_estimable
        for row, drawn in zip(rows.itertuples(), finite, strict=True)
    ]
    order = rows["label"].tolist()
    y = alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=320, domain=False, ticks=False))
    height = _ROW * len(rows)
    intervals = _intervals(rows[finite], words, y, null).properties(width=width, height=height)
    texts = (
        alt.Chart(rows, title=alt.TitleParams(words.interval, fontSize=12, fontWeight="normal", anchor="middle"))
        .mark_text(align="center", fontSize=12, color=INK)
        .encode(y=alt.Y("label:N", sort=order, axis=None), text="text:N")
        .properties(width=150, height=height)
    )
    return styled(alt.hconcat(intervals, texts, spacing=8), words)


def _intervals(rows: pd.DataFrame, labels: Labels, y: Any, null: float) -> Any:
    low = float(min(rows["lower"].min(), null)) if len(rows) else null / 2
    high = float(max(rows["upper"].max(), null)) if len(rows) else null * 2
    scale = alt.Scale(type="log", domain=[low / 1.1, high * 1.1], nice=False)
    sides = f"← {labels.favours_low}      {labels.favours_high} →"
    title = [labels.estimate, sides] if labels.favours_low and labels.favours_high else labels.estimate
    axis = alt.Axis(values=_ratio_ticks(low, high), format="~g", grid=True)
    x = alt.X("lower:Q", scale=scale, title=title, axis=axis)
    base = alt.Chart(rows)
    rule = alt.Chart(pd.DataFrame({"null": [null]})).mark_rule(strokeDash=[4, 3], color="#666666")
    return alt.layer(
        rule.encode(x=alt.X("null:Q", scale=scale, title=title, axis=axis)),
        base.mark_rule(color=ACCENT, strokeWidth=2).encode(x=x, x2="upper:Q", y=y),
        base.mark_point(shape="square", filled=True, size=70, opacity=1, color=ACCENT).encode(
            x=alt.X("estimate:Q", scale=scale, title=title, axis=axis), y=y
        ),
    )


def _ratio_ticks(low: float, high: float) -> list[float]:
    """Round ratios between two limits."""
    steps = (1.0, 2.0, 5.0) if high / low > 6 else (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
    exponents = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    ticks = [step * 10.0**exponent for exponent in exponents for step in steps]
    return [round(tick, 6) for tick in ticks if low / 1.1 <= tick <= high * 1.1]
