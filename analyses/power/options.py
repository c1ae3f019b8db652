"""Checks that all computations of power share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from analyses.inputs import FloatArray
from omop_etl.errors import UsageError


def shares(name: str, given: npt.ArrayLike) -> FloatArray:
    """Take numbers between 0 and 1.

    Examples
    --------
    >>> shares("power", 1.2)
    Traceback (most recent call last):
    omop_etl.errors.UsageError: power: some values are not between 0 and 1
      what to do: give shares such as 0.8
    """
    values = np.atleast_1d(np.asarray(given, dtype=float))
    if not np.all((values > 0) & (values < 1)):
        raise UsageError("{name}: some values are not between 0 and 1", todo="give shares such as 0.8", name=name)
    return values


def positive(name: str, given: npt.ArrayLike) -> FloatArray:
    """Take finite numbers above 0."""
    values = np.atleast_1d(np.asarray(given, dtype=float))
    if not np.all(np.isfinite(values) & (values > 0)):
        raise UsageError("{name}: some values are not above 0", todo="give positive numbers", name=name)
    return values


def critical(alpha: FloatArray, sides: int) -> FloatArray:
    """Give the normal quantile beyond which a test rejects."""
    if sides not in (1, 2):
        raise UsageError("sides={sides} is neither 1 nor 2", todo="use 2 for a two-sided test", sides=sides)
    found: FloatArray = norm.isf(alpha / sides)
    return found
