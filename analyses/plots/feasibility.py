"""Figures of a feasibility report: funnel, effect of each rule, eligible per month, recruitment."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from analyses.plots.labels import Labels
from analyses.plots.theme import ACCENT, INK, PALETTE, PLOT_WIDTH, styled

_ROW = 30


def funnel_chart(
    table: pd.DataFrame, labels: Labels | None = None, *, value: str = "persons", width: int = PLOT_WIDTH
) -> Any:
    """Draw how many are left after each step.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per step in order: ``name``, the column `value`, and ``text`` where other numbers than the exact ones
        are to be shown.
    labels : Labels, optional
        Words of the figure; ``names`` maps the names of the steps.
    value : str
        Column of the bars' length.
    width : int
        Width of the plot area, in pixels.

    Returns
    -------
    altair chart
        Bars with their numbers and the share of the first step.
    """
    words = labels or Labels()
    counts = table[value].to_numpy(dtype=float)
    first = float(counts[0]) if len(counts) and counts[0] > 0 else 1.0
    texts = table["text"] if "text" in table else [f"{n:,.0f}  ({n / first:.0%})" for n in counts]
    bars = pd.DataFrame(
        {
            "step": [
                f"{number}. {words.of(name)}" if number else words.of(name) for number, name in enumerate(table["name"])
            ],
            "value": counts,
            "text": list(texts),
        }
    )
    order = bars["step"].tolist()
    y = alt.Y("step:N", sort=order, title=None, axis=alt.Axis(labelLimit=360, domain=False, ticks=False))
    x = alt.X("value:Q", title=words.persons if value == "persons" else words.events, axis=alt.Axis(format=",d"))
    base = alt.Chart(bars)
    layers = alt.layer(
        base.mark_bar(color=ACCENT, opacity=0.85, height=18).encode(x=x, y=y),
        base.mark_text(align="left", dx=5, fontSize=12, color=INK).encode(x=x, y=y, text="text:N"),
    )
    return styled(layers.properties(width=width, height=_ROW * max(len(bars), 1)), words)


def rule_effects_chart(table: pd.DataFrame, labels: Labels | None = None, *, width: int = PLOT_WIDTH) -> Any:
    """Draw how many persons would be gained if a rule were dropped.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per rule: ``name`` and ``gain_persons``, and ``text`` where other numbers are to be shown.
    labels : Labels, optional
        Words of the figure; ``names`` maps the names of the rules.
    width : int
        Width of the plot area, in pixels.

    Returns
    -------
    altair chart
        Bars, the costliest rule on top.
    """
    words = labels or Labels()
    gains = table["gain_persons"].to_numpy(dtype=float)
    texts = table["text"] if "text" in table else [f"+{gain:,.0f}" for gain in gains]
    bars = pd.DataFrame({"rule": [words.of(name) for name in table["name"]], "gain": gains, "text": list(texts)})
    order = bars.sort_values("gain", ascending=False, kind="stable")["rule"].tolist()
    y = alt.Y("rule:N", sort=order, title=None, axis=alt.Axis(labelLimit=360, domain=False, ticks=False))
    x = alt.X("gain:Q", title=words.gain, axis=alt.Axis(format=",d", tickMinStep=1))
    base = alt.Chart(bars)
    layers = alt.layer(
        base.mark_bar(color=PALETTE[1], opacity=0.85, height=16).encode(x=x, y=y),
        base.mark_text(align="left", dx=5, fontSize=12, color=INK).encode(x=x, y=y, text="text:N"),
    )
    return styled(layers.properties(width=width, height=_ROW * max(len(bars), 1)), words)


def monthly_chart(
    table: pd.DataFrame, labels: Labels | None = None, *, width: int = PLOT_WIDTH, height: int = 220
) -> Any:
    """Draw newly eligible persons per month.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``month`` (its first day) and ``persons``.
    labels : Labels, optional
        Words of the figure.
    width, height : int
        Size of the plot area, in pixels.

    Returns
    -------
    altair chart
        One bar per month.
    """
    words = labels or Labels()
    bars = pd.DataFrame(
        {
            "month": pd.to_datetime(table["month"]).dt.strftime("%Y-%m"),
            "persons": table["persons"].to_numpy(dtype=float),
        }
    )
    every = max(1, -(-len(bars) // 14))
    chart = (
        alt.Chart(bars)
        .mark_bar(color=ACCENT, opacity=0.85)
        .encode(
            x=alt.X(
                "month:O",
                title=words.month,
                sort=None,
                axis=alt.Axis(values=bars["month"].tolist()[::every], labelAngle=-45),
            ),
            y=alt.Y("persons:Q", title=words.persons, axis=alt.Axis(format=",d", tickMinStep=1)),
        )
    )
    return styled(chart.properties(width=width, height=height), words)


def recruitment_chart(
    table: pd.DataFrame, target: int, labels: Labels | None = None, *, width: int = PLOT_WIDTH, height: int = 260
) -> Any:
    """Draw expected recruitment with its likely range.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``month`` (number since the start) and ``p10``, ``p50``, ``p90`` (persons enrolled by its end).
    target : int
        Persons wanted.
    labels : Labels, optional
        Words of the figure.
    width, height : int
        Size of the plot area, in pixels.

    Returns
    -------
    altair chart
        Median line within its band, and the target.
    """
    words = labels or Labels()
    x = alt.X("month:Q", title=words.month, axis=alt.Axis(tickMinStep=1, format="d"))
    base = alt.Chart(table[["month", "p10", "p50", "p90"]].astype(float))
    goal = alt.Chart(pd.DataFrame({"target": [target], "text": [f"{words.target}: {target:,}"]}))
    layers = alt.layer(
        base.mark_area(color=ACCENT, opacity=0.2).encode(x=x, y=alt.Y("p10:Q", title=words.enrolled), y2="p90:Q"),
        base.mark_line(color=ACCENT, strokeWidth=2).encode(x=x, y=alt.Y("p50:Q", title=words.enrolled)),
        goal.mark_rule(strokeDash=[6, 4], color=PALETTE[1]).encode(y=alt.Y("target:Q", title=words.enrolled)),
        goal.mark_text(align="left", dx=6, dy=-7, fontSize=12, color=PALETTE[1]).encode(
            x=alt.value(0), y="target:Q", text="text:N"
        ),
    )
    return styled(layers.properties(width=width, height=height), words)
