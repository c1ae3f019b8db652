"""Feasibility: can this trial be filled here, how fast, and which criterion costs most."""

from __future__ import annotations

from functools import partial

import streamlit as st

from workbench.app.counting import counted
from workbench.app.data import Source, current_source, has_source
from workbench.app.feasibility.choice import choose_protocol
from workbench.app.feasibility.panel import assumption_fields
from workbench.app.feasibility.results import report_file, viewed
from workbench.app.feasibility.tabs import (
    show_arrival,
    show_effects,
    show_funnel,
    show_headlines,
    show_projection,
    show_report,
)
from workbench.app.frame import no_data, page_head
from workbench.app.results import profile
from workbench.app.session import current_translator, keep
from workbench.locales import Translator, mark
from workbench.studies.protocol import Protocol


def show() -> None:
    """Draw the page."""
    t = current_translator()
    page_head(
        t("Feasibility"),
        t(
            "Switch criteria on and off and see at once who would be eligible, how fast the trial could be filled, and "
            "which criterion costs most. The report says the same numbers."
        ),
    )
    if not has_source():
        no_data(t)
        return
    protocol = choose_protocol(t)
    if protocol is None:
        st.info(t("There is no protocol yet. Build a cohort first."), icon=":material/assignment:")
        return
    source = current_source()
    panel, results = st.columns([0.27, 0.73], gap="large")
    with panel:
        protocol = protocol.model_copy(update={"assumptions": assumption_fields(t, protocol)})
    with results:
        _results(t, source, protocol)


def _results(t: Translator, source: Source, protocol: Protocol) -> None:
    rules = [rule.name or t("Unnamed criterion") for rule in protocol.definition.expression.inclusion_rules or []]
    names = {rule: protocol.label(rule, t.language) for rule in rules}
    active = list(range(len(rules)))
    if rules:
        active = st.pills(
            t("Criteria that are applied"),
            list(range(len(rules))),
            selection_mode="multi",
            default=active,
            format_func=lambda position: f"{position + 1}. {names[rules[position]]}",
            key=keep(f"{protocol.name}-{protocol.definition.hash[:8]}-active"),
            wrap=True,
        )
    view = counted(t, "feasibility", viewed(source, protocol, tuple(active)), mark("Counting"))
    if view is None:
        return
    show_headlines(t, view)
    funnel, effects, arrival, projection, report = st.tabs(
        [t("Funnel"), t("Effect of each criterion"), t("Over time"), t("Projection"), t("Report")]
    )
    with funnel:
        show_funnel(t, view, names)
    with effects:
        show_effects(t, view, names)
    with arrival:
        show_arrival(t, view)
    with projection:
        show_projection(t, view)
    with report:
        make = partial(report_file, source, protocol, profile(source))
        show_report(t, protocol.name, make, complete=view.complete)
