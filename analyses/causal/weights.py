"""Weights that make treated and untreated alike, from their propensity scores."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from analyses.inputs import FloatArray
from analyses.options import require_known
from omop_etl.errors import CannotAnswerError, UsageError

Estimand = Literal["ate", "att", "atc", "ato", "atm"]
"""Population of an effect: everybody, the treated, the controls, those in equipoise, those who would match."""


def propensity_weights(
    score: npt.ArrayLike, treated: npt.ArrayLike, estimand: Estimand = "ate", *, stabilised: bool = False
) -> FloatArray:
    """Compute weights.

    Parameters
    ----------
    score : array-like of float
        Probability of treatment of every row, between 0 and 1.
    treated : array-like of bool
        Who was treated.
    estimand : {"ate", "att", "atc", "ato", "atm"}
        Population of the effect. With score p, treated and controls weigh 1/p and 1/(1-p) for the average effect; 1 and
        p/(1-p) for the treated; (1-p)/p and 1 for the controls; 1-p and p for the overlap; min(p, 1-p) over the
        probability of what they had for the matching population.
    stabilised : bool
        Multiply by the share of what a row had (average effect only).

    Returns
    -------
    numpy.ndarray
        One weight per row.

    Raises
    ------
    UsageError
        The estimand is unknown, or cannot be stabilised.
    CannotAnswerError
        Scores are not between 0 and 1.

    Notes
    -----
    Robins, Hernán and Brumback (2000), Epidemiology 11:550; Li, Morgan and Zaslavsky (2018), J Am Stat Assoc 113:390;
    Li and Greene (2013), Int J Biostat 9:215.

    Examples
    --------
    >>> propensity_weights([0.2, 0.5, 0.8], [True, False, True], "att").round(3)
    array([1., 1., 1.])
    >>> propensity_weights([0.2, 0.5, 0.8], [True, False, True], "ato").round(3)
    array([0.8, 0.5, 0.2])
    """
    require_known("estimand", estimand, Estimand)
    p, a = np.asarray(score, dtype=float), np.asarray(treated, dtype=bool)
    outside = ~((p > 0) & (p < 1))
    if outside.any():
        raise CannotAnswerError(
            "{rows} of {total} propensity scores are not between 0 and 1",
            todo="leave out covariates that determine the treatment",
            rows=int(outside.sum()),
            total=len(p),
        )
    if stabilised and estimand != "ate":
        raise UsageError("weights for {estimand} are not stabilised", todo='use "ate"', estimand=estimand)
    own = np.where(a, p, 1 - p)
    tilt = {
        "ate": np.ones_like(p),
        "att": p,
        "atc": 1 - p,
        "ato": p * (1 - p),
        "atm": np.minimum(p, 1 - p),
    }[estimand]
    if stabilised:
        tilt = np.where(a, a.mean(), 1 - a.mean())
    found: FloatArray = tilt / own
    return found


def truncated_weights(weight: npt.ArrayLike, lower: float = 0.01, upper: float = 0.99) -> FloatArray:
    """Cut weights at two of their quantiles (R's type 7).

    Examples
    --------
    >>> truncated_weights([1.0, 2.0, 3.0, 100.0], 0.0, 0.5)
    array([1. , 2. , 2.5, 2.5])
    """
    if not 0 <= lower < upper <= 1:
        raise UsageError(
            "quantiles {lower} and {upper} are not in order between 0 and 1",
            todo="use 0.01 and 0.99, for example",
            lower=lower,
            upper=upper,
        )
    values = np.asarray(weight, dtype=float)
    low, high = np.quantile(values, [lower, upper])
    return np.clip(values, low, high)


def effective_sample_size(weight: npt.ArrayLike) -> float:
    """Number of rows of equal weight that say as much: (sum w)² / sum w² (Kish, 1965, Survey sampling).

    Examples
    --------
    >>> effective_sample_size([1, 1, 2])
    2.6666666666666665
    """
    values = np.asarray(weight, dtype=float)
    return float(values.sum() ** 2 / np.sum(values**2))
