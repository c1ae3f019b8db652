"""Empirical calibration beside R's EmpiricalCalibration."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analyses.causal import empirical_null

pytestmark = pytest.mark.conformance


def test_empirical_calibration(check: Any) -> None:
    def ours(case: dict[str, Any], data: pd.DataFrame) -> dict[str, Any]:
        null = empirical_null(data, log_rr="log_rr", se="se")
        table = null.calibrate(case["spec"]["target_log_rr"], case["spec"]["target_se"]).table
        return {
            "null_mean": null.mean,
            "null_sd": null.sd,
            "p_uncalibrated": table["p"],
            "p_calibrated": table["calibrated_p"],
            "calibrated_log_rr": table["calibrated_log_rr"],
            "calibrated_lower": np.log(table["lower"]),
            "calibrated_upper": np.log(table["upper"]),
            "calibrated_se": table["calibrated_se"],
        }

    check("negative_controls", "empirical_calibration_open", ours)
