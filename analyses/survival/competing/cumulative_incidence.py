"""Cumulative incidence of competing events, by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analyses.inputs import Factor, IntArray, Missing, factor
from analyses.options import quantile_of_level, require_known
from analyses.result import Result
from analyses.survival.competing.causes import CausesInput, causes_input
from analyses.survival.competing.curves import IncidenceCurve, incidence_curves
from analyses.survival.confidence import ConfidenceType, confidence_limits
from omop_etl.errors import UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels

ALL = "all"
"""Name of the only group where the data are not grouped."""

Variance = Literal["jackknife", "aalen"]
"""Infinitesimal jackknife, as R's ``survfit``, or Aalen's delta method, as R's ``cmprsk``."""


@dataclass(frozen=True, kw_only=True)
class CumulativeIncidence(Result):
    """Cumulative incidences of one or more groups.

    Attributes
    ----------
    curves : tuple of IncidenceCurve
        One per group and cause, and per group the probability of being free of all causes.
    """

    method: ClassVar[str] = "cumulative_incidence"

    curves: tuple[IncidenceCurve, ...]

    @cached_property
    def table(self) -> pd.DataFrame:
        """The curves of the causes, one row per group, cause and distinct exit time."""
        return pd.concat([self._with_limits(c.table()) for c in self.curves if c.cause is not None], ignore_index=True)

    @cached_property
    def event_free(self) -> pd.DataFrame:
        """The probability of being free of all causes, one row per group and distinct exit time."""
        free = [self._with_limits(c.table()) for c in self.curves if c.cause is None]
        return pd.concat(free, ignore_index=True).drop(columns=["cause"])

    @cached_property
    def counts(self) -> pd.DataFrame:
        """Rows and events per group and cause."""
        rows = [(c.group, c.cause, c.rows, c.events) for c in self.curves if c.cause is not None]
        return pd.DataFrame(rows, columns=["group", "cause", "rows", "events"])

    def at(self, times: npt.ArrayLike) -> pd.DataFrame:
        """Give incidence and number at risk at given times.

        Parameters
        ----------
        times : array-like of float
            Times in the unit of the durations.

        Returns
        -------
        pandas.DataFrame
            Columns ``group, cause, time, n_risk, probability, se, lower, upper``. The cause is None for the probability
            of being free of all of them; the number at risk counts exits at or after the time and entries before it.
        """
        wanted = np.atleast_1d(np.asarray(times, dtype=np.float64))
        return pd.concat([self._with_limits(curve.at(wanted)) for curve in self.curves], ignore_index=True)

    def time_lost(self, horizon: float) -> pd.DataFrame:
        """Give the mean time spent after each kind of event up to a horizon: the area under its incidence.

        Parameters
        ----------
        horizon : float
            Time up to which it is counted.

        Returns
        -------
        pandas.DataFrame
            Columns ``group, cause, time, se, lower, upper``; for the cause None the mean time free of all events.

        Notes
        -----
        Andersen (2013), Stat Med 32:5278; standard error by the infinitesimal jackknife.
        """
        half = quantile_of_level(self.settings["conf_level"])
        table = pd.DataFrame(
            [(c.group, c.cause, *c.mean_time(horizon)) for c in self.curves], columns=["group", "cause", "time", "se"]
        )
        return table.assign(lower=table["time"] - half * table["se"], upper=table["time"] + half * table["se"])

    def difference(self, time: float) -> pd.DataFrame:
        """Compare every group with the first one at a given time.

        Parameters
        ----------
        time : float
            When to compare.

        Returns
        -------
        pandas.DataFrame
            Columns ``cause, a, b, difference, se, lower, upper``: incidence in `b` less that in `a`.
        """
        half = quantile_of_level(self.settings["conf_level"])
        now = self.at(time).set_index(["cause", "group"])
        groups = list(dict.fromkeys(curve.group for curve in self.curves))
        rows = []
        for cause in dict.fromkeys(curve.cause for curve in self.curves if curve.cause is not None):
            for group in groups[1:]:
                a, b = now.loc[(cause, groups[0])], now.loc[(cause, group)]
                difference, se = b["probability"] - a["probability"], float(np.hypot(a["se"], b["se"]))
                rows.append((cause, groups[0], group, difference, se, difference - half * se, difference + half * se))
        return pd.DataFrame(rows, columns=["cause", "a", "b", "difference", "se", "lower", "upper"])

    def tables(self) -> dict[str, pd.DataFrame]:
        """Name curves and counts."""
        return {"table": self.table, "event_free": self.event_free, "counts": self.counts}

    def summary(self) -> str:
        """Say rows and events per group and cause, and the incidences at the end of follow-up."""
        last = self.table.groupby(["group", "cause"], sort=False)[["time", "probability", "lower", "upper"]].last()
        shown = self.counts.merge(last.reset_index(), on=["group", "cause"])
        limits = f"limits: {self.settings['conf_type']}, {self.settings['conf_level']:g}, {self.settings['variance']}"
        return "\n".join(["Cumulative incidence", shown.to_string(index=False), limits, *self._closing_lines()])

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the incidences with their bands."""
        from analyses.plots import incidence_chart

        return incidence_chart(self.table, labels)

    def _with_limits(self, table: pd.DataFrame) -> pd.DataFrame:
        p, se = table["probability"].to_numpy(), table["se"].to_numpy()
        with np.errstate(divide="ignore", invalid="ignore"):
            log_se = np.where(se == 0, 0.0, se / p)
        lower, upper = confidence_limits(p, log_se, self.settings["conf_type"], self.settings["conf_level"])
        return table.assign(lower=lower, upper=upper)


def cumulative_incidence(
    data: Any,
    *,
    duration: str,
    event: str,
    group: str | None = None,
    censored: Any = 0,
    causes: Sequence[Any] | None = None,
    entry: str | None = None,
    weights: str | None = None,
    cluster: str | None = None,
    variance: Variance = "jackknife",
    conf_type: ConfidenceType = "log",
    conf_level: float = 0.95,
    start_time: float | None = None,
    timefix: bool = True,
    missing: Missing = "refuse",
) -> CumulativeIncidence:
    """Estimate how likely each of several events that exclude each other is to have happened by any time.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    duration : str
        Column of times at which follow-up ends.
    event : str
        Column of what ends it: a cause, or `censored`.
    group : str, optional
        Column of groups; one set of curves each.
    censored : object
        Value of `event` of rows to which nothing happened.
    causes : sequence, optional
        Causes in the order of the result; by default all that occur, sorted.
    entry : str, optional
        Column of times after which a row is at risk.
    weights : str, optional
        Column of case weights.
    cluster : str, optional
        Column of what belongs together, for the standard error.
    variance : {"jackknife", "aalen"}
        Infinitesimal jackknife, or Aalen's delta method for rows without weights, clusters and delayed entry. They
        differ by up to a tenth where counts are small.
    conf_type : {"log", "plain", "log-log", "logit", "arcsin"}
        Scale on which the confidence limits are symmetric.
    conf_level : float
        Level of the pointwise limits.
    start_time : float, optional
        Give incidences from this time on, among those free of events then.
    timefix : bool
        Take times that differ by rounding only as equal.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    CumulativeIncidence
        Curves, mean time lost, differences between groups.

    Raises
    ------
    UsageError
        A column does not exist, or an option is unknown or does not go with another.
    CannotAnswerError
        The data do not fit: missing or infinite values, negative durations, no event at all.

    Notes
    -----
    Aalen and Johansen (1978), Scand J Stat 5:141; the jackknife as in R's ``survfit`` for several states.

    Examples
    --------
    >>> data = {"days": [2, 3, 3, 5, 7, 8], "end": [1, 2, 1, 0, 1, 2]}
    >>> result = cumulative_incidence(data, duration="days", event="end")
    >>> result.at([3, 7])[["cause", "time", "n_risk", "probability", "se"]].round(4)
      cause  time  n_risk  probability      se
    0     1   3.0     5.0       0.3333  0.1925
    1     1   7.0     2.0       0.5833  0.2257
    2     2   3.0     5.0       0.1667  0.1521
    3     2   7.0     2.0       0.1667  0.1521
    4  None   3.0     5.0       0.5000  0.2041
    5  None   7.0     2.0       0.2500  0.2041
    """
    require_known("variance", variance, Variance)
    quantile_of_level(conf_level)
    if variance == "aalen" and (entry or weights or cluster):
        raise UsageError(
            'variance="aalen" does not go with weights, clusters or delayed entry', todo='use variance="jackknife"'
        )
    given = causes_input(
        data,
        duration=duration,
        event=event,
        censored=censored,
        causes=causes,
        entry=entry,
        weights=weights,
        others=[group, cluster],
        missing=missing,
        timefix=timefix,
    )
    frame = given.checked.frame
    clusters = None if cluster is None else factor(frame, cluster).codes
    asked = {
        "duration": duration,
        "event": event,
        "group": group,
        "censored": censored,
        "causes": list(given.causes),
        "entry": entry,
        "weights": weights,
        "cluster": cluster,
        "variance": variance,
        "conf_type": conf_type,
        "conf_level": conf_level,
        "start_time": start_time,
        "timefix": timefix,
    }
    curves = _curves(given, None if group is None else factor(frame, group), clusters, variance, start_time)
    return CumulativeIncidence(rows=given.checked.rows, settings=asked, notes=given.checked.notes, curves=curves)


def _curves(
    given: CausesInput, groups: Factor | None, clusters: IntArray | None, variance: Variance, start: float | None
) -> tuple[IncidenceCurve, ...]:
    if groups is None:
        groups = Factor(np.zeros(len(given.cause), dtype=np.int64), (ALL,))
    found: list[IncidenceCurve] = []
    for code, level in enumerate(groups.levels):
        member = groups.codes == code
        times, cause = given.checked.times.take(member), given.cause[member]
        own: IntArray | None = None if clusters is None else clusters[member]
        found += incidence_curves(level, times, cause, given.causes, own, variance, start)
    return tuple(found)
