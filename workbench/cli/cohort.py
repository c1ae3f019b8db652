"""``rwe cohort``: check, generate and count cohorts; what explains them is in files of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import typer

from cohorts import GeneratedCohorts, generate, read_definition
from cohorts.engine.plan import plan
from cohorts.patient_lists import SHELF
from cohorts.patient_lists.matching import match_list
from omop_etl.cdm import connect
from omop_etl.errors import RweError, UsageError
from workbench.cli import library
from workbench.cli.cohort_diagnose import app as diagnose_commands
from workbench.cli.cohort_semantics import app as semantics_commands
from workbench.cli.cohort_text import app as text_commands
from workbench.cli.cohort_why import app as why_commands
from workbench.cli.console import progress_bar, remark, say_json, say_table, t
from workbench.cli.definitions import complain_of, read_definitions
from workbench.counts import attrition_counts
from workbench.patient_lists import list_words, lists_of, read_words, use_kept_lists
from workbench.settings import Settings
from workbench.workspace import Workspace

app = typer.Typer(no_args_is_help=True, help="Check, generate, count and explain cohorts.")
app.add_typer(why_commands)
app.add_typer(text_commands)
app.add_typer(semantics_commands)
app.add_typer(diagnose_commands)
app.add_typer(library.app, name="library")

Definitions = Annotated[
    list[Path], typer.Argument(help="Cohort definitions: ATLAS JSON, or documents of the workbench.")
]
CdmUrl = Annotated[str, typer.Option("--cdm", help="duckdb:///file.duckdb or parquet:///folder")]
AsJson = Annotated[bool, typer.Option("--json", help="Write the result as JSON.")]


@app.command()
def validate(files: Definitions, as_json: AsJson = False) -> None:
    """Read definitions and plan them, without a CDM; the patient lists that they name are read too."""
    read, refused = read_definitions(files)
    listed: dict[str, str] = {}
    use_kept_lists(Workspace.current())
    for name, definition in list(read.items()):
        try:
            plan(definition)
            for known in lists_of([definition]):
                listed[known.sha256 or known.title] = read_words(
                    t, known.title, SHELF.rows(known.listed), Settings().policy
                )
        except RweError as error:
            refused[name] = error
            del read[name]
    for words in listed.values():
        remark(words)
    _report(sorted(read), refused, as_json=as_json)


@app.command(name="generate")
def generate_cohorts(
    files: Definitions,
    cdm: CdmUrl,
    out: Annotated[Path, typer.Option(help="File for the rows: .parquet or .csv")],
    stats: Annotated[
        Path | None, typer.Option(help="Folder for OHDSI's attrition tables, a file each, of the kind of --out.")
    ] = None,
    strict: Annotated[bool, typer.Option(help="Write nothing if a definition is refused.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the rows of cohorts; a definition that is refused is named, and the exit code is 1."""
    if out.suffix not in (".parquet", ".csv"):
        raise UsageError("{file} is neither .parquet nor .csv", todo="choose one of the two", file=out.name)
    read, refused = read_definitions(files)
    use_kept_lists(Workspace.current())
    with connect(cdm) as opened, progress_bar() as tell:
        made = generate(
            read, opened, strict=False, progress=lambda done, total: tell("Generating cohorts", done / max(total, 1))
        )
        refused |= made.refused
        if not (strict and refused):
            _write(made.rows, out)
            if stats is not None:
                for table, content in made.stats_tables().items():
                    _write(content, stats / f"{table}{out.suffix}")
        account = [
            list_words(t, known.title, match_list(known.listed, made.evaluator), Settings().policy)
            for known in lists_of(read[name] for name in read if name not in made.refused)
        ]
        counted = [name for name in read if name not in made.refused]
        summary, snapshot = _counts(made, counted), opened.snapshot
    for words in account:
        remark(words)
    _report(counted, refused, as_json=as_json, counts=summary, snapshot=snapshot)


@app.command()
def attrition(
    file: Annotated[Path, typer.Argument(help="A cohort definition.")],
    cdm: CdmUrl,
    exact: Annotated[bool, typer.Option(help="Show small counts too; for those who may see rows.")] = False,
    as_json: AsJson = False,
) -> None:
    """Count what each step of a definition leaves, in events and persons."""
    definition = read_definition(file)
    use_kept_lists(Workspace.current())
    with connect(cdm) as opened:
        frame = generate({definition.name: definition}, opened).attrition(definition.name)
        snapshot = opened.snapshot
    policy = Settings(small_count=1).policy if exact else Settings().policy
    steps = attrition_counts(frame, policy)
    rows = [[step.name(t), str(step.events), str(step.persons)] for step in steps]
    if as_json:
        told = [{"step": i, "name": name, "events": e, "persons": p} for i, (name, e, p) in enumerate(rows)]
        say_json({"definition": definition.name, "hash": definition.hash, "snapshot": snapshot, "steps": told})
    else:
        say_table([t("Step"), t("Events"), t("Persons")], rows, title=definition.name)


def _counts(made: GeneratedCohorts, names: list[str]) -> dict[str, tuple[int, int]]:
    rows = made.rows
    grouped = rows.group_by("cohort_name").aggregate([("subject_id", "count"), ("subject_id", "count_distinct")])
    found = {
        row["cohort_name"]: (row["subject_id_count"], row["subject_id_count_distinct"]) for row in grouped.to_pylist()
    }
    return {name: found.get(name, (0, 0)) for name in names}


def _write(rows: pa.Table, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix == ".csv":
        pyarrow.csv.write_csv(rows, out)
    else:
        pyarrow.parquet.write_table(rows, out)


def _report(
    done: list[str],
    refused: dict[str, RweError],
    *,
    as_json: bool,
    counts: dict[str, tuple[int, int]] | None = None,
    snapshot: str = "",
) -> None:
    """Say what was done and what was refused, and leave with exit code 1 if anything was refused."""
    counts = counts or {}
    if as_json:
        say_json(
            {
                "snapshot": snapshot,
                "done": [
                    {"name": name} | ({"rows": counts[name][0], "persons": counts[name][1]} if name in counts else {})
                    for name in done
                ],
                "refused": [{"name": name, "reason": error.text(t)} for name, error in refused.items()],
            }
        )
    elif counts:
        say_table(
            [t("Cohort"), t("Rows"), t("Persons")],
            [[name, f"{rows:,}", f"{persons:,}"] for name, (rows, persons) in counts.items()],
        )
    complain_of(refused)
    remark(t("{done} definitions done, {refused} refused", done=len(done), refused=len(refused)))
    if refused:
        raise typer.Exit(1)
