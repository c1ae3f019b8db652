"""Command line: ``python -m sample_data OUT --patients N --seed S``."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from sample_data.generator import DEMO_PATIENTS, DEMO_SEED, MONTHS, Summary, generate


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sample_data", description="Write the extract of a hospital.")
    parser.add_argument("out", type=Path, help="folder to write into")
    parser.add_argument("--patients", type=int, default=DEMO_PATIENTS, help="number of patients (default %(default)s)")
    parser.add_argument("--seed", type=int, default=DEMO_SEED, help="same seed, same bytes (default %(default)s)")
    parser.add_argument("--months", type=int, default=MONTHS, help="length of the period (default %(default)s)")
    parser.add_argument("--clean", action="store_true", help="without defects")
    parser.add_argument("--plant-identifiers", action="store_true", help="with synthetic personal identifiers")
    return parser.parse_args()


def _table(summary: Summary) -> Table:
    table = Table("file", "rows", "MB", title=f"{summary.patients} patients, seed {summary.seed}")
    for name, rows in summary.rows.items():
        table.add_row(name, f"{rows:,}", f"{summary.sizes[name] / 1e6:.1f}")
    table.add_row("total", f"{sum(summary.rows.values()):,}", f"{sum(summary.sizes.values()) / 1e6:.1f}")
    return table


def main() -> None:
    """Run the command line."""
    arguments = _arguments()
    console = Console(stderr=True)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("patients", total=arguments.patients)
        summary = generate(
            arguments.out,
            arguments.patients,
            arguments.seed,
            months=arguments.months,
            clean=arguments.clean,
            identifiers=arguments.plant_identifiers,
            progress=lambda _, done, __: progress.update(task, completed=done),
        )
    Console().print(_table(summary))


if __name__ == "__main__":
    main()
