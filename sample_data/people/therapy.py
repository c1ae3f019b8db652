"""Lines of therapy of lung cancer: which regimen, from when until when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_data import catalog
from sample_data.days import day_number, off_sunday
from sample_data.people.cancer_codes import ALK, EGFR_MUTATIONS, SMALL_CELL, SQUAMOUS
from sample_data.people.population import Days, Flags

OSIMERTINIB_MARKETED = day_number(2017, 6, 1)
_ALECTINIB_MARKETED = day_number(2018, 10, 1)
_IMMUNOTHERAPY_USED = day_number(2019, 9, 1)

_DAYS_FROM_SURGERY_TO_CHEMOTHERAPY = 42
_DAYS_OF_ADJUVANT_CHEMOTHERAPY = 100


@dataclass
class Presentation:
    """The patients when treatment is chosen, one element each.

    `histology` and `mutation` are codes of `sample_data.people.cancer_codes`; `compared` marks the members of the
    planted comparison and `target` those of them who have the target drug; `death` is the true day of death.
    """

    histology: Days
    mutation: Days
    stage: Days
    ecog: Days
    compared: Flags
    target: Flags
    index: Days
    death: Days

    def __len__(self) -> int:
        return len(self.index)

    @property
    def egfr(self) -> Flags:
        """Whose tumour has an EGFR mutation."""
        return np.isin(self.mutation, EGFR_MUTATIONS)


@dataclass
class Lines:
    """Regimen (row of the catalogue, -1 none), start and end of each line; one row a patient, one column a line."""

    regimen: Days
    start: Days
    end: Days
    resected: Flags
    t790m: Flags


def _row(key: str) -> np.int64:
    return np.int64(catalog.table("regimens").position(key))


def _pick(rng: np.random.Generator, size: int, options: dict[str, float]) -> Days:
    rows = catalog.table("regimens").positions(list(options))
    shares = np.cumsum(list(options.values()))
    return rows[np.searchsorted(shares / shares[-1], rng.random(size), side="right")]


def _chemotherapy(rng: np.random.Generator, patients: Presentation, with_immunotherapy: Flags) -> Days:
    """Choose chemotherapy by histology, with an antibody since immunotherapy is in use."""
    size = len(patients)
    for_adeno = np.where(
        with_immunotherapy,
        _pick(rng, size, {"PEM_CARBO_PEMBRO": 0.35, "PEM_CARBO_CAMRE": 0.25, "PEM_CARBO_BEV": 0.15, "PEM_CARBO": 0.25}),
        _pick(rng, size, {"PEM_CIS": 0.45, "PEM_CARBO": 0.35, "PEM_CARBO_BEV": 0.20}),
    )
    for_squamous = np.where(
        with_immunotherapy,
        _pick(rng, size, {"PTX_CARBO_TISLE": 0.65, "PTX_CARBO": 0.25, "GEM_CIS": 0.10}),
        _pick(rng, size, {"PTX_CARBO": 0.6, "GEM_CIS": 0.4}),
    )
    for_small_cell = np.where(
        with_immunotherapy,
        _pick(rng, size, {"EC_ATEZO": 0.35, "EC_DURVA": 0.25, "EC": 0.25, "EP": 0.15}),
        _pick(rng, size, {"EP": 0.55, "EC": 0.45}),
    )
    kinds = [patients.histology == SMALL_CELL, patients.histology == SQUAMOUS]
    return np.select(kinds, [for_small_cell, for_squamous], for_adeno)


def _targeted(rng: np.random.Generator, patients: Presentation) -> Days:
    """Choose the drug of those with a target: by arm in the planted comparison, else by what is on the market."""
    other = _pick(rng, len(patients), {"ICOTINIB": 0.55, "ERLOTINIB": 0.15, "AFATINIB": 0.20, "AUMOLERTINIB": 0.10})
    for_alk = np.where(patients.index >= _ALECTINIB_MARKETED, _row("ALECTINIB"), _row("CRIZOTINIB"))
    return np.select(
        [patients.compared & patients.target, patients.compared, patients.mutation == ALK],
        [_row("OSIMERTINIB"), _row("GEFITINIB"), for_alk],
        other,
    )


def _first_line(rng: np.random.Generator, patients: Presentation, resected: Flags) -> Days:
    targeted = patients.egfr | (patients.mutation == ALK)
    chemotherapy = _chemotherapy(rng, patients, patients.index >= _IMMUNOTHERAPY_USED)
    adjuvant = np.where(patients.histology == SQUAMOUS, _row("PTX_CARBO"), _row("PEM_CIS"))
    too_frail = ~targeted & (patients.ecog >= 3) & (rng.random(len(patients)) < 0.5)
    return np.select(
        [resected & (patients.stage == 1), resected, targeted, too_frail],
        [np.int64(-1), adjuvant, _targeted(rng, patients), np.int64(-1)],
        chemotherapy,
    )


def _later_lines(
    rng: np.random.Generator, patients: Presentation, first: Days, t790m: Flags, start: Days
) -> tuple[Days, Days]:
    size = len(patients)
    chemotherapy = _chemotherapy(rng, patients, np.zeros(size, np.bool_))
    after_chemotherapy = _pick(rng, size, {"DOCETAXEL": 0.45, "SINTILIMAB": 0.30, "ANLOTINIB": 0.25})
    switched = t790m & (first != _row("OSIMERTINIB")) & (start >= OSIMERTINIB_MARKETED)
    second = np.select([switched, patients.egfr], [_row("OSIMERTINIB"), chemotherapy], after_chemotherapy)
    last = _pick(rng, size, {"ANLOTINIB": 0.6, "DOCETAXEL": 0.4})
    return second, np.where(patients.egfr, after_chemotherapy, last)


def choose_lines(rng: np.random.Generator, patients: Presentation) -> Lines:
    """Choose up to three lines of therapy for each patient; a resection comes before an adjuvant first line.

    A line ends with progression, which comes before death: its day is a share of the time that the patient has left.
    """
    size, index, death = len(patients), patients.index, patients.death
    early = (patients.stage <= 2) | ((patients.stage == 3) & ~patients.egfr & (rng.random(size) < 0.15))
    resected = early & (patients.histology != SMALL_CELL)
    first = _first_line(rng, patients, resected)
    start = index + np.where(resected, _DAYS_FROM_SURGERY_TO_CHEMOTHERAPY, 0)

    def share_of_rest(day: Days, low: float, high: float) -> Days:
        return np.maximum((death - day) * rng.uniform(low, high, size), 2).astype(np.int64)

    progression = index + share_of_rest(index, 0.35, 0.75)
    second_start = off_sunday(progression + rng.integers(6, 20, size))
    second_end = second_start + share_of_rest(second_start, 0.4, 0.9)
    third_start = off_sunday(second_end + rng.integers(6, 20, size))
    third_end = third_start + share_of_rest(third_start, 0.5, 1.0)
    t790m = patients.egfr & (rng.random(size) < 0.52)
    second, third = _later_lines(rng, patients, first, t790m, second_start)
    goes_on = (first >= 0) & ~resected & (rng.random(size) < 0.78)
    goes_on_again = goes_on & (rng.random(size) < 0.45)
    first_end = np.where(resected, start + _DAYS_OF_ADJUVANT_CHEMOTHERAPY, progression)
    return Lines(
        regimen=np.stack([first, np.where(goes_on, second, -1), np.where(goes_on_again, third, -1)], axis=1),
        start=np.stack([start, second_start, third_start], axis=1),
        end=np.stack([first_end, second_end, third_end], axis=1),
        resected=resected,
        t790m=t790m & goes_on & (first != _row("OSIMERTINIB")),
    )
