"""Survival curves with their bands, over the numbers at risk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import pandas as pd

from analyses.plots.labels import Labels
from analyses.plots.theme import INK, PLOT_WIDTH, colours, dashes, styled

if TYPE_CHECKING:
    from analyses.survival.kaplan_meier import KaplanMeier

_POINTS = 1200
"""Steps drawn per curve at most; more cannot be told apart on paper."""

_ROW = 20


def survival_chart(
    km: KaplanMeier,
    labels: Labels | None = None,
    *,
    times: Sequence[float] | None = None,
    at_risk: pd.DataFrame | None = None,
    band: bool = True,
    width: int = PLOT_WIDTH,
    height: int = 300,
) -> Any:
    """Draw curves over the numbers at risk, as one figure for export.

    Parameters
    ----------
    km : KaplanMeier
        The curves.
    labels : Labels, optional
        Words of the figure.
    times : sequence of float, optional
        Times at which numbers at risk are given.
    at_risk : pandas.DataFrame, optional
        Numbers at risk to show instead of the exact ones: columns ``group, time, n_risk``, numbers or text such as
        ``<10``.
    band : bool
        Draw the confidence limits.
    width, height : int
        Size of the plot area of the curves, in pixels.

    Returns
    -------
    altair chart
        Curves and table.
    """
    words = labels or Labels()
    marks = list(times) if times is not None else round_times(last_time(km))
    curves = curve_layer(km, words, times=marks, band=band).properties(width=width, height=height)
    table = risk_table_layer(km, words, times=marks, at_risk=at_risk).properties(
        width=width, height=_ROW * len(km.curves)
    )
    return styled(alt.vconcat(curves, table, spacing=4), words)


def survival_curve_chart(
    km: KaplanMeier,
    labels: Labels | None = None,
    *,
    times: Sequence[float] | None = None,
    band: bool = True,
    height: int = 320,
) -> Any:
    """Draw the curves alone, as wide as their container, for a screen."""
    words = labels or Labels()
    marks = list(times) if times is not None else round_times(last_time(km))
    chart = curve_layer(km, words, times=marks, band=band).properties(width="container", height=height)
    return styled(chart, words)


def risk_table_chart(
    km: KaplanMeier,
    labels: Labels | None = None,
    *,
    times: Sequence[float] | None = None,
    at_risk: pd.DataFrame | None = None,
) -> Any:
    """Draw the numbers at risk alone, as wide as their container; lines up with `survival_curve_chart`."""
    words = labels or Labels()
    marks = list(times) if times is not None else round_times(last_time(km))
    chart = risk_table_layer(km, words, times=marks, at_risk=at_risk)
    height = _ROW * (len(km.curves) + 1)
    return styled(chart.properties(width="container", height=height), Labels(font=words.font))


def curve_layer(km: KaplanMeier, labels: Labels, *, times: Sequence[float], band: bool) -> Any:
    """Draw steps and bands, not yet styled."""
    points = step_points(km, labels)
    order = [labels.of(curve.group) for curve in km.curves]
    x = alt.X(
        "time:Q",
        title=labels.time,
        scale=alt.Scale(domain=_domain(km, times), nice=False),
        axis=alt.Axis(values=list(times), grid=False),
    )
    room = margin(km, labels)
    y_axis = alt.Axis(values=[0, 0.2, 0.4, 0.6, 0.8, 1], format=".1f", minExtent=room, maxExtent=room)
    scale = alt.Scale(domain=[0, 1], nice=False)
    legend = alt.Legend(orient="top", direction="horizontal", symbolSize=400, symbolStrokeWidth=2.2)
    shown = legend if len(order) > 1 else None
    title = labels.group if len(order) > 1 else None
    stroke = alt.Color(
        "group:N", sort=order, title=title, legend=shown, scale=alt.Scale(domain=order, range=colours(len(order)))
    )
    dash = alt.StrokeDash(
        "group:N", sort=order, title=title, legend=shown, scale=alt.Scale(domain=order, range=dashes(len(order)))
    )
    base = alt.Chart(points)
    lines = base.mark_line(interpolate="step-after", strokeWidth=2).encode(
        x=x, y=alt.Y("survival:Q", title=labels.survival, scale=scale, axis=y_axis), color=stroke, strokeDash=dash
    )
    if not band:
        return lines
    bands = [
        base.transform_filter(
            (alt.datum.group == name) & alt.expr.isValid(alt.datum.lower) & alt.expr.isValid(alt.datum.upper)
        )
        .mark_area(interpolate="step-after", opacity=0.16, color=colour)
        .encode(x=x, y=alt.Y("lower:Q", title=labels.survival, scale=scale, axis=y_axis), y2="upper:Q")
        for name, colour in zip(order, colours(len(order)), strict=True)
    ]
    return alt.layer(*bands, lines)


def risk_table_layer(
    km: KaplanMeier, labels: Labels, *, times: Sequence[float], at_risk: pd.DataFrame | None = None
) -> Any:
    """Draw numbers at risk under the times, not yet styled."""
    table = risk_numbers(km, times) if at_risk is None else at_risk
    shown = pd.DataFrame(
        {
            "group": [labels.of(group) for group in table["group"]],
            "time": table["time"].to_numpy(dtype=float),
            "n": [_count(value) for value in table["n_risk"]],
        }
    )
    room = margin(km, labels)
    axis = alt.Axis(
        title=None,
        domain=False,
        ticks=False,
        minExtent=room,
        maxExtent=room,
        labelLimit=room,
        labelPadding=18,
    )
    heading = alt.TitleParams(labels.at_risk, anchor="start", fontSize=12, fontWeight="normal", offset=2, dx=4)
    return (
        alt.Chart(shown, title=heading)
        .mark_text(fontSize=12, color=INK, baseline="middle")
        .encode(
            x=alt.X("time:Q", axis=None, scale=alt.Scale(domain=_domain(km, times), nice=False)),
            y=alt.Y("group:N", sort=[labels.of(curve.group) for curve in km.curves], axis=axis),
            text="n:N",
        )
    )


def margin(km: KaplanMeier, labels: Labels) -> int:
    """Reckon the room left of the plot area, in pixels, the same for curves and risk table so that they line up."""
    widths = [sum(13 if ord(sign) > 0x2E7F else 7 for sign in labels.of(curve.group)) for curve in km.curves]
    return min(max(84, *(width + 30 for width in widths)), 240)


def risk_numbers(km: KaplanMeier, times: Sequence[float]) -> pd.DataFrame:
    """Count those at risk at given times: columns group, time, n_risk."""
    return km.at(times)[["group", "time", "n_risk"]]


def step_points(km: KaplanMeier, labels: Labels) -> pd.DataFrame:
    """Give the corners of the curves, at most so many that they can be told apart.

    Returns
    -------
    pandas.DataFrame
        Columns ``group`` (as it is called in the figure), ``time``, ``survival``, ``lower``, ``upper``.
    """
    parts = []
    for curve in km.curves:
        table = curve.table()[["time", "survival", "lower", "upper"]]
        start = pd.DataFrame([{"time": curve.origin, "survival": 1.0, "lower": 1.0, "upper": 1.0}])
        corners = table[(curve.n_event > 0) | (np.arange(len(table)) == len(table) - 1)]
        if len(corners) > _POINTS:
            bins = np.floor(corners["time"] / corners["time"].iloc[-1] * _POINTS)
            corners = corners[~bins.duplicated(keep="last")]
        parts.append(pd.concat([start, corners], ignore_index=True).assign(group=labels.of(curve.group)))
    return pd.concat(parts, ignore_index=True)


def last_time(km: KaplanMeier) -> float:
    """Give the last time of any curve."""
    return max((float(curve.time[-1]) for curve in km.curves if len(curve.time)), default=1.0)


def round_times(last: float) -> list[float]:
    """Choose six to eleven round times from 0 on that cover a follow-up.

    Examples
    --------
    >>> round_times(1022)
    [0.0, 100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 700.0, 800.0, 900.0, 1000.0]
    >>> round_times(59)
    [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]
    """
    if last <= 0:
        return [0.0]
    magnitude = 10.0 ** np.floor(np.log10(last))
    step = next(part * magnitude for part in (0.1, 0.2, 0.25, 0.5, 1.0) if last / (part * magnitude) <= 11)
    return [float(number * step) for number in range(int(np.floor(last / step + 1e-9)) + 1)]


def _domain(km: KaplanMeier, times: Sequence[float]) -> list[float]:
    start = min([*times, *(curve.origin for curve in km.curves)])
    return [float(start), float(max([*times, last_time(km)]))]


def _count(value: Any) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.1f}"
