"""New diagnoses that no drug of the planted comparisons causes or prevents: their true hazard ratio is 1.

Their hazards do depend on the confounders, so that an unadjusted analysis of them is biased as that of the outcome is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sample_data import catalog

DEPENDENCE = {
    "lung": {
        "ecog_2_or_more": 0.60,
        "stage_iv": 0.35,
        "liver_metastasis": 0.30,
        "copd": 0.10,
        "age_decades": 0.15,
        "male": 0.0,
    },
    "diabetes": {
        "age_decades": 0.25,
        "male": 0.0,
        "hypertension": 0.25,
        "coronary": 0.20,
        "ckd": 0.35,
        "hba1c": 0.05,
        "obesity": 0.0,
    },
}
"""Log hazard ratio of each confounder, the same for every negative control."""

SURVEILLANCE = {"lung": 2.0, "diabetes": 1.4, "others": 0.5}
"""Factor on the annual rate of ``catalog/negative_controls.csv``: how closely each group is watched."""


def conditions() -> tuple[str, ...]:
    """Keys of the negative-control conditions."""
    return catalog.table("negative_controls")["condition"]


def log_hazard(comparison: str, values: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Log hazard ratio of the confounders of one comparison for any negative control."""
    return np.asarray(sum(weight * values[key] for key, weight in DEPENDENCE[comparison].items()), float)


def draw_onset_days(
    rng: np.random.Generator, entry: NDArray[np.int64], log_hazards: NDArray[np.float64], factor: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Day on which each person (row) would first be diagnosed with each negative control (column).

    The hazards are constant in time, so that in every cohort drawn from these persons the hazards are proportional.
    """
    rates = catalog.table("negative_controls").numbers("annual_rate") / 365.25
    hazards = np.outer(np.exp(log_hazards) * factor, rates)
    days: NDArray[np.float64] = np.floor(rng.exponential(1.0, hazards.shape) / hazards)
    return days + entry[:, None] + 1.0
