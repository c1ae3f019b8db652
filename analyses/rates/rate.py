"""Incidence rates of groups, from follow-up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from analyses.findings import Findings
from analyses.inputs import Missing, factor
from analyses.rates.counts import positive_values
from analyses.rates.intervals import RateInterval, rate_limits
from analyses.rates.ratio import rate_ratio
from analyses.survival.data import survival_input
from analyses.survival.kaplan_meier import ALL
from omop_etl.errors import CannotAnswerError, UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels


@dataclass(frozen=True, kw_only=True)
class Rates(Findings):
    """Incidence rates: columns ``group, rows, events, person_time, rate, lower, upper``.

    The further table ``contrasts`` compares groups with the reference: ``measure, method, group, reference, estimate,
    lower, upper, p``; differences are in the unit of the rate.
    """

    method: ClassVar[str] = "rates"
    title: ClassVar[str] = "Incidence rates"

    @property
    def contrasts(self) -> pd.DataFrame:
        """Groups compared with the reference."""
        return self.further["contrasts"]

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the rates with their limits."""
        from analyses.plots import estimate_chart

        shown = self.findings[["group", "rate", "lower", "upper"]].rename(columns={"rate": "estimate"})
        return estimate_chart(shown, labels)


def rates(
    data: Any,
    *,
    duration: str,
    event: str,
    group: str | None = None,
    entry: str | None = None,
    unit: float = 1.0,
    per: float = 1.0,
    reference: Any = None,
    interval: RateInterval = "exact",
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> Rates:
    """Estimate incidence rates by group and compare them.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person or interval of a person.
    duration, event : str
        Columns of times at which follow-up ends and of the event (1) or none (0).
    group : str, optional
        Column of groups.
    entry : str, optional
        Column of times at which follow-up starts; 0 by default.
    unit : float
        Durations per unit of person-time: 365.25 turns days into years.
    per : float
        Units of person-time per rate: 1000 for rates per 1000 person-years.
    reference : object, optional
        Group that others are compared with; the first by default.
    interval : {"exact", "mid-p", "byar", "rothman", "wald", "log-wald"}
        How the limits of a rate are computed; see `rate_limits`.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    Rates
        Rates and contrasts.

    Raises
    ------
    UsageError
        A column, the reference or an option is unknown.
    CannotAnswerError
        The data do not fit, or a group has no time at risk.

    Notes
    -----
    Rothman, Greenland and Lash (2008), Modern epidemiology, chapter 14. See `rate_limits` and `rate_ratio`.

    Examples
    --------
    >>> data = {"days": [200, 400, 365, 800, 90], "ill": [1, 0, 1, 1, 0], "arm": ["a", "a", "b", "b", "b"]}
    >>> rates(data, duration="days", event="ill", group="arm", unit=365.25, per=100).table.round(2)
      group  rows  events  person_time   rate  lower   upper
    0     a     2       1         1.64  60.88   1.54  339.17
    1     b     3       2         3.44  58.21   7.05  210.26
    """
    units, factor_of_rate = positive_values("unit", unit)[0], positive_values("per", per)[0]
    checked = survival_input(
        data, duration=duration, event=event, entry=entry, others=[group], missing=missing, timefix=False
    )
    times = checked.times
    at_risk = (times.exit if times.entry is None else times.exit - times.entry) / units
    codes, levels = np.zeros(len(times), dtype=np.int64), (ALL,)
    if group is not None:
        groups = factor(checked.frame, group)
        codes, levels = groups.codes, groups.levels
    table = pd.DataFrame(
        {
            "group": pd.Series(levels, dtype=object),
            "rows": np.bincount(codes),
            "events": np.bincount(codes, weights=times.event).astype(np.int64),
            "person_time": np.bincount(codes, weights=at_risk),
        }
    )
    _require_time(table, duration)
    table["rate"] = table["events"] / table["person_time"] * factor_of_rate
    lower, upper = rate_limits(table["events"], table["person_time"], interval, conf_level)
    table["lower"], table["upper"] = lower * factor_of_rate, upper * factor_of_rate
    return Rates(
        rows=checked.rows,
        settings={
            "duration": duration,
            "event": event,
            "group": group,
            "entry": entry,
            "unit": unit,
            "per": per,
            "reference": reference,
            "interval": interval,
            "conf_level": conf_level,
        },
        notes=checked.notes,
        findings=table,
        further={"contrasts": _contrasts(table, reference, group, factor_of_rate, conf_level)},
    )


def _require_time(table: pd.DataFrame, duration: str) -> None:
    empty = table[table["person_time"] <= 0]
    if len(empty):
        raise CannotAnswerError(
            "{groups} groups have no time at risk in column {column}",
            todo="leave these groups out, or merge them with others",
            groups=len(empty),
            column=duration,
        )


def _contrasts(table: pd.DataFrame, asked: Any, group: str | None, per: float, conf_level: float) -> pd.DataFrame:
    reference = table["group"].iloc[0] if asked is None else asked
    if reference not in table["group"].tolist():
        raise UsageError(
            "the reference group does not occur in column {column}",
            todo="use one of its {levels} values",
            column=group,
            levels=len(table),
        )
    by_group = table.set_index("group")
    base = by_group.loc[reference]
    columns = ["measure", "method", "group", "reference", "estimate", "lower", "upper", "p"]
    parts = []
    for level in by_group.index:
        own = by_group.loc[level]
        if level == reference or not own["events"] + base["events"]:
            continue
        compared = rate_ratio(
            own["events"], own["person_time"], base["events"], base["person_time"], conf_level=conf_level
        ).table
        scaled = np.where(compared["measure"] == "difference", per, 1.0)
        compared = compared.assign(
            group=level,
            reference=reference,
            **{name: compared[name] * scaled for name in ("estimate", "lower", "upper")},
        )
        parts.append(compared[columns])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
