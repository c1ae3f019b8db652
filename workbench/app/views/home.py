"""Home: where things stand, and where to begin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import streamlit as st

from workbench.app.cohort.draft import begin_draft, open_draft, saved_drafts
from workbench.app.data import Source, current_queue, current_source, has_source
from workbench.app.frame import no_data, page_head
from workbench.app.navigation import go_to
from workbench.app.results import profile
from workbench.app.session import current_translator
from workbench.locales import Translator
from workbench.reports import ReportModel
from workbench.reports.model import Paragraph
from workbench.studies.bundle import MANIFEST
from workbench.studies.library import DEMO_PROTOCOL, DEMO_STUDY
from workbench.studies.protocol import read_protocol
from workbench.studies.study import read_study
from workbench.workspace import Workspace

_RECENT: Final = 5


def show() -> None:
    """Draw the page."""
    t = current_translator()
    page_head(
        t("RWE Workbench"),
        t(
            "From a hospital's extract to cohorts, feasibility and survival, without code. Begin with the example "
            "study, or with a cohort of your own."
        ),
    )
    if not has_source():
        no_data(t)
        return
    source = current_source()
    _steps(t, source)
    _example(t, source)
    _recent(t)


def _steps(t: Translator, source: Source) -> None:
    found = profile(source)
    size = t("{persons} persons, {records} records", persons=t.number(found.persons), records=t.number(found.records))
    count = t("Say who comes in and who stays; the count follows at once.")
    trial = t("Can the trial be filled here, and which criterion costs most?")
    after = t("What happened to them, and how do groups compare?")
    data, cohort, feasibility, survival = st.columns(4)
    _step(data, "data", t("1. Data"), size, t("Look at the data"))
    _step(cohort, "cohort", t("2. Cohort"), count, t("Build a cohort"))
    _step(feasibility, "feasibility", t("3. Feasibility"), trial, t("Check feasibility"))
    _step(survival, "survival", t("4. Survival"), after, t("Compare survival"))


def _step(column: Any, path: str, title: str, text: str, label: str) -> None:
    with column.container(border=True, height="stretch", key=f"step-{path}"):
        st.subheader(title, anchor=False)
        st.markdown(text)
        if st.button(label, key=f"go-{path}", icon=":material/arrow_forward:"):
            go_to(path)


def _example(t: Translator, source: Source) -> None:
    study, protocol = read_study(DEMO_STUDY), read_protocol(DEMO_PROTOCOL)
    with st.container(border=True, key="example"):
        st.subheader(t("Example study: {title}", title=t.pick(study.title)), anchor=False)
        st.markdown(t.pick(study.purpose))
        bundle = Workspace.current().results / study.name
        report = _report(bundle, t)
        if report is None:
            st.markdown(
                f":gray[{t('Its results have not been written yet; the page computes them when it is opened.')}]"
            )
        else:
            if _snapshot(bundle) != source.snapshot:
                st.warning(t("These results were made from another data snapshot."), icon=":material/history:")
            text, figure = st.columns([0.46, 0.54], gap="large")
            with text:
                _headlines(report)
                _findings(report)
            image = bundle / "figures" / f"survival-{t.language}.png"
            if image.exists():
                figure.image(str(image), alt=t("Survival curves of the groups over the months since the index date"))
        with st.container(horizontal=True):
            if st.button(t("Open the study"), type="primary", key="open-study", icon=":material/query_stats:"):
                go_to("survival")
            if st.button(
                t("Feasibility of a trial in such patients"), key="open-protocol", icon=":material/filter_alt:"
            ):
                go_to("feasibility")
            if st.button(t("Edit that trial's cohort"), key="open-cohort", icon=":material/edit:"):
                begin_draft(protocol.definition_in(t.language))
                go_to("cohort")


def _headlines(report: ReportModel) -> None:
    columns = st.columns(2)
    for number, headline in enumerate(report.headlines):
        columns[number % 2].metric(
            headline.label, headline.value, headline.note or None, delta_color="off", delta_arrow="off", border=True
        )


def _findings(report: ReportModel) -> None:
    for block in report.sections[0].blocks:
        if isinstance(block, Paragraph) and block.tone == "finding":
            st.info(block.text, icon=":material/lightbulb:")


def _report(bundle: Path, t: Translator) -> ReportModel | None:
    file = bundle / f"report-{t.language}.json"
    return ReportModel.model_validate_json(file.read_text("utf-8")) if file.exists() else None


def _snapshot(bundle: Path) -> str:
    return str(json.loads((bundle / MANIFEST).read_text("utf-8"))["snapshot"])


def _recent(t: Translator) -> None:
    drafts, jobs = st.columns(2)
    with drafts.container(border=True, height="stretch"):
        st.subheader(t("Recent cohorts"), anchor=False)
        saved = list(saved_drafts().items())[:_RECENT]
        if not saved:
            st.markdown(t("No cohort has been built yet."))
        for number, name in saved:
            if st.button(name, key=f"draft-{number}", icon=":material/group:", type="tertiary"):
                open_draft(number)
                go_to("cohort")
    with jobs.container(border=True, height="stretch"):
        st.subheader(t("Jobs"), anchor=False)
        running = [job for job in current_queue().recent(_RECENT) if job.active]
        if not running:
            st.markdown(t("No job is running."))
        for job in running:
            st.progress(
                job.progress, text=f"{job.parameters.get('name', job.kind)} · {t(job.stage) if job.stage else ''}"
            )
        if st.button(t("All jobs"), key="go-jobs", icon=":material/pending_actions:", type="tertiary"):
            go_to("jobs")
