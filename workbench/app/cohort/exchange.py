"""Bringing definitions in and taking them out: ATLAS JSON, and documents of the workbench."""

from __future__ import annotations

import json

import streamlit as st

from cohorts import CohortDefinition, read_definition
from cohorts.library import phenotypes
from omop_etl.errors import RweError
from workbench.app.cohort.draft import Draft, begin_draft
from workbench.locales import Translator


def show_import(t: Translator) -> None:
    """Let the user bring a definition in; a definition that is refused changes nothing."""
    sent = st.file_uploader(t("ATLAS JSON or a document of the workbench"), type=["json"], key="import")
    if sent is None or not st.button(t("Open this definition"), key="import-open"):
        return
    definition = _read(sent.name, sent.getvalue())
    begin_draft(definition)
    st.rerun()


def show_library(t: Translator) -> None:
    """Let the user begin with a phenotype that comes with the program."""
    known = phenotypes()
    name = st.selectbox(
        t("Phenotype"),
        list(known),
        format_func=lambda one: known[one].title[t.language],
        index=None,
        placeholder=t("Choose a phenotype"),
        key="library",
    )
    if name is None:
        return
    chosen = known[name]
    st.markdown(f"{chosen.description[t.language]} {chosen.logic[t.language]}")
    st.markdown(f":gray[{t('Limits: {text}', text=chosen.limits[t.language])}]")
    if st.button(t("Begin with this phenotype"), key="library-open"):
        begin_draft(chosen.definition(t.language))
        st.rerun()


def _read(name: str, content: bytes) -> CohortDefinition:
    try:
        parsed = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise RweError("{file} is not JSON in UTF-8", todo="export the definition again as JSON", file=name) from None
    if not isinstance(parsed, dict):
        raise RweError("{file} holds no JSON object", todo="give a cohort definition", file=name)
    return read_definition(parsed, name=name.rsplit(".", 1)[0])


def show_export(t: Translator, draft: Draft) -> None:
    """Let the user take the definition out, or change its JSON by hand."""
    definition = draft.definition
    circe = json.dumps(definition.expression.to_json(), ensure_ascii=False, indent=2)
    document = json.dumps(definition.to_json(), ensure_ascii=False, indent=2)
    left, right = st.columns(2)
    left.download_button(
        t("Download as ATLAS JSON"), circe, f"{definition.name}.json", "application/json", on_click="ignore"
    )
    right.download_button(
        t("Download as a document"), document, f"{definition.name}.rwe.json", "application/json", on_click="ignore"
    )
    st.markdown(t("Fingerprint (SHA-256): `{hash}`", hash=definition.hash[:16]))
    edited = st.text_area(t("JSON of the expression"), circe, height=360, key=f"json-{definition.hash}")
    if st.button(t("Apply the JSON"), key="json-apply", disabled=edited == circe):
        changed = _read(definition.name, edited.encode())
        draft.change(definition.model_copy(update={"expression": changed.expression}))
        st.rerun()
