"""The charts of a block of patients: truth, encounters, contacts and the numbers by which files refer to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sample_data.cells import Cells, join, padded_numbers, whole_numbers
from sample_data.journeys import diabetes, follow_up, general, heart_kidney, lung
from sample_data.journeys.follow_up import Contacts
from sample_data.journeys.ledger import INPATIENT, Encounters, Ledger
from sample_data.people.cohort import Truth, draw_truth
from sample_data.people.population import Days, Span

_PATIENTS, _RECORDS, _OUTPATIENTS = 9_999_999_967, 99_999_989, 999_999_937
"""Largest primes below 10^10, 10^8 and 10^9: multiplication modulo a prime scatters numbers without collisions."""

SERIES_PER_BLOCK = 1_000_000
SAMPLES_PER_BLOCK = 100_000


@dataclass
class Chart:
    """All that the files of one block are written from."""

    truth: Truth
    encounters: Encounters
    contacts: Contacts
    patient_ids: Cells
    record_numbers: Cells
    inpatient_numbers: Cells
    outpatient_numbers: Cells
    encounter_ids: Cells
    stay_ordinals: NDArray[np.int64]

    def patient_id(self, person: Days) -> Cells:
        """患者ID of these persons."""
        return self.patient_ids.take(pa.array(person))

    def encounter_id(self, encounter: Days) -> Cells:
        """就诊流水号 of these encounters."""
        return self.encounter_ids.take(pa.array(encounter))

    def serial_numbers(self, prefix: str, size: int) -> Cells:
        """Numbers that no other block gives out: a prefix and ten digits."""
        numbers = self.truth.block * SERIES_PER_BLOCK + 1 + np.arange(size)
        return join([pa.repeat(pa.scalar(prefix.encode(), pa.binary()), size), padded_numbers(numbers, 10)])

    def rng(self, topic: str) -> np.random.Generator:
        """Stream of random numbers for one topic of this block."""
        return self.truth.rng(topic)


def _scattered(number: Days, factor: int, shift: int, prime: int) -> NDArray[np.int64]:
    return (number * factor + shift) % prime


def patient_numbers(number: Days) -> Cells:
    """患者ID of the patients with these running numbers: ``P`` and ten scattered digits."""
    digits = padded_numbers(_scattered(number + 1, 7_368_787, 12_345, _PATIENTS), 10)
    return join([pa.repeat(pa.scalar(b"P", pa.binary()), len(number)), digits])


def _encounter_ids(encounters: Encounters, record_numbers: Cells, block: int) -> tuple[Cells, NDArray[np.int64]]:
    inpatient = encounters.kind == INPATIENT
    ordinals = np.zeros(len(encounters), np.int64)
    stays = encounters.person[inpatient]
    first = np.concatenate([[True], stays[1:] != stays[:-1]]) if len(stays) else np.empty(0, bool)
    starts = np.flatnonzero(first)
    ordinals[inpatient] = np.arange(len(stays)) - np.repeat(starts, np.diff(np.append(starts, len(stays)))) + 1
    size = len(encounters)
    serial = padded_numbers(block * SERIES_PER_BLOCK + 1 + np.arange(size), 10)
    visit_ids = join([pa.repeat(pa.scalar(b"MZ", pa.binary()), size), serial])
    stay_ids = join(
        [
            pa.repeat(pa.scalar(b"ZY", pa.binary()), size),
            record_numbers.take(pa.array(encounters.person)),
            pa.repeat(pa.scalar(b"-", pa.binary()), size),
            whole_numbers(ordinals),
        ]
    )
    index = np.where(inpatient, np.arange(size) + size, np.arange(size))
    return pa.concat_arrays([visit_ids, stay_ids]).take(pa.array(index)), ordinals


def draw_chart(seed: int, block: int, first: int, size: int, span: Span) -> Chart:
    """Draw the charts of one block of patients; see `sample_data.people.cohort.draw_truth` for the parameters."""
    truth = draw_truth(seed, block, first, size, span)
    ledger = Ledger(truth.rng("ledger"))
    for journey in (lung, diabetes, heart_kidney, general):
        journey.plan(truth, ledger)
    general.plan_new_diagnoses(truth, ledger)
    encounters = ledger.settle(truth.people)
    number = truth.people.number + 1
    record_numbers = padded_numbers(_scattered(number, 4_567_891, 345_677, _RECORDS), 8)
    encounter_ids, ordinals = _encounter_ids(encounters, record_numbers, block)
    return Chart(
        truth=truth,
        encounters=encounters,
        contacts=follow_up.plan_contacts(truth),
        patient_ids=patient_numbers(truth.people.number),
        record_numbers=record_numbers,
        inpatient_numbers=padded_numbers(_scattered(number, 3_876_541, 71_001, _RECORDS), 8),
        outpatient_numbers=padded_numbers(6_000_000_000 + _scattered(number, 5_234_567, 9_001, _OUTPATIENTS), 10),
        encounter_ids=encounter_ids,
        stay_ordinals=ordinals,
    )
