"""``rwe worker``: run jobs without serving pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def worker(home: Annotated[Path, typer.Option("--dir", help="The workspace folder.")] = Path("demo")) -> None:
    """Run the jobs of a workspace until you press Ctrl-C; `rwe serve` does this by itself."""
    from workbench.jobs.worker import serve

    serve(home)
