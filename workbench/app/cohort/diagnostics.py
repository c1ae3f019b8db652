"""The panel that looks at what the cohort is made of."""

from __future__ import annotations

from functools import partial
from typing import Final

import pandas as pd
import streamlit as st

from cohorts import CohortDefinition, Evaluator
from cohorts.engine.plan import plan
from workbench.access import DisclosurePolicy
from workbench.app.charts import show_chart
from workbench.app.choices import distinct
from workbench.app.cohort.draft import Draft, saved_definition, saved_drafts
from workbench.app.counting import counted
from workbench.app.data import Source, current_seat
from workbench.app.errors import show_refusal
from workbench.app.results import labels, profile
from workbench.app.session import keep
from workbench.counting import Question, Task
from workbench.diagnostics.figures import comparison_figure, entries_figure
from workbench.diagnostics.report import MOST_ON_PAPER, diagnostics_report
from workbench.diagnostics.run import Diagnosed, diagnose
from workbench.diagnostics.view import TITLES, CohortView
from workbench.diagnostics.worded import overlap_table, tables_of
from workbench.diagnostics.words import Labels, matched_text, note_of, withheld_text
from workbench.locales import Translator, mark
from workbench.profile import DataProfile
from workbench.reports import FORMATS, ReportFormat, Table, render
from workbench.settings import Settings

_PLACE: Final = "diagnostics"
_ASKED: Final = "diagnostics-asked"
_MOST_BESIDE: Final = 3
_MOST_LINES: Final = 12
_BUTTONS: Final[dict[ReportFormat, str]] = {"xlsx": "Excel", "docx": "Word", "pdf": "PDF", "html": "HTML"}


def show_diagnostics(t: Translator, source: Source, draft: Draft) -> None:
    """Let the user look at the cohort, also beside others; nothing is reckoned before the button is pressed."""
    if not draft.definition.expression.primary_criteria.criteria_list:
        st.info(t("Say first what brings a person in."), icon=":material/login:")
        return
    st.markdown(
        t(
            "See what the cohort is made of before you rely on it: which records brought persons in, which concepts "
            "may have been forgotten, how many enter over time, in which visits, and what sets them apart from others. "
            "Small counts are hidden."
        )
    )
    definitions = _chosen(t, draft)
    policy = Settings().policy
    of = (*((name, d.hash) for name, d in definitions.items()), source.snapshot, policy.threshold)
    if st.button(t("Run the diagnostics"), icon=":material/monitor_heart:", key="run-diagnostics"):
        st.session_state[_ASKED] = of
        current_seat().leave(_PLACE)
    asked = st.session_state.get(_ASKED)
    if asked != of:
        current_seat().leave(_PLACE)
    if asked is None:
        return
    if asked != of:
        st.info(t("The definition or the choice has changed. Run the diagnostics again."), icon=":material/update:")
        return
    found = counted(t, _PLACE, _diagnosed(of, definitions), mark("Looking at the cohort"))
    if found is None:
        return
    for error in found.refused.values():
        show_refusal(error)
    if found.view.cohorts:
        _show(t, source, found, definitions, policy)


def _chosen(t: Translator, draft: Draft) -> dict[str, CohortDefinition]:
    """Ask for cohorts to put beside this one, and name them all apart."""
    others = distinct({key: name for key, name in saved_drafts().items() if key != draft.draft_id})
    beside: list[str] = []
    if others:
        beside = st.multiselect(
            t("Compare with other cohorts (optional)"),
            list(others),
            format_func=others.__getitem__,
            max_selections=_MOST_BESIDE,
            placeholder=t("Choose definitions"),
            key=keep(f"beside-{draft.draft_id}"),
        )
    found = {"": draft.definition} | {key: d for key in beside if (d := saved_definition(key)) is not None}
    names = distinct({key: definition.name for key, definition in found.items()})
    return {names[key]: definition for key, definition in found.items()}


def _diagnosed(of: tuple[object, ...], definitions: dict[str, CohortDefinition]) -> Question[Diagnosed]:
    """All that is kept of it may be shown."""
    policy = Settings().policy

    def work(evaluator: Evaluator, task: Task[Diagnosed]) -> Diagnosed:
        return diagnose(definitions, evaluator.cdm, policy, evaluator=evaluator, progress=task.tell)

    return Question(("diagnostics", *of), work, lambda: [plan(one).cohort for one in definitions.values()])


def _show(
    t: Translator,
    source: Source,
    found: Diagnosed,
    definitions: dict[str, CohortDefinition],
    policy: DisclosurePolicy,
) -> None:
    view = found.view
    names = labels(source, view.concepts, t.language)
    shown = {cohort.name: cohort for cohort in view.cohorts}
    name: str | None = view.cohorts[0].name
    if len(shown) > 1:
        name = st.segmented_control(
            t("Cohort to show"), list(shown), default=name, required=True, key="diagnosed-cohort"
        )
    cohort = shown.get(str(name), view.cohorts[0])
    if cohort.withheld:
        st.info(
            withheld_text(t, cohort), icon=":material/lock:" if cohort.withheld != "empty" else ":material/group_off:"
        )
    else:
        _show_cohort(t, cohort, names, policy)
    if len(view.overlap):
        table = overlap_table(t, view)
        st.markdown(f"**{table.caption}**")
        _show_table(t, table)
        st.markdown(f":gray[{table.note}]")
    st.markdown(t("Download the diagnostics:"))
    make = partial(_report_file, t, found, definitions, names, policy, profile(source))
    with st.container(horizontal=True):
        for form, media in FORMATS.items():
            st.download_button(
                _BUTTONS[form],
                partial(make, form),
                f"diagnostics-{t.language}.{form}",
                media,
                on_click="ignore",
                key=f"diagnostics-{form}",
                icon=":material/download:",
            )


def _show_cohort(t: Translator, cohort: CohortView, names: Labels, policy: DisclosurePolicy) -> None:
    worded = tables_of(t, cohort, names)
    for tab, title in zip(st.tabs([t(title) for title in TITLES.values()]), TITLES, strict=True):
        with tab:
            st.markdown(f":gray[{note_of(t, cohort, title)}]")
            if title == "incidence" and (chart := entries_figure(t, cohort)) is not None:
                show_chart(chart, t("Bars of new entries over time"))
                st.markdown(f":gray[{t('Bars with a dashed outline stand for counts that are hidden.')}]")
            if title == "compare_with_matched":
                st.markdown(matched_text(t, cohort, policy))
                if (chart := comparison_figure(t, cohort, names)) is not None:
                    alt = t("Points of the shares of the cohort and of matched persons, for each concept")
                    show_chart(chart, alt, around=96)
            if not worded[title]:
                st.info(t("Nothing was found that can be shown."), icon=":material/check:")
            _show_tables(t, worded[title])


def _show_tables(t: Translator, tables: list[Table]) -> None:
    """Show one table as wide as the page; where there are several, the others, which are narrow, side by side."""
    if len(tables) == 1:
        _show_table(t, tables[0])
    elif tables:
        for table, place in zip(tables, [st.container(), *st.columns(len(tables) - 1)], strict=True):
            with place:
                st.markdown(f"**{table.sheet}**")
                _show_table(t, table)


def _show_table(t: Translator, table: Table) -> None:
    heads = [column.name for column in table.columns]
    st.table(pd.DataFrame(table.texts()[:_MOST_LINES], columns=heads), hide_index=True, alt=table.caption)
    if len(table.rows) > _MOST_LINES:
        said = t(
            "The first {most} of {lines} lines; the workbook (.xlsx) has all.", most=_MOST_LINES, lines=len(table.rows)
        )
        st.markdown(f":gray[{said}]")


def _report_file(
    t: Translator,
    found: Diagnosed,
    definitions: dict[str, CohortDefinition],
    names: Labels,
    policy: DisclosurePolicy,
    data: DataProfile,
    form: ReportFormat,
) -> bytes:
    """Write the report when somebody downloads it."""
    most = None if form == "xlsx" else MOST_ON_PAPER
    return render(diagnostics_report(t, found.view, definitions, names, policy, data, most=most), form)
