"""``rwe feasibility``: can this trial be filled here, how fast, and which rule costs most."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from omop_etl.cdm import connect
from workbench.cli.console import progress_bar, say, say_json, t
from workbench.locales import language_of
from workbench.reports.render import formats_of
from workbench.settings import Settings
from workbench.studies.bundle import read_manifest
from workbench.studies.protocol import read_protocol
from workbench.studies.run_feasibility import write_feasibility

app = typer.Typer(no_args_is_help=True, help="Can this trial be filled here, how fast, and which rule costs most.")


@app.callback()
def _group() -> None:
    """Keep `run` a command of its own while it is the only one."""


@app.command()
def run(
    protocol: Annotated[Path, typer.Argument(help="The protocol: YAML or JSON.")],
    cdm: Annotated[str, typer.Option("--cdm", help="duckdb:///file.duckdb or parquet:///folder")],
    out: Annotated[Path, typer.Option(help="Folder for the result bundle.")],
    format: Annotated[str, typer.Option(help="Formats of the report: some of docx,xlsx,pdf,html")] = "xlsx,docx",
    lang: Annotated[str, typer.Option(help="Languages of the report: zh, en or zh,en")] = "zh",
    as_json: Annotated[bool, typer.Option("--json", help="Write the manifest to stdout.")] = False,
) -> None:
    """Run a protocol and write its report."""
    formats = formats_of(format)
    languages = list(dict.fromkeys(language_of(code.strip()) for code in lang.split(",")))
    document = read_protocol(protocol)
    with connect(cdm) as opened, progress_bar() as tell:
        write_feasibility(
            document, opened, out, formats=formats, languages=languages, policy=Settings().policy, progress=tell
        )
    manifest = read_manifest(out)
    if as_json:
        say_json(manifest)
    else:
        say(t("{files} files in {folder}", files=len(manifest["files"]), folder=out))
