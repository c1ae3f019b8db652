"""Restricted mean survival time of groups, and how they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from analyses.findings import Findings
from analyses.inputs import BoolArray, Missing, factor
from analyses.options import quantile_of_level, two_sided_p
from analyses.survival.data import SurvivalInput, survival_input
from analyses.survival.kaplan_meier import ALL
from analyses.survival.logrank import refuse_no_events, refuse_single_group
from analyses.survival.rmst.area import Area, largest_horizon, require_horizon
from omop_etl.errors import UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels


@dataclass(frozen=True, kw_only=True)
class RestrictedMeans(Findings):
    """Restricted means: columns ``group, rows, events, tau, rmst, se, lower, upper, rmtl, rmtl_lower, rmtl_upper``.

    The further table ``contrasts`` compares groups with the reference: columns ``measure, group, reference, estimate,
    lower, upper, p`` for the ``difference``, the ``ratio`` and the ``rmtl_ratio`` (ratio of times lost).
    """

    method: ClassVar[str] = "rmst"
    title: ClassVar[str] = "Restricted mean survival time"

    @property
    def tau(self) -> float:
        """The horizon."""
        return float(self.settings["tau"])

    @property
    def contrasts(self) -> pd.DataFrame:
        """Groups compared with the reference; no rows where there is one group."""
        return self.further["contrasts"]

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the restricted means with their limits."""
        from analyses.plots import estimate_chart

        shown = self.findings[["group", "rmst", "lower", "upper"]].rename(columns={"rmst": "estimate"})
        return estimate_chart(shown, labels)


def rmst(
    data: Any,
    *,
    duration: str,
    event: str,
    group: str | None = None,
    tau: float | None = None,
    reference: Any = None,
    entry: str | None = None,
    weights: str | None = None,
    cluster: str | None = None,
    robust: bool | None = None,
    conf_level: float = 0.95,
    timefix: bool = True,
    missing: Missing = "refuse",
) -> RestrictedMeans:
    """Estimate the mean time lived up to a horizon, by group, and compare groups.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    duration : str
        Column of times at which follow-up ends, in any unit.
    event : str
        Column with 1 where it ends with the event, 0 where it is censored.
    group : str, optional
        Column of groups.
    tau : float, optional
        The horizon, in the unit of the durations; by default the earliest of the groups' last times.
    reference : object, optional
        Group that the others are compared with; the first by default.
    entry : str, optional
        Column of times after which a row is at risk.
    weights : str, optional
        Column of case weights.
    cluster : str, optional
        Column of what belongs together, for a robust standard error.
    robust : bool, optional
        Standard error by the infinitesimal jackknife instead of Greenwood's; by default where there is a cluster or a
        weight that is not a whole number.
    conf_level : float
        Level of the limits.
    timefix : bool
        Take times that differ by rounding only as equal.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    RestrictedMeans
        Means, times lost, and contrasts; limits of ratios are symmetric on the logarithm.

    Raises
    ------
    UsageError
        A column or the reference does not exist, or an option is wrong.
    CannotAnswerError
        Missing, infinite or negative values, one group only, no event, or a horizon after the end of follow-up.

    Notes
    -----
    Royston and Parmar (2013), BMC Med Res Methodol 13:152; Uno et al. (2014), J Clin Oncol 32:2380. Equals R's
    ``survRM2::rmst2`` and the restricted mean of ``print(survfit, rmean = tau)``.

    Examples
    --------
    >>> data = {"weeks": [6, 7, 10, 15, 19, 25, 5, 8, 9, 11, 12, 20], "died": [1, 0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1],
    ...         "arm": ["new"] * 6 + ["old"] * 6}
    >>> result = rmst(data, duration="weeks", event="died", group="arm", tau=18, reference="old")
    >>> result.table[["group", "tau", "rmst", "se", "lower", "upper"]].round(3)
      group   tau    rmst     se  lower   upper
    0   new  18.0  13.708  1.959  9.870  17.547
    1   old  18.0  11.167  1.953  7.339  14.995
    >>> result.contrasts.drop(columns=["group", "reference"]).round(3)
          measure  estimate  lower  upper      p
    0  difference     2.542 -2.880  7.963  0.358
    1       ratio     1.228  0.789  1.911  0.364
    2  rmtl_ratio     0.628  0.219  1.805  0.388
    """
    half = quantile_of_level(conf_level)
    checked = survival_input(
        data,
        duration=duration,
        event=event,
        entry=entry,
        weights=weights,
        others=[group, cluster],
        missing=missing,
        timefix=timefix,
    )
    refuse_no_events(checked.times, event)
    members = _members(checked, group)
    known = min(largest_horizon(checked.times.take(member)) for _, member in members)
    last = min(float(checked.times.exit[member].max()) for _, member in members)
    horizon = last if tau is None else float(tau)
    require_horizon(horizon, known)
    jackknife = _is_robust(checked, cluster, robust)
    clusters = None if cluster is None else factor(checked.frame, cluster).codes
    rows = []
    for level, member in members:
        area = Area.of(checked.times.take(member), horizon)
        own = None if clusters is None else clusters[member]
        se = area.robust_se(own) if jackknife else area.greenwood_se()
        rows.append((level, int(member.sum()), int(checked.times.event[member].sum()), horizon, area.mean, se))
    table = pd.DataFrame(rows, columns=["group", "rows", "events", "tau", "rmst", "se"])
    table["lower"], table["upper"] = table["rmst"] - half * table["se"], table["rmst"] + half * table["se"]
    for name, of in (("rmtl", "rmst"), ("rmtl_lower", "upper"), ("rmtl_upper", "lower")):
        table[name] = horizon - table[of]
    return RestrictedMeans(
        rows=checked.rows,
        settings={
            "duration": duration,
            "event": event,
            "group": group,
            "tau": horizon,
            "reference": reference,
            "entry": entry,
            "weights": weights,
            "cluster": cluster,
            "robust": jackknife,
            "conf_level": conf_level,
            "timefix": timefix,
        },
        notes=checked.notes,
        findings=table,
        further={"contrasts": _contrasts(table, _reference(table, group, reference), half)},
    )


def _is_robust(checked: SurvivalInput, cluster: str | None, asked: bool | None) -> bool:
    if asked is not None:
        return asked
    weight = checked.times.weight
    return cluster is not None or (weight is not None and not np.array_equal(weight, np.floor(weight)))


def _members(checked: SurvivalInput, group: str | None) -> list[tuple[Any, BoolArray]]:
    if group is None:
        return [(ALL, np.ones(len(checked.times), dtype=bool))]
    groups = factor(checked.frame, group)
    refuse_single_group(groups, group)
    return [(level, groups.codes == code) for code, level in enumerate(groups.levels)]


def _reference(table: pd.DataFrame, group: str | None, asked: Any) -> Any:
    if asked is None:
        return table["group"].iloc[0]
    if asked not in table["group"].tolist():
        raise UsageError(
            "the reference group does not occur in column {column}",
            todo="use one of its {levels} values",
            column=group,
            levels=len(table),
        )
    return asked


def _contrasts(table: pd.DataFrame, reference: Any, half: float) -> pd.DataFrame:
    """Difference and ratio of means, and ratio of times lost, of every group against the reference."""
    by_group = table.set_index("group")
    base = by_group.loc[reference]
    rows = []
    for level in by_group.index:
        if level == reference:
            continue
        own = by_group.loc[level]
        difference, se = own["rmst"] - base["rmst"], float(np.hypot(own["se"], base["se"]))
        p = float(two_sided_p(difference / se)) if se > 0 else np.nan
        rows.append(("difference", level, reference, difference, difference - half * se, difference + half * se, p))
        for measure, column in (("ratio", "rmst"), ("rmtl_ratio", "rmtl")):
            rows.append((measure, level, reference, *_ratio(own, base, column, half)))
    return pd.DataFrame(rows, columns=["measure", "group", "reference", "estimate", "lower", "upper", "p"])


def _ratio(own: pd.Series, base: pd.Series, column: str, half: float) -> tuple[float, float, float, float]:
    if own[column] <= 0 or base[column] <= 0:
        return np.nan, np.nan, np.nan, np.nan
    log_ratio = float(np.log(own[column] / base[column]))
    se = float(np.hypot(own["se"] / own[column], base["se"] / base[column]))
    p = float(two_sided_p(log_ratio / se)) if se > 0 else np.nan
    return float(np.exp(log_ratio)), float(np.exp(log_ratio - half * se)), float(np.exp(log_ratio + half * se)), p
