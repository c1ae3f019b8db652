"""``rwe etl`` and ``rwe vocab``: make a CDM from an extract, and look things up in its vocabulary."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from omop_etl.cdm import connect
from omop_etl.checking import ExtractCheck, check_extract
from omop_etl.mapping import MappingDocument, library_mapping, library_names, mapping_schema, read_mapping
from omop_etl.pipeline import SAMPLE_MAPPING, run
from omop_etl.report import RunReport
from omop_etl.vocabulary import search_concepts
from omop_etl.working import DEFAULT_MEMORY
from workbench.cli.console import progress_bar, remark, say, say_json, say_table, t
from workbench.jobs import Progress

app = typer.Typer(no_args_is_help=True, help="Make a CDM from a hospital's extract.")
vocab = typer.Typer(no_args_is_help=True, help="Look things up in the vocabulary of a CDM.")

Source = Annotated[Path, typer.Argument(help="Folder with the extract's files.")]
Mapping = Annotated[str, typer.Option(help="Mapping document, or the name of one that ships with the program.")]
Memory = Annotated[str, typer.Option(help="Memory that the database may use; what does not fit goes to the disk.")]
AsJson = Annotated[bool, typer.Option("--json", help="Write the result as JSON.")]


@app.command(name="run")
def run_pipeline(
    source: Source,
    out: Annotated[Path, typer.Option(help="DuckDB file to be made or replaced.")],
    mapping: Mapping = SAMPLE_MAPPING,
    memory: Memory = DEFAULT_MEMORY,
    as_json: AsJson = False,
) -> None:
    """Turn an extract into a CDM and publish it with its account."""
    document = _mapping(mapping)
    with progress_bar() as tell:
        report = run(source, out, document, progress=_on(tell), memory=memory)
    if as_json:
        say_json(report.to_dict())
    else:
        _say_report(report)


@app.command()
def check(
    source: Source, mapping: Mapping = SAMPLE_MAPPING, memory: Memory = DEFAULT_MEMORY, as_json: AsJson = False
) -> None:
    """Look at an extract without loading it; the exit code is 1 if it identifies people."""
    document = _mapping(mapping)
    with progress_bar() as tell:
        found = check_extract(source, document, progress=_on(tell), memory=memory)
    if as_json:
        say_json(found.to_dict())
    else:
        _say_check(found)
    if found.findings:
        raise typer.Exit(1)


@app.command(name="mapping-schema")
def show_mapping_schema() -> None:
    """Write the JSON schema of mapping documents, for editors."""
    say_json(mapping_schema())


@vocab.callback()
def _vocab() -> None:
    """Keep `search` a command of its own although it is the only one."""


@vocab.command()
def search(
    text: Annotated[str, typer.Argument(help="Chinese or English name, synonym, beginning of a code, or number.")],
    cdm: Annotated[str, typer.Option(help="duckdb:///file.duckdb or parquet:///folder")],
    domain: Annotated[str, typer.Option(help="Only this domain, such as Condition or Drug.")] = "",
    standard: Annotated[bool | None, typer.Option(help="Only standard concepts, or only the others.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Find concepts by name, synonym, code or number."""
    with connect(cdm) as opened:
        found = search_concepts(opened, text, domain or None, standard, limit)
    if as_json:
        say_json([concept.__dict__ for concept in found])
        return
    if not found:
        remark(t("nothing found"))
    head = [t("Concept"), t("Name"), t("Chinese name"), t("Domain"), t("Code"), t("Records"), t("Persons")]
    rows = [
        [
            str(c.concept_id),
            c.name,
            c.name_zh,
            c.domain,
            f"{c.vocabulary} {c.code}",
            f"{c.descendant_records:,}",
            f"{c.descendant_persons:,}",
        ]
        for c in found
    ]
    say_table(head, rows, numbers=False)


def _mapping(name: str) -> MappingDocument:
    return library_mapping(name) if name in library_names() else read_mapping(Path(name))


def _on(tell: Progress) -> Callable[[str, int, int], None]:
    return lambda stage, done, total: tell(stage, done / max(total, 1))


def _say_report(report: RunReport) -> None:
    head = [t("File"), t("Read"), t("Loaded"), t("Merged"), t("Rejected")]
    rows = [
        [f.file, *(f"{number:,}" for number in (f.rows_read, f.loaded, f.merged, f.rejected))]
        for f in report.account.files
    ]
    say_table(head, rows)
    say("")
    say_table([t("Table"), t("Rows")], [[table, f"{rows:,}"] for table, rows in report.tables.items()])
    say("")
    say(
        t(
            "{target}: snapshot {snapshot}, {rows} source rows in {seconds} s, "
            "{failed} of {checks} quality checks failed",
            target=report.target.name,
            snapshot=report.snapshot,
            rows=f"{report.rows_read:,}",
            seconds=f"{sum(report.seconds.values()):.1f}",
            failed=report.quality["failed"],
            checks=report.quality["failed"] + report.quality["passed"],
        )
    )


def _say_check(found: ExtractCheck) -> None:
    head = [t("File"), t("Encoding"), t("Rows"), t("Malformed"), t("Columns that the mapping does not use")]
    rows = [
        [file.file, file.encoding, f"{file.rows:,}", f"{file.malformed:,}", ", ".join(file.unused)]
        for file in found.files
    ]
    say_table(head, rows, numbers=False)
    for finding in found.findings:
        say(str(finding))
    if not found.findings:
        say(t("nothing found that identifies people"))
