"""How the count of a trial grows with the number of persons, drawn."""

from __future__ import annotations

from pathlib import Path

import altair as alt
import pandas as pd

from analyses.plots import save_figure
from benchmarks.cohorts.million import count, population
from benchmarks.measuring import Report

SIZES, QUICK_SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000), (1_000, 3_000, 10_000)
_SERIES = {"first": "first count", "edited": "after an edit"}


def run(report: Report, folder: Path, quick: bool) -> None:
    """Measure at growing sizes and draw both lines on logarithmic axes."""
    measured = []
    for persons in QUICK_SIZES if quick else SIZES:
        found = min((count(population(folder, persons, report)) for _ in range(2)), key=lambda counted: counted.first)
        measured.append({"persons": persons, "first": found.first, "edited": found.edited})
    table = pd.DataFrame(measured)
    report.table("seconds", ["persons", *_SERIES.values()], table.to_numpy(dtype=object).tolist())
    drawn = table.rename(columns=_SERIES).melt("persons", var_name="series", value_name="seconds")
    lines = (
        alt.Chart(drawn)
        .mark_line(point=True)
        .encode(
            x=alt.X("persons:Q", scale=alt.Scale(type="log"), title="Persons"),
            y=alt.Y("seconds:Q", scale=alt.Scale(type="log"), title="Seconds"),
            color=alt.Color("series:N", title=None),
        )
        .properties(width=420, height=280)
    )
    file = folder / "cohorts-growth.png"
    save_figure(lines, file)
    report.say(f"drawn: {file.name}")
    report.keep(measured=measured)
