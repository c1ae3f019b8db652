"""Patient lists that a criterion of the draft may refer to: choosing one, and bringing one in."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from cohorts.definition import PatientList
from cohorts.patient_lists import SUFFIXES
from cohorts.patient_lists.matching import Matched
from omop_etl.errors import RweError
from workbench.app.choices import distinct
from workbench.app.cohort.draft import current_draft
from workbench.app.cohort.editing import Member
from workbench.app.cohort.picker import PICKING
from workbench.app.counting import counted_in_place
from workbench.app.errors import show_refusal
from workbench.app.results import list_matched
from workbench.app.session import current_user
from workbench.locales import Translator, mark
from workbench.patient_lists import forget_list, keep_list, kept_lists, list_words
from workbench.settings import Settings
from workbench.workspace import Workspace


def choose_list(t: Translator, member: Member) -> PatientList | None:
    """Draw the choice of a list, and the way to bring one in; say how many of its persons are in this database."""
    before = member.form.patient_list
    place = st.container()
    more = st.expander(t("Bring in or remove a list"), icon=":material/upload_file:")
    with more:
        _upload(t, member)
    offered = _offered(before)
    names = distinct({key: known.title for key, known in offered.items()})
    with place:
        chosen = st.selectbox(
            t("Patient list"),
            list(offered),
            index=list(offered).index(_key(before)) if before is not None else None,
            format_func=names.__getitem__,
            placeholder=t("Choose a list"),
            key=member.key("list"),
        )
        if not offered:
            st.info(t("There is no list yet. Bring one in below."), icon=":material/upload_file:")
    known = offered.get(chosen) if chosen is not None else None
    if known is None:
        return None
    with place:
        counted_in_place(
            f"{PICKING}list-{member.uid}",
            list_matched(known),
            mark("Looking for the persons of the list"),
            lambda t, matched: _account(t, known, matched),
        )
    if known.sha256 in [kept.sha256 for kept in kept_lists(Workspace.current())]:
        label = t('Remove the list "{name}" from this workspace', name=known.title)
        more.button(label, key=member.key("forget"), icon=":material/delete:", on_click=_forget, args=(known, member))
    return known


def _forget(known: PatientList, member: Member) -> None:
    forget_list(Workspace.current(), known.sha256 or "", by=current_user())
    st.session_state[member.key("list")] = None


def _account(t: Translator, known: PatientList, matched: Matched) -> None:
    st.markdown(list_words(t, known.title, matched, Settings().policy))
    if matched.dated:
        st.markdown(f":gray[{t('A row without an end date lasts to the end of the observation period.')}]")
    else:
        st.markdown(f":gray[{t('The list has no dates: each person belongs to it whenever under observation.')}]")


def _upload(t: Translator, member: Member) -> None:
    sent = st.file_uploader(
        t("CSV, Excel or Parquet; one column names the patient (患者ID or person_id), dates may follow"),
        type=[suffix.lstrip(".") for suffix in SUFFIXES],
        key=member.key("upload"),
    )
    where = t(
        "The list stays in this workspace, readable by its owner only. A definition that you share holds its "
        "fingerprint, and no patient."
    )
    st.markdown(f":gray[{where}]")
    if sent is None:
        return
    name = st.text_input(t("Name of the list"), Path(sent.name).stem, key=member.key(f"list-name-{sent.file_id}"))
    if not st.button(t("Keep this list"), key=member.key("keep-list"), type="primary"):
        return
    try:
        kept = keep_list(Workspace.current(), sent.name, sent.getvalue(), name=name, by=current_user())
    except RweError as error:
        show_refusal(error)
        return
    st.session_state[member.key("list")] = kept.sha256
    st.success(t("The list is kept."), icon=":material/check:")


def _offered(before: PatientList | None) -> dict[str, PatientList]:
    """Lists by digest: those that the draft names, and those of the workspace under an id that is free."""
    draft = current_draft()
    held = list((draft.definition.expression.patient_lists or []) if draft is not None else [])
    if before is not None and before.id not in [known.id for known in held]:
        held.append(before)
    offered = {_key(known): known for known in held}
    free = max((known.id for known in held), default=-1) + 1
    for position, kept in enumerate(kept_lists(Workspace.current())):
        offered.setdefault(kept.sha256, kept.named(free + position))
    return offered


def _key(known: PatientList) -> str:
    return known.sha256 or f"{known.id}"
