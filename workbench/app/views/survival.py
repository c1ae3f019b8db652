"""Survival: what happened to the persons of some cohorts, and how they compare."""

from __future__ import annotations

from functools import partial

import streamlit as st

from workbench.app.counting import counted
from workbench.app.data import Source, current_queue, current_source, has_source
from workbench.app.frame import no_data, page_head
from workbench.app.results import profile
from workbench.app.session import current_translator, keep
from workbench.app.survival.choice import choose_study, new_study
from workbench.app.survival.results import analysed, report_file
from workbench.app.survival.tabs import (
    show_baseline,
    show_curves,
    show_findings,
    show_groups,
    show_headlines,
    show_persons,
    show_ratios,
    show_report,
)
from workbench.locales import Translator, mark
from workbench.studies.study import Study


def show() -> None:
    """Draw the page."""
    t = current_translator()
    page_head(
        t("Survival"),
        t(
            "Compare what happened to the persons of two cohorts: survival curves, hazard ratios crude and adjusted, "
            "and what to be careful with. A study is a document: it can be run again from the command line."
        ),
    )
    if not has_source():
        no_data(t)
        return
    source = current_source()
    study = choose_study(t)
    with st.expander(t("New study from two cohorts")):
        new_study(t, source)
    if study is None:
        st.info(t("There is no study yet."), icon=":material/query_stats:")
        return
    study = _options(t, study)
    view = counted(t, "study", analysed(study), mark("Running the study"))
    if view is None:
        return
    show_headlines(t, view)
    curves, ratios, baseline, groups, persons, report = st.tabs(
        [
            t("Survival curves"),
            t("Hazard ratios"),
            t("Baseline characteristics"),
            t("Groups"),
            t("Persons"),
            t("Report"),
        ]
    )
    with curves:
        show_curves(t, view)
    with ratios:
        show_ratios(t, view)
    with baseline:
        show_baseline(t, view)
    with groups:
        show_groups(t, view)
    with persons:
        show_persons(t, view)
    with report:
        show_findings(t, view)
        show_report(t, study.name, partial(report_file, source, view, profile(source)))
        _bundle(t, source, study)


def _options(t: Translator, study: Study) -> Study:
    """Let the user choose what the adjusted model adjusts for."""
    if study.purpose:
        st.markdown(t.pick(study.purpose))
    names = [covariate.name for covariate in study.dataset.covariates]
    if not names:
        return study
    chosen = st.pills(
        t("Adjusted for"),
        names,
        selection_mode="multi",
        default=list(study.adjusted_for),
        format_func=lambda name: study.label(name, t.language),
        key=keep(f"{study.name}-adjusted"),
        wrap=True,
    )
    wanted = tuple(name for name in names if name in chosen)
    return study if wanted == study.adjusted_for else study.model_copy(update={"adjust_for": wanted})


def _bundle(t: Translator, source: Source, study: Study) -> None:
    """Let the user keep tables, figures and reports together, made in the background."""
    st.markdown(t("Keep the tables, figures and reports in the workspace, with a manifest to prove them by:"))
    if st.button(t("Make the result bundle"), key="study-bundle", icon=":material/inventory_2:"):
        current_queue().submit("study", {"name": study.name, "study": study.model_dump(mode="json")})
        st.toast(t("The job has been started. See the page of jobs."), icon=":material/pending_actions:")
