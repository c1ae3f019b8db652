"""Patients who cannot be loaded, and what that does to their rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sample_data.defects.log import DefectLog
from sample_data.defects.rates import REJECTED
from sample_data.table import FileTable

Rows = NDArray[np.int64]

_NO_SEX = ("", "9")


def blank_persons(patients: FileTable, log: DefectLog, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Take the date of birth from some patients and the sex from others."""
    births = log.draw("person_without_birth", patients, rng)
    patients.change_texts("出生日期", births, [""] * len(births))
    numbers = log.add("person_without_birth", patients, births, "出生日期", REJECTED)
    sexes = log.draw("person_without_sex", patients, rng)
    patients.change_texts("性别代码", sexes, [str(code) for code in rng.choice(_NO_SEX, len(sexes))])
    more = log.add("person_without_sex", patients, sexes, "性别代码", REJECTED)
    return patients.person[np.concatenate([births, sexes])], np.concatenate([numbers, more])


def follow_removed(tables: list[FileTable], people: int, removed: Rows, causes: Rows, log: DefectLog) -> None:
    """Record that all rows of patients who cannot be loaded will be rejected."""
    cause_of = np.zeros(people, np.int64)
    cause_of[removed] = causes
    for table in tables:
        rows = np.flatnonzero(cause_of[table.person] > 0)
        log.add("unknown_person", table, rows, "", REJECTED, causes=cause_of[table.person[rows]])
