"""The column in which the trial's assumptions are set."""

from __future__ import annotations

import streamlit as st

from analyses.feasibility import RecruitmentAssumptions
from workbench.app.session import keep
from workbench.locales import Translator
from workbench.studies.protocol import Protocol


def assumption_fields(t: Translator, protocol: Protocol) -> RecruitmentAssumptions:
    """Draw the fields of the assumptions, filled with the protocol's own, and read them."""
    own = protocol.assumptions

    def key(name: str) -> str:
        return keep(f"{protocol.name}-{name}")

    st.subheader(t("Assumptions"), anchor=False)
    target = st.number_input(t("Persons to enrol"), min_value=1, value=own.target, step=10, key=key("target"))
    sites = st.number_input(t("Sites"), min_value=1, max_value=500, value=own.sites, key=key("sites"))
    consent = st.slider(
        t("Eligible persons who are asked and agree (%)"), 1, 100, round(100 * own.consent), key=key("consent")
    )
    failure = st.slider(t("Screening failures (%)"), 0, 95, round(100 * own.screen_failure), key=key("failure"))
    with st.expander(t("More assumptions")):
        first = st.number_input(
            t("Months until the first site opens"), 0.0, 120.0, own.first_site_month, 1.0, key=key("first")
        )
        between = st.number_input(
            t("Months between the openings of two sites"),
            0.0,
            60.0,
            own.months_between_sites,
            0.5,
            key=key("between"),
        )
        size = st.number_input(
            t("Size of the other sites relative to this hospital"), 0.05, 20.0, own.site_size, 0.1, key=key("size")
        )
        history = st.number_input(
            t("Months of history behind the rate"), 1, 120, own.history_months, key=key("history")
        )
    return own.model_copy(
        update={
            "target": int(target),
            "sites": int(sites),
            "consent": consent / 100,
            "screen_failure": failure / 100,
            "first_site_month": float(first),
            "months_between_sites": float(between),
            "site_size": float(size),
            "history_months": int(history),
        }
    )
