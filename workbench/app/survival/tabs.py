"""The results of a study, a tab for each question."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import pandas as pd
import streamlit as st

from workbench.app.charts import show_chart
from workbench.app.session import keep
from workbench.app.survival.results import curves_file, figures_archive
from workbench.locales import LANGUAGES, Language, Translator
from workbench.reports import FORMATS, ReportFormat
from workbench.reports.charts import ImageFormat
from workbench.reports.model import Paragraph
from workbench.studies.survival_figures import (
    balance_figure,
    curve_on_page,
    ratios_figure,
    ratios_table,
    risk_on_page,
)
from workbench.studies.survival_view import StudyView
from workbench.studies.survival_words import (
    ACCOUNT,
    END_REASONS,
    coefficient_name,
    months,
    p_text,
    ratio_text,
    study_findings,
)

MakeReport = Callable[[Language, ReportFormat], bytes]

_IMAGES: Final[dict[ImageFormat, str]] = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
_REPORTS: Final[dict[ReportFormat, str]] = {
    "docx": "Word (.docx)",
    "xlsx": "Excel (.xlsx)",
    "pdf": "PDF",
    "html": "HTML",
}


def show_headlines(t: Translator, view: StudyView) -> None:
    """Show the numbers to take away."""
    models = [
        (label, model)
        for label, model in ((t("Hazard ratio, crude"), view.crude), (t("Hazard ratio, adjusted"), view.adjusted))
        if model is not None
    ]
    columns = st.columns(len(view.groups) + len(models))
    for column, group in zip(columns, view.groups, strict=False):
        label = view.study.label(group.name, t.language)
        column.metric(
            t("{group}: persons (outcomes)", group=label),
            f"{group.persons} ({group.events})",
            border=True,
            height="stretch",
        )
    for column, (label, model) in zip(columns[len(view.groups) :], models, strict=True):
        row = model.exposure
        column.metric(label, ratio_text(row), border=True, height="stretch", help=coefficient_name(t, view.study, row))


def show_findings(t: Translator, view: StudyView) -> None:
    """Say what the numbers say, and what to be careful with."""
    for block in study_findings(t, view):
        assert isinstance(block, Paragraph)
        if block.tone == "warning":
            st.warning(block.text, icon=":material/warning:")
        elif block.tone == "finding":
            st.info(block.text, icon=":material/lightbulb:")
        else:
            st.markdown(block.text)


def show_curves(t: Translator, view: StudyView) -> None:
    """Show the curves, the numbers at risk, and the log-rank test; let the user take the figure away."""
    if view.curves is None:
        st.info(t("This study asks for no survival curves."))
        return
    show_chart(curve_on_page(t, view), t("Survival curves of the groups over the months since the index date"))
    show_chart(risk_on_page(t, view), t("Numbers at risk under the survival curves"), around=8)
    if view.logrank is not None:
        st.markdown(
            t(
                "Log-rank test of equal hazards: chi-square {chisq} on {df} degrees of freedom, p {p}.",
                chisq=f"{view.logrank.chisq:.2f}",
                df=view.logrank.df,
                p=p_text(view.logrank.p),
            )
        )
    st.markdown(
        t(
            "How to read it: each curve falls when persons have the outcome; the band holds the true curve with 95% "
            "confidence at each time. Curves that cross, or bands that overlap widely, show no clear difference. The "
            "log-rank test compares the groups as they are, without any adjustment."
        )
    )
    with st.container(horizontal=True):
        for form, media in _IMAGES.items():
            st.download_button(
                form.upper(),
                partial(curves_file, t, view, form),
                f"{view.study.name}-survival-{t.language}.{form}",
                media,
                on_click="ignore",
                key=f"curve-{form}",
                icon=":material/download:",
            )
        st.download_button(
            t("All figures (.zip)"),
            partial(figures_archive, t, view),
            f"{view.study.name}-figures-{t.language}.zip",
            "application/zip",
            on_click="ignore",
            key="figures",
            icon=":material/folder_zip:",
        )


def show_groups(t: Translator, view: StudyView) -> None:
    """Show medians, and why follow-up ended."""
    study = view.study
    rows = [
        {
            t("Group"): study.label(group.name, t.language),
            t("Persons"): str(group.persons),
            t("With the outcome"): str(group.events),
            t("Median survival in months (95% CI)"): (
                f"{months(group.median)} ({months(group.lower)}–{months(group.upper)})"
            ),
            t("Median follow-up in months"): months(group.follow_up),
        }
        for group in view.groups
    ]
    st.table(pd.DataFrame(rows), hide_index=True, alt=t("Persons, outcomes and median survival"))
    if view.end_reasons is not None:
        st.subheader(t("Why follow-up ended"), anchor=False)
        named = view.end_reasons.rename(columns=lambda name: study.label(str(name), t.language))
        named.insert(0, t("Reason"), [t(END_REASONS[str(reason)]) for reason in view.end_reasons["end_reason"]])
        st.table(named.drop(columns="end_reason"), hide_index=True, alt=t("Why follow-up ended"))


def show_ratios(t: Translator, view: StudyView) -> None:
    """Show the hazard ratios, crude and adjusted."""
    if view.crude is None and view.adjusted is None:
        st.info(t("This study asks for no Cox model."))
        return
    table = ratios_table(t, view)
    st.altair_chart(
        ratios_figure(t, view),
        theme=None,
        width="content",
        alt=t("Points and intervals of the hazard ratios on a logarithmic axis"),
    )
    shown = pd.DataFrame(
        {
            t("Term"): table["name"],
            t("Hazard ratio (95% CI)"): [ratio_text(row) for _, row in table.iterrows()],
            "p": [p_text(float(p)) for p in table["p"]],
        }
    )
    st.table(shown, hide_index=True, alt=t("Hazard ratios of the Cox models"))
    st.markdown(
        t(
            "How to read it: a hazard ratio below 1 means that the outcome is less frequent at any time in the "
            "first-named group. If the interval contains 1, the data are compatible with no difference. The adjusted "
            "estimate compares persons who are alike in the listed characteristics; it cannot remove differences that "
            "were not recorded."
        )
    )


def show_baseline(t: Translator, view: StudyView) -> None:
    """Show Table 1 and the differences between the groups."""
    if not view.characteristics:
        st.info(t("This study has no baseline characteristics."))
        return
    study = view.study
    rows = []
    for line in view.characteristics:
        name, level = study.label(line.variable, t.language), study.label(line.level, t.language)
        row = {t("Characteristic"): t("{name}: {level}", name=name, level=level) if level else name}
        row |= {study.label(group.name, t.language): text for group, text in zip(view.groups, line.texts, strict=True)}
        rows.append(row | {t("SMD"): "" if line.smd is None else f"{line.smd:.2f}"})
    st.table(pd.DataFrame(rows), hide_index=True, alt=t("Baseline characteristics by group"))
    st.markdown(t("Mean (standard deviation) or number (percent). SMD: standardised mean difference."))
    if view.differences is not None:
        show_chart(balance_figure(t, view), t("Points of the standardised mean difference of each characteristic"))


def show_persons(t: Translator, view: StudyView) -> None:
    """Show how many were left from cohort to analysis."""
    study = view.study
    rows = [{t("Step"): t(ACCOUNT[step]), t("Persons"): str(persons)} for step, persons in view.account]
    st.table(pd.DataFrame(rows), hide_index=True, alt=t("From the cohorts to the persons analysed"))
    for name, steps in view.attritions.items():
        st.subheader(t("Attrition of the cohort {name}", name=study.label(name, t.language)), anchor=False)
        rows = [
            {
                t("Step"): study.label(step.rule, t.language) if step.kind == "rule" else step.name(t),
                t("Events"): str(step.events),
                t("Persons"): str(step.persons),
            }
            for step in steps
        ]
        st.table(pd.DataFrame(rows), hide_index=True, alt=t("Events and persons left after each step"))


def show_report(t: Translator, name: str, make: MakeReport) -> None:
    """Let the user take the report away, in a language and a format."""
    language = st.segmented_control(
        t("Language of the report"),
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        default=t.language,
        required=True,
        key=keep("study-report-language"),
    )
    with st.container(horizontal=True):
        for form, media in FORMATS.items():
            st.download_button(
                _REPORTS[form],
                partial(make, language, form),
                f"{name}-{language}.{form}",
                media,
                on_click="ignore",
                key=f"study-report-{form}",
                icon=":material/download:",
            )
