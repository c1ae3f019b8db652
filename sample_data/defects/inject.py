"""Injects all defects into the files of one block, in an order in which each leaves the earlier ones intact."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sample_data.chart import Chart
from sample_data.defects import codes, dates, deaths, persons, results, rows, treatments, vitals
from sample_data.defects.log import DefectLog
from sample_data.defects.rates import CLEANED
from sample_data.files.diagnoses import ADMISSION, OUTPATIENT
from sample_data.files.front_page import DIAGNOSIS_COLUMNS
from sample_data.journeys.ledger import INPATIENT
from sample_data.people.population import DIED
from sample_data.table import FileTable

Rows = NDArray[np.int64]
Tables = dict[str, FileTable]

PERSON_COLUMN = {
    "患者基本信息.csv": "患者ID",
    "患者主索引.csv": "患者ID",
    "门诊处方.csv": "patid",
    "病案首页.csv": "A48",
}
VISIT_COLUMN = {"门诊处方.csv": "jzlsh"}
_VISIT_FILES = (
    *("诊断明细.csv", "住院医嘱.csv", "门诊处方.csv", "检验报告.csv"),
    *("检查报告.csv", "病理报告.csv", "生命体征.tsv", "病程文书.csv"),
)
_EVENT_FILES = (*_VISIT_FILES, "死亡记录.csv", "随访记录.csv")


def person_column(file: str) -> str:
    """Column that names the patient."""
    return PERSON_COLUMN.get(file, "患者ID")


def visit_column(file: str) -> str:
    """Column that names the visit."""
    return VISIT_COLUMN.get(file, "就诊流水号")


class _Injector:
    def __init__(self, chart: Chart, tables: Tables, log: DefectLog) -> None:
        self.chart, self.tables, self.log = chart, tables, log

    def rng(self, topic: str) -> np.random.Generator:
        return self.chart.rng(f"defects: {topic}")

    def persons(self) -> Rows:
        patients = self.tables["患者基本信息.csv"]
        removed, numbers = persons.blank_persons(patients, self.log, self.rng("persons"))
        others = [table for name, table in self.tables.items() if name != patients.spec.name]
        persons.follow_removed(others, len(self.chart.truth.people), removed, numbers, self.log)
        return removed

    def encounters(self) -> None:
        """Damage rows of visits and stays; what belongs to them loses its visit."""
        lost: list[Rows] = []
        causes: list[Rows] = []
        for name in ("门诊就诊.csv", "病案首页.csv"):
            table, rng = self.tables[name], self.rng(name)
            numbers = rows.break_rows(table, self.log, rng)
            found = [(table.broken, numbers), dates.spoil_required(table, self.log, rng)]
            found.append(rows.damage_identifier(table, person_column(name), self.log, rng))
            if name == "门诊就诊.csv":
                found.append(rows.lose_person(table, "患者ID", self.log, rng))
            lost += [table.encounter[chosen] for chosen, _ in found]
            causes += [numbers for _, numbers in found]
        members = [self.tables[name] for name in _VISIT_FILES]
        column_of = {name: visit_column(name) for name in _VISIT_FILES}
        size = len(self.chart.encounters)
        rows.follow_lost_visits(members, size, np.concatenate(lost), np.concatenate(causes), column_of, self.log)

    def joined_diagnoses(self, joined: Rows, removed: Rows) -> None:
        table = self.tables["诊断明细.csv"]
        loaded = joined[~np.isin(table.person[joined], removed)]
        self.log.add("multi_diagnosis", table, loaded, "诊断名称", CLEANED)

    def whole_rows(self) -> None:
        for name in _EVENT_FILES:
            table, rng = self.tables[name], self.rng(f"rows of {name}")
            rows.break_rows(table, self.log, rng)
            rows.lose_person(table, person_column(name), self.log, rng)
            rows.damage_identifier(table, person_column(name), self.log, rng)
            dates.spoil_required(table, self.log, rng)
            if name in _VISIT_FILES:
                rows.lose_visit(table, visit_column(name), self.log, rng)

    def diagnoses(self) -> None:
        table, rng = self.tables["诊断明细.csv"], self.rng("diagnoses")
        open_to = np.isin(table.facts["kind"], (OUTPATIENT, ADMISSION))
        codes.suspect(table, self.log, rng)
        codes.vary_codes(table, np.full(len(table), "诊断编码"), open_to, self.log, rng)
        codes.blur_cells(table, ("诊断编码",), self.log, rng, open_to, ("患者ID", "就诊流水号"))

        table, rng = self.tables["病案首页.csv"], self.rng("front page diagnoses")
        columns = np.array([name for name in DIAGNOSIS_COLUMNS if name in table.facts])
        listed = (
            np.stack([table.facts[name] >= 0 for name in columns]) if len(columns) else np.zeros((0, len(table)), bool)
        )
        which = (rng.random(len(table)) * np.maximum(listed.sum(axis=0), 1)).astype(np.int64)
        everywhere = np.ones(len(table), np.bool_)
        codes.vary_codes(table, columns[which], everywhere, self.log, rng)
        codes.blur_cells(table, ("C03C",), self.log, rng)

    def results(self) -> None:
        table, rng = self.tables["检验报告.csv"], self.rng("results")
        numeric = ~np.isnan(table.facts["value"])
        results.lose_results(table, self.log, rng)
        results.slip_points(table, self.log, rng)
        results.bound_results(table, self.log, rng)
        results.vary_units(table, self.log, rng)
        results.convert_units(table, self.log, rng)
        codes.blur_cells(table, ("结果", "检验子项代码"), self.log, rng, numeric, ("患者ID", "就诊流水号"))
        self._outside(table, "采样时间", "second", table.facts["sampled"], rng)
        results.issue_again(table, self.log, rng)

    def vital_signs(self) -> None:
        table, rng = self.tables["生命体征.tsv"], self.rng("vital signs")
        vitals.slip_points(table, self.log, rng)
        vitals.write_words(table, self.log, rng)
        codes.blur_cells(table, ("体温", "脉搏"), self.log, rng)
        self._outside(table, "测量时间", "minute", table.facts["moment"], rng)

    def _outside(self, table: FileTable, column: str, clock: str, moment: Rows, rng: np.random.Generator) -> None:
        encounters = self.chart.encounters
        in_stay = encounters.kind[table.encounter] == INPATIENT
        stay = (
            np.where(in_stay, encounters.start_day[table.encounter], -1),
            np.where(in_stay, encounters.end_day[table.encounter], -1),
        )
        lives_on = self.chart.truth.people.end_reason[table.person] != DIED
        lives_on &= encounters.end_day[table.encounter] + 30 <= self.chart.truth.span.end
        dates.move_outside_stay(table, column, clock, moment, stay, lives_on, self.log, rng)

    def treatments(self) -> None:
        table, rng = self.tables["住院医嘱.csv"], self.rng("orders")
        treatments.cancel_orders(table, self.log, rng)
        codes.blur_cells(table, ("单次剂量",), self.log, rng, table.facts["drug"] >= 0)
        table, rng = self.tables["门诊处方.csv"], self.rng("prescriptions")
        treatments.refund_prescriptions(table, self.log, rng)
        codes.blur_cells(table, ("ywsycjl", "ywsyzjl"), self.log, rng)

    def optional_dates(self) -> None:
        rng = self.rng("optional dates")
        eligible = {
            "住院医嘱.csv": self.tables["住院医嘱.csv"].facts["standing"]
            & (self.tables["住院医嘱.csv"].facts["drug"] >= 0),
            "随访记录.csv": self.tables["随访记录.csv"].facts["state"] == 0,
            "病案首页.csv": codes.filled(self.tables["病案首页.csv"], "C16x01"),
        }
        for name in dates.OPTIONAL:
            dates.spoil_optional(self.tables[name], self.log, rng, eligible.get(name))

    def deaths(self, removed: Rows) -> None:
        rng = self.rng("deaths")
        table = self.tables["死亡记录.csv"]
        deaths.record_twice(self.chart, table, self.tables["随访记录.csv"], self.log, rng)
        deaths.bury_the_living(self.chart, table, self.log, rng, removed)

    def copies(self) -> None:
        for name, table in self.tables.items():
            rows.copy_rows(table, self.log, self.rng(f"copies of {name}"))


def inject(chart: Chart, tables: Tables, log: DefectLog) -> Rows:
    """Inject defects of every kind into the files of a block; gives the positions of patients who cannot be loaded.

    Parameters
    ----------
    chart
        Charts of the block.
    tables
        Its files, by name; changed in place.
    log
        Where every defect is recorded.
    """
    injector = _Injector(chart, tables, log)
    joined = codes.join_diagnoses(tables["诊断明细.csv"], log, injector.rng("several diagnoses"))
    removed = injector.persons()
    injector.encounters()
    injector.joined_diagnoses(joined, removed)
    injector.whole_rows()
    injector.deaths(removed)
    injector.diagnoses()
    injector.results()
    injector.vital_signs()
    injector.treatments()
    injector.optional_dates()
    injector.copies()
    return removed
