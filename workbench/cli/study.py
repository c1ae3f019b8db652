"""``rwe study``: run a study, and prove a result by running it again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from omop_etl.cdm import connect
from workbench.cli.console import progress_bar, say, say_json, say_table, t
from workbench.locales import language_of
from workbench.patient_lists import use_kept_lists
from workbench.reports.render import formats_of
from workbench.settings import Settings
from workbench.studies.bundle import read_manifest
from workbench.studies.run_study import verify_study, write_study
from workbench.studies.study import read_study
from workbench.workspace import Workspace

app = typer.Typer(no_args_is_help=True, help="Run a study, and prove a result by running it again.")


@app.command()
def run(
    study: Annotated[Path, typer.Argument(help="The study: YAML or JSON.")],
    cdm: Annotated[str, typer.Option("--cdm", help="duckdb:///file.duckdb or parquet:///folder")],
    out: Annotated[Path, typer.Option(help="Folder for the result bundle.")],
    format: Annotated[str, typer.Option(help="Formats of the report: some of docx,xlsx,pdf,html")] = "docx,pdf,html",
    lang: Annotated[str, typer.Option(help="Languages of report and figures: zh, en or zh,en")] = "zh,en",
    as_json: Annotated[bool, typer.Option("--json", help="Write the manifest to stdout.")] = False,
) -> None:
    """Run a study and write its result bundle: tables, figures, reports, manifest."""
    formats = formats_of(format)
    languages = list(dict.fromkeys(language_of(code.strip()) for code in lang.split(",")))
    document = read_study(study)
    use_kept_lists(Workspace.current())
    with connect(cdm) as opened, progress_bar() as tell:
        write_study(
            document, opened, out, formats=formats, languages=languages, policy=Settings().policy, progress=tell
        )
    manifest = read_manifest(out)
    if as_json:
        say_json(manifest)
    else:
        say(t("{files} files in {folder}", files=len(manifest["files"]), folder=out))


@app.command()
def verify(
    bundle: Annotated[Path, typer.Argument(help="The result bundle of a study.")],
    cdm: Annotated[str, typer.Option("--cdm", help="Where its CDM is now, if it has moved.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Write the result as JSON.")] = False,
) -> None:
    """Run the study of a bundle again and compare its tables byte for byte."""
    manifest = read_manifest(bundle)
    use_kept_lists(Workspace.current())
    with connect(cdm or manifest["cdm"]) as opened:
        outcome = verify_study(bundle, opened)
    rows = outcome.tables.to_dict("records")
    if as_json:
        say_json({"identical": outcome.identical, "tables": rows})
    else:
        say_table([t("Table"), t("Identical")], [[row["table"], "✓" if row["identical"] else "✗"] for row in rows])
    if not outcome.identical:
        raise typer.Exit(1)
