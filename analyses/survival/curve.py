"""One survival curve as arrays: the estimate, its error, its band, and who was at risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from analyses.inputs import FloatArray, IntArray
from analyses.options import require_known
from analyses.survival.confidence import ConfidenceType, confidence_limits
from analyses.survival.data import SurvivalTimes
from analyses.survival.jackknife import accumulated_influence_variance
from analyses.survival.quantiles import survival_quantile
from analyses.survival.risk_sets import RiskTable, entries_from, risk_at
from omop_etl.errors import UsageError

Estimator = Literal["kaplan-meier", "nelson-aalen", "fleming-harrington"]
"""Product limit, or the exponential of a cumulative hazard: plain, or as if tied events came one after the other."""


@dataclass(frozen=True)
class SurvivalCurve:
    """Estimated survival of one group, from each time on until the next.

    Attributes
    ----------
    group : object
        Value of the grouping column, or ``"all"``.
    rows, events : int
        Rows of the group and events among them.
    origin : float
        Where the curve starts.
    time, at_risk, n_event, n_censor : numpy.ndarray
        Distinct exit times and the (weighted) counts there.
    survival, log_se, lower, upper : numpy.ndarray
        Estimate, standard error of its logarithm, confidence limits.
    hazard, hazard_se : numpy.ndarray
        Cumulative hazard and its standard error.
    entries : tuple of numpy.ndarray, optional
        Entry times in order, and the weight of those who enter at or after each of them.
    """

    group: Any
    rows: int
    events: int
    origin: float
    time: FloatArray
    at_risk: FloatArray
    n_event: FloatArray
    n_censor: FloatArray
    survival: FloatArray
    log_se: FloatArray
    lower: FloatArray
    upper: FloatArray
    hazard: FloatArray
    hazard_se: FloatArray
    entries: tuple[FloatArray, FloatArray] | None = None

    @property
    def survival_se(self) -> FloatArray:
        """Standard error of the survival; undefined (NaN) where nobody is left and the variance is Greenwood's."""
        with np.errstate(invalid="ignore"):
            return self.survival * self.log_se

    def table(self) -> pd.DataFrame:
        """Give the curve as a table, one row per distinct exit time."""
        return pd.DataFrame(
            {
                "group": pd.Series([self.group] * len(self.time), dtype=object),
                "time": self.time,
                "n_risk": self.at_risk,
                "n_event": self.n_event,
                "n_censor": self.n_censor,
                "survival": self.survival,
                "survival_se": self.survival_se,
                "lower": self.lower,
                "upper": self.upper,
                "cumulative_hazard": self.hazard,
                "cumulative_hazard_se": self.hazard_se,
            }
        )

    def at(self, times: FloatArray) -> pd.DataFrame:
        """Give estimate and number at risk at given times; before the first one the survival is 1 with certainty."""
        position = np.searchsorted(self.time, times, side="right")

        def value(column: FloatArray, start: float) -> FloatArray:
            return np.append(start, column)[position]

        return pd.DataFrame(
            {
                "group": pd.Series([self.group] * len(times), dtype=object),
                "time": times,
                "n_risk": self.risk_at(times),
                "survival": value(self.survival, 1.0),
                "survival_se": value(self.survival_se, 0.0),
                "lower": value(self.lower, 1.0),
                "upper": value(self.upper, 1.0),
                "cumulative_hazard": value(self.hazard, 0.0),
            }
        )

    def risk_at(self, times: FloatArray) -> FloatArray:
        """Count (sum of weights) who is at risk just before given times: exit at or after, entry before them."""
        return risk_at(self.time, self.n_event + self.n_censor, self.entries, times)

    def quantile(self, share: float) -> tuple[float, float, float]:
        """Give the time by which `share` has had the event, and its Brookmeyer-Crowley limits."""
        estimate, lower, upper = (
            survival_quantile(self.time, values, share, self.origin)
            for values in (self.survival, self.lower, self.upper)
        )
        return estimate, lower, upper


@dataclass(frozen=True)
class CurveSettings:
    """How curves are estimated; see `analyses.survival.kaplan_meier`."""

    estimator: Estimator
    conf_type: ConfidenceType
    conf_level: float
    robust: bool
    start_time: float | None

    def __post_init__(self) -> None:
        require_known("estimator", self.estimator, Estimator)


def survival_curve(
    group: Any,
    times: SurvivalTimes,
    counts: RiskTable,
    settings: CurveSettings,
    cluster: IntArray | None = None,
) -> SurvivalCurve:
    """Estimate one curve.

    Parameters
    ----------
    group : object
        What the curve is called.
    times : SurvivalTimes
        Follow-up of the group.
    counts : RiskTable
        Its counts, one column.
    settings : CurveSettings
        Estimator, variance and limits.
    cluster : numpy.ndarray, optional
        Cluster of every row, for a robust variance.

    Returns
    -------
    SurvivalCurve
        The curve.
    """
    if settings.start_time is not None:
        counts = counts.where(counts.time >= settings.start_time)
    n, d = counts.at_risk[:, 0], counts.events[:, 0]
    hazard_step, hazard_variance = _hazard_steps(n, d, settings.estimator)
    hazard = np.cumsum(hazard_step)
    survival: FloatArray
    if settings.estimator == "kaplan-meier":
        survival = np.cumprod(1 - d / n)
        with np.errstate(divide="ignore"):
            log_variance = d / (n * (n - d))
    else:
        survival = np.exp(-hazard)
        log_variance = hazard_variance
    if settings.robust:
        log_se, hazard_se = _robust_errors(times, counts, settings.estimator, cluster)
    else:
        log_se, hazard_se = np.sqrt(np.cumsum(log_variance)), np.sqrt(np.cumsum(hazard_variance))
    lower, upper = confidence_limits(survival, log_se, settings.conf_type, settings.conf_level)
    return SurvivalCurve(
        group=group,
        rows=len(times),
        events=int(times.event.sum()),
        origin=_origin(times, settings.start_time),
        time=counts.time,
        at_risk=n,
        n_event=d,
        n_censor=counts.censored[:, 0],
        survival=survival,
        log_se=log_se,
        lower=lower,
        upper=upper,
        hazard=hazard,
        hazard_se=hazard_se,
        entries=entries_from(times),
    )


def _hazard_steps(n: FloatArray, d: FloatArray, estimator: Estimator) -> tuple[FloatArray, FloatArray]:
    """Give the increments of the cumulative hazard and of its variance."""
    if estimator != "fleming-harrington":
        return d / n, d / n**2
    set_of_event, earlier = _one_after_the_other(d)
    left = n[set_of_event] - earlier
    return (
        np.bincount(set_of_event, weights=1 / left, minlength=len(n)),
        np.bincount(set_of_event, weights=1 / left**2, minlength=len(n)),
    )


def _one_after_the_other(d: FloatArray) -> tuple[IntArray, IntArray]:
    """For every single event its time's position and how many of the same time came before it."""
    if not np.array_equal(d, np.floor(d)):
        raise UsageError(
            'estimator="fleming-harrington" needs whole-number weights', todo='use "kaplan-meier" with weights'
        )
    whole = d.astype(np.int64)
    set_of_event = np.repeat(np.arange(len(d)), whole)
    return set_of_event, np.arange(len(set_of_event)) - np.repeat(np.cumsum(whole) - whole, whole)


def _robust_errors(
    times: SurvivalTimes, counts: RiskTable, estimator: Estimator, cluster: IntArray | None
) -> tuple[FloatArray, FloatArray]:
    n, d = counts.at_risk[:, 0], counts.events[:, 0]
    hazard = accumulated_influence_variance(times, counts.time, d / n**2, 1 / n, cluster)
    if estimator != "kaplan-meier":
        return np.sqrt(hazard), np.sqrt(hazard)
    survivors = np.where(n > d, n - d, np.inf)
    log_survival = accumulated_influence_variance(times, counts.time, d / (n * survivors), 1 / survivors, cluster)
    return np.sqrt(log_survival), np.sqrt(hazard)


def _origin(times: SurvivalTimes, start_time: float | None) -> float:
    if start_time is not None:
        return start_time
    return 0.0 if times.entry is None else float(min(0.0, times.entry.min()))
