"""``rwe cohort describe``, ``sql`` and ``diff``: definitions in words, in SQL, and beside an earlier version."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cohorts import CohortDefinition, Evaluator, read_definition
from cohorts.script import script
from omop_etl.cdm import connect
from workbench.cli.console import say, say_json, say_table, translator_of
from workbench.concepts import concept_labels
from workbench.differences import People, changes_between, people_between
from workbench.locales import Translator
from workbench.sentences import Narrator
from workbench.sentences.names import concept_set_lines, concepts_of
from workbench.settings import Settings

app = typer.Typer()

Lang = Annotated[str, typer.Option(help="Language: zh or en; that of the system by default.")]


@app.command()
def describe(
    files: Annotated[list[Path], typer.Argument(help="Cohort definitions.")],
    cdm: Annotated[str, typer.Option("--cdm", help="A CDM, to name concepts in the language.")] = "",
    lang: Lang = "",
    sets: Annotated[bool, typer.Option(help="Say what is in the concept sets, too.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Write the result as JSON.")] = False,
) -> None:
    """Say definitions in sentences."""
    t = translator_of(lang)
    definitions = [read_definition(file) for file in files]
    names: dict[int, str] = {}
    if cdm:
        with connect(cdm) as opened:
            wanted = [number for definition in definitions for number in concepts_of(definition)]
            names = concept_labels(opened, wanted, t.language)
    told = [(definition, _sentences(t, definition, names if cdm else None)) for definition in definitions]
    if as_json:
        say_json([{"name": d.name, "hash": d.hash, "sentences": said} for d, said in told])
        return
    for definition, said in told:
        say(definition.name)
        for sentence in said:
            say(f"  {sentence}")
        for line in concept_set_lines(t, definition, names) if sets else []:
            say(f"  {line}")
        say("")


def _sentences(t: Translator, definition: CohortDefinition, names: dict[int, str] | None) -> list[str]:
    return Narrator.of(t, definition.expression, names, semantics=definition.semantics).definition(
        definition.expression
    )


@app.command(name="sql")
def write_sql(
    file: Annotated[Path, typer.Argument(help="A cohort definition.")],
    engine: Annotated[str, typer.Option(help="Whose dialect: duckdb, postgres or spark.")] = "duckdb",
    as_json: Annotated[bool, typer.Option("--json", help="Write the result as JSON.")] = False,
) -> None:
    """Write the statements of a definition in their order, with the tables of parameters they read; no database.

    Of a table with very many rows (the sizes of units) the text has the first ones, and --json all.
    """
    definition = read_definition(file)
    steps = script(definition, engine)
    if as_json:
        told = [
            {"sql": step.sql, "parameters": {name: rows.to_pylist() for name, rows in step.parameters.items()}}
            for step in steps
        ]
        say_json({"definition": definition.name, "hash": definition.hash, "engine": engine, "statements": told})
        return
    say(f"-- {definition.name} ({definition.semantics}, {definition.hash[:16]}): {engine}")
    for number, step in enumerate(steps, start=1):
        say(f"\n-- {number}")
        for line in step.comments:
            say(line)
        say(f"{step.sql};")


@app.command(name="diff")
def compare(
    old: Annotated[Path, typer.Argument(help="The earlier version.")],
    new: Annotated[Path, typer.Argument(help="The later version.")],
    cdm: Annotated[str, typer.Option("--cdm", help="A CDM, to count who entered and who left.")] = "",
    lang: Lang = "",
    as_json: Annotated[bool, typer.Option("--json", help="Write the result as JSON.")] = False,
) -> None:
    """Say what changed between two versions of a definition, in words and, on a CDM, in people."""
    t = translator_of(lang)
    before, after = read_definition(old), read_definition(new)
    people: People | None = None
    names: dict[int, str] | None = None
    if cdm:
        with connect(cdm) as opened:
            people = people_between(before, after, Evaluator(opened), Settings().policy)
            names = concept_labels(opened, concepts_of(before) + concepts_of(after), t.language)
    changes = changes_between(t, before, after, names)
    if as_json:
        told = [asdict(change) for change in changes]
        say_json({"old": before.hash, "new": after.hash, "changes": told, "people": asdict(people) if people else None})
        return
    for change in changes:
        say(change.text(t))
        if change.kind == "changed":
            say(f"  − {change.before}")
            say(f"  + {change.after}")
    if not changes:
        say(t("The two versions ask the same."))
    if people is not None:
        rows = [
            [t("Earlier version"), people.before],
            [t("Later version"), people.after],
            [t("In both"), people.shared],
            [t("Entered"), people.entered],
            [t("Left"), people.left],
        ]
        say_table([t("Persons"), ""], rows)
        if people.shared == "…":
            say(t("One of the groups is too small to be shown, so none of the three is."))
