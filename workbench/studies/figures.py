"""Figures of results, with words in the reader's language."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import altair as alt
import pandas as pd

from analyses.plots import Labels, funnel_chart, recruitment_chart, rule_effects_chart
from analyses.plots.theme import ACCENT, PALETTE, PLOT_WIDTH, styled
from workbench.locales import Translator
from workbench.reports.fonts import FAMILY
from workbench.studies.feasibility import FeasibilityView
from workbench.studies.periods import Periods, Unit


def figure_labels(t: Translator, names: dict[Any, str] | None = None) -> Labels:
    """Word the axes and legends of all figures."""
    return Labels(
        names=names or {},
        font=FAMILY,
        time=t("Months since the index date"),
        survival=t("Survival probability"),
        at_risk=t("Number at risk"),
        group=t("Group"),
        estimate=t("Hazard ratio"),
        interval=t("Hazard ratio (95% CI)"),
        not_estimable=t("not estimable"),
        smd=t("Absolute standardised mean difference"),
        persons=t("Persons"),
        events=t("Events"),
        month=t("Month"),
        gain=t("Persons gained if the criterion is dropped"),
        enrolled=t("Persons enrolled"),
        target=t("Target"),
        likely_range=t("P10 to P90"),
    )


def funnel_figure(t: Translator, view: FeasibilityView, names: dict[str, str]) -> Any:
    """Draw the funnel as it may be shown."""
    steps = view.steps
    table = pd.DataFrame(
        {
            "name": [names.get(step.rule, step.rule) if step.kind == "rule" else step.name(t) for step in steps],
            "persons": [step.persons.centre for step in steps],
            "text": [str(step.persons) for step in steps],
        }
    )
    return funnel_chart(table, figure_labels(t))


def effects_figure(t: Translator, view: FeasibilityView, names: dict[str, str]) -> Any:
    """Draw how many would be gained by dropping each rule."""
    table = pd.DataFrame(
        {
            "name": [names.get(effect.name, effect.name) for effect in view.rules],
            "gain_persons": [effect.gain.centre for effect in view.rules],
            "text": [f"+{effect.gain}" if effect.gain.high else "0" for effect in view.rules],
        }
    )
    return rule_effects_chart(table, figure_labels(t))


def periods_figure(t: Translator, periods: Periods) -> Any:
    """Draw newly eligible persons over time; a hidden count is drawn as an open bar up to the threshold."""
    units: dict[Unit, str] = {"month": t("Month"), "quarter": t("Quarter"), "year": t("Year")}
    shown = [count for count in periods.counts if count is not None]
    ceiling = _ceiling(periods)
    table = pd.DataFrame(
        {
            "period": list(periods.names),
            "persons": [ceiling if count is None else count for count in periods.counts],
            "state": [t("hidden") if count is None else t("counted") for count in periods.counts],
            "text": list(periods.texts),
        }
    )
    order = list(periods.names)
    every = max(1, -(-len(order) // 14))
    x = alt.X(
        "period:O",
        sort=order,
        title=units[periods.unit],
        axis=alt.Axis(values=order[::every], labelAngle=-45 if len(order) > 8 else 0),
    )
    y = alt.Y("persons:Q", title=t("Persons"), axis=alt.Axis(format=",d", tickMinStep=1))
    base = alt.Chart(table).encode(x=x, y=y)
    counted = base.transform_filter(alt.datum.state == t("counted")).mark_bar(color=ACCENT, opacity=0.85)
    hidden = base.transform_filter(alt.datum.state == t("hidden")).mark_bar(
        fillOpacity=0.08, stroke=PALETTE[6], strokeDash=[3, 3], fill=PALETTE[6]
    )
    layers = [counted, hidden]
    if len(order) <= 24 and shown:
        layers.append(base.mark_text(dy=-6, fontSize=11).encode(text="text:N"))
    return styled(alt.layer(*layers).properties(width=PLOT_WIDTH, height=220), figure_labels(t))


def _ceiling(periods: Periods) -> int:
    texts = [text for text, count in zip(periods.texts, periods.counts, strict=True) if count is None]
    return max((int(text.lstrip("<≥").replace(",", "")) for text in texts), default=1)


def recruitment_figure(t: Translator, view: FeasibilityView) -> Any:
    """Draw the projection up to some time after the target is likely reached."""
    assert view.recruitment is not None
    table = view.recruitment.table
    reached = table.loc[table["p10"] >= view.recruitment.assumptions.target, "month"]
    last = int(reached.iloc[0] * 1.15) + 1 if len(reached) else len(table)
    words = replace(figure_labels(t), month=t("Months since the start of recruitment"))
    return recruitment_chart(table.head(last), view.recruitment.assumptions.target, words)
