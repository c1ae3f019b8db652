"""A trial definition on a million persons: the first count, and the count after an edit."""

from __future__ import annotations

import gc
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import duckdb

from benchmarks.cohorts.population import KINDS, make_population
from benchmarks.cohorts.profile import COLUMNS, ProfiledEvaluator, Spent, rows_of
from benchmarks.cohorts.trial import trial
from benchmarks.measuring import Report, Stopwatch, peak_megabytes
from cohorts import CohortDefinition, generate
from cohorts.engine.nodes import Codes, Node
from cohorts.engine.plan import plan
from omop_etl.cdm import Cdm, connect

PERSONS, QUICK_PERSONS = 1_000_000, 20_000
EDITS = (6.5, 7.5, 8.0, 8.5, 9.0)


@dataclass
class Counted:
    """Seconds of one run, and what it found."""

    first: float
    edited: float
    persons: int
    spent: dict[str, Spent]


def run(report: Report, folder: Path, quick: bool) -> None:
    """Count a trial's eligible persons, edit a rule, and count again."""
    persons = QUICK_PERSONS if quick else PERSONS
    file = population(folder, persons, report)
    records = _records(file)
    counted = [count(file) for _ in range(1 if quick else 3)]
    first, edited = (min(getattr(c, name) for c in counted) for name in ("first", "edited"))
    report.table(
        f"{persons:,} persons, {records:,} records, eight rules; {counted[0].persons:,} persons eligible",
        ["", "best, s", "median, s", "target, s"],
        [
            ["first count, concept sets warm", first, median(c.first for c in counted), 3.0],
            ["count after an edited rule", edited, median(c.edited for c in counted), 0.3],
        ],
    )
    report.table("where the time of the first count goes", COLUMNS, rows_of(counted[0].spent))
    report.say(f"most memory: {peak_megabytes():,.0f} MB (target 8,192 MB)")
    report.keep(
        persons=persons,
        records=records,
        first_seconds=first,
        edited_seconds=edited,
        eligible=counted[0].persons,
        peak_megabytes=peak_megabytes(),
    )


def population(folder: Path, persons: int, report: Report) -> Path:
    """Make the CDM unless an earlier run has left it."""
    file = folder / f"population-{persons}.duckdb"
    if not file.exists():
        with Stopwatch() as watch:
            make_population(file, persons)
        report.say(f"made {persons:,} persons in {watch.seconds:.0f} s")
    return file


def count(file: Path) -> Counted:
    """Open the CDM afresh, resolve the concept sets, count, and count again after edits."""
    with connect(f"duckdb:///{file.resolve()}", memory="6GB", temp=file.parent) as cdm:
        evaluator = ProfiledEvaluator(cdm)
        with evaluator.noting() as spent:
            evaluator.evaluate(_codes_of(plan(trial()).cohort))
            spent.clear()
            with Stopwatch() as first:
                persons = _eligible(trial(), cdm, evaluator)
            of_first = {kind: replace(part) for kind, part in spent.items()}
            edited = []
            for threshold in EDITS:
                with Stopwatch() as watch:
                    _eligible(trial(threshold=threshold), cdm, evaluator)
                edited.append(watch.seconds)
    gc.collect()
    return Counted(first.seconds, median(edited), persons, of_first)


def _eligible(definition: CohortDefinition, cdm: Cdm, evaluator: ProfiledEvaluator) -> int:
    """What the page shows while somebody edits: the attrition, whose last rule says how many are eligible."""
    made = generate({"trial": definition}, cdm, evaluator=evaluator)
    steps = made.attrition("trial")
    return int(steps.loc[steps["kind"] == "rule", "persons"].iloc[-1])


def _codes_of(node: Node) -> list[Node]:
    found: dict[str, Node] = {}
    stack: list[Node] = [node]
    while stack:
        inner = stack.pop()
        if isinstance(inner, Codes):
            found[inner.key] = inner
        stack.extend(inner.inputs)
    return list(found.values())


def _records(file: Path) -> int:
    with duckdb.connect(str(file), read_only=True) as connection:
        counts = [connection.execute(f"SELECT count(*) FROM {kind.table}").fetchone() for kind in KINDS]
    return sum(row[0] for row in counts if row)
