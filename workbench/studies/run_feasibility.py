"""Run a protocol: screen, compute, report. What the command line, the jobs and the pages call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pandas as pd

from omop_etl.cdm import Cdm
from workbench.access import DisclosurePolicy
from workbench.concepts import concept_labels
from workbench.jobs.work import Progress, no_progress
from workbench.locales import Language, translator
from workbench.profile import DataProfile, profile_of
from workbench.reports import ReportFormat, ReportModel, write
from workbench.sentences import Narrator
from workbench.sentences.names import concepts_of
from workbench.studies.bundle import new_bundle, write_manifest, write_table
from workbench.studies.feasibility import FeasibilityView, Screening, screen, view
from workbench.studies.feasibility_report import feasibility_report
from workbench.studies.protocol import Protocol

KIND: Final = "rwe-feasibility-result/1"


@dataclass(frozen=True)
class FeasibilityRun:
    """What a run of a protocol found.

    Attributes
    ----------
    protocol : Protocol
        What was run.
    screening : Screening
        What it found; holds persons.
    view : FeasibilityView
        What may be shown.
    profile : DataProfile
        The data.
    """

    protocol: Protocol
    screening: Screening
    view: FeasibilityView
    profile: DataProfile


def run_protocol(protocol: Protocol, cdm: Cdm, policy: DisclosurePolicy) -> FeasibilityRun:
    """Screen the CDM for a protocol and compute its feasibility.

    Parameters
    ----------
    protocol : Protocol
        The protocol.
    cdm : Cdm
        The CDM.
    policy : DisclosurePolicy
        The rule on small counts.

    Returns
    -------
    FeasibilityRun
        Everything that a report says.
    """
    profile = profile_of(cdm)
    screening = screen(protocol.definition, cdm, until=profile.last_day)
    return FeasibilityRun(protocol, screening, view(screening, protocol, policy), profile)


def report_of(
    run: FeasibilityRun,
    cdm: Cdm,
    policy: DisclosurePolicy,
    language: Language,
    *,
    created: datetime | None = None,
) -> ReportModel:
    """Write the report of a run in a language."""
    t = translator(language)
    definition = run.screening.definition
    labels = concept_labels(cdm, concepts_of(definition), language)
    return feasibility_report(
        t,
        run.protocol,
        run.screening,
        run.view,
        policy,
        narrator=Narrator.of(t, definition.expression, labels, run.protocol.labels, semantics=definition.semantics),
        data_source=run.profile.source,
        vocabulary=run.profile.vocabulary,
        command=f"rwe feasibility run {run.protocol.name}.yaml --cdm CDM --out DIR",
        created=created,
    )


def write_feasibility(
    protocol: Protocol,
    cdm: Cdm,
    out: Path,
    *,
    formats: Sequence[ReportFormat],
    languages: Sequence[Language],
    policy: DisclosurePolicy,
    progress: Progress = no_progress,
) -> Path:
    """Run a protocol and write its result bundle.

    Parameters
    ----------
    protocol : Protocol
        The protocol.
    cdm : Cdm
        The CDM.
    out : pathlib.Path
        Folder of the bundle.
    formats : sequence of {"docx", "xlsx", "pdf", "html"}
        Of the reports.
    languages : sequence of {"zh", "en"}
        Of the reports.
    policy : DisclosurePolicy
        The rule on small counts.
    progress : callable
        Told how far it is.

    Returns
    -------
    pathlib.Path
        `out`, with reports, tables, the protocol and the manifest.
    """
    progress("Screening the data for the protocol", 0.0)
    run = run_protocol(protocol, cdm, policy)
    created = datetime.now(UTC)
    with new_bundle(out) as folder:
        for name, table in protected_tables(run.view).items():
            write_table(folder, name, table)
        for number, language in enumerate(languages):
            progress("Writing the reports", 0.4 + 0.6 * number / len(languages))
            report = report_of(run, cdm, policy, language, created=created)
            write(report, folder, f"{protocol.name}-{language}", formats)
        (folder / "protocol.json").write_text(protocol.model_dump_json(indent=2), "utf-8")
        write_manifest(
            folder,
            {
                "kind": KIND,
                "document": protocol.name,
                "document_hash": protocol.hash,
                "definition_hash": run.screening.definition.hash,
                "snapshot": cdm.snapshot,
                "cdm": cdm.url,
                "policy": policy.model_dump(),
            },
            created=created,
        )
    progress("Done", 1.0)
    return out


def protected_tables(shown: FeasibilityView) -> dict[str, pd.DataFrame]:
    """Return the tables of a feasibility run as they may be shown."""
    tables = {
        "funnel": pd.DataFrame(
            [
                {
                    "kind": s.kind,
                    "rule": s.rule,
                    "events": str(s.events),
                    "persons": str(s.persons),
                    "lost": str(s.lost),
                }
                for s in shown.steps
            ]
        ),
        "criteria": pd.DataFrame(
            [
                {
                    "rule": e.name,
                    "met": str(e.met),
                    "lost_only_because_of_it": str(e.gain),
                    "eligible_without_it": str(e.without),
                    "share_of_loss": e.share_of_loss,
                }
                for e in shown.rules
            ]
        ),
    }
    if shown.periods is not None:
        tables["periods"] = pd.DataFrame({"period": shown.periods.names, "persons": shown.periods.texts})
    if shown.recruitment is not None:
        tables["recruitment"] = shown.recruitment.table
    return tables
