"""Which protocol to look at: one of the library, one of the workspace, or a cohort that is being built."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

from analyses.feasibility import RecruitmentAssumptions
from workbench.app.choices import distinct
from workbench.app.cohort.draft import saved_definition, saved_drafts
from workbench.app.session import keep
from workbench.locales import Translator
from workbench.studies.library import protocol_files
from workbench.studies.protocol import Protocol, read_protocol
from workbench.workspace import Workspace

_FILE: Final = "file:"
_DRAFT: Final = "draft:"
_IN_URL: Final = "protocol"
_CHOSEN: Final = keep("protocol")
_DEFAULT_TARGET: Final = 100


def choose_protocol(t: Translator) -> Protocol | None:
    """Let the user choose a protocol; the choice stands in the address."""
    labels = {f"{_FILE}{file}": t.pick(read_protocol(file).title) for file in protocol_files(Workspace.current())}
    labels |= {f"{_DRAFT}{number}": t("Cohort: {name}", name=name) for number, name in saved_drafts().items()}
    if not labels:
        return None
    shown, options = distinct(labels), list(labels)
    if st.session_state.get(_CHOSEN) not in options:
        asked = st.query_params.get(_IN_URL)
        st.session_state[_CHOSEN] = next((code for code in options if _address(code) == asked), options[0])
    chosen = st.selectbox(t("Protocol"), options, format_func=lambda code: shown[code], key=_CHOSEN)
    st.query_params[_IN_URL] = _address(chosen)
    if chosen.startswith(_FILE):
        return read_protocol(Path(chosen.removeprefix(_FILE)))
    return _protocol_of_draft(chosen.removeprefix(_DRAFT))


def choose_draft(draft_id: str) -> None:
    """Let the page open with the cohort of a draft as its protocol."""
    st.session_state[_CHOSEN] = f"{_DRAFT}{draft_id}"


def _address(code: str) -> str:
    """Name a choice in the address: a file by its stem, a draft by its id."""
    return Path(code.removeprefix(_FILE)).stem if code.startswith(_FILE) else code.removeprefix(_DRAFT)


def _protocol_of_draft(draft_id: str) -> Protocol | None:
    definition = saved_definition(draft_id)
    if definition is None:
        return None
    return Protocol(
        format="rwe-protocol/1",
        name=f"cohort-{draft_id}",
        title={"zh": definition.name, "en": definition.name},
        cohort=definition.to_json(),
        assumptions=RecruitmentAssumptions(target=_DEFAULT_TARGET),
    )
