"""``truth/persons.csv``: what is true of each patient, recorded or not."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.cells import Cells, Encoder, join, whole_numbers, written
from sample_data.chart import Chart
from sample_data.effects import comparison, negative_controls
from sample_data.people.cancer_codes import HISTOLOGIES, MUTATIONS
from sample_data.people.population import DIED, END_REASONS, NEVER, SPECIALTIES, Flags

_TEXT = Encoder("utf-8")

CONFOUNDERS = tuple(dict.fromkeys(c.key for c in (*comparison.LUNG.confounders, *comparison.DIABETES.confounders)))

COLUMNS = (
    *("patient_id", "specialty", "sex", "birth_date", "entry_date", "end_date", "end_reason", "death_date"),
    *("death_recorded", "in_cdm", "diabetes_date", "heart_failure_date", "ckd_date", "stroke_date", "egfr_at_entry"),
    *("ejection_fraction", "lung_cancer_date", "histology", "mutation", "stage", "ecog", "resected", "t790m"),
    *("comparison", "target", "first_treatment", "index_date", "days", "event", *CONFOUNDERS),
    *(f"control_{key.lower()}" for key in negative_controls.conditions()),
)


def _numbers(values: NDArray[np.float64], decimals: int) -> Cells:
    texts = pa.array([f"{value:.{decimals}f}" for value in values.tolist()])
    return texts.cast(pa.binary())


class _Persons:
    def __init__(self, chart: Chart) -> None:
        self.truth = chart.truth
        self.size = len(chart.truth.people)

    def day(self, day: NDArray[np.int64], when: Flags | None = None) -> Cells:
        shown = day <= self.truth.span.end
        if when is not None:
            shown &= when
        return _TEXT.where(shown, _TEXT.days(np.where(shown, day, 0), "iso"))

    def flag(self, flags: Flags) -> Cells:
        return _TEXT.pick(("0", "1"), flags.astype(np.int64))

    def onset(self, *conditions: str) -> Cells:
        earliest = np.min([self.truth.onsets.of(condition) for condition in conditions], axis=0)
        return self.day(earliest, earliest <= self.truth.people.end)

    def of_tumour(self, cells: Cells) -> Cells:
        return _TEXT.where(self.truth.tumours.present, cells)

    def comparison(self) -> dict[str, Cells]:
        tumours, diabetics, people = self.truth.tumours, self.truth.diabetics, self.truth.people
        lung, diabetes = tumours.in_comparison, diabetics.in_comparison
        compared = lung | diabetes
        arm = np.where(lung, tumours.arm, diabetics.arm)
        index = np.where(lung, tumours.index, diabetics.index)
        outcome = np.where(lung, people.death, diabetics.stroke)
        last = np.where(lung, people.end, np.minimum(people.end, diabetics.stroke))
        event = compared & np.where(lung, people.end_reason == DIED, outcome <= people.end)
        first = np.where(lung, tumours.regimen[:, 0], np.where(diabetes, diabetics.add_on, -1))
        labels = (*catalog.table("regimens")["label"], "")
        cells = {
            "comparison": _TEXT.pick(("", "lung", "diabetes"), lung * 1 + diabetes * 2),
            "target": _TEXT.where(compared, self.flag(arm == 1)),
            "first_treatment": _TEXT.pick(labels, np.where(first >= 0, first, len(labels) - 1)),
            "index_date": self.day(index, compared),
            "days": _TEXT.where(compared, whole_numbers(np.where(compared, last - index, 0))),
            "event": _TEXT.where(compared, self.flag(event)),
        }
        for key in CONFOUNDERS:
            none = np.zeros(self.size)
            values = np.where(lung, tumours.confounders.get(key, none), diabetics.confounders.get(key, none))
            known = (lung & (key in tumours.confounders)) | (diabetes & (key in diabetics.confounders))
            cells[key] = _TEXT.where(known, _numbers(values, 4))
        return cells


def persons(chart: Chart, removed: NDArray[np.int64]) -> bytes:
    """Write the rows of a block.

    Parameters
    ----------
    chart
        Charts of the block.
    removed
        Positions of the patients who cannot be loaded because of a defect.
    """
    write = _Persons(chart)
    truth, people, tumours = chart.truth, chart.truth.people, chart.truth.tumours
    died = people.end_reason == DIED
    loadable = np.ones(len(people), np.bool_)
    loadable[removed] = False
    columns: dict[str, Cells] = {
        "patient_id": chart.patient_ids,
        "specialty": _TEXT.pick(SPECIALTIES, people.specialty),
        "sex": _TEXT.pick(("F", "M"), people.male.astype(np.int64)),
        "birth_date": _TEXT.days(people.birth, "iso"),
        "entry_date": _TEXT.days(people.entry, "iso"),
        "end_date": _TEXT.days(people.end, "iso"),
        "end_reason": _TEXT.pick(END_REASONS, people.end_reason),
        "death_date": write.day(people.death),
        "death_recorded": write.flag(died),
        "in_cdm": write.flag(loadable),
        "diabetes_date": write.onset("TYPE2_DIABETES"),
        "heart_failure_date": write.onset("HEART_FAILURE"),
        "ckd_date": write.onset("CKD", "CKD3", "CKD4", "CKD5"),
        "stroke_date": write.onset("STROKE"),
        "egfr_at_entry": _numbers(truth.organs.egfr, 1),
        "ejection_fraction": _numbers(truth.organs.ejection_fraction, 1),
        "lung_cancer_date": write.day(tumours.diagnosed, tumours.diagnosed < NEVER),
        "histology": write.of_tumour(_TEXT.pick(HISTOLOGIES, tumours.histology)),
        "mutation": write.of_tumour(_TEXT.pick(MUTATIONS, tumours.mutation)),
        "stage": write.of_tumour(_TEXT.pick(catalog.table("stages")["key"], tumours.substage)),
        "ecog": write.of_tumour(whole_numbers(tumours.ecog)),
        "resected": write.of_tumour(write.flag(tumours.resected)),
        "t790m": write.of_tumour(write.flag(tumours.t790m)),
        **write.comparison(),
    }
    for position, key in enumerate(negative_controls.conditions()):
        columns[f"control_{key.lower()}"] = write.day(truth.control_days[:, position])
    cells = [columns[name] for name in COLUMNS]
    cells[-1] = join([cells[-1], _TEXT.constant("\n", write.size)])
    return bytes(written(join(cells, b","))[0])
