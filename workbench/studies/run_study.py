"""Run a study: analyse, protect, write the bundle; and verify a bundle by running it again."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd

from omop_etl.cdm import Cdm
from omop_etl.errors import CannotAnswerError, RweError
from workbench.access import DisclosurePolicy
from workbench.concepts import concept_labels
from workbench.jobs.work import Progress, no_progress
from workbench.locales import Language, Translator, translator
from workbench.profile import DataProfile, profile_of
from workbench.reports import ReportFormat, ReportModel, write
from workbench.reports.charts import ImageFormat, render_chart
from workbench.reports.fonts import register_for_matplotlib
from workbench.sentences import Narrator
from workbench.sentences.names import concepts_of
from workbench.studies.bundle import new_bundle, read_manifest, write_manifest, write_table
from workbench.studies.planted import planted_beside
from workbench.studies.study import Study, read_study
from workbench.studies.survival import analyse
from workbench.studies.survival_figures import balance_figure, curves_figure, journal_figure, ratios_figure
from workbench.studies.survival_report import study_report
from workbench.studies.survival_tables import study_tables
from workbench.studies.survival_view import StudyView, view_study

KIND: Final = "rwe-study-result/1"
TABLES: Final = "tables"
_IMAGES: Final[tuple[ImageFormat, ...]] = ("png", "svg", "pdf")


def run_study(study: Study, cdm: Cdm, policy: DisclosurePolicy) -> StudyView:
    """Run a study and protect its result.

    Parameters
    ----------
    study : Study
        The study.
    cdm : Cdm
        The CDM.
    policy : DisclosurePolicy
        The rule on small counts.

    Returns
    -------
    StudyView
        What may be shown.
    """
    return view_study(analyse(study, cdm, planted=planted_beside(cdm.url, study.planted)), policy)


def study_report_of(
    view: StudyView,
    cdm: Cdm,
    profile: DataProfile,
    policy: DisclosurePolicy,
    language: Language,
    *,
    created: datetime | None = None,
) -> ReportModel:
    """Write the report of a study in a language."""
    t, study = translator(language), view.study
    narrators = {}
    for name, definition in study.definitions.items():
        labels = concept_labels(cdm, concepts_of(definition), language)
        narrators[name] = Narrator.of(t, definition.expression, labels, study.labels, semantics=definition.semantics)
    command = f"rwe study run {study.name}.yaml --cdm CDM --out DIR"
    return study_report(t, view, policy, narrators=narrators, profile=profile, command=command, created=created)


def write_study(
    study: Study,
    cdm: Cdm,
    out: Path,
    *,
    formats: Sequence[ReportFormat],
    languages: Sequence[Language],
    policy: DisclosurePolicy,
    progress: Progress = no_progress,
) -> Path:
    """Run a study and write its result bundle.

    Parameters
    ----------
    study : Study
        The study.
    cdm : Cdm
        The CDM.
    out : pathlib.Path
        Folder of the bundle.
    formats : sequence of {"docx", "xlsx", "pdf", "html"}
        Of the reports.
    languages : sequence of {"zh", "en"}
        Of reports and figures.
    policy : DisclosurePolicy
        The rule on small counts.
    progress : callable
        Told how far it is.

    Returns
    -------
    pathlib.Path
        `out`, with tables, figures, reports, the study and the manifest.
    """
    progress("Running the study", 0.0)
    view, profile = run_study(study, cdm, policy), profile_of(cdm)
    created = datetime.now(UTC)
    with new_bundle(out) as folder:
        _write_tables(view, folder)
        for number, language in enumerate(languages):
            share = 0.3 + 0.7 * number / len(languages)
            progress("Drawing the figures", share)
            write_figures(translator(language), view, folder / "figures")
            progress("Writing the reports", share + 0.35 / len(languages))
            report = study_report_of(view, cdm, profile, policy, language, created=created)
            write(report, folder, f"{study.name}-{language}", formats)
            (folder / f"report-{language}.json").write_text(report.model_dump_json(), "utf-8")
        (folder / "study.json").write_text(study.model_dump_json(indent=2), "utf-8")
        write_manifest(folder, _manifest(study, cdm, policy), created=created)
    progress("Done", 1.0)
    return out


def write_figures(t: Translator, view: StudyView, folder: Path) -> None:
    """Write all figures of a study in one language, as PNG, SVG and PDF."""
    folder.mkdir(parents=True, exist_ok=True)
    charts = {}
    if view.curves is not None:
        charts["survival"] = curves_figure(t, view)
        register_for_matplotlib()
        journal_figure(t, view).savefig(folder / f"survival-journal-{t.language}.pdf", metadata={"CreationDate": None})
    if view.crude is not None or view.adjusted is not None:
        charts["hazard-ratios"] = ratios_figure(t, view)
    if view.differences is not None:
        charts["balance"] = balance_figure(t, view)
    for name, chart in charts.items():
        for form in _IMAGES:
            (folder / f"{name}-{t.language}.{form}").write_bytes(render_chart(chart.to_dict(), form))


@dataclass(frozen=True)
class Verification:
    """What a second run of a bundle's study gave.

    Attributes
    ----------
    tables : pandas.DataFrame
        One row per table: ``table, identical``.
    """

    tables: pd.DataFrame

    @property
    def identical(self) -> bool:
        """Whether every table has the same bytes."""
        return bool(len(self.tables)) and bool(self.tables["identical"].all())


def verify_study(folder: Path, cdm: Cdm) -> Verification:
    """Run the study of a bundle again and compare its tables byte for byte.

    Parameters
    ----------
    folder : pathlib.Path
        The bundle.
    cdm : Cdm
        The CDM that it was made from.

    Returns
    -------
    Verification
        Which tables are identical.

    Raises
    ------
    UsageError
        There is no bundle.
    RweError
        It is not of a study.
    CannotAnswerError
        The CDM is of another snapshot.
    """
    manifest = read_manifest(folder)
    if manifest.get("kind") != KIND:
        raise RweError("{folder} is not the result of a study", todo="name the bundle of a study", folder=folder)
    if manifest["snapshot"] != cdm.snapshot:
        raise CannotAnswerError(
            "the bundle was made from snapshot {made}, this CDM is {found}",
            todo="open the CDM that the bundle names, with --cdm",
            made=manifest["snapshot"],
            found=cdm.snapshot,
        )
    study = read_study(folder / "study.json")
    policy = DisclosurePolicy.model_validate(manifest["policy"])
    with tempfile.TemporaryDirectory(prefix="rwe-verify-") as name:
        again = Path(name)
        _write_tables(run_study(study, cdm, policy), again)
        names = sorted({file.name for place in (folder, again) for file in (place / TABLES).glob("*.csv")})
        same = [_same(folder / TABLES / file, again / TABLES / file) for file in names]
    return Verification(pd.DataFrame({"table": names, "identical": same}))


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and one.read_bytes() == other.read_bytes()


def _write_tables(view: StudyView, folder: Path) -> None:
    target = folder / TABLES
    target.mkdir()
    for name, table in study_tables(view).items():
        write_table(target, name, table)


def _manifest(study: Study, cdm: Cdm, policy: DisclosurePolicy) -> dict[str, Any]:
    return {
        "kind": KIND,
        "document": study.name,
        "document_hash": study.hash,
        "definition_hashes": {name: definition.hash for name, definition in study.definitions.items()},
        "snapshot": cdm.snapshot,
        "cdm": cdm.url,
        "policy": policy.model_dump(),
    }
