"""Data: what the CDM holds, and what became of every row of the extract."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from omop_etl.account import Account, read_account, unmapped_terms
from omop_etl.errors import CannotAnswerError
from workbench.access import protect_chain
from workbench.app.data import Source, current_source, has_source
from workbench.app.frame import no_data, page_head
from workbench.app.results import profile
from workbench.app.session import current_translator, keep
from workbench.locales import Translator, mark
from workbench.profile import DataProfile
from workbench.settings import Settings
from workbench.words import account_word

_TABLES: Final = {
    "person": mark("Persons"),
    "observation_period": mark("Observation periods"),
    "visit_occurrence": mark("Visits"),
    "condition_occurrence": mark("Diagnoses"),
    "drug_exposure": mark("Drugs"),
    "procedure_occurrence": mark("Procedures"),
    "device_exposure": mark("Devices"),
    "measurement": mark("Laboratory results and measurements"),
    "observation": mark("Observations"),
    "note": mark("Notes and reports"),
    "death": mark("Deaths"),
    "location": mark("Places"),
    "care_site": mark("Departments"),
    "condition_era": mark("Periods of a diagnosis"),
    "drug_era": mark("Periods of drug use"),
}
_MOST_TERMS: Final = 200


def show() -> None:
    """Draw the page."""
    t = current_translator()
    page_head(
        t("Data"),
        t(
            "What this data snapshot holds, how much of it found a standard concept, and what became of every row of "
            "the extract: loaded, merged or rejected, with the reason."
        ),
    )
    if not has_source():
        no_data(t)
        return
    source = current_source()
    with st.spinner(t("Counting")):
        found = profile(source)
    _headlines(t, found)
    tables, account, terms = st.tabs([t("Tables"), t("Account of the extract"), t("Terms without a concept")])
    with tables:
        _tables(t, found)
    with account:
        _account(t, source)
    with terms:
        _terms(t, source)


def _headlines(t: Translator, found: DataProfile) -> None:
    persons, records, share, span = st.columns(4)
    persons.metric(t("Persons"), t.number(found.persons), border=True, height="stretch")
    records.metric(t("Clinical records"), t.number(found.records), border=True, height="stretch")
    mapped = "–" if found.mapped_share is None else t.percent(found.mapped_share)
    share.metric(t("Records with a concept"), mapped, border=True, height="stretch")
    years = "–"
    if found.first_day and found.last_day:
        years = f"{found.first_day:%Y}–{found.last_day:%Y}"
    span.metric(t("Observed"), years, border=True, height="stretch")
    facts = [
        (t("Source"), found.source),
        (t("Vocabulary"), found.vocabulary),
        (t("Version of the CDM"), found.version),
        (t("Snapshot"), found.snapshot),
    ]
    st.markdown("  ·  ".join(f"{name}: `{value}`" for name, value in facts if value))


def _tables(t: Translator, found: DataProfile) -> None:
    rows = [
        {
            t("Content"): t(_TABLES[size.table]),
            t("Table of the CDM"): size.table,
            t("Rows"): size.rows,
            t("With a concept"): None if size.mapped is None or not size.rows else 100 * size.mapped / size.rows,
        }
        for size in found.tables
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={
            t("Rows"): st.column_config.NumberColumn(format="localized"),
            t("With a concept"): st.column_config.ProgressColumn(format="%.1f%%", min_value=0, max_value=100),
        },
        alt=t("Rows of each table of the CDM"),
    )


def _account(t: Translator, source: Source) -> None:
    account = _read_account(source.snapshot)
    if account is None:
        st.info(t("This data was not loaded here, so there is no account of its extract."), icon=":material/info:")
        return
    st.markdown(
        t(
            "Mapping {mapping}, run on {day}. For every file: read = loaded + merged + rejected.",
            mapping=f"`{account.mapping}`",
            day=account.finished_at[:10],
        )
    )
    frame = pd.DataFrame(
        [
            {
                t("File"): file.file,
                t("Encoding"): file.encoding,
                t("Read"): file.rows_read,
                t("Loaded"): file.loaded,
                t("Merged"): file.merged,
                t("Rejected"): file.rejected,
            }
            for file in account.files
        ]
    )
    numbers = {t(name): st.column_config.NumberColumn(format="localized") for name in _COUNTS}
    st.dataframe(frame, hide_index=True, column_config=numbers, alt=t("Account of each file of the extract"))
    chosen = st.selectbox(t("Reasons in file"), [file.file for file in account.files], key=keep("account-file"))
    file = next(file for file in account.files if file.file == chosen)
    left, right = st.columns(2)
    left.subheader(t("Rows merged or rejected"), anchor=False)
    left.dataframe(_reasons(t, file.reasons), hide_index=True, alt=t("Reasons for merging or rejecting rows"))
    right.subheader(t("Odd cells in loaded rows"), anchor=False)
    right.dataframe(_reasons(t, file.issues), hide_index=True, alt=t("Odd cells in loaded rows"))


_COUNTS: Final = (mark("Read"), mark("Loaded"), mark("Merged"), mark("Rejected"))


def _reasons(t: Translator, counts: dict[str, int]) -> pd.DataFrame:
    rows = [{t("Reason"): account_word(t, name), t("Rows"): rows} for name, rows in counts.items()]
    return pd.DataFrame(rows, columns=[t("Reason"), t("Rows")])


def _terms(t: Translator, source: Source) -> None:
    terms = _unmapped(source.snapshot)
    if terms.empty:
        st.success(t("Every term found a concept."), icon=":material/check:")
        return
    policy = Settings().policy
    frame = pd.DataFrame(
        {
            t("Content"): [t(_TABLES[table]) for table in terms["cdm_table"]],
            t("Term in the source"): terms["term"],
            t("Records"): [str(protect_chain([int(n)], policy)[0]) for n in terms["records"]],
            t("Persons"): [str(protect_chain([int(n)], policy)[0]) for n in terms["persons"]],
        }
    )
    st.markdown(t("The most frequent terms of the source that no concept was found for:"))
    st.dataframe(frame, hide_index=True, alt=t("Terms of the source without a concept"))


@st.cache_data(max_entries=4, show_spinner=False)
def _read_account(snapshot: str) -> Account | None:
    try:
        return read_account(current_source().cdm)
    except CannotAnswerError:
        return None


@st.cache_data(max_entries=4, show_spinner=False)
def _unmapped(snapshot: str) -> pd.DataFrame:
    with current_source().cdm.sibling() as alone:
        return unmapped_terms(alone, _MOST_TERMS)
