"""``rwe demo``: the whole path on sample data, and then the workbench."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from sample_data import DEMO_PATIENTS, DEMO_SEED
from workbench.cli.console import progress_bar, remark, say, t
from workbench.workspace import Workspace

app = typer.Typer()


@app.command()
def demo(
    home: Annotated[Path, typer.Option("--dir", help="Folder for the example.")] = Path("demo"),
    patients: Annotated[int, typer.Option(help="Size of the sample.")] = DEMO_PATIENTS,
    seed: Annotated[int, typer.Option(help="Seed of its random numbers.")] = DEMO_SEED,
    serve: Annotated[bool, typer.Option(help="Open the workbench afterwards.")] = True,
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8501,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
) -> None:
    """Make a sample extract, its CDM, a study and a feasibility report, and open the workbench on them."""
    from workbench.demo import make_demo

    workspace = Workspace(home)
    started = time.monotonic()
    with progress_bar() as tell:
        made = make_demo(workspace, patients=patients, seed=seed, progress=tell)
    seconds = f"{time.monotonic() - started:.0f}"
    remark(t("The example is in {folder}, made in {seconds} s.", folder=home, seconds=seconds))
    say(made.snapshot)
    if not serve:
        return
    from workbench.app.server import run_server

    remark(t("The workbench is at http://localhost:{port}. Press Ctrl-C to end it.", port=port))
    run_server(workspace, address="127.0.0.1", port=port, open_browser=browser)
