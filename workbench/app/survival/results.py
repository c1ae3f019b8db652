"""Studies as the page asks for them, kept by what they were computed from; nothing kept is about single persons."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from cohorts import Evaluator
from cohorts.engine.plan import plan
from workbench.app.data import Source
from workbench.counting import Question, Task
from workbench.locales import Language, Translator
from workbench.profile import DataProfile
from workbench.reports import ReportFormat, render
from workbench.reports.charts import ImageFormat, render_chart
from workbench.settings import Settings
from workbench.studies.planted import planted_beside
from workbench.studies.run_study import study_report_of, write_figures
from workbench.studies.study import Study
from workbench.studies.survival import analyse
from workbench.studies.survival_figures import curves_figure
from workbench.studies.survival_view import StudyView, view_study


def analysed(study: Study) -> Question[StudyView]:
    """What a study finds."""
    policy = Settings().policy

    def work(evaluator: Evaluator, task: Task[StudyView]) -> StudyView:
        planted = planted_beside(evaluator.cdm.url, study.planted)
        result = analyse(study, evaluator.cdm, evaluator=evaluator, planted=planted, progress=task.tell_steps)
        return view_study(result, policy)

    return Question(
        ("study", study.hash, policy.threshold), work, lambda: [plan(one).cohort for one in study.definitions.values()]
    )


def report_file(source: Source, view: StudyView, profile: DataProfile, language: Language, form: ReportFormat) -> bytes:
    """Write the report of a study, when somebody downloads it."""
    return render(study_report_of(view, source.cdm, profile, Settings().policy, language), form)


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
