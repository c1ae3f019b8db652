"""What is measured: values that hang together within a person, a sample and a disease."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.chart import Chart
from sample_data.laboratory import renal, states
from sample_data.laboratory.sampling import Sampling

Index = NDArray[np.int64]
Vector = NDArray[np.float64]

_SHARE_BETWEEN_PERSONS = 0.55


@dataclass
class Results:
    """Results of a block, one element each, sorted by encounter, report and place in the report.

    `value` is rounded as the laboratory reports it. `grade` is the result of the qualitative tests: 0 negative,
    1 trace, 2 to 4 for one to three plus.
    """

    report: Index
    sample: Index
    encounter: Index
    test: Index
    value: Vector
    grade: Index

    def __len__(self) -> int:
        return len(self.test)

    def first_of_each(self, test: str, encounters: Index) -> Vector:
        """Earliest value of a test in each of these encounters; NaN where it was not asked for."""
        rows = np.flatnonzero(self.test == catalog.table("tests").position(test))
        if len(rows) == 0:
            return np.full(len(encounters), np.nan)
        at = rows[np.minimum(np.searchsorted(self.encounter[rows], encounters), len(rows) - 1)]
        return np.where(self.encounter[at] == encounters, self.value[at], np.nan)


@cache
def _panel_tests() -> tuple[Index, Index]:
    """Tests of all panels one after the other, and where each panel starts (with the end as last element)."""
    tests = [catalog.table("tests").positions(keys) for keys in catalog.table("panels").lists("tests")]
    return np.concatenate(tests), np.cumsum([0, *(len(keys) for keys in tests)])


@cache
def _groups() -> tuple[Index, int]:
    """Group of correlated tests that each test belongs to, and how many groups there are."""
    factors = catalog.table("tests")["factor"]
    names = sorted(set(factors))
    return np.array([names.index(name) for name in factors]), len(names)


def _deviates(chart: Chart, samples: Sampling, person: Index, sample: Index, test: Index) -> Vector:
    """Standard normal deviate of each result, correlated within person, sample and group of tests."""
    groups, count = _groups()
    loading = catalog.table("tests").numbers("loading")
    own = np.sqrt(1.0 - loading**2)
    rng = chart.rng("laboratory")
    people = len(chart.truth.people)
    between = (
        rng.standard_normal((people, count))[:, groups] * loading + rng.standard_normal((people, len(groups))) * own
    )
    of_sample = rng.standard_normal((len(samples), count))[sample, groups[test]]
    within = of_sample * loading[test] + rng.standard_normal(len(test)) * own[test]
    return np.sqrt(_SHARE_BETWEEN_PERSONS) * between[person, test] + np.sqrt(1.0 - _SHARE_BETWEEN_PERSONS) * within


def _rounded(test: Index, value: Vector) -> Vector:
    tests = catalog.table("tests")
    low, high = tests.numbers("possible_low"), tests.numbers("possible_high")
    floor = np.fmax(low * 1.3, tests.numbers("lower_limit") * 1.05)
    ceiling = np.fmin(high * 0.8, tests.numbers("upper_limit") * 0.95)
    scale = 10.0 ** tests.numbers("decimals")[test]
    return np.round(np.clip(value, floor[test], ceiling[test]) * scale) / scale


def measure(chart: Chart, samples: Sampling) -> Results:
    """Measure what is asked of the samples of a block.

    Quantitative tests are linear or log-normal around a mean that the state of the person shifts
    (`sample_data.laboratory.states`); creatinine follows the kidney function, and eGFR is computed from creatinine.
    """
    tests = catalog.table("tests")
    flat, starts = _panel_tests()
    count = np.diff(starts)[samples.panel]
    report = np.repeat(np.arange(len(samples.panel)), count)
    place = np.arange(len(report)) - np.repeat(np.cumsum(count) - count, count)
    test = flat[starts[samples.panel[report]] + place]
    sample = samples.panel_sample[report]
    state = states.State(chart, samples)
    logarithmic = np.array([scale == "log" for scale in tests["scale"]])
    centre = np.where(logarithmic, np.log(np.maximum(tests.numbers("mean"), 1e-6)), tests.numbers("mean"))
    deviates = _deviates(chart, samples, state.person[sample], sample, test)
    shifted = centre[test] + tests.numbers("spread")[test] * deviates + states.shifts(state)[sample, test]
    value = np.where(logarithmic[test], np.exp(np.minimum(shifted, 14.0)), shifted)
    for key, of_sample in states.linked_values(state, chart.rng("linked values")).items():
        rows = np.flatnonzero(test == tests.position(key))
        value[rows] = of_sample[sample[rows]]
    value = _rounded(test, value)
    _compute_egfr(state, report, sample, test, value)
    grade = states.grades(state, chart.rng("laboratory grades"))[sample, test]
    return Results(report, sample, samples.encounter[sample], test, value, grade)


def _compute_egfr(state: states.State, report: Index, sample: Index, test: Index, value: Vector) -> None:
    """Fill the eGFR of each report from the creatinine of the same report."""
    tests = catalog.table("tests")
    creatinine = np.flatnonzero(test == tests.position("CREA"))
    estimated = np.flatnonzero(test == tests.position("EGFR"))
    source = creatinine[np.searchsorted(report[creatinine], report[estimated])]
    at = sample[estimated]
    value[estimated] = np.round(renal.egfr(value[source], state.age[at], state.male[at]), 1)
