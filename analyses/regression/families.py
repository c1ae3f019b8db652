"""Distributions of the outcome of a generalised linear model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from scipy.special import gammaln, xlogy

from analyses.inputs import BoolArray, FloatArray

FamilyName = Literal["binomial", "poisson", "gaussian", "gamma"]
"""Distribution of the outcome."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of every row.

    Attributes
    ----------
    value : numpy.ndarray
        The outcome; a share of successes where rows are groups.
    weight : numpy.ndarray
        Case weight times number of trials.
    trials : numpy.ndarray or None
        Number of trials; None where every row is one.
    """

    value: FloatArray
    weight: FloatArray
    trials: FloatArray | None = None


class OutcomeFamily(ABC):
    """Distribution of an outcome: variance, deviance, likelihood."""

    name: ClassVar[str]
    link: ClassVar[str]
    estimates_dispersion: ClassVar[bool] = False

    @abstractmethod
    def variance(self, mean: FloatArray) -> FloatArray:
        """Variance of the outcome at a mean, up to the dispersion."""

    @abstractmethod
    def unit_deviance(self, value: FloatArray, mean: FloatArray) -> FloatArray:
        """Twice the log likelihood lost against a perfect fit."""

    @abstractmethod
    def loglik(self, outcome: Outcome, mean: FloatArray) -> float:
        """Log likelihood of all rows."""

    @abstractmethod
    def valid(self, mean: FloatArray) -> BoolArray:
        """Whether a mean can be one."""

    def deviance(self, outcome: Outcome, mean: FloatArray) -> float:
        """Weighted deviance of all rows."""
        return float(outcome.weight @ self.unit_deviance(outcome.value, mean))


class Binomial(OutcomeFamily):
    """Events out of trials."""

    name = "binomial"
    link = "logit"

    def variance(self, mean: FloatArray) -> FloatArray:
        """Mean times one minus the mean."""
        return mean * (1 - mean)

    def unit_deviance(self, value: FloatArray, mean: FloatArray) -> FloatArray:
        """Deviance of a share."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return 2 * (_x_log_ratio(value, mean) + _x_log_ratio(1 - value, 1 - mean))

    def loglik(self, outcome: Outcome, mean: FloatArray) -> float:
        """Log likelihood, with the binomial coefficient where rows are groups."""
        value = outcome.value
        found = float(outcome.weight @ (xlogy(value, mean) + xlogy(1 - value, 1 - mean)))
        if outcome.trials is not None:
            n = outcome.trials
            found += float(np.sum(gammaln(n + 1) - gammaln(n * value + 1) - gammaln(n * (1 - value) + 1)))
        return found

    def valid(self, mean: FloatArray) -> BoolArray:
        """Between 0 and 1."""
        return (mean > 0) & (mean < 1)


class Poisson(OutcomeFamily):
    """Counts."""

    name = "poisson"
    link = "log"

    def variance(self, mean: FloatArray) -> FloatArray:
        """The mean."""
        return mean

    def unit_deviance(self, value: FloatArray, mean: FloatArray) -> FloatArray:
        """Deviance of a count."""
        return 2 * (_x_log_ratio(value, mean) - (value - mean))

    def loglik(self, outcome: Outcome, mean: FloatArray) -> float:
        """Log likelihood."""
        value = outcome.value
        return float(outcome.weight @ (xlogy(value, mean) - mean - gammaln(value + 1)))

    def valid(self, mean: FloatArray) -> BoolArray:
        """Above 0."""
        return mean > 0


class Gaussian(OutcomeFamily):
    """Numbers with the same variance everywhere."""

    name = "gaussian"
    link = "identity"
    estimates_dispersion = True

    def variance(self, mean: FloatArray) -> FloatArray:
        """One."""
        return np.ones_like(mean)

    def unit_deviance(self, value: FloatArray, mean: FloatArray) -> FloatArray:
        """Squared difference."""
        found: FloatArray = (value - mean) ** 2
        return found

    def loglik(self, outcome: Outcome, mean: FloatArray) -> float:
        """Log likelihood at the maximum-likelihood variance."""
        n = len(mean)
        spread = self.deviance(outcome, mean) / n
        return float(-n / 2 * (np.log(2 * np.pi * spread) + 1) + np.sum(np.log(outcome.weight)) / 2)

    def valid(self, mean: FloatArray) -> BoolArray:
        """Any finite number."""
        return np.isfinite(mean)


class Gamma(OutcomeFamily):
    """Positive numbers whose standard deviation is proportional to the mean, such as costs."""

    name = "gamma"
    link = "log"
    estimates_dispersion = True

    def variance(self, mean: FloatArray) -> FloatArray:
        """Square of the mean."""
        found: FloatArray = mean**2
        return found

    def unit_deviance(self, value: FloatArray, mean: FloatArray) -> FloatArray:
        """Deviance of a positive number."""
        found: FloatArray = 2 * ((value - mean) / mean - np.log(value / mean))
        return found

    def loglik(self, outcome: Outcome, mean: FloatArray) -> float:
        """Log likelihood with the dispersion taken as the mean deviance, as R's ``Gamma`` does."""
        shape = len(mean) / self.deviance(outcome, mean)
        value = outcome.value
        density = shape * np.log(shape * value / mean) - shape * value / mean - np.log(value) - gammaln(shape)
        return float(outcome.weight @ density)

    def valid(self, mean: FloatArray) -> BoolArray:
        """Above 0."""
        return mean > 0


class FixedNegativeBinomial(OutcomeFamily):
    """Counts whose variance is mean + mean² / theta, with theta given."""

    name = "negative binomial"
    link = "log"

    def __init__(self, theta: float) -> None:
        self.theta = theta

    def variance(self, mean: FloatArray) -> FloatArray:
        """Mean plus its square over theta."""
        return mean + mean**2 / self.theta

    def unit_deviance(self, value: FloatArray, mean: FloatArray) -> FloatArray:
        """Deviance of a count."""
        theta = self.theta
        return 2 * (_x_log_ratio(value, mean) - (value + theta) * np.log((value + theta) / (mean + theta)))

    def loglik(self, outcome: Outcome, mean: FloatArray) -> float:
        """Log likelihood."""
        theta, value = self.theta, outcome.value
        return float(
            outcome.weight
            @ (
                gammaln(theta + value)
                - gammaln(theta)
                - gammaln(value + 1)
                + theta * np.log(theta)
                + xlogy(value, mean)
                - (theta + value) * np.log(theta + mean)
            )
        )

    def valid(self, mean: FloatArray) -> BoolArray:
        """Above 0."""
        return mean > 0


FAMILIES: dict[str, OutcomeFamily] = {
    "binomial": Binomial(),
    "poisson": Poisson(),
    "gaussian": Gaussian(),
    "gamma": Gamma(),
}


def _x_log_ratio(x: FloatArray, y: FloatArray) -> FloatArray:
    """Compute x log(x / y), 0 where x is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found: FloatArray = np.where(x > 0, x * np.log(np.where(x > 0, x, 1.0) / y), 0.0)
    return found
