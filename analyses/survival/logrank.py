"""The log-rank test and its weighted family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from scipy.stats import chi2

from analyses.inputs import Factor, FloatArray, Missing, factor
from analyses.result import Result
from analyses.survival.data import SurvivalTimes, survival_input
from analyses.survival.risk_sets import risk_table
from analyses.survival.weighting import TimeWeights, Weighting
from omop_etl.errors import CannotAnswerError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels


@dataclass(frozen=True)
class Scores:
    """Sums of a log-rank test over times and strata.

    Attributes
    ----------
    observed, expected : numpy.ndarray
        (Weighted) events per group, and how many there would be if all groups had the same hazard.
    variance : numpy.ndarray
        Covariance matrix of observed - expected.
    """

    observed: FloatArray
    expected: FloatArray
    variance: FloatArray

    @property
    def difference(self) -> FloatArray:
        """Observed minus expected."""
        return self.observed - self.expected


@dataclass(frozen=True, kw_only=True)
class LogRank(Result):
    """Test of equal hazards in two or more groups.

    Attributes
    ----------
    groups : tuple
        Values of the grouping column.
    group_rows : numpy.ndarray
        Rows per group.
    scores : Scores
        Observed, expected and their covariance.
    chisq, df, p : float
        Test statistic, degrees of freedom, p-value.
    """

    method: ClassVar[str] = "logrank"

    groups: tuple[Any, ...]
    group_rows: FloatArray
    scores: Scores
    chisq: float
    df: int
    p: float

    @property
    def table(self) -> pd.DataFrame:
        """Rows, observed and expected events per group."""
        return pd.DataFrame(
            {
                "group": pd.Series(list(self.groups), dtype=object),
                "rows": self.group_rows.astype(np.int64),
                "observed": self.scores.observed,
                "expected": self.scores.expected,
                "variance": np.diag(self.scores.variance),
            }
        )

    @property
    def log_hazard_ratio(self) -> tuple[float, float]:
        """Peto's one-step estimate of the second group against the first, with its standard error; two groups only."""
        if len(self.groups) != 2:
            return float("nan"), float("nan")
        variance = float(self.scores.variance[1, 1])
        return float(self.scores.difference[1]) / variance, variance**-0.5

    def tables(self) -> dict[str, pd.DataFrame]:
        """Name the groups and the test."""
        return {"table": self.table, "test": pd.DataFrame([{"chisq": self.chisq, "df": self.df, "p": self.p}])}

    def summary(self) -> str:
        """Say observed and expected events per group and the test."""
        test = f"chi-square {self.chisq:.4g} on {self.df} df, p = {self.p:.4g}"
        return "\n".join(["Log-rank test", self.table.to_string(index=False), test, *self._closing_lines()])

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw observed over expected events per group."""
        from analyses.plots import observed_expected_chart

        return observed_expected_chart(self.table, labels)


def logrank(
    data: Any,
    *,
    duration: str,
    event: str,
    group: str,
    strata: str | Sequence[str] | None = None,
    rho: float = 0,
    gamma: float = 0,
    weighting: Weighting = "fleming-harrington",
    t_star: float | None = None,
    entry: str | None = None,
    timefix: bool = True,
    missing: Missing = "refuse",
) -> LogRank:
    """Test whether groups have the same hazard.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person, or per interval of a person.
    duration, event : str
        Columns of the follow-up: its end, and 1 for the event or 0 for censoring.
    group : str
        Column of the groups to compare, two or more.
    strata : str or sequence of str, optional
        Columns within whose levels groups are compared.
    rho, gamma : float
        Exponents of Fleming and Harrington's weights S^rho (1 - S)^gamma; both 0 for the log-rank test.
    weighting : str
        Another family of weights, see `TimeWeights`.
    t_star : float, optional
        Time of the modestly weighted test.
    entry : str, optional
        Column of times after which a row is at risk.
    timefix : bool
        Take times that differ by rounding only as equal.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value in a column used.

    Returns
    -------
    LogRank
        Test and its parts.

    Raises
    ------
    UsageError
        A column does not exist, or an option is unknown.
    CannotAnswerError
        One group only, no events, or data that do not fit.

    Notes
    -----
    Mantel (1966); Peto and Peto (1972), J R Stat Soc A 135:185. The variance is hypergeometric, so that ties are right;
    strata add up; with k groups the statistic has k - 1 degrees of freedom. Equals R's ``survdiff``.

    Examples
    --------
    >>> data = {"weeks": [6, 7, 10, 15, 19, 25], "died": [1, 0, 1, 1, 0, 1], "arm": list("aababb")}
    >>> test = logrank(data, duration="weeks", event="died", group="arm")
    >>> round(test.chisq, 4), test.df, round(test.p, 4)
    (1.2737, 1, 0.2591)
    """
    names = [strata] if isinstance(strata, str) else list(strata or ())
    checked = survival_input(
        data, duration=duration, event=event, entry=entry, others=[group, *names], missing=missing, timefix=timefix
    )
    groups = factor(checked.frame, group)
    layers = factor(checked.frame, names) if names else None
    weights = TimeWeights(weighting, rho, gamma, t_star)
    refuse_single_group(groups, group)
    refuse_no_events(checked.times, event)
    scores = logrank_scores(checked.times, groups, layers, weights)
    chisq, df = joint_test(scores)
    asked = {
        "duration": duration,
        "event": event,
        "group": group,
        "strata": names,
        "rho": rho,
        "gamma": gamma,
        "weighting": weighting,
        "t_star": t_star,
        "entry": entry,
        "timefix": timefix,
    }
    return LogRank(
        rows=checked.rows,
        settings=asked,
        notes=checked.notes,
        groups=groups.levels,
        group_rows=np.bincount(groups.codes, minlength=len(groups)).astype(np.float64),
        scores=scores,
        chisq=chisq,
        df=df,
        p=float(chi2.sf(chisq, df)),
    )


def logrank_scores(times: SurvivalTimes, groups: Factor, strata: Factor | None, weights: TimeWeights) -> Scores:
    """Sum observed, expected and hypergeometric covariance over the event times of all strata."""
    counts = risk_table(times, stratum=None if strata is None else strata.codes, group=groups.codes, groups=len(groups))
    counts = counts.where(counts.events.sum(axis=1) > 0)
    n, d = counts.at_risk.sum(axis=1), counts.events.sum(axis=1)
    weight = weights(counts.stratum, counts.time, n, d)
    share = counts.at_risk / n[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(n > 1, weight**2 * d * (n - d) / (n - 1), 0.0)
    weighted_share = share * spread[:, None]
    return Scores(
        observed=weight @ counts.events,
        expected=(weight * d) @ share,
        variance=np.diag(weighted_share.sum(axis=0)) - weighted_share.T @ share,
    )


def joint_test(scores: Scores) -> tuple[float, int]:
    """Compute chi-square and degrees of freedom of the hypothesis that no group differs.

    Groups that are never at risk together with an event are left out of the degrees of freedom.
    """
    compared = np.flatnonzero(scores.expected > 0)
    if len(compared) < 2:
        raise CannotAnswerError(
            "no two groups are at risk at the same event time", todo="check the follow-up of the groups and the strata"
        )
    kept = compared[1:]
    difference = scores.difference[kept]
    solution = np.linalg.lstsq(scores.variance[np.ix_(kept, kept)], difference, rcond=None)[0]
    return float(difference @ solution), len(kept)


def refuse_single_group(groups: Factor, column: str) -> None:
    """Refuse a comparison of one group with nothing."""
    if len(groups) < 2:
        raise CannotAnswerError(
            "column {column} has the same value in all rows, so there is nothing to compare",
            todo="name the column that tells the groups apart, or check the filter that the data come from",
            column=column,
        )


def refuse_no_events(times: SurvivalTimes, column: str) -> None:
    """Refuse data without a single event."""
    if not times.event.any():
        raise CannotAnswerError(
            "column {column} has no event in {rows} rows",
            todo="check the outcome and the follow-up",
            column=column,
            rows=len(times),
        )
