"""How diseases, drugs and acute illness move the laboratory values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.chart import Chart
from sample_data.laboratory import renal
from sample_data.laboratory.sampling import Sampling
from sample_data.people.cancer_codes import ADENO, SMALL_CELL, SQUAMOUS

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_INFECTED = ("LUNG_COMPLICATION", "LUNG_TERMINAL", "DIABETES_TERMINAL", "GENERAL_TERMINAL", "GENERAL_EMERGENCY")
_FAILING_KIDNEYS = ("LUNG_TERMINAL", "DIABETES_TERMINAL", "HEART_KIDNEY_TERMINAL", "GENERAL_TERMINAL")
_INFARCTIONS = ("MYOCARDIAL_INFARCTION", "STEMI")


class State:
    """State of the person at each sample, as plain arrays.

    Parameters
    ----------
    chart
        Charts of the block.
    samples
        Its samples.
    """

    def __init__(self, chart: Chart, samples: Sampling) -> None:
        encounters, truth = chart.encounters, chart.truth
        self.chart, self.truth = chart, truth
        self.encounter = samples.encounter
        self.person = encounters.person[samples.encounter]
        self.day = samples.moment // 86_400
        self.male = truth.people.male[self.person]
        self.age = truth.people.age_at(self.person, self.day)
        self.purpose = encounters.purpose[samples.encounter]
        self.cycle = encounters.cycle[samples.encounter]
        self.condition = encounters.condition[samples.encounter]
        self.days_in_stay = self.day - encounters.start_day[samples.encounter]
        self.years = np.maximum(self.day - truth.people.entry[self.person], 0) / 365.25
        self.egfr = truth.organs.egfr_at(self.person, self.years)
        self.infected = self.at(*_INFECTED) | self.main("PNEUMONIA")
        self.diabetic = self.has("TYPE2_DIABETES")

    def at(self, *purposes: str) -> NDArray[np.bool_]:
        """Samples taken at encounters with one of these purposes."""
        return np.isin(self.purpose, catalog.table("purposes").positions(purposes))

    def main(self, *conditions: str) -> NDArray[np.bool_]:
        """Samples taken at encounters with one of these main diagnoses."""
        return np.isin(self.condition, catalog.table("conditions").positions(conditions))

    def has(self, condition: str) -> NDArray[np.bool_]:
        """Samples of persons who have a condition by then."""
        return self.truth.onsets.has(condition, self.person, self.day)


class _Shifts:
    """Sum of the shifts of each test's mean, on the scale of the test (log or linear)."""

    def __init__(self, samples: int) -> None:
        self.matrix = np.zeros((samples, len(catalog.table("tests"))))

    def add(self, when: NDArray[np.bool_] | Vector, **amounts: float) -> None:
        tests = catalog.table("tests")
        weight = np.asarray(when, float)
        for key, amount in amounts.items():
            self.matrix[:, tests.position(key)] += amount * weight


def shifts(state: State) -> Matrix:
    """Shift of every test's mean in every sample."""
    total = _Shifts(len(state.person))
    female = ~state.male
    total.add(female, HGB=-14.0, RBC=-0.45, UA=-65.0, HDL=0.15, GGT=-0.25, FERR=-0.6)
    _add_infection(total, state)
    _add_tumour(total, state)
    _add_heart(total, state)
    _add_kidney(total, state)
    total.add(state.diabetic, TG=0.22, HDL=-0.12, ACR=0.75)
    total.add(state.has("HYPERLIPIDEMIA"), TC=0.7, LDL=0.6, TG=0.3)
    total.add(state.has("ANEMIA") | state.has("IRON_DEFICIENCY"), HGB=-22.0, RBC=-0.5)
    total.add(state.has("IRON_DEFICIENCY"), FERR=-1.8)
    total.add(state.has("HYPERURICEMIA") | state.has("GOUT"), UA=110.0)
    total.add(state.has("FATTY_LIVER"), ALT=0.35, GGT=0.35)
    total.add(state.has("CIRRHOSIS"), ALB=-6.0, PLT=-0.6, TBIL=0.5, PT=1.8, INR=0.18)
    return total.matrix


def _add_infection(total: _Shifts, state: State) -> None:
    recovering = np.clip(1.0 - state.days_in_stay / 9.0, 0.3, 1.0) * state.infected
    total.add(recovering, WBC=0.50, NEUT=0.66, LYM=-0.28, CRP=2.7, PCT=2.0, ALB=-4.5, DDIMER=0.8, FERR=0.6)


def _add_tumour(total: _Shifts, state: State) -> None:
    tumours = state.truth.tumours
    ill = tumours.present[state.person] & (state.day >= tumours.diagnosed[state.person] - 20)
    progressed = ill & (state.day > tumours.progressed[state.person])
    treated = ill & ~progressed & (state.day > tumours.index[state.person] + 30)
    advanced = ill & (tumours.stage[state.person] >= 3)
    burden = 1.0 + 1.0 * advanced + 1.0 * progressed - 0.8 * treated
    histology = tumours.histology[state.person]
    total.add(ill * burden * (histology == ADENO), CEA=0.85)
    total.add(ill * burden * (histology == SQUAMOUS), SCC=0.65)
    total.add(ill * burden * (histology == SMALL_CELL), NSE=0.60, PROGRP=1.05)
    total.add(advanced, ALB=-2.0, HGB=-7.0, PLT=0.10, DDIMER=0.5, CRP=0.5)
    total.add(ill & state.has("LIVER_METASTASIS"), ALT=0.40, AST=0.50, GGT=0.90, ALP=0.55, TBIL=0.15)
    on_chemotherapy = state.at("LUNG_CYCLE") & (state.cycle >= 2)
    total.add(on_chemotherapy, WBC=-0.22, NEUT=-0.26, PLT=-0.14, HGB=-9.0, RBC=-0.3, ALT=0.15)
    total.add(state.at("LUNG_ORAL"), ALT=0.15, AST=0.12)


def _add_heart(total: _Shifts, state: State) -> None:
    failing = state.has("HEART_FAILURE")
    fraction = state.truth.organs.ejection_fraction[state.person]
    decompensated = state.at("HEART_STAY") * np.clip(1.0 - state.days_in_stay / 8.0, 0.2, 1.0)
    total.add(failing, NTPROBNP=1.7, CTNI=0.4)
    total.add(failing * (55.0 - np.minimum(fraction, 55.0)), NTPROBNP=0.045)
    total.add(decompensated, NTPROBNP=1.1, NA=-2.0, TBIL=0.25)
    total.add(np.maximum(90.0 - state.egfr, 0.0), NTPROBNP=0.012)
    total.add(state.age - 60.0, NTPROBNP=0.02)
    total.add(state.main(*_INFARCTIONS), CTNI=5.2, CKMB=3.0, WBC=0.3, AST=0.9)


def _add_kidney(total: _Shifts, state: State) -> None:
    lost = np.maximum(60.0 - state.egfr, 0.0)
    total.add(lost, HGB=-0.55, RBC=-0.015, K=0.011, CA=-0.0025, UA=1.6, ACR=0.03, CL=0.03)
    total.add(np.log(90.0 / np.maximum(state.egfr, 4.0)) * (state.egfr < 90), UREA=0.75)
    total.add(state.has("NEPHROTIC"), ALB=-12.0, ACR=2.4, TC=2.0, LDL=1.4)
    total.add(state.has("GLOMERULONEPHRITIS"), ACR=1.7)
    total.add(state.has("RETINOPATHY"), ACR=1.0)
    total.add(state.has("CKD") & state.diabetic, ACR=1.2)


def linked_values(state: State, rng: np.random.Generator) -> dict[str, Vector]:
    """Tests whose value in a sample follows from something else: creatinine, HbA1c and fasting glucose."""
    size = len(state.person)
    injury = 1.0 + 0.9 * state.at(*_FAILING_KIDNEYS) + 0.15 * state.at("HEART_STAY")
    creatinine = (
        renal.creatinine(state.egfr, state.age, state.male) * np.exp(0.055 * rng.standard_normal(size)) * injury
    )
    hba1c = _hba1c(state, rng)
    glucose_spread = np.exp(0.10 * rng.standard_normal(size))
    of_diabetic = 0.88 * (1.594 * hba1c - 2.594) * glucose_spread
    fasting = np.where(state.diabetic, of_diabetic, 5.3 * glucose_spread**0.8)
    low = 2.6 + 0.25 * rng.standard_normal(size)
    return {"CREA": creatinine, "A1C": hba1c, "FPG": np.where(state.main("HYPOGLYCEMIA"), low, fasting)}


def _hba1c(state: State, rng: np.random.Generator) -> Vector:
    diabetics = state.truth.diabetics
    usual = rng.standard_normal(len(state.truth.people))[state.person]
    deviate = 0.75 * usual + 0.66 * rng.standard_normal(len(state.person))
    at_index = diabetics.hba1c[state.person]
    since = state.day - diabetics.index[state.person]
    before = at_index - 0.3 + 0.25 * deviate
    settled = 7.0 + (at_index - 7.0) * (0.4 + 0.6 * np.exp(-np.maximum(since, 0) / 110.0)) + 0.35 * deviate
    followed = np.where(since < 0, before, np.where(since == 0, at_index, settled))
    others = np.where(state.diabetic, 7.2 + 0.8 * deviate, 5.6 + 0.25 * deviate)
    return np.where(np.isnan(at_index), others, followed)


def grades(state: State, rng: np.random.Generator) -> NDArray[np.int64]:
    """Grade of the qualitative tests in every sample: 0 negative, 1 trace, 2 to 4 for one to three plus."""
    tests = catalog.table("tests")
    size = len(state.person)
    result = np.zeros((size, len(tests)), np.int64)
    draw = rng.random((size, 4))
    leaking = 1.2 * (state.egfr < 60) + 0.8 * (state.egfr < 30) + 2.0 * state.has("NEPHROTIC")
    leaking += 1.5 * state.has("GLOMERULONEPHRITIS") + 0.7 * state.has("RETINOPATHY") + 0.3 * state.diabetic
    result[:, tests.position("PRO")] = np.clip(np.floor(leaking + draw[:, 3]), 0, 4)
    result[:, tests.position("BLD")] = np.where(
        state.has("GLOMERULONEPHRITIS"), 2 + (draw[:, 0] < 0.5), (draw[:, 0] < 0.08) * 1
    )
    result[:, tests.position("KET")] = np.where(
        state.at("DIABETES_EMERGENCY"), (draw[:, 1] < 0.2) * 2, draw[:, 1] < 0.03
    )
    infected = state.has("CHRONIC_HEPATITIS_B")
    result[:, tests.position("HBSAG")] = infected
    result[:, tests.position("HBEAG")] = infected & (state.person % 4 == 0)
    result[:, tests.position("HBCAB")] = infected | (state.person % 5 < 2)
    autoimmune = state.has("RHEUMATOID_ARTHRITIS") | state.has("SJOGREN") | state.has("LUPUS")
    result[:, tests.position("ANA")] = np.where(autoimmune, 1 + (draw[:, 2] * 3).astype(np.int64), draw[:, 2] < 0.05)
    return result
