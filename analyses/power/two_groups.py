"""Persons for a comparison of two proportions or two means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import nct, norm, t

from analyses.findings import Findings
from analyses.inputs import Rows
from analyses.power.options import critical, positive, shares
from omop_etl.errors import UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels


@dataclass(frozen=True, kw_only=True)
class RequiredSize(Findings):
    """One row with what was given, ``power`` and ``n_per_group``."""

    method: ClassVar[str] = "required_size"
    title: ClassVar[str] = "Persons per group"

    @property
    def n_per_group(self) -> float:
        """Persons per group, not rounded."""
        return float(self.findings["n_per_group"].iloc[0])

    @property
    def power(self) -> float:
        """Power."""
        return float(self.findings["power"].iloc[0])

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the number of persons per group."""
        from analyses.plots import estimate_chart

        return estimate_chart(pd.DataFrame({"comparison": [""], "n_per_group": [self.n_per_group]}), labels)


def size_for_proportions(
    p1: float, p2: float, *, power: float = 0.8, alpha: float = 0.05, sides: int = 2
) -> RequiredSize:
    """Compute how many persons per group a comparison of two proportions needs.

    Parameters
    ----------
    p1, p2 : float
        The proportions.
    power, alpha : float
        Power, and probability of an error of the first kind.
    sides : {2, 1}
        Sides of the test.

    Returns
    -------
    RequiredSize
        Persons per group.

    Raises
    ------
    UsageError
        A number is out of its range, or the proportions are equal.

    Notes
    -----
    Fleiss, Levin and Paik (2003), Statistical methods for rates and proportions, without correction. Equals R's
    ``power.prop.test``.

    Examples
    --------
    >>> round(size_for_proportions(0.15, 0.25).n_per_group, 2)
    249.98
    """
    difference, pooled, apart = _proportions(p1, p2)
    z_alpha, z_power = _quantiles(alpha, sides, power)
    n = ((z_alpha * pooled + z_power * apart) / difference) ** 2
    return _size({"p1": p1, "p2": p2, "alpha": alpha, "sides": sides}, power, n)


def power_of_proportions(p1: float, p2: float, n: float, *, alpha: float = 0.05, sides: int = 2) -> RequiredSize:
    """Compute the power of a comparison of two proportions with `n` persons per group; see `size_for_proportions`.

    Examples
    --------
    >>> round(power_of_proportions(0.15, 0.25, 250).power, 3)
    0.8
    """
    difference, pooled, apart = _proportions(p1, p2)
    size = float(positive("n", n)[0])
    z_alpha = float(critical(shares("alpha", alpha), sides)[0])
    power = float(norm.cdf((np.sqrt(size) * difference - z_alpha * pooled) / apart))
    return _size({"p1": p1, "p2": p2, "alpha": alpha, "sides": sides}, power, size)


def size_for_means(
    difference: float, sd: float = 1.0, *, power: float = 0.8, alpha: float = 0.05, sides: int = 2
) -> RequiredSize:
    """Compute how many persons per group a comparison of two means by Student's t needs.

    Parameters
    ----------
    difference, sd : float
        Difference to be found, and the standard deviation within groups.
    power, alpha : float
        Power, and probability of an error of the first kind.
    sides : {2, 1}
        Sides of the test.

    Returns
    -------
    RequiredSize
        Persons per group.

    Raises
    ------
    UsageError
        A number is out of its range, or the difference is 0.

    Notes
    -----
    Noncentral t with rejection on the side of the difference. Equals R's ``power.t.test``.

    Examples
    --------
    >>> round(size_for_means(0.4, power=0.9).n_per_group, 2)
    132.31
    """
    wanted = float(shares("power", power)[0])
    given = _power_of_t(difference, sd, alpha, sides)
    if given(2.0) >= wanted:
        n = 2.0
    else:
        most = 4.0
        while given(most) < wanted:
            most *= 2
            if most > 1e12:
                raise UsageError("the difference is too small to be found", todo="give the one that matters")
        n = float(brentq(lambda size: given(size) - wanted, 2.0, most, xtol=1e-10, rtol=1e-13))
    return _size({"difference": difference, "sd": sd, "alpha": alpha, "sides": sides}, wanted, n)


def power_of_means(
    difference: float, n: float, sd: float = 1.0, *, alpha: float = 0.05, sides: int = 2
) -> RequiredSize:
    """Compute the power of a comparison of two means with `n` persons per group; see `size_for_means`.

    Examples
    --------
    >>> round(power_of_means(0.4, 100).power, 3)
    0.804
    """
    size = float(positive("n", n)[0])
    if size <= 1:
        raise UsageError("n={n} is too small for a standard deviation", todo="give more than 1", n=n)
    power = _power_of_t(difference, sd, alpha, sides)(size)
    return _size({"difference": difference, "sd": sd, "alpha": alpha, "sides": sides}, power, size)


def _proportions(p1: float, p2: float) -> tuple[float, float, float]:
    """Difference, and standard deviations under equality and under what is given."""
    a, b = (float(shares(name, p)[0]) for name, p in (("p1", p1), ("p2", p2)))
    if a == b:
        raise UsageError("the two proportions are equal", todo="give the difference that matters")
    return abs(a - b), float(np.sqrt((a + b) * (1 - (a + b) / 2))), float(np.sqrt(a * (1 - a) + b * (1 - b)))


def _quantiles(alpha: float, sides: int, power: float) -> tuple[float, float]:
    return float(critical(shares("alpha", alpha), sides)[0]), float(norm.ppf(shares("power", power)[0]))


def _power_of_t(difference: float, sd: float, alpha: float, sides: int) -> Callable[[float], float]:
    effect = abs(difference) / float(positive("sd", sd)[0])
    level = float(shares("alpha", alpha)[0])
    critical(shares("alpha", alpha), sides)
    if not effect > 0:
        raise UsageError("the two means are equal", todo="give the difference that matters")

    def power(n: float) -> float:
        df = 2 * (n - 1)
        return float(nct.sf(t.isf(level / sides, df), df, effect * np.sqrt(n / 2)))

    return power


def _size(settings: dict[str, Any], power: float, n: float) -> RequiredSize:
    table = pd.DataFrame([{**settings, "power": power, "n_per_group": n}])
    return RequiredSize(rows=Rows(0, 0), settings=settings, findings=table)
