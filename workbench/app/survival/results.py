"""Studies as the page asks for them, kept by what they were computed from; nothing kept is about single persons."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from workbench.access import DisclosurePolicy
from workbench.app.data import Source, current_source
from workbench.locales import Language, Translator
from workbench.profile import DataProfile
from workbench.reports import ReportFormat, render
from workbench.reports.charts import ImageFormat, render_chart
from workbench.settings import Settings
from workbench.studies.planted import planted_beside
from workbench.studies.run_study import study_report_of, write_figures
from workbench.studies.study import Study, read_study
from workbench.studies.survival import analyse
from workbench.studies.survival_figures import curves_figure
from workbench.studies.survival_view import StudyView, view_study


def study_view(source: Source, study: Study) -> StudyView:
    """Run a study."""
    return _view(study.hash, source.snapshot, Settings().small_count, study.model_dump(mode="json"))


@st.cache_data(max_entries=100, show_spinner=False)
def _view(study_hash: str, snapshot: str, threshold: int, _content: dict[str, object]) -> StudyView:
    study, source = read_study(dict(_content)), current_source()
    with source.evaluator() as evaluator:
        planted = planted_beside(source.cdm.url, study.planted)
        result = analyse(study, source.cdm, evaluator=evaluator, planted=planted)
    return view_study(result, DisclosurePolicy(threshold=threshold))


def report_file(source: Source, view: StudyView, profile: DataProfile, language: Language, form: ReportFormat) -> bytes:
    """Write the report of a study, when somebody downloads it."""
    with source.evaluator():
        report = study_report_of(view, source.cdm, profile, Settings().policy, language)
    return render(report, form)


def curves_file(t: Translator, view: StudyView, form: ImageFormat) -> bytes:
    """Draw the survival curves as a file, when somebody downloads them."""
    return render_chart(curves_figure(t, view).to_dict(), form)


def figures_archive(t: Translator, view: StudyView) -> bytes:
    """Pack all figures of a study in all formats, that for journals too."""
    packed = io.BytesIO()
    with TemporaryDirectory(prefix="rwe-figures-") as name, zipfile.ZipFile(packed, "w") as archive:
        write_figures(t, view, Path(name))
        for file in sorted(Path(name).iterdir()):
            archive.write(file, file.name)
    return packed.getvalue()
