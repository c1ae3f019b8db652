"""诊断明细.csv: every diagnosis of visits and stays, one row each."""

from __future__ import annotations

import numpy as np

from sample_data import catalog
from sample_data.cells import Encoder, whole_numbers
from sample_data.chart import Chart
from sample_data.files.names import diagnosis_names
from sample_data.journeys.diagnoses import Diagnoses
from sample_data.journeys.ledger import INPATIENT
from sample_data.table import FileSpec, FileTable

KINDS = ("门诊诊断", "入院诊断", "出院主要诊断", "出院其他诊断", "病理诊断", "修正诊断")
OUTPATIENT, ADMISSION, MAIN, OTHER, PATHOLOGY, CORRECTED = range(6)

DIAGNOSES = FileSpec(
    "诊断明细.csv",
    "utf-8",
    ("诊断流水号", "患者ID", "就诊流水号", "诊断日期", "诊断类型", "诊断编码", "诊断名称", "主诊断标志", "诊断顺位"),
    mark=b"\xef\xbb\xbf",
)

_SHARE_CORRECTED = 0.02


def diagnoses(chart: Chart, listed: Diagnoses) -> FileTable:
    """Write the diagnoses of a block.

    A stay has its admission diagnosis and its discharge diagnoses (a cycle of chemotherapy only the main one), the
    work-up of a tumour also the pathologist's.
    `facts` of the table: `kind` (position in `KINDS`), `condition` (catalogue row) and `rank`.
    """
    encounters, rng = chart.encounters, chart.rng("diagnosis file")
    inpatient = encounters.kind[listed.encounter] == INPATIENT
    first = listed.rank == 1
    workup = np.isin(listed.encounter, encounters.with_purpose("LUNG_WORKUP", "OPERATION_STAY"))
    brief = np.isin(listed.encounter, encounters.with_purpose("LUNG_CYCLE"))
    corrected = rng.random(len(listed)) < _SHARE_CORRECTED
    parts = (
        (OUTPATIENT, ~inpatient),
        (ADMISSION, inpatient & first),
        (MAIN, inpatient & first),
        (OTHER, inpatient & ~first & ~brief),
        (PATHOLOGY, workup & first),
        (CORRECTED, inpatient & first & corrected),
    )
    row = np.concatenate([np.flatnonzero(when) for _, when in parts])
    kind = np.concatenate([np.full(int(when.sum()), code, np.int64) for code, when in parts])
    order = np.lexsort((listed.rank[row], kind, listed.encounter[row]))
    row, kind = row[order], kind[order]
    encounter, condition, rank = listed.encounter[row], listed.condition[row], listed.rank[row]
    at_discharge = (kind == MAIN) | (kind == OTHER) | (kind == PATHOLOGY)
    day = np.where(at_discharge, encounters.end_day[encounter], encounters.start_day[encounter])
    text = Encoder(DIAGNOSES.encoding)
    return FileTable(
        DIAGNOSES,
        {
            "诊断流水号": chart.serial_numbers("ZD", len(row)),
            "患者ID": chart.patient_id(encounters.person[encounter]),
            "就诊流水号": chart.encounter_id(encounter),
            "诊断日期": text.days(day, "compact"),
            "诊断类型": text.pick(KINDS, kind),
            "诊断编码": text.pick(catalog.table("conditions")["icd10"], condition),
            "诊断名称": diagnosis_names(text, condition, rng.random(len(row))),
            "主诊断标志": text.pick(("0", "1"), (rank == 1).astype(np.int64)),
            "诊断顺位": whole_numbers(rank),
        },
        person=encounters.person[encounter],
        encounter=encounter,
        key=("诊断流水号",),
        facts={"kind": kind, "condition": condition, "rank": rank},
    )
