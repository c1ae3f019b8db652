"""Run benchmarks: ``python -m benchmarks [NAME…] [--quick] [--out FOLDER]``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from benchmarks.cohorts import growth, million, reference_batch
from benchmarks.measuring import Report

BENCHMARKS: dict[str, Callable[[Report, Path, bool], None]] = {
    "cohorts-batch": reference_batch.run,
    "cohorts-million": million.run,
    "cohorts-growth": growth.run,
}


def main() -> None:
    """Run the benchmarks that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help="small sizes: whether it runs, not how fast")
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks"), help="folder for figures and data")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}; choose from {', '.join(BENCHMARKS)}")
    for name in arguments.names or BENCHMARKS:
        report = Report(name)
        report.say(f"\n[bold]{name}[/bold]")
        BENCHMARKS[name](report, arguments.out, arguments.quick)
        report.save(arguments.out)


if __name__ == "__main__":
    main()
