"""Run diagnostics: generate, look, protect. What the command line and the page call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cohorts import CohortDefinition, Evaluator, generate
from omop_etl.cdm import Cdm
from omop_etl.errors import RweError
from workbench.access import DisclosurePolicy
from workbench.diagnostics.view import DiagnosticsView, view_diagnostics
from workbench.jobs.work import Progress, no_progress

_GENERATING = 0.4
"""Share of the work that goes into the cohorts themselves."""


@dataclass(frozen=True)
class Diagnosed:
    """What diagnostics found.

    Attributes
    ----------
    view : DiagnosticsView
        What may be shown.
    refused : dict of str to RweError
        Why a definition was not generated, by name.
    """

    view: DiagnosticsView
    refused: dict[str, RweError]


def diagnose(
    definitions: Mapping[str, CohortDefinition],
    cdm: Cdm,
    policy: DisclosurePolicy,
    *,
    evaluator: Evaluator | None = None,
    progress: Progress = no_progress,
) -> Diagnosed:
    """Generate cohorts and look at them.

    Parameters
    ----------
    definitions : mapping of str to CohortDefinition
        By name.
    cdm : Cdm
        The data.
    policy : DisclosurePolicy
        The rule on small counts.
    evaluator : Evaluator, optional
        One that has been used on this CDM before.
    progress : callable
        Told how far it is.

    Returns
    -------
    Diagnosed
        The diagnostics of those that were not refused, and the reasons for the others.
    """

    def generating(done: int, total: int) -> None:
        progress("Generating cohorts", _GENERATING * done / max(total, 1))

    def looking(stage: str, share: float) -> None:
        progress(stage, _GENERATING + (1 - _GENERATING) * share)

    made = generate(definitions, cdm, strict=False, evaluator=evaluator, progress=generating)
    view = view_diagnostics(made, policy, progress=looking)
    progress("Done", 1.0)
    return Diagnosed(view, made.refused)


def as_json(view: DiagnosticsView, labels: Mapping[int, str]) -> dict[str, Any]:
    """Give diagnostics as machines read them: counts as numbers, what is hidden as text; concepts with their names."""
    return {
        "cohorts": [
            {
                "name": cohort.name,
                "persons": cohort.persons,
                "entries": cohort.entries,
                "withheld": cohort.withheld or None,
                "beside": cohort.beside or None,
                "tables": {name: _records(table, labels) for name, table in cohort.tables.items()},
                "comparison": dict(cohort.tables["compare_with_matched"].attrs) if cohort.tables else None,
            }
            for cohort in view.cohorts
        ],
        "overlap": _records(view.overlap, labels),
    }


def _records(frame: pd.DataFrame, labels: Mapping[int, str]) -> list[dict[str, Any]]:
    plain = frame.astype(object).where(frame.notna(), None)
    if "concept_id" in frame:
        plain.insert(0, "concept_name", [labels.get(int(n)) for n in frame["concept_id"]])
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]
