"""The empirical null finds a planted bias. R's numbers (EmpiricalCalibration) are tried in tests/conformance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analyses.causal import empirical_null
from omop_etl.errors import RweError

_RANDOM = np.random.default_rng(2)
_SE = _RANDOM.uniform(0.05, 0.3, 400)
CONTROLS = pd.DataFrame({"log_rr": 0.2 + _RANDOM.normal(0, np.sqrt(0.15**2 + _SE**2)), "se": _SE})
ASKED: dict[str, Any] = {"log_rr": "log_rr", "se": "se"}


def test_a_planted_bias_is_found_and_taken_out() -> None:
    null = empirical_null(CONTROLS, **ASKED)
    assert null.mean == pytest.approx(0.2, abs=0.03)
    assert null.sd == pytest.approx(0.15, abs=0.03)
    shares = null.table.iloc[0]
    assert shares["significant"] > 0.3
    assert shares["significant_calibrated"] == pytest.approx(0.05, abs=0.03)
    assert null.plot().to_dict()
    assert null.calibrate([0.3, 0.7], 0.1).plot().to_dict()
    assert null.summary()


def test_without_systematic_error_little_changes() -> None:
    null = empirical_null({"log_rr": [0.01, -0.01] * 10, "se": [0.2] * 20}, **ASKED, solution="exact")
    assert (null.mean, null.sd) == (pytest.approx(0, abs=1e-12), 0)
    row = null.calibrate(0.5, 0.2).table.iloc[0]
    assert row["calibrated_p"] == pytest.approx(row["p"])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: empirical_null({"log_rr": [0.1], "se": [0.2]}, **ASKED), "one negative control"),
        (lambda: empirical_null({"log_rr": [0.1, 0.2], "se": [0.2, 0]}, **ASKED), "column se is zero or negative"),
        (lambda: empirical_null(CONTROLS, **ASKED).calibrate(0.1, 0), "se: some values are not above 0"),
        (lambda: empirical_null(CONTROLS, **ASKED).calibrate(np.nan, 1), "log_rr: some values are missing"),
    ],
)
def test_it_refuses_what_has_no_answer(call: Any, says: str) -> None:
    with pytest.raises(RweError, match=says):
        call()


def test_the_search_stops_near_the_maximum() -> None:
    searched, exact = (empirical_null(CONTROLS, **ASKED, solution=way) for way in ("ohdsi", "exact"))  # type: ignore[arg-type]
    assert (searched.mean, searched.sd) == (pytest.approx(exact.mean, abs=1e-4), pytest.approx(exact.sd, abs=1e-4))


def test_few_controls_are_noted() -> None:
    with pytest.warns(UserWarning, match="3 negative controls are few"):
        empirical_null({"log_rr": [0.1, 0.2, 0.3], "se": [0.2] * 3}, **ASKED)
