"""``rwe cohort explain``: why a person is in a cohort or not."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from pydantic import BaseModel

from cohorts import read_definition
from omop_etl.cdm import connect
from workbench.access.rows import require_rows
from workbench.cli.console import say, say_json, translator_of
from workbench.explanations import Explained, explain_persons
from workbench.settings import Settings

app = typer.Typer()

SIGNS: Final = {"yes": "✓", "no": "✗", "row": "·", "near": "≈", "note": " "}


@app.command(name="explain")
def explain_cohort(
    file: Annotated[Path, typer.Argument(help="A cohort definition.")],
    cdm: Annotated[str, typer.Option("--cdm", help="Address of the CDM.")],
    person: Annotated[list[int], typer.Option("--person", help="Number of a person; may be given several times.")],
    rows: Annotated[bool, typer.Option("--rows", help="I may see records of single persons; it is noted.")] = False,
    lang: Annotated[str, typer.Option(help="Language: zh or en.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Write the result as JSON.")] = False,
) -> None:
    """Explain why persons are in a cohort or not: every criterion with the rows that decided it, and near misses."""
    require_rows(allowed=rows or Settings().rows)
    definition = read_definition(file)
    t = translator_of(lang)
    with connect(cdm) as opened:
        explained = explain_persons(t, definition, opened, person)
        snapshot = opened.snapshot
    if as_json:
        persons = [_as_json(item) for item in explained]
        say_json({"definition": definition.name, "hash": definition.hash, "snapshot": snapshot, "persons": persons})
        return
    for item in explained:
        for line in item.lines:
            say(f"{'   ' * line.level}{SIGNS[line.sign]} {line.text}".rstrip())
        say("")


def _as_json(item: Explained) -> dict[str, Any]:
    told: dict[str, Any] = _plain(item.explanation)
    said = [{"level": line.level, "sign": line.sign, "text": line.text} for line in item.lines]
    return {**told, "is_in": item.explanation.is_in, "lines": said}


def _plain(value: Any) -> Any:
    """Turn an explanation into what JSON can hold; parts of the definition go by their kind."""
    if isinstance(value, BaseModel):
        return type(value).__name__
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
