"""``rwe cohort diagnose``: what cohorts are made of, looked at before anybody relies on them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from omop_etl.cdm import connect
from omop_etl.errors import UsageError
from workbench.access import DisclosurePolicy
from workbench.cli.console import progress_bar, remark, say, say_json, say_table, translator_of
from workbench.cli.definitions import complain_of, read_definitions
from workbench.concepts import concept_labels
from workbench.diagnostics.report import MOST_ON_PAPER, diagnostics_report
from workbench.diagnostics.run import as_json, diagnose
from workbench.diagnostics.view import DiagnosticsView
from workbench.diagnostics.worded import overlap_table, tables_of
from workbench.diagnostics.words import Labels, matched_text, note_of, withheld_text
from workbench.locales import Translator
from workbench.profile import profile_of
from workbench.reports import ReportFormat, Table, render
from workbench.reports.render import formats_of
from workbench.settings import Settings

app = typer.Typer()


@app.command(name="diagnose")
def diagnose_cohorts(
    files: Annotated[list[Path], typer.Argument(help="Cohort definitions.")],
    cdm: Annotated[str, typer.Option("--cdm", help="Address of the CDM.")],
    out: Annotated[Path | None, typer.Option(help="File for a report: .xlsx, .docx, .html or .pdf")] = None,
    lang: Annotated[str, typer.Option(help="Language: zh or en; that of the system by default.")] = "",
    min_cell: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="The smallest count that is shown; that of the settings by default."),
    ] = None,
    as_json_: Annotated[bool, typer.Option("--json", help="Write the result as JSON.")] = False,
) -> None:
    """Look at cohorts: entry events, forgotten concepts, new entries, visits, time in them, and what sets them apart.

    Small counts are hidden, and others with them, so that they do not follow by subtraction. A definition that is
    refused is named, and the exit code is 1.
    """
    form = _format_of(out) if out else None
    t = translator_of(lang)
    policy = Settings().policy if min_cell is None else DisclosurePolicy(threshold=min_cell)
    definitions, refused = read_definitions(files)
    if definitions:
        with connect(cdm) as opened:
            with progress_bar() as tell:
                found = diagnose(definitions, opened, policy, progress=tell)
            view, refused = found.view, refused | found.refused
            labels = concept_labels(opened, view.concepts, t.language)
            profile = profile_of(opened)
        if out and form and view.cohorts:
            most = None if form == "xlsx" else MOST_ON_PAPER
            report = diagnostics_report(t, view, definitions, labels, policy, profile, most=most)
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_bytes(render(report, form))
            (remark if as_json_ else say)(t("{file} was written", file=out))
        if as_json_:
            hashes = {name: definition.hash for name, definition in definitions.items()}
            told = {"snapshot": profile.snapshot, "threshold": policy.threshold, "definitions": hashes}
            say_json(told | as_json(view, labels))
        elif out is None:
            _say(t, view, labels, policy)
    complain_of(refused)
    if refused:
        raise typer.Exit(1)


def _format_of(out: Path) -> ReportFormat:
    forms = formats_of(out.suffix.removeprefix("."))
    if not forms:
        raise UsageError("{file} has no format", todo="end its name in .xlsx, .docx, .html or .pdf", file=out.name)
    return forms[0]


def _say(t: Translator, view: DiagnosticsView, labels: Labels, policy: DisclosurePolicy) -> None:
    for cohort in view.cohorts:
        persons = f"{cohort.persons:,}" if isinstance(cohort.persons, int) else cohort.persons
        say(t("{name}: {persons} persons", name=cohort.name, persons=persons))
        if cohort.withheld:
            say(withheld_text(t, cohort) + "\n")
            continue
        for name, tables in tables_of(t, cohort, labels).items():
            for table in tables:
                _say_table(table)
            if name == "compare_with_matched":
                say(matched_text(t, cohort, policy))
            say(note_of(t, cohort, name) + "\n")
    if len(view.overlap):
        table = overlap_table(t, view)
        _say_table(table)
        say(table.note)


def _say_table(table: Table) -> None:
    say_table([column.name for column in table.columns], table.texts(), title=table.caption)
