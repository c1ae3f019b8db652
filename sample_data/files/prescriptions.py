"""门诊处方.csv: drugs prescribed at visits; headers are pinyin initials."""

from __future__ import annotations

import numpy as np

from sample_data import catalog
from sample_data.cells import Encoder, join, padded_numbers, whole_numbers
from sample_data.chart import Chart
from sample_data.journeys.plans import PRESCRIPTION, Treatments
from sample_data.table import FileSpec, FileTable

PRESCRIPTIONS = FileSpec(
    "门诊处方.csv",
    "utf-8",
    (
        *("cfh", "patid", "jzlsh", "kfrq", "ywdm", "ywmc", "ywgg", "ywjx", "ywsycjl", "ywsyjldw", "ywsypc", "ywsytj"),
        *("ywsyzjl", "cfyxts", "yzzh", "tfbz"),
    ),
    delimiter="|",
)

_PACK_DAYS = 28.0


def prescriptions(chart: Chart, treatments: Treatments) -> FileTable:
    """Write the prescriptions of a block. `facts` of the table: `drug` (catalogue row)."""
    given = treatments.of_kinds(PRESCRIPTION)
    encounters, drugs, text = chart.encounters, catalog.table("drugs"), Encoder(PRESCRIPTIONS.encoding)
    size = len(given.drug)
    first = np.concatenate([[True], given.encounter[1:] != given.encounter[:-1]]) if size else np.empty(0, bool)
    number = np.cumsum(first)
    in_prescription = np.arange(size) - np.flatnonzero(first)[number - 1] + 1
    total = np.ceil(drugs.numbers("pack")[given.drug] * given.days / _PACK_DAYS).astype(np.int64)
    written = encounters.start[given.encounter] + 600
    serial = padded_numbers(chart.truth.block * 1_000_000 + number, 10)
    return FileTable(
        PRESCRIPTIONS,
        {
            "cfh": join([text.constant("CF", size), serial]),
            "patid": chart.patient_id(encounters.person[given.encounter]),
            "jzlsh": chart.encounter_id(given.encounter),
            "kfrq": text.moments(written, "compact", "compact"),
            "ywdm": text.pick(drugs["code"], given.drug),
            "ywmc": text.pick(drugs["name"], given.drug),
            "ywgg": text.pick(drugs["specification"], given.drug),
            "ywjx": text.pick(drugs["form"], given.drug),
            "ywsycjl": text.pick(drugs["dose"], given.drug),
            "ywsyjldw": text.pick(drugs["dose_unit"], given.drug),
            "ywsypc": text.pick(drugs["frequency"], given.drug),
            "ywsytj": text.pick(drugs["route"], given.drug),
            "ywsyzjl": whole_numbers(total),
            "cfyxts": whole_numbers(given.days),
            "yzzh": whole_numbers(in_prescription),
            "tfbz": text.constant("0", size),
        },
        person=encounters.person[given.encounter],
        encounter=given.encounter,
        key=("cfh", "ywdm"),
        facts={"drug": given.drug},
    )
