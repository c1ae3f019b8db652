"""Kaplan-Meier curves with confidence bands, quantiles and numbers at risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from analyses.inputs import Factor, Missing, as_frame, factor
from analyses.result import Result
from analyses.survival.confidence import ConfidenceType
from analyses.survival.curve import CurveSettings, Estimator, SurvivalCurve, survival_curve
from analyses.survival.data import SurvivalInput, survival_input
from analyses.survival.risk_sets import risk_table

if TYPE_CHECKING:
    from analyses.plots.labels import Labels

ALL = "all"
"""Name of the only group where the data are not grouped."""


@dataclass(frozen=True, kw_only=True)
class KaplanMeier(Result):
    """Survival curves of one or more groups.

    Attributes
    ----------
    curves : tuple of SurvivalCurve
        One per group, in the order of the groups.
    """

    method: ClassVar[str] = "kaplan_meier"

    curves: tuple[SurvivalCurve, ...]

    @cached_property
    def table(self) -> pd.DataFrame:
        """The curves, one row per group and distinct exit time, with counts, survival, limits and hazard."""
        return pd.concat([curve.table() for curve in self.curves], ignore_index=True)

    @cached_property
    def counts(self) -> pd.DataFrame:
        """Rows, events and median (with its limits) per group."""
        rows = [(c.group, c.rows, c.events, *c.quantile(0.5)) for c in self.curves]
        return pd.DataFrame(rows, columns=["group", "rows", "events", "median", "lower", "upper"])

    def quantiles(self, shares: Sequence[float] = (0.25, 0.5, 0.75)) -> pd.DataFrame:
        """Give the times by which given shares have had the event, with Brookmeyer-Crowley limits.

        Parameters
        ----------
        shares : sequence of float
            Shares between 0 and 1; 0.5 is the median.

        Returns
        -------
        pandas.DataFrame
            Columns ``group, share, time, lower, upper``, undefined (NaN) where a curve or its band does not reach the
            share.
        """
        rows = [(c.group, share, *c.quantile(share)) for c in self.curves for share in shares]
        return pd.DataFrame(rows, columns=["group", "share", "time", "lower", "upper"])

    def at(self, times: npt.ArrayLike) -> pd.DataFrame:
        """Give survival and number at risk at given times.

        Parameters
        ----------
        times : array-like of float
            Times in the unit of the durations.

        Returns
        -------
        pandas.DataFrame
            Columns ``group, time, n_risk, survival, survival_se, lower, upper, cumulative_hazard``. The number at risk
            counts those whose exit is at or after the time and whose entry is before it.
        """
        wanted = np.atleast_1d(np.asarray(times, dtype=np.float64))
        return pd.concat([curve.at(wanted) for curve in self.curves], ignore_index=True)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Name the curves and the counts with medians."""
        return {"table": self.table, "counts": self.counts}

    def summary(self) -> str:
        """Say rows, events and median survival per group."""
        limits = f"limits: {self.settings['conf_type']}, {self.settings['conf_level']:g}"
        return "\n".join(["Kaplan-Meier", self.counts.to_string(index=False), limits, *self._closing_lines()])

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the curves with their bands over the numbers at risk."""
        from analyses.plots import survival_chart

        return survival_chart(self, labels)


def kaplan_meier(
    data: Any,
    *,
    duration: str,
    event: str,
    group: str | None = None,
    entry: str | None = None,
    weights: str | None = None,
    conf_type: ConfidenceType = "log",
    conf_level: float = 0.95,
    cluster: str | None = None,
    robust: bool | None = None,
    estimator: Estimator = "kaplan-meier",
    start_time: float | None = None,
    timefix: bool = True,
    missing: Missing = "refuse",
) -> KaplanMeier:
    """Estimate survival by Kaplan and Meier's product limit.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person, or per interval of a person.
    duration : str
        Column of times at which follow-up ends, in any unit.
    event : str
        Column with 1 where it ends with the event, 0 where it is censored.
    group : str, optional
        Column of groups; one curve each.
    entry : str, optional
        Column of times after which a row is at risk (delayed entry, left truncation).
    weights : str, optional
        Column of case weights, such as inverse probabilities of treatment.
    conf_type : {"log", "plain", "log-log", "logit", "arcsin"}
        Scale on which the confidence limits are symmetric.
    conf_level : float
        Level of the pointwise limits.
    cluster : str, optional
        Column of what belongs together, for a robust variance.
    robust : bool, optional
        Variance by the infinitesimal jackknife instead of Greenwood's; by default where there is a cluster or a weight
        that is not a whole number.
    estimator : {"kaplan-meier", "nelson-aalen", "fleming-harrington"}
        Product limit, or the exponential of the cumulative hazard (with Fleming and Harrington's tie correction).
    start_time : float, optional
        Give survival from this time on, among those still followed.
    timefix : bool
        Take times that differ by rounding only as equal.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value in a column used.

    Returns
    -------
    KaplanMeier
        Curves, medians and numbers at risk.

    Raises
    ------
    UsageError
        A column does not exist, or an option is unknown.
    CannotAnswerError
        The data do not fit: missing or infinite values, negative durations, entry at or after exit.

    Notes
    -----
    Kaplan and Meier (1958), J Am Stat Assoc 53:457; variance by Greenwood (1926). At risk at t are rows with
    entry < t <= exit; events at t come before censorings at t. All defaults are those of R's ``survfit``.

    Examples
    --------
    >>> data = {"weeks": [6, 7, 10, 15, 19, 25], "died": [1, 0, 1, 1, 0, 1]}
    >>> result = kaplan_meier(data, duration="weeks", event="died")
    >>> result.table[["time", "n_risk", "n_event", "survival"]].round(4)
       time  n_risk  n_event  survival
    0   6.0     6.0      1.0    0.8333
    1   7.0     5.0      0.0    0.8333
    2  10.0     4.0      1.0    0.6250
    3  15.0     3.0      1.0    0.4167
    4  19.0     2.0      0.0    0.4167
    5  25.0     1.0      1.0    0.0000
    >>> result.counts
      group  rows  events  median  lower  upper
    0   all     6       4    15.0   10.0    NaN
    """
    frame = as_frame(data)
    checked = survival_input(
        frame,
        duration=duration,
        event=event,
        entry=entry,
        weights=weights,
        others=[group, cluster],
        missing=missing,
        timefix=timefix,
    )
    settings = CurveSettings(estimator, conf_type, conf_level, _is_robust(robust, checked, cluster), start_time)
    asked = {
        "duration": duration,
        "event": event,
        "group": group,
        "entry": entry,
        "weights": weights,
        "cluster": cluster,
        "conf_type": conf_type,
        "conf_level": conf_level,
        "robust": settings.robust,
        "estimator": estimator,
        "start_time": start_time,
        "timefix": timefix,
    }
    curves = _curves(checked, group, cluster, settings)
    return KaplanMeier(rows=checked.rows, settings=asked, notes=checked.notes, curves=curves)


def _is_robust(asked: bool | None, checked: SurvivalInput, cluster: str | None) -> bool:
    if asked is not None:
        return asked
    weight = checked.times.weight
    return cluster is not None or (weight is not None and not np.array_equal(weight, np.floor(weight)))


def _curves(
    checked: SurvivalInput, group: str | None, cluster: str | None, settings: CurveSettings
) -> tuple[SurvivalCurve, ...]:
    groups = None if group is None else factor(checked.frame, group)
    clusters = None if cluster is None else factor(checked.frame, cluster).codes
    counts = risk_table(checked.times, stratum=None if groups is None else groups.codes)
    if groups is None:
        return (survival_curve(ALL, checked.times, counts, settings, clusters),)
    return tuple(
        survival_curve(
            level,
            checked.times.take(member),
            counts.where(counts.stratum == code),
            settings,
            None if clusters is None else clusters[member],
        )
        for code, level, member in _members(groups)
    )


def _members(groups: Factor) -> list[tuple[int, Any, npt.NDArray[np.bool_]]]:
    return [(code, level, groups.codes == code) for code, level in enumerate(groups.levels)]
