"""Feasibility as pages ask for it, kept by what it was computed from; nothing kept here is about single persons."""

from __future__ import annotations

import streamlit as st

from workbench.access import DisclosurePolicy
from workbench.app.data import Source, current_source
from workbench.app.results import profile
from workbench.locales import Language
from workbench.profile import DataProfile
from workbench.reports import ReportFormat, render
from workbench.settings import Settings
from workbench.studies.feasibility import FeasibilityView, Screening, screen, view
from workbench.studies.protocol import Protocol, read_protocol
from workbench.studies.run_feasibility import FeasibilityRun, report_of


def feasibility_view(source: Source, protocol: Protocol, active: tuple[int, ...]) -> FeasibilityView:
    """Compute feasibility with some of the criteria."""
    return _view(protocol.hash, source.snapshot, Settings().small_count, active, protocol.model_dump(mode="json"))


@st.cache_data(max_entries=500, show_spinner=False)
def _view(
    protocol_hash: str, snapshot: str, threshold: int, active: tuple[int, ...], _content: dict[str, object]
) -> FeasibilityView:
    protocol, source = read_protocol(dict(_content)), current_source()
    screening = _screening(source, protocol, profile(source))
    return view(screening, protocol, DisclosurePolicy(threshold=threshold), active=active)


def report_file(
    source: Source, protocol: Protocol, known: DataProfile, language: Language, form: ReportFormat
) -> bytes:
    """Write the report of a protocol; called outside the page's run, when somebody downloads it."""
    policy = Settings().policy
    screening = _screening(source, protocol, known)
    run = FeasibilityRun(protocol, screening, view(screening, protocol, policy), known)
    with source.evaluator():
        report = report_of(run, source.cdm, policy, language)
    return render(report, form)


def _screening(source: Source, protocol: Protocol, known: DataProfile) -> Screening:
    with source.evaluator() as evaluator:
        return screen(protocol.definition, source.cdm, evaluator=evaluator, until=known.last_day)
