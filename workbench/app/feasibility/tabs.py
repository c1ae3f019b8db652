"""The results of feasibility, a tab for each question."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import pandas as pd
import streamlit as st

from workbench.app.charts import show_chart
from workbench.app.cohort.summary import funnel_html
from workbench.app.session import keep
from workbench.locales import LANGUAGES, Language, Translator
from workbench.reports import FORMATS, ReportFormat
from workbench.studies.feasibility import FeasibilityView
from workbench.studies.feasibility_report import months_text
from workbench.studies.figures import effects_figure, periods_figure, recruitment_figure

MakeReport = Callable[[Language, ReportFormat], bytes]

_LABELS: Final[dict[ReportFormat, str]] = {
    "docx": "Word (.docx)",
    "xlsx": "Excel (.xlsx)",
    "pdf": "PDF",
    "html": "HTML",
}


def show_headlines(t: Translator, view: FeasibilityView) -> None:
    """Show the numbers to take away."""
    entered, eligible, rate, months = st.columns(4)
    entered.metric(t("Persons with the entry event"), str(view.entered), border=True, height="stretch")
    eligible.metric(t("Eligible persons"), str(view.eligible), border=True, height="stretch")
    rate.metric(
        t("Newly eligible per month"), "–" if view.rate is None else f"≈{view.rate:g}", border=True, height="stretch"
    )
    target = view.recruitment.assumptions.target if view.recruitment is not None else 0
    label = t("Months to {target} enrolled", target=f"{target:,}") if target else t("Months to the target")
    months.metric(label, months_text(t, view), border=True, height="stretch", help=t("P50 (P10–P90)"))


def show_funnel(t: Translator, view: FeasibilityView, names: dict[str, str]) -> None:
    """Show what each step leaves."""
    st.html(funnel_html(t, view.steps, names))
    rows = [
        {
            t("Step"): names.get(step.rule, step.rule) if step.kind == "rule" else step.name(t),
            t("Events"): str(step.events),
            t("Persons"): str(step.persons),
            t("Persons lost"): str(step.lost),
        }
        for step in view.steps
    ]
    with st.expander(t("As a table")):
        st.table(pd.DataFrame(rows), hide_index=True, alt=t("Events and persons left after each step"))


def show_effects(t: Translator, view: FeasibilityView, names: dict[str, str]) -> None:
    """Show what each criterion costs."""
    if not view.rules:
        st.info(t("No criterion is applied."))
        return
    show_chart(effects_figure(t, view, names), t("Bars of the persons gained by dropping each criterion"))
    rows = [
        {
            t("Criterion"): names.get(effect.name, effect.name),
            t("Met by (persons)"): str(effect.met),
            t("Lost only because of it"): str(effect.gain),
            t("Eligible without it"): str(effect.without),
            t("Share of the loss"): "–" if effect.share_of_loss is None else t.percent(effect.share_of_loss, 0),
        }
        for effect in view.rules
    ]
    st.table(pd.DataFrame(rows), hide_index=True, alt=t("What each criterion costs"))
    st.markdown(
        t(
            "Lost only because of it: persons who meet all other criteria. Share of the loss: those lost, shared out "
            "equally among the criteria that each of them fails; it does not depend on the order of the criteria."
        )
    )


def show_arrival(t: Translator, view: FeasibilityView) -> None:
    """Show newly eligible persons over time."""
    if not view.complete:
        st.info(t("Shown with all criteria only: differences between two choices would give single persons away."))
    elif view.periods is None:
        st.info(t("Too few persons are eligible to show them over time."))
    else:
        figure = periods_figure(t, view.periods)
        show_chart(figure, t("Bars of newly eligible persons over time"))
        st.markdown(t("A person counts in the period of the first event that meets all criteria."))


def show_projection(t: Translator, view: FeasibilityView) -> None:
    """Show projected recruitment."""
    if view.recruitment is None:
        st.info(t("Too few persons are eligible for a projection."))
        return
    show_chart(recruitment_figure(t, view), t("Projected enrolment over the months since the start"))
    reached = float(view.recruitment.months_to_target.iloc[0]["reached"])
    st.markdown(
        t(
            "{share} of the simulated trials reach the target within {horizon} months.",
            share=t.percent(reached, 0),
            horizon=view.recruitment.assumptions.horizon_months,
        )
    )


def show_report(t: Translator, name: str, make: MakeReport, *, complete: bool) -> None:
    """Let the user take the report away, in a language and a format; it is written when the button is pressed."""
    if not complete:
        st.info(t("The report is made with all criteria of the protocol. Switch them on again to download it."))
        return
    language = st.segmented_control(
        t("Language of the report"),
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        default=t.language,
        required=True,
        key=keep("report-language"),
    )
    with st.container(horizontal=True):
        for form, media in FORMATS.items():
            st.download_button(
                _LABELS[form],
                partial(make, language, form),
                f"{name}-{language}.{form}",
                media,
                on_click="ignore",
                key=f"download-{form}",
                icon=":material/download:",
            )
