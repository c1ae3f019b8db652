"""``rwe cohort library``: the phenotypes that come with the program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from cohorts.library import phenotype, phenotypes
from omop_etl.cdm import connect
from workbench.cli.console import say_json, say_table, t, translator_of
from workbench.studies.phenotype_score import score_phenotypes

app = typer.Typer(no_args_is_help=True, help="The phenotypes that come with the program.")

AsJson = Annotated[bool, typer.Option("--json", help="Write the result as JSON.")]


@app.command(name="list")
def list_phenotypes(as_json: AsJson = False) -> None:
    """List them."""
    if as_json:
        say_json([{"name": name, "version": p.version, "title": p.title} for name, p in phenotypes().items()])
        return
    language = translator_of("").language
    rows = [[name, p.title[language], p.logic[language]] for name, p in phenotypes().items()]
    say_table([t("Name"), t("Phenotype"), t("Logic")], rows)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Name of a phenotype.")],
    out: Annotated[Path | None, typer.Option(help="File for the cohort definition alone, as JSON.")] = None,
) -> None:
    """Write one as a document: its definition, what it is meant to find, and what it rests on."""
    known = phenotype(name)
    if out is None:
        say_json(known.to_json())
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    definition = known.definition(translator_of("").language)
    out.write_text(json.dumps(definition.to_json(), ensure_ascii=False, indent=2) + "\n", "utf-8")


@app.command()
def score(
    cdm: Annotated[str, typer.Option("--cdm", help="duckdb:///file.duckdb made from a sample extract")],
    extract: Annotated[Path, typer.Option(help="Folder of that extract, with its truth.")],
    as_json: AsJson = False,
) -> None:
    """Hold them against the truth of a sample extract: sensitivity, specificity and predictive values."""
    with connect(cdm) as opened:
        table = score_phenotypes(opened, extract / "truth" / "persons.csv")
    if as_json:
        say_json(table.astype(object).where(table.notna(), None).to_dict("records"))
        return
    rows = [
        [
            row["phenotype"],
            *(_count(row[name]) for name in ("found", "true")),
            *(_share(row, name) for name in ("sensitivity", "specificity", "ppv", "npv")),
        ]
        for row in table.to_dict("records")
    ]
    shares = [
        t("Sensitivity (95% CI)"),
        t("Specificity (95% CI)"),
        t("PPV (95% CI)"),
        t("NPV (95% CI)"),
    ]
    say_table([t("Phenotype"), t("Found"), t("True"), *shares], rows)


def _count(value: float) -> str:
    return "–" if pd.isna(value) else f"{int(value):,}"


def _share(row: dict[Any, Any], name: str) -> str:
    if pd.isna(row[name]):
        return "–"
    return f"{row[name]:.3f} ({row[f'{name}_lower']:.3f}–{row[f'{name}_upper']:.3f})"
