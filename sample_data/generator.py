"""Generates an extract: charts, files, defects and truth, one block of patients after the other."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from sample_data import files
from sample_data.chart import Chart, draw_chart
from sample_data.days import day_number
from sample_data.defects.inject import inject
from sample_data.defects.log import DEFECT_COLUMNS, RATE_COLUMNS, DefectLog
from sample_data.identifiers import IDENTIFIER_COLUMNS, plant_identifiers, planted_specs
from sample_data.people.population import Span
from sample_data.table import FileTable
from sample_data.truth import documents
from sample_data.truth.persons import COLUMNS, persons
from sample_data.writer import ExtractFile

BLOCK_SIZE = 2_000
DEMO_PATIENTS = 3_500
DEMO_SEED = 20_260_101
MONTHS = 120
TRUTH = "truth"
MOST_PATIENTS = 19_000_000
FEWEST_MONTHS, MOST_MONTHS = 12, 240
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
        If `patients` or `months` is out of range.
    """
    _refuse_senseless(patients, months)
    span = _span(months)
    log = DefectLog()
    with _Output(out, identifiers) as output:
        for block, first in enumerate(range(0, patients, BLOCK_SIZE)):
            size = min(BLOCK_SIZE, patients - first)
            chart = draw_chart(seed, block, first, size, span)
            tables = files.write_all(chart)
            removed = np.empty(0, np.int64) if clean else inject(chart, tables, log)
            output.write(chart, tables, removed, log)
            if progress:
                progress("patients", first + size, patients)
    summary = Summary(
        out,
        patients,
        seed,
        rows={name: file.rows for name, file in output.files.items()},
        sizes={name: file.bytes for name, file in output.files.items()},
        defects=log.injected_by_kind(),
    )
    _write_documents(out / TRUTH, summary, log, span)
    return summary


def _refuse_senseless(patients: int, months: int) -> None:
    if not 1 <= patients <= MOST_PATIENTS:
        raise ValueError(f"patients = {patients}: between 1 and {MOST_PATIENTS:,} patients can be numbered")
    if not FEWEST_MONTHS <= months <= MOST_MONTHS:
        raise ValueError(f"months = {months}: the period may last {FEWEST_MONTHS} to {MOST_MONTHS} months")


class _Output:
    """The files of an extract and of its truth that grow block by block."""

    def __init__(self, out: Path, identifiers: bool) -> None:
        truth = out / TRUTH
        truth.mkdir(parents=True, exist_ok=True)
        self._stack = ExitStack()
        specs = planted_specs(files.SPECS) if identifiers else files.SPECS
        self.files = {spec.name: self._stack.enter_context(ExtractFile(out, spec)) for spec in specs}
        self._defects = self._open(truth / "defects.csv", DEFECT_COLUMNS)
        self._persons = self._open(truth / "persons.csv", COLUMNS)
        (truth / "identifiers.csv").unlink(missing_ok=True)
        self._identifiers = self._open(truth / "identifiers.csv", IDENTIFIER_COLUMNS) if identifiers else None

    def __enter__(self) -> _Output:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _open(self, path: Path, columns: tuple[str, ...]) -> BinaryIO:
        file = self._stack.enter_context(path.open("wb"))
        file.write(f"{','.join(columns)}\n".encode())
        return file

    def write(self, chart: Chart, tables: dict[str, FileTable], removed: NDArray[np.int64], log: DefectLog) -> None:
        """Append one block: its rows, its patients' truth and its defects."""
        planted = plant_identifiers(chart, tables) if self._identifiers else {}
        self._persons.write(persons(chart, removed))
        for name, table in tables.items():
            lines = self.files[name].write(table)
            self._defects.write(log.flush(name, lines))
            if self._identifiers:
                self._identifiers.write(planted[name].written(lines))


def _span(months: int) -> Span:
    years, rest = divmod(months, 12)
    start_month = 1 if rest == 0 else 13 - rest
    start_year = _FIRST_YEAR_AFTER - years - (rest > 0)
    return Span(day_number(start_year, start_month), day_number(_FIRST_YEAR_AFTER) - 1)


def _write_documents(folder: Path, summary: Summary, log: DefectLog, span: Span) -> None:
    _write_csv(folder / "rates.csv", RATE_COLUMNS, log.rates())
    _write_csv(folder / "unmapped.csv", documents.UNMAPPED_COLUMNS, documents.unmapped_terms())
    (folder / "effects.json").write_text(documents.effects(summary.patients, summary.seed, span), encoding="utf-8")
    (folder / "README.md").write_text(documents.readme(), encoding="utf-8")


def _write_csv(path: Path, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([columns, *rows])


def chart_of_block(seed: int, block: int, first: int, size: int, months: int = MONTHS) -> Chart:
    """Draw the charts of one block without writing anything, for studies of the generator itself."""
    return draw_chart(seed, block, first, size, _span(months))
