"""Which study to look at, and how to make a new one from cohorts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import streamlit as st
import yaml

from workbench.app.choices import distinct
from workbench.app.cohort.draft import saved_definition, saved_drafts
from workbench.app.cohort.editing import Member
from workbench.app.cohort.picker import pick_concepts
from workbench.app.data import Source
from workbench.app.session import keep
from workbench.editor import CriterionForm, concept_set_named
from workbench.locales import Translator, mark
from workbench.studies.documents import fingerprint
from workbench.studies.library import study_files
from workbench.studies.study import Study, read_study
from workbench.workspace import Workspace

_IN_URL: Final = "study"
_CHOSEN: Final = keep("study")
_BASIC: Final = {
    "age": mark("Age"),
    "sex": mark("Sex"),
    "index_year": mark("Year of the index date"),
    "prior_observation": mark("Days observed before"),
}


def choose_study(t: Translator) -> Study | None:
    """Let the user choose a study; the choice stands in the address."""
    files = study_files(Workspace.current())
    if not files:
        return None
    shown = distinct({str(file): t.pick(read_study(file).title) for file in files})
    options = list(shown)
    if st.session_state.get(_CHOSEN) not in options:
        asked = st.query_params.get(_IN_URL)
        st.session_state[_CHOSEN] = next((code for code in options if Path(code).stem == asked), options[0])
    chosen = st.selectbox(t("Study"), options, format_func=lambda code: shown[code], key=_CHOSEN)
    st.query_params[_IN_URL] = Path(chosen).stem
    return read_study(Path(chosen))


def new_study(t: Translator, source: Source) -> None:
    """Let the user make a study from two cohorts."""
    drafts = distinct(saved_drafts())
    if len(drafts) < 2:
        st.markdown(t("A comparison needs two cohorts. Build them on the cohort page."))
        return
    name = st.text_input(t("Title of the study"), key="study-title")
    left, right, outcome = st.columns(3)
    label = drafts.__getitem__
    reference = left.selectbox(t("Reference group"), list(drafts), format_func=label, key="study-reference")
    others = [number for number in drafts if number != reference]
    target = right.selectbox(t("Group of interest"), others, format_func=label, key="study-target")
    event = outcome.selectbox(
        t("Outcome"),
        [None, *drafts],
        format_func=lambda code: t("death from any cause") if code is None else label(code),
        key="study-outcome",
    )
    basic = st.pills(
        t("Baseline characteristics"),
        list(_BASIC),
        selection_mode="multi",
        default=["age", "sex"],
        format_func=lambda code: t(_BASIC[code]),
        key="study-basic",
    )
    st.markdown(t("Diagnoses before the index date that the comparison is adjusted for:"))
    member: Member = st.session_state.setdefault("study-diagnoses", Member(CriterionForm(kind="ConditionOccurrence")))
    pick_concepts(t, source, member, "ConditionOccurrence")
    if st.button(t("Make the study"), type="primary", key="study-make", disabled=not name.strip()):
        content = _content(name.strip(), str(reference), str(target), event, basic, member)
        file = _save(read_study(content))
        st.session_state[_CHOSEN] = str(file)
        st.rerun()


def _content(
    title: str, reference: str, target: str, event: str | None, basic: list[str], member: Member
) -> dict[str, Any]:
    chosen = [number for number in dict.fromkeys([reference, target, event]) if number is not None]
    cohorts = {f"cohort_{number}": saved_definition(number) for number in chosen}
    named = {name: definition for name, definition in cohorts.items() if definition is not None}
    covariates: list[dict[str, Any]] = [{"kind": kind} for kind in basic]
    labels = {name: {"zh": definition.name, "en": definition.name} for name, definition in named.items()}
    for item in member.items:
        column = f"condition_{item.concept.concept_id}"
        called = concept_set_named([item])
        labels[column] = {"zh": called, "en": called}
        covariates.append(
            {
                "kind": "records",
                "name": column,
                "domain": "condition_occurrence",
                "concepts": {"include": [item.concept.concept_id], "descendants": item.include_descendants},
            }
        )
    return {
        "format": "rwe-study/1",
        "name": _file_name(title),
        "title": {"zh": title, "en": title},
        "labels": labels,
        "cohorts": {name: definition.to_json() for name, definition in named.items()},
        "dataset": {
            "exposure": [{"cohort": f"cohort_{reference}"}, {"cohort": f"cohort_{target}"}],
            "outcome": {"kind": "death"} if event is None else {"kind": "cohort", "cohort": f"cohort_{event}"},
            "covariates": covariates,
        },
    }


def _file_name(title: str) -> str:
    """Make a name for files of a title; one without Latin letters gets a number of its own."""
    plain = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return plain or f"study-{fingerprint(title)[:8]}"


def _save(study: Study) -> Path:
    folder = Workspace.current().documents / "studies"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{study.name}.yaml"
    file.write_text(yaml.safe_dump(study.model_dump(mode="json"), allow_unicode=True, sort_keys=False), "utf-8")
    return file
