"""``rwe serve``: open the workbench in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.workspace import Workspace

app = typer.Typer()


@app.command()
def serve(
    home: Annotated[Path, typer.Option("--dir", help="The workspace folder.")] = Path("demo"),
    cdm: Annotated[str, typer.Option("--cdm", help="Another CDM than the workspace's own.")] = "",
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8501,
    address: Annotated[
        str, typer.Option(help="Address to listen at; others reach it only if you change this.")
    ] = "127.0.0.1",
    open_browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser window.")] = True,
) -> None:
    """Open the workbench at http://localhost:8501 until you press Ctrl-C."""
    from workbench.app.server import run_server

    run_server(Workspace(home, cdm), address=address, port=port, open_browser=open_browser)
