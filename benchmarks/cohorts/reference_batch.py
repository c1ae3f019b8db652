"""Hundreds of definitions on one CDM: our batch against the peer's statements, definition by definition."""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path

import duckdb
import pandas as pd

from benchmarks.cohorts import peer
from benchmarks.cohorts.profile import COLUMNS, ProfiledEvaluator, rows_of
from benchmarks.measuring import Report, Stopwatch, peak_megabytes
from cohorts import GeneratedCohorts, generate, read_definition
from omop_etl.cdm import Cdm, connect
from workbench.cli.definitions import read_definitions

_REFERENCE = Path(os.environ.get("RWE_REFERENCE", Path(__file__).resolve().parents[3] / "shared" / "reference"))
_QUICK = 40


def run(report: Report, folder: Path, quick: bool) -> None:
    """Generate every definition that the peer can run too, both ways, and compare rows and seconds."""
    circe = _REFERENCE / "circe"
    if not circe.is_dir():
        report.say("the reference 'circe' is not beside this checkout; set RWE_REFERENCE to the folder that holds it")
        return
    files = sorted((circe / "definitions").glob("*.json"))[:: _QUICK if quick else 1]
    database = _database(circe / "cdm" / "dense", folder / "dense.duckdb")
    theirs = _Peer(database)
    for file in files:
        theirs.take(file)
    with connect(f"duckdb:///{database.resolve()}") as cdm:
        _warm(cdm)
        ours = _ours(cdm, [file for file in files if file.stem in theirs.rows], report)
        same = sum(_same(ours.rows_by_name[name], rows) for name, rows in theirs.rows.items())
    report.table(
        f"{len(theirs.rows)} definitions on 10,000 persons",
        ["", "seconds", "per definition, ms"],
        [
            ["ours, one batch: read, plan, compile and run", ours.seconds, 1000 * ours.seconds / len(theirs.rows)],
            ["peer, one by one: run alone", theirs.seconds, 1000 * theirs.seconds / len(theirs.rows)],
            ["peer: compile and translate, apart", theirs.compiling, 1000 * theirs.compiling / len(theirs.rows)],
        ],
    )
    report.say(f"ratio: {theirs.seconds / ours.seconds:.1f} x; identical rows: {same} of {len(theirs.rows)}")
    report.say(f"left out, since the peer cannot compile or run them: {len(theirs.failed)} of {len(files)}")
    report.keep(
        definitions=len(theirs.rows),
        ours_seconds=ours.seconds,
        peer_seconds=theirs.seconds,
        peer_compile_seconds=theirs.compiling,
        ratio=theirs.seconds / ours.seconds,
        identical=same,
        peer_failed=sorted(theirs.failed),
        peak_megabytes=peak_megabytes(),
    )


def _database(folder: Path, target: Path) -> Path:
    """Make the one database that both sides read."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    with duckdb.connect(str(target)) as connection:
        for file in sorted(folder.glob("*.parquet")):
            connection.execute(f"CREATE TABLE {file.stem} AS FROM '{file}'")
    return target


def _warm(cdm: Cdm) -> None:
    generate({"deaths": read_definition({"PrimaryCriteria": {"CriteriaList": [{"Death": {}}]}})}, cdm)


class _Ours:
    def __init__(self, cohorts: GeneratedCohorts, seconds: float, rows: pd.DataFrame) -> None:
        self.seconds = seconds
        empty = rows.iloc[:0]
        found = dict(list(rows.groupby("cohort_name")))
        self.rows_by_name = {name: found.get(name, empty) for name in cohorts.definitions}


def _ours(cdm: Cdm, files: list[Path], report: Report) -> _Ours:
    evaluator = ProfiledEvaluator(cdm)
    with Stopwatch() as watch, evaluator.noting() as spent:
        definitions, _ = read_definitions(files)
        cohorts = generate(definitions, cdm, strict=False, evaluator=evaluator)
        rows = cohorts.rows
    report.table("where our time goes", COLUMNS, rows_of(spent))
    running = sum(part.seconds for part in spent.values())
    report.say(f"reading, planning, compiling and fetching: {watch.seconds - running:.2f} s of {watch.seconds:.2f} s")
    return _Ours(cohorts, watch.seconds, rows.to_pandas())


class _Peer:
    """The peer's side: its working tables in memory beside the database, its rows, its time."""

    def __init__(self, database: Path) -> None:
        logging.getLogger("sqlglot").setLevel(logging.ERROR)
        self.connection = duckdb.connect()
        self.connection.execute(f"ATTACH '{database}' AS cdm (READ_ONLY)")
        self.rows: dict[str, pd.DataFrame] = {}
        self.failed: set[str] = set()
        self.seconds = self.compiling = 0.0

    def take(self, definition: Path) -> None:
        """Compile and run one definition."""
        compiling, running = Stopwatch(), Stopwatch()
        peer.prepare(self.connection)
        try:
            with compiling:
                statements = peer.statements_of(definition)
            with running:
                peer.run(self.connection, statements)
        except Exception:
            self.failed.add(definition.stem)
            self._clear()
            return
        self.compiling += compiling.seconds
        self.seconds += running.seconds
        self.rows[definition.stem] = peer.rows(self.connection)

    def _clear(self) -> None:
        left = self.connection.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall()
        for (table,) in left:
            with contextlib.suppress(duckdb.Error):
                self.connection.execute(f'DROP TABLE "{table}"')


def _same(ours: pd.DataFrame, theirs: pd.DataFrame) -> bool:
    columns = ["subject_id", "cohort_start_date", "cohort_end_date"]
    left, right = (
        frame[columns].astype({"cohort_start_date": "datetime64[s]", "cohort_end_date": "datetime64[s]"})
        for frame in (ours, theirs)
    )
    return left.sort_values(columns).reset_index(drop=True).equals(right.sort_values(columns).reset_index(drop=True))
