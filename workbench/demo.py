"""The example: a sample extract, its CDM, a study and a protocol with their reports, made once and then kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from omop_etl import pipeline
from omop_etl.cdm import connect
from omop_etl.errors import UsageError
from sample_data import DEMO_PATIENTS, DEMO_SEED
from sample_data import generate as generate_extract
from workbench.jobs.work import Progress, no_progress
from workbench.locales import LANGUAGES
from workbench.reports import FORMATS, ReportFormat
from workbench.settings import Settings
from workbench.studies.bundle import MANIFEST, read_manifest
from workbench.studies.library import DEMO_PROTOCOL, DEMO_STUDY
from workbench.studies.protocol import read_protocol
from workbench.studies.run_feasibility import write_feasibility
from workbench.studies.run_study import write_study
from workbench.studies.study import read_study
from workbench.version import VERSION
from workbench.workspace import Workspace

FEWEST_PATIENTS: Final = 500
"""With fewer the example study has no comparison to show."""

_STAMP: Final = "demo.json"
_STAGES: Final = 7
"""Stages of the pipeline."""

_SHARES: Final = {"extract": (0.0, 0.12), "cdm": (0.12, 0.72), "study": (0.72, 0.9), "feasibility": (0.9, 1.0)}


@dataclass(frozen=True)
class Demo:
    """The example as it stands.

    Attributes
    ----------
    workspace : Workspace
        Where it is.
    snapshot : str
        Name of its data.
    reused : tuple of str
        Parts that were there already.
    """

    workspace: Workspace
    snapshot: str
    reused: tuple[str, ...]


def make_demo(
    workspace: Workspace,
    *,
    patients: int = DEMO_PATIENTS,
    seed: int = DEMO_SEED,
    formats: Sequence[ReportFormat] = tuple(FORMATS),
    progress: Progress = no_progress,
) -> Demo:
    """Make the example, or what is missing of it.

    Parameters
    ----------
    workspace : Workspace
        Where to.
    patients, seed : int
        Size of the sample, and the seed of its random numbers.
    formats : sequence of {"docx", "xlsx", "pdf", "html"}
        Of the reports.
    progress : callable
        Told how far it is.

    Returns
    -------
    Demo
        Where it is and what was there already.

    Raises
    ------
    UsageError
        Too few patients, or the folder holds data that are not the example.
    """
    if patients < FEWEST_PATIENTS:
        raise UsageError(
            "{patients} patients are too few for the example",
            todo="ask for {fewest} at least",
            patients=patients,
            fewest=FEWEST_PATIENTS,
        )
    stamp = {"patients": patients, "seed": seed, "software": VERSION}
    reused = []
    if _stamp(workspace) == stamp and workspace.cdm_file.exists():
        reused += ["extract", "cdm"]
    else:
        _make_data(workspace, stamp, progress)
    with connect(workspace.cdm_url) as cdm:
        settings = Settings()
        common: dict[str, Any] = {"languages": list(LANGUAGES), "formats": formats, "policy": settings.policy}
        study, protocol = read_study(DEMO_STUDY), read_protocol(DEMO_PROTOCOL)
        target = workspace.results / study.name
        if _is_made(target, study.hash, cdm.snapshot):
            reused.append("study")
        else:
            write_study(study, cdm, target, progress=_part(progress, "study"), **common)
        target = workspace.results / protocol.name
        if _is_made(target, protocol.hash, cdm.snapshot):
            reused.append("feasibility")
        else:
            write_feasibility(protocol, cdm, target, progress=_part(progress, "feasibility"), **common)
        progress("Done", 1.0)
        return Demo(workspace, cdm.snapshot, tuple(reused))


def _make_data(workspace: Workspace, stamp: dict[str, Any], progress: Progress) -> None:
    """Make extract and CDM anew; a folder with somebody's own data is left alone."""
    if workspace.cdm_file.exists() and _stamp(workspace) is None:
        raise UsageError(
            "{folder} holds data that are not the example",
            todo="name another folder with --dir",
            folder=workspace.folder,
        )
    workspace.folder.mkdir(parents=True, exist_ok=True)
    (workspace.folder / _STAMP).unlink(missing_ok=True)
    shutil.rmtree(workspace.extract, ignore_errors=True)
    tell = _part(progress, "extract")
    generate_extract(
        workspace.extract,
        stamp["patients"],
        stamp["seed"],
        progress=lambda _, done, total: tell("Making the sample extract", done / max(total, 1)),
    )
    (workspace.folder / _STAMP).write_text("{}", "utf-8")
    pipeline.run(workspace.extract, workspace.cdm_file, progress=_stages(_part(progress, "cdm")))
    (workspace.folder / _STAMP).write_text(json.dumps(stamp), "utf-8")


def _stages(tell: Progress) -> Callable[[str, int, int], None]:
    """Turn the stages of the pipeline, each from none to all, into one course."""
    seen: list[str] = []

    def on(stage: str, done: int, total: int) -> None:
        if stage not in seen:
            seen.append(stage)
        within = done / total if total else 0.0
        tell(stage, min(1.0, (len(seen) - 1 + within) / _STAGES))

    return on


def _part(progress: Progress, name: str) -> Progress:
    """Give a part of the work its share of the bar."""
    start, end = _SHARES[name]
    return lambda stage, share: progress(stage, start + (end - start) * share)


def _stamp(workspace: Workspace) -> dict[str, Any] | None:
    """Read what the example was made with; none where the folder holds none."""
    file = workspace.folder / _STAMP
    if not file.exists():
        return None
    content: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return content


def _is_made(bundle: Path, document_hash: str, snapshot: str) -> bool:
    """Tell whether a bundle was made from this document, on this snapshot, by this version."""
    if not (bundle / MANIFEST).exists():
        return False
    manifest = read_manifest(bundle)
    made = (manifest["document_hash"], manifest["snapshot"], manifest["software"]["rwe-workbench"])
    return made == (document_hash, snapshot, VERSION)
