"""病案首页.csv: one wide row per inpatient stay, columns named by the HQMS codes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.cells import Cells, Encoder, decimal_numbers, scatter, whole_numbers
from sample_data.chart import Chart
from sample_data.days import completed_years
from sample_data.files.names import diagnosis_names
from sample_data.files.patients import MARITAL_CODES, SEX_CODES
from sample_data.journeys.diagnoses import Diagnoses
from sample_data.journeys.plans import Procedures
from sample_data.table import FileSpec, FileTable

OTHERS = 40
_NUMBERS = tuple(f"{number:02d}" for number in range(1, OTHERS + 1))
_PATHOLOGY_CODES = ("M81400/3", "M80700/3", "M80410/3", "M80120/3")
_PATHOLOGY_NAMES = ("腺癌", "鳞状细胞癌", "小细胞癌", "大细胞癌")

FRONT_PAGE = FileSpec(
    "病案首页.csv",
    "utf-8",
    (
        *("A01", "A48", "A49", "A12C", "A13", "A14", "A16", "A19C", "A21C"),
        *("B11C", "B12", "B13C", "B15", "B16C", "B20", "C01C", "C02N", "C03C", "C04N", "C05C"),
        *(f"{column}x{n}{kind}" for n in _NUMBERS for column, kind in (("C06", "C"), ("C07", "N"), ("C08", "C"))),
        *("C09C", "C10N", "C14x01C", "C15x01N", "C16x01", "C17x01", "C21x01C", "C22x01C"),
        *(f"{column}x{n}{kind}" for n in _NUMBERS for column, kind in (("C35", "C"), ("C36", "N"), ("C37", ""))),
        *("B34C", "B36C", "D01"),
    ),
    mark=b"\xef\xbb\xbf",
)

DIAGNOSIS_COLUMNS = ("C03C", *(f"C06x{n}C" for n in _NUMBERS))
OPERATION_DATES = ("C16x01", *(f"C37x{n}" for n in _NUMBERS))


class _Page:
    """Cells of the front pages of a block, one row a stay."""

    def __init__(self, chart: Chart, diagnoses: Diagnoses, procedures: Procedures) -> None:
        self.chart, self.diagnoses, self.procedures = chart, diagnoses, procedures
        self.text = Encoder(FRONT_PAGE.encoding)
        self.stays = chart.encounters.stays
        self.size = len(self.stays)
        self.row_of = np.full(len(chart.encounters), -1, np.int64)
        self.row_of[self.stays] = np.arange(self.size)
        self.rng = chart.rng("front page")
        self.columns: dict[str, Cells] = dict.fromkeys(FRONT_PAGE.columns, self.text.constant("", self.size))

    def put(self, column: str, rows: NDArray[np.int64], cells: Cells) -> None:
        """Fill a column at some rows."""
        if len(rows):
            self.columns[column] = scatter(self.size, [(rows, cells)])


def _write_person(page: _Page) -> None:
    people, encounters, text = page.chart.truth.people, page.chart.encounters, page.text
    person = encounters.person[page.stays]
    page.columns |= {
        "A01": text.constant("46601234", page.size),
        "A48": page.chart.record_numbers.take(pa.array(person)),
        "A49": whole_numbers(page.chart.stay_ordinals[page.stays]),
        "A12C": text.pick(SEX_CODES, people.male[person].astype(np.int64)),
        "A13": text.days(people.birth[person], "iso"),
        "A14": whole_numbers(completed_years(people.birth[person], encounters.start_day[page.stays])),
        "A19C": text.pick(catalog.table("ethnic_groups")["code"], people.ethnic_group[person]),
        "A21C": text.pick(MARITAL_CODES, people.marital_status[person]),
    }


def _write_stay(page: _Page) -> None:
    encounters, text, rng = page.chart.encounters.take(page.stays), page.text, page.rng
    days = np.maximum(encounters.end_day - encounters.start_day, 1)
    department = text.pick(catalog.table("departments")["code"], encounters.department)
    emergency = encounters.with_purpose("STROKE_STAY", "CORONARY_STAY", "DIABETES_TERMINAL", "GENERAL_TERMINAL")
    route = np.ones(page.size, np.int64)
    route[emergency] = 0
    left = np.where(encounters.died, 4, np.searchsorted(np.cumsum([0.95, 0.01, 0.02]), rng.random(page.size)))
    planned = encounters.with_purpose("LUNG_CYCLE", "DIALYSIS_STAY")
    readmission = np.zeros(page.size, np.int64)
    readmission[planned] = 1
    cost = days * rng.lognormal(7.3, 0.35, page.size) + rng.lognormal(8.4, 0.5, page.size)
    page.columns |= {
        "B11C": text.pick(("1", "2"), route),
        "B12": text.moments(encounters.start, "iso", "second"),
        "B13C": department,
        "B15": text.moments(encounters.end, "iso", "second"),
        "B16C": department,
        "B20": whole_numbers(days),
        "B34C": text.pick(("1", "2", "3", "4", "5"), left),
        "B36C": text.pick(("1", "2"), readmission),
        "D01": decimal_numbers(cost, 2),
    }


def _write_diagnoses(page: _Page) -> dict[str, NDArray[np.int64]]:
    conditions, listed = catalog.table("conditions"), page.diagnoses
    of_stays = page.row_of[listed.encounter] >= 0
    row = page.row_of[listed.encounter[of_stays]]
    condition, rank = listed.condition[of_stays], listed.rank[of_stays]
    code = page.text.pick(conditions["national"], condition)
    name = diagnosis_names(page.text, condition, page.rng.random(len(row)))
    on_admission = page.text.pick(("1", "2", "3", "4"), listed.on_admission[of_stays] - 1)
    written = {}
    for position in range(1, OTHERS + 2):
        chosen = np.flatnonzero(rank == position)
        if len(chosen) == 0:
            break
        number = f"{position - 1:02d}"
        targets = ("C03C", "C04N", "C05C") if position == 1 else (f"C06x{number}C", f"C07x{number}N", f"C08x{number}C")
        index = pa.array(chosen)
        for column, cells in zip(targets, (code, name, on_admission), strict=True):
            page.put(column, row[chosen], cells.take(index))
        filled = np.full(page.size, -1, np.int64)
        filled[row[chosen]] = condition[chosen]
        written[targets[0]] = filled
    page.columns["C01C"], page.columns["C02N"] = page.columns["C03C"], page.columns["C04N"]
    return written


def _write_pathology(page: _Page) -> None:
    encounters, tumours = page.chart.encounters.take(page.stays), page.chart.truth.tumours
    rows = encounters.with_purpose("LUNG_WORKUP", "LUNG_SURGERY")
    histology = tumours.histology[encounters.person[rows]]
    page.put("C09C", rows, page.text.pick(_PATHOLOGY_CODES, histology))
    page.put("C10N", rows, page.text.pick(_PATHOLOGY_NAMES, histology))


def _write_operations(page: _Page) -> None:
    procedures, done = catalog.table("procedures"), page.procedures
    for rank in range(1, int(done.rank.max(initial=0)) + 1):
        chosen = np.flatnonzero(done.rank == rank)
        row, procedure = page.row_of[done.encounter[chosen]], done.procedure[chosen]
        code, name = page.text.pick(procedures["code"], procedure), page.text.pick(procedures["name"], procedure)
        date = page.text.days(done.day[chosen], "compact")
        number = f"{rank - 1:02d}"
        targets = (
            ("C14x01C", "C15x01N", "C16x01") if rank == 1 else (f"C35x{number}C", f"C36x{number}N", f"C37x{number}")
        )
        for column, cells in zip(targets, (code, name, date), strict=True):
            page.put(column, row, cells)
        if rank == 1:
            for column, attribute in (("C17x01", "level"), ("C21x01C", "incision"), ("C22x01C", "anaesthesia")):
                page.put(column, row, page.text.pick(procedures[attribute], procedure))


def front_pages(chart: Chart, diagnoses: Diagnoses, procedures: Procedures) -> FileTable:
    """Write the front page of every stay of a block.

    `facts` of the table holds, for each diagnosis code column, the condition written there (-1 where it is blank).
    """
    page = _Page(chart, diagnoses, procedures)
    _write_person(page)
    _write_stay(page)
    conditions = _write_diagnoses(page)
    _write_pathology(page)
    _write_operations(page)
    return FileTable(
        FRONT_PAGE,
        page.columns,
        person=chart.encounters.person[page.stays],
        encounter=page.stays,
        key=("A48", "A49"),
        facts=dict(conditions),
    )
