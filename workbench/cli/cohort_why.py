"""``rwe cohort explain`` and ``lint``: why a person is in a cohort or not, and what is wrong in a definition."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from pydantic import BaseModel

from cohorts import Evaluator, read_definition
from cohorts.lint import Problem, lint
from omop_etl.cdm import connect
from workbench.access.rows import require_rows
from workbench.cli.console import say, say_json, translator_of
from workbench.explanations import Explained, explain_persons
from workbench.locales import Translator
from workbench.settings import Settings
from workbench.words import severity_name

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


@app.command(name="lint")
def lint_cohorts(
    files: Annotated[list[Path], typer.Argument(help="Cohort definitions.")],
    cdm: Annotated[str, typer.Option("--cdm", help="A CDM, to look at its vocabulary and its units.")] = "",
    lang: Annotated[str, typer.Option(help="Language: zh or en.")] = "",
    strict: Annotated[bool, typer.Option(help="Leave with exit code 1 if anything critical is found.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write the result as JSON.")] = False,
) -> None:
    """Look for what is wrong in definitions, or probably is: the gravest first, with the place and what to do."""
    t = translator_of(lang)
    definitions = [read_definition(file) for file in files]
    with connect(cdm) if cdm else nullcontext() as opened:
        evaluator = Evaluator(opened) if opened is not None else None
        found = [(definition, lint(definition, evaluator)) for definition in definitions]
    if as_json:
        say_json([{"name": d.name, "hash": d.hash, "problems": [_problem(t, p) for p in ps]} for d, ps in found])
    else:
        for definition, problems in found:
            say(t("{name}: {n} findings", name=definition.name, n=len(problems)))
            for problem in problems:
                say(f"  {severity_name(t, problem.severity)}  {problem.path}\n    {problem.message(t)}")
                say("    " + t("{name}: {condition}", name=t("what to do"), condition=problem.advice(t)))
    if strict and any(problem.severity == "critical" for _, problems in found for problem in problems):
        raise typer.Exit(1)


def _problem(t: Translator, problem: Problem) -> dict[str, str]:
    return {
        "check": problem.check,
        "severity": problem.severity,
        "path": problem.path,
        "message": problem.message(t),
        "todo": problem.advice(t),
    }


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
