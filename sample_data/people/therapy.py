"""Lines of therapy of lung cancer: which regimen, from when until when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_data import catalog
from sample_data.days import day_number, off_sunday
from sample_data.people.population import Days, Flags

_OSIMERTINIB_MARKETED = day_number(2017, 6, 1)
_ALECTINIB_MARKETED = day_number(2018, 10, 1)
_IMMUNOTHERAPY_USED = day_number(2019, 9, 1)

_EARLY = (1, 2)


@dataclass
class Lines:
    """Regimen (row of the catalogue, -1 none), start and end of each line; one row a patient, one column a line."""

    regimen: Days
    start: Days
    end: Days
    resected: Flags
    t790m: Flags


def _pick(rng: np.random.Generator, size: int, options: dict[str, float]) -> Days:
    rows = catalog.table("regimens").positions(list(options))
    shares = np.cumsum(list(options.values()))
    return rows[np.searchsorted(shares / shares[-1], rng.random(size), side="right")]


def _chemotherapy(rng: np.random.Generator, small_cell: Flags, squamous: Flags, late: Flags) -> Days:
    size = len(small_cell)
    for_adeno = np.where(
        late,
        _pick(rng, size, {"PEM_CARBO_PEMBRO": 0.35, "PEM_CARBO_CAMRE": 0.25, "PEM_CARBO_BEV": 0.15, "PEM_CARBO": 0.25}),
        _pick(rng, size, {"PEM_CIS": 0.45, "PEM_CARBO": 0.35, "PEM_CARBO_BEV": 0.20}),
    )
    for_squamous = np.where(
        late,
        _pick(rng, size, {"PTX_CARBO_TISLE": 0.65, "PTX_CARBO": 0.25, "GEM_CIS": 0.10}),
        _pick(rng, size, {"PTX_CARBO": 0.6, "GEM_CIS": 0.4}),
    )
    for_small_cell = np.where(
        late,
        _pick(rng, size, {"EC_ATEZO": 0.35, "EC_DURVA": 0.25, "EC": 0.25, "EP": 0.15}),
        _pick(rng, size, {"EP": 0.55, "EC": 0.45}),
    )
    return np.select([small_cell, squamous], [for_small_cell, for_squamous], for_adeno)


def _targeted(rng: np.random.Generator, candidate: Flags, target: Flags, alk: Flags, index: Days) -> Days:
    regimens = catalog.table("regimens")
    size = len(candidate)
    other_egfr = _pick(rng, size, {"ICOTINIB": 0.55, "ERLOTINIB": 0.15, "AFATINIB": 0.20, "AUMOLERTINIB": 0.10})
    for_alk = np.where(index >= _ALECTINIB_MARKETED, regimens.position("ALECTINIB"), regimens.position("CRIZOTINIB"))
    return np.select(
        [candidate & target, candidate, alk],
        [np.int64(regimens.position("OSIMERTINIB")), np.int64(regimens.position("GEFITINIB")), for_alk],
        other_egfr,
    )


def _later_lines(
    rng: np.random.Generator, first: Days, egfr: Flags, t790m: Flags, start: Days, chemotherapy: Days
) -> tuple[Days, Days]:
    osimertinib = catalog.table("regimens").position("OSIMERTINIB")
    size = len(first)
    after_chemotherapy = _pick(rng, size, {"DOCETAXEL": 0.45, "SINTILIMAB": 0.30, "ANLOTINIB": 0.25})
    switched = egfr & t790m & (first != osimertinib) & (start >= _OSIMERTINIB_MARKETED)
    second = np.where(switched, osimertinib, np.where(egfr, chemotherapy, after_chemotherapy))
    third = np.where(egfr, after_chemotherapy, _pick(rng, size, {"ANLOTINIB": 0.6, "DOCETAXEL": 0.4}))
    return second, third


def choose_lines(
    rng: np.random.Generator,
    histology: Days,
    mutation: Days,
    stage: Days,
    ecog: Days,
    candidate: Flags,
    target: Flags,
    index: Days,
    death: Days,
) -> Lines:
    """Choose up to three lines of therapy for each patient.

    Parameters
    ----------
    rng
        Stream of random numbers.
    histology, mutation, stage, ecog
        Codes of `sample_data.people.tumour`.
    candidate, target
        Who is in the planted comparison, and who of them has the target drug.
    index
        Day on which treatment starts.
    death
        True day of death; progression comes before it.
    """
    from sample_data.people.tumour import ALK, DEL19, SMALL_CELL, SQUAMOUS, UNCOMMON

    size = len(index)
    egfr = (mutation >= DEL19) & (mutation <= UNCOMMON)
    early = np.isin(stage, _EARLY) | ((stage == 3) & ~egfr & (rng.random(size) < 0.15))
    resected = early & (histology != SMALL_CELL)
    chemotherapy = _chemotherapy(rng, histology == SMALL_CELL, histology == SQUAMOUS, index >= _IMMUNOTHERAPY_USED)
    adjuvant = np.where(
        histology == SQUAMOUS,
        catalog.table("regimens").position("PTX_CARBO"),
        catalog.table("regimens").position("PEM_CIS"),
    )
    first = np.where(egfr | (mutation == ALK), _targeted(rng, candidate, target, mutation == ALK, index), chemotherapy)
    first = np.where(resected, np.where(stage == 1, -1, adjuvant), first)
    untreated = ~resected & ~egfr & (ecog >= 3) & (rng.random(size) < 0.5)
    first = np.where(untreated, -1, first)

    remaining = (death - index).astype(float)
    progression = index + np.maximum(remaining * rng.uniform(0.35, 0.75, size), 2).astype(np.int64)
    second_start = off_sunday(progression + rng.integers(6, 20, size))
    second_end = second_start + ((death - second_start) * rng.uniform(0.4, 0.9, size)).astype(np.int64)
    third_start = off_sunday(second_end + rng.integers(6, 20, size))
    third_end = third_start + ((death - third_start) * rng.uniform(0.5, 1.0, size)).astype(np.int64)
    t790m = egfr & (rng.random(size) < 0.52)
    palliative_chemotherapy = _chemotherapy(rng, histology == SMALL_CELL, histology == SQUAMOUS, index < 0)
    second, third = _later_lines(rng, first, egfr, t790m, second_start, palliative_chemotherapy)
    goes_on = (first >= 0) & ~resected & (rng.random(size) < 0.78)
    goes_on_again = goes_on & (rng.random(size) < 0.45)
    late = resected & (stage > 1)
    adjuvant_start = index + np.where(late, 42, 0)
    return Lines(
        regimen=np.stack([first, np.where(goes_on, second, -1), np.where(goes_on_again, third, -1)], axis=1),
        start=np.stack([adjuvant_start, second_start, third_start], axis=1),
        end=np.stack([np.where(resected, adjuvant_start + 100, progression), second_end, third_end], axis=1),
        resected=resected,
        t790m=t790m & goes_on & (first != catalog.table("regimens").position("OSIMERTINIB")),
    )
