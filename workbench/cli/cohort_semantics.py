"""``rwe cohort semantics``: how many persons differ between what Circe makes of a definition and what it means."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cohorts import Evaluator, read_definition
from omop_etl.cdm import connect
from workbench.cli.console import say, say_json, say_table, translator_of
from workbench.differences import people_between
from workbench.settings import Settings

app = typer.Typer()


@app.command(name="semantics")
def compare_semantics(
    files: Annotated[list[Path], typer.Argument(help="Cohort definitions.")],
    cdm: Annotated[str, typer.Option("--cdm", help="Address of the CDM.")],
    lang: Annotated[str, typer.Option(help="Language: zh or en.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Write the result as JSON.")] = False,
) -> None:
    """Count who is in a cohort under Circe's semantics, who under exact semantics, and who under one only."""
    t = translator_of(lang)
    definitions = [read_definition(file) for file in files]
    with connect(cdm) as opened:
        evaluator = Evaluator(opened)
        policy = Settings().policy
        counted = [
            (
                definition,
                people_between(
                    definition.model_copy(update={"semantics": "circe"}),
                    definition.model_copy(update={"semantics": "exact"}),
                    evaluator,
                    policy,
                ),
            )
            for definition in definitions
        ]
        snapshot = opened.snapshot
    if as_json:
        told = [
            {
                "name": definition.name,
                "semantics": definition.semantics,
                "circe": people.before,
                "exact": people.after,
                "both": people.shared,
                "only_exact": people.entered,
                "only_circe": people.left,
            }
            for definition, people in counted
        ]
        say_json({"snapshot": snapshot, "definitions": told})
        return
    header = [t("Definition"), t("Circe"), t("Exact"), t("In both"), t("Only exact"), t("Only Circe")]
    say_table(
        header,
        [[d.name, *(asdict(p)[n] for n in ("before", "after", "shared", "entered", "left"))] for d, p in counted],
    )
    if any(people.shared == "…" for _, people in counted):
        say(t("… stands where one of the three groups is too small to be shown."))
