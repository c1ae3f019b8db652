"""The kinds of jobs that the worker can run; each calls what the command line calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from omop_etl.cdm import connect
from workbench.jobs.work import Progress, Work
from workbench.locales import LANGUAGES
from workbench.patient_lists import use_kept_lists
from workbench.reports import FORMATS
from workbench.settings import Settings
from workbench.studies.run_study import write_study
from workbench.studies.study import read_study
from workbench.workspace import Workspace


def run_study_job(folder: Path, parameters: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Run a study and keep its bundle among the results of the workspace.

    Parameters
    ----------
    folder : pathlib.Path
        The workspace.
    parameters : dict
        ``study``, the document.
    progress : callable
        Told how far it is.

    Returns
    -------
    dict
        ``bundle``, the folder of the result within the workspace.
    """
    settings = Settings()
    workspace = Workspace(folder, settings.cdm)
    use_kept_lists(workspace)
    study = read_study(parameters["study"])
    target = workspace.results / study.name
    with connect(workspace.cdm_url) as cdm:
        write_study(
            study,
            cdm,
            target,
            formats=list(FORMATS),
            languages=list(LANGUAGES),
            policy=settings.policy,
            progress=progress,
        )
    return {"bundle": target.relative_to(folder).as_posix()}


KINDS: Final[dict[str, Work]] = {"study": run_study_job}
"""Every kind of job."""
