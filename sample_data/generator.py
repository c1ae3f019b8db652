"""Generates an extract: charts, files, defects and truth, one block of patients after the other."""

from __future__ import annotations

import csv
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sample_data import files
from sample_data.chart import Chart, draw_chart
from sample_data.days import day_number
from sample_data.defects.inject import inject
from sample_data.defects.log import DEFECT_COLUMNS, RATE_COLUMNS, DefectLog
from sample_data.identifiers import IDENTIFIER_COLUMNS, plant_identifiers, planted_specs
from sample_data.people.population import Span
from sample_data.truth import documents
from sample_data.truth.persons import COLUMNS, persons
from sample_data.writer import ExtractFile

BLOCK_SIZE = 2_000
DEMO_PATIENTS = 3_500
DEMO_SEED = 20_260_101
MONTHS = 120
_FIRST_YEAR_AFTER = 2026

Progress = Callable[[str, int, int], None]


@dataclass
class Summary:
    """What was written.

    Parameters
    ----------
    folder
        Where the extract is; ``truth/`` lies in it.
    patients, seed
        As asked for.
    rows, sizes
        Rows (without header) and bytes of each file.
    defects
        Number of injected defects of each kind, consequences not counted.
    """

    folder: Path
    patients: int
    seed: int
    rows: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    defects: dict[str, int] = field(default_factory=dict)


def generate(
    out: Path,
    patients: int = DEMO_PATIENTS,
    seed: int = DEMO_SEED,
    *,
    months: int = MONTHS,
    clean: bool = False,
    identifiers: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Generate the extract of a hospital.

    Parameters
    ----------
    out
        Folder to write into; made if absent. Files of the same names are overwritten.
    patients
        Number of patients.
    seed
        The same seed, size and options give the same bytes.
    months
        Length of the period that the extract covers; it ends with December 2025.
    clean
        Leave out all defects.
    identifiers
        Plant synthetic personal identifiers, to try a de-identification gate on; ``truth/identifiers.csv`` lists them.
    progress
        Called as ``progress(stage, patients done, patients in total)``.

    Returns
    -------
    Summary
        Files, rows and defects.

    Raises
    ------
    ValueError
        If `patients` or `months` is too small for anything to happen.
    """
    if patients < 1:
        raise ValueError(f"patients = {patients}: at least one patient is needed")
    if months < 12:
        raise ValueError(f"months = {months}: the journeys of patients need at least 12 months")
    span = _span(months)
    truth_folder = out / "truth"
    truth_folder.mkdir(parents=True, exist_ok=True)
    log = DefectLog()
    summary = Summary(out, patients, seed)
    with ExitStack() as stack:
        specs = planted_specs(files.SPECS) if identifiers else files.SPECS
        writers = {spec.name: stack.enter_context(ExtractFile(out, spec)) for spec in specs}
        defects = stack.enter_context((truth_folder / "defects.csv").open("wb"))
        defects.write((",".join(DEFECT_COLUMNS) + "\n").encode())
        planted = _open_csv(stack, truth_folder / "identifiers.csv", IDENTIFIER_COLUMNS) if identifiers else None
        people = stack.enter_context((truth_folder / "persons.csv").open("wb"))
        people.write((",".join(COLUMNS) + "\n").encode())
        for block, first in enumerate(range(0, patients, BLOCK_SIZE)):
            chart = draw_chart(seed, block, first, min(BLOCK_SIZE, patients - first), span)
            tables = files.write_all(chart)
            removed = np.empty(0, np.int64) if clean else inject(chart, tables, log)
            found = plant_identifiers(chart, tables) if planted is not None else {}
            people.write(persons(chart, removed))
            for name, table in tables.items():
                lines = writers[name].write(table)
                defects.write(log.flush(name, lines))
                if planted is not None:
                    planted.writerows(found[name].written(lines))
            if progress:
                progress("patients", min(first + BLOCK_SIZE, patients), patients)
    _write_documents(truth_folder, summary, log, span)
    summary.rows = {name: writer.rows for name, writer in writers.items()}
    summary.sizes = {name: writer.bytes for name, writer in writers.items()}
    for (_, kind), number in log.injected.items():
        summary.defects[kind] = summary.defects.get(kind, 0) + number
    return summary


def _span(months: int) -> Span:
    years, rest = divmod(months, 12)
    start_month = 1 if rest == 0 else 13 - rest
    start_year = _FIRST_YEAR_AFTER - years - (rest > 0)
    return Span(day_number(start_year, start_month), day_number(_FIRST_YEAR_AFTER) - 1)


def _open_csv(stack: ExitStack, path: Path, header: tuple[str, ...]) -> Any:
    writer = csv.writer(stack.enter_context(path.open("w", encoding="utf-8", newline="")), lineterminator="\n")
    writer.writerow(header)
    return writer


def _write_documents(folder: Path, summary: Summary, log: DefectLog, span: Span) -> None:
    with ExitStack() as stack:
        _open_csv(stack, folder / "rates.csv", RATE_COLUMNS).writerows(log.rates())
        unmapped = _open_csv(stack, folder / "unmapped.csv", documents.UNMAPPED_COLUMNS)
        unmapped.writerows(documents.unmapped_terms())
    (folder / "effects.json").write_text(documents.effects(summary.patients, summary.seed, span), encoding="utf-8")
    (folder / "README.md").write_text(documents.readme(), encoding="utf-8")


def read_chart(seed: int, block: int, first: int, size: int, months: int = MONTHS) -> Chart:
    """Draw the charts of one block without writing anything, for studies of the generator itself."""
    return draw_chart(seed, block, first, size, _span(months))
