"""``rwe doctor``: look for what would go wrong later."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer

from omop_etl.cdm import connect
from omop_etl.errors import RweError
from workbench.cli.console import say_json, say_table, t
from workbench.locales import mark
from workbench.workspace import Workspace

app = typer.Typer()

_OLDEST_PYTHON: Final = (3, 11)


def _python(workspace: Workspace) -> str:
    if sys.version_info < _OLDEST_PYTHON:
        raise RweError("Python {version} is too old", todo="install 3.11 or newer", version=sys.version.split()[0])
    return sys.version.split()[0]


def _folder(workspace: Workspace) -> str:
    workspace.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=workspace.folder):
        return str(workspace.folder)


def _records(workspace: Workspace) -> str:
    from workbench.records import open_records

    open_records(workspace.records_file).close()
    return workspace.records_file.name


def _data(workspace: Workspace) -> str:
    with connect(workspace.cdm_url) as cdm:
        return f"{cdm.url} · {cdm.snapshot}"


def _figures(workspace: Workspace) -> str:
    from workbench.reports.charts import render_chart

    text = {"mark": "text", "data": {"values": [{}]}, "encoding": {"text": {"value": "图"}}}
    return f"{len(render_chart(text, 'png')):,} B"


def _reports(workspace: Workspace) -> str:
    import typst

    from workbench.reports.fonts import FAMILY, FOLDER

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.typ"
        source.write_text(f'#set text(font: "{FAMILY}")\n报告', "utf-8")
        return f"{len(typst.compile(str(source), font_paths=[str(FOLDER)], ignore_system_fonts=True)):,} B"


_CHECKS: Final[dict[str, Callable[[Workspace], str]]] = {
    mark("Python"): _python,
    mark("Workspace folder can be written"): _folder,
    mark("Records"): _records,
    mark("Data"): _data,
    mark("Figures with Chinese text"): _figures,
    mark("PDF reports with Chinese text"): _reports,
}


@app.command()
def doctor(
    home: Annotated[Path, typer.Option("--dir", help="The workspace folder.")] = Path("demo"),
    cdm: Annotated[str, typer.Option("--cdm", help="Another CDM than the workspace's own.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Write the result as JSON.")] = False,
) -> None:
    """Check that this machine has all that the workbench needs."""
    workspace = Workspace(home, cdm)
    found = [(name, *_outcome(check, workspace)) for name, check in _CHECKS.items()]
    if as_json:
        say_json([{"check": name, "ok": fine, "detail": detail} for name, fine, detail in found])
    else:
        rows = [[t(name), "✓" if fine else "✗", detail] for name, fine, detail in found]
        say_table([t("Check"), "", t("Detail")], rows, numbers=False)
    if not all(fine for _, fine, _ in found):
        raise typer.Exit(1)


def _outcome(check: Callable[[Workspace], str], workspace: Workspace) -> tuple[bool, str]:
    try:
        return True, check(workspace)
    except RweError as error:
        return False, error.text(t)
    except Exception as defect:
        return False, type(defect).__name__
