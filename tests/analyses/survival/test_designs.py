"""Recurrent events, case-cohort, self-controlled series, frailty, intervals against special cases.

R's numbers (coxph, survfit, cch) are tried in tests/conformance.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analyses.regression import glm
from analyses.survival import cox
from analyses.survival.designs import (
    case_cohort,
    check_intervals,
    frailty_cox,
    mean_cumulative,
    recurrent_events,
    self_controlled,
)
from omop_etl.errors import RweError

_RANDOM = np.random.default_rng(8)
COHORT = pd.DataFrame({"days": _RANDOM.exponential(100, 400).round(2) + 1, "age": _RANDOM.normal(60, 10, 400)})
COHORT["ill"] = (_RANDOM.random(400) < 0.3).astype(int)
COHORT["site"] = _RANDOM.integers(0, 12, 400)
COHORT["everybody"] = 1
FALLS = pd.DataFrame(
    {
        "id": [1, 1, 2, 3, 3],
        "from": [0, 4, 0, 0, 2],
        "to": [4, 9, 7, 2, 8],
        "fall": [1, 0, 0, 1, 1],
        "n": [1, 2, 1, 1, 2],
    }
)
ASKED: dict[str, Any] = {"duration": "to", "event": "fall", "person": "id"}


def test_the_mean_number_of_events_is_events_over_those_at_risk() -> None:
    found = mean_cumulative(FALLS, **ASKED, entry="from")
    assert found.at([2, 4, 8])["mean"].tolist() == pytest.approx([1 / 3, 2 / 3, 2 / 3 + 1 / 2])
    assert found.plot().to_dict()
    assert found.summary()


def test_without_censoring_its_error_is_that_of_a_mean() -> None:
    data = pd.DataFrame({"id": [1, 1, 2, 3, 3, 3], "from": [0, 3, 0, 0, 2, 5], "to": [3, 9, 9, 2, 5, 9]})
    data["fall"] = [1, 0, 0, 1, 1, 0]
    last = mean_cumulative(data, **ASKED, entry="from").at(9).iloc[0]
    counts = np.array([1, 0, 2])
    assert last["mean"] == pytest.approx(counts.mean())
    assert last["se"] == pytest.approx(counts.std() / np.sqrt(3))


def test_a_model_names_the_column_that_it_needs() -> None:
    for model, needed in (("andersen-gill", "entry"), ("pwp-total", "order"), ("wlw", "order")):
        with pytest.raises(RweError, match=f"model={model} needs {needed}"):
            recurrent_events(FALLS, **ASKED, covariates=["n"], model=model)  # type: ignore[arg-type]


def test_a_sample_of_everybody_is_the_cohort() -> None:
    whole = cox(COHORT, duration="days", event="ill", covariates=["age"]).table
    for method in ("prentice", "lin-ying"):
        found = case_cohort(
            COHORT,
            duration="days",
            event="ill",
            subcohort="everybody",
            covariates=["age"],
            cohort_size=400,
            likelihood=method,  # type: ignore[arg-type]
        ).table
        assert found["coef"][0] == pytest.approx(whole["coef"][0])
        assert found["se"][0] == pytest.approx(whole["se"][0], rel=0.01)


def test_a_case_cohort_has_no_others() -> None:
    asked: dict[str, Any] = {"duration": "days", "event": "ill", "subcohort": "sample", "covariates": ["age"]}
    with pytest.raises(RweError, match="rows are neither a case nor in the sample sample"):
        case_cohort(COHORT.assign(sample=0), **asked, cohort_size=400)
    with pytest.raises(RweError, match="cohort_size=10 is smaller than the 400 rows"):
        case_cohort(COHORT.assign(sample=1), **asked, cohort_size=10)


SERIES = pd.DataFrame(
    {
        "id": ["a", "a", "b", "b", "c", "c"],
        "from": [0, 30, 0, 60, 0, 10],
        "to": [30, 100, 60, 90, 10, 80],
        "drug": [1, 0, 0, 1, 1, 0],
        "falls": [2, 1, 1, 1, 1, 2],
    }
)
TIMES: dict[str, Any] = {"person": "id", "start": "from", "end": "to", "events": "falls", "covariates": ["drug"]}


def test_the_series_is_a_poisson_model_with_an_effect_of_every_person() -> None:
    series = self_controlled(SERIES, **TIMES)
    with_length = SERIES.assign(known=np.log(SERIES["to"] - SERIES["from"]))
    poisson = glm(with_length, outcome="falls", covariates=["drug", "id"], family="poisson", offset="known")
    assert series.table["coef"][0] == pytest.approx(poisson.coefficients["drug"])
    assert series.table["se"][0] == pytest.approx(poisson.table.set_index("name")["se"]["drug"])


def test_what_says_nothing_is_noted_and_what_cannot_be_is_refused() -> None:
    silent = SERIES.assign(falls=[0, 0, 1, 1, 1, 2], to=[30, 100, 60, 60, 10, 80])
    with pytest.raises(RweError, match="1 intervals without length have events"):
        self_controlled(silent, **TIMES)
    with pytest.warns(UserWarning, match="1 of 6 intervals have no length"):
        found = self_controlled(silent.assign(falls=[0, 0, 1, 0, 1, 2]), **TIMES)
    assert [note.code for note in found.notes] == ["empty_intervals", "silent_persons"]
    with pytest.raises(RweError, match="to is before from in 6 of 6 rows"):
        self_controlled(SERIES.assign(to=-1), **TIMES)
    with pytest.raises(RweError, match="drug: the coefficient runs to infinity"):
        self_controlled(SERIES.assign(falls=SERIES["drug"]), **TIMES)
    with pytest.raises(RweError, match="column falls has no event"):
        self_controlled(SERIES.assign(falls=0), **TIMES)


def test_clusters_that_are_alike_have_no_frailty() -> None:
    found = frailty_cox(COHORT, duration="days", event="ill", covariates=["age"], cluster="site")
    plain = cox(COHORT, duration="days", event="ill", covariates=["age"]).table
    assert found.theta < 0.2
    assert found.table["coef"][0] == pytest.approx(plain["coef"][0], abs=0.005)
    assert len(found.further["frailties"]) == 12
    full = frailty_cox(COHORT, duration="days", event="ill", covariates=["age"], cluster="site", sparse=False)
    assert full.theta == pytest.approx(found.theta, abs=0.05)
    with pytest.raises(RweError, match="column everybody has 1 levels"):
        frailty_cox(COHORT, duration="days", event="ill", covariates=["age"], cluster="everybody")


def test_intervals_are_counted() -> None:
    data = {"id": [1, 1, 1, 2, 2], "from": [0, 4, 10, 0, 3], "to": [4, 9, 12, 5, 8], "ill": [1, 1, 0, 0, 0]}
    found = check_intervals(data, person="id", entry="from", duration="to", event="ill")
    expected = {"rows": 5, "persons": 2, "events": 2, "total_time": 21, "overlaps": 1, "gaps": 1, "rows_after_event": 2}
    assert {name: found[name] for name in expected} == expected
    assert found["persons_with_several_events"] == 1
    assert not found.sound
    assert found.plot().to_dict()
    assert found.to_dict()["table"]
