"""Time, memory and tables of figures."""

from __future__ import annotations

import json
import os
import platform
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

_MEGABYTE = 1 << 20


@dataclass
class Stopwatch:
    """Seconds that the block of a `with` statement took."""

    seconds: float = 0.0
    _begun: float = 0.0

    def __enter__(self) -> Stopwatch:
        self._begun = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._begun


def repeated(run: Callable[[], Any], times: int) -> list[float]:
    """Run something several times and give the seconds of each."""
    found = []
    for _ in range(times):
        with Stopwatch() as watch:
            run()
        found.append(watch.seconds)
    return found


def peak_megabytes() -> float:
    """Most memory that this process has held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (_MEGABYTE if sys.platform == "darwin" else 1024)


@dataclass
class Report:
    """What a benchmark found: rows of figures, printed as they come and kept as JSON.

    Attributes
    ----------
    name : str
        Name of the benchmark.
    figures : dict
        Named numbers, for comparison with other runs.
    """

    name: str
    figures: dict[str, Any] = field(default_factory=dict)
    console: Console = field(default_factory=lambda: Console(width=118))

    def say(self, text: str) -> None:
        """Write a line."""
        self.console.print(text, highlight=False)

    def table(self, title: str, columns: list[str], rows: list[list[Any]]) -> None:
        """Write a table; numbers stand to the right."""
        shown = Table(title=title, title_justify="left")
        for position, column in enumerate(columns):
            numeric = all(isinstance(row[position], int | float) for row in rows)
            shown.add_column(column, justify="right" if numeric else "left")
        for row in rows:
            shown.add_row(*(_written(value) for value in row))
        self.console.print(shown)

    def keep(self, **figures: Any) -> None:
        """Keep named figures."""
        self.figures |= figures

    def save(self, folder: Path) -> None:
        """Write the figures, and what machine they are from."""
        folder.mkdir(parents=True, exist_ok=True)
        machine = {"processors": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}
        content = {"benchmark": self.name, "machine": machine, "figures": self.figures}
        (folder / f"{self.name}.json").write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def _written(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.3f}" if abs(value) < 10 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
