"""Events for a log-rank test or a Cox model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

from analyses.findings import Findings
from analyses.inputs import FloatArray, Rows
from analyses.options import require_known
from analyses.power.options import critical, positive, shares
from omop_etl.errors import UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels

EventsMethod = Literal["schoenfeld", "freedman"]
"""Approximation of the log-rank statistic."""


@dataclass(frozen=True, kw_only=True)
class RequiredEvents(Findings):
    """Events: columns ``hr, power, alpha, allocation, events`` and, with a probability of the event, ``persons``."""

    method: ClassVar[str] = "required_events"
    title: ClassVar[str] = "Events for a log-rank test"

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the events for every hazard ratio."""
        from analyses.plots import estimate_chart

        shown = self.findings[["hr", "power", "events"]].rename(columns={"events": "estimate"})
        return estimate_chart(shown.assign(hr=shown["hr"].map("{:g}".format)), labels)


def events_needed(
    hr: npt.ArrayLike,
    *,
    power: npt.ArrayLike = 0.8,
    alpha: npt.ArrayLike = 0.05,
    allocation: npt.ArrayLike = 0.5,
    method: EventsMethod = "schoenfeld",
    sides: int = 2,
    event_probability: npt.ArrayLike | None = None,
) -> RequiredEvents:
    """Compute how many events a comparison of two groups needs.

    Parameters
    ----------
    hr : array-like of float
        Hazard ratio to be found. Arguments are combined as numpy broadcasts them.
    power, alpha : array-like of float
        Power, and probability of an error of the first kind.
    allocation : array-like of float
        Share of persons in the first group.
    method : {"schoenfeld", "freedman"}
        (z + z)² / (p (1 - p) log(hr)²), or (z + z)² (1 + k hr)² / (k (1 - hr)²) with k = p / (1 - p).
    sides : {2, 1}
        Sides of the test.
    event_probability : array-like of float, optional
        Probability that a person has the event during follow-up, to give persons too.

    Returns
    -------
    RequiredEvents
        Events and persons, not rounded.

    Raises
    ------
    UsageError
        A number is out of its range, or a hazard ratio is 1.

    Notes
    -----
    Schoenfeld (1983), Biometrics 39:499; Freedman (1982), Stat Med 1:121.

    Examples
    --------
    >>> events_needed([0.5, 0.7], power=0.9).table.round(2)
        hr  power  alpha  allocation  events
    0  0.5    0.9   0.05         0.5   87.48
    1  0.7    0.9   0.05         0.5  330.38
    """
    require_known("method", method, EventsMethod)
    ratio = _ratio(hr)
    level, share = shares("alpha", alpha), shares("allocation", allocation)
    wanted = shares("power", power)
    ratio, wanted, level, share = np.broadcast_arrays(ratio, wanted, level, share)
    z = critical(level, sides) + norm.ppf(wanted)
    events = z**2 / _information(ratio, share, method)
    table = pd.DataFrame({"hr": ratio, "power": wanted, "alpha": level, "allocation": share, "events": events})
    if event_probability is not None:
        table["persons"] = events / shares("event_probability", event_probability)
    return RequiredEvents(
        rows=Rows(0, 0), settings={"method": method, "sides": sides, "allocation": share.tolist()}, findings=table
    )


def power_of_events(
    hr: npt.ArrayLike,
    events: npt.ArrayLike,
    *,
    alpha: npt.ArrayLike = 0.05,
    allocation: npt.ArrayLike = 0.5,
    method: EventsMethod = "schoenfeld",
    sides: int = 2,
) -> RequiredEvents:
    """Compute the power of a comparison of two groups with given events; see `events_needed`.

    Examples
    --------
    >>> power_of_events(0.7, 200).table.round(3)
        hr  power  alpha  allocation  events
    0  0.7  0.713   0.05         0.5   200.0
    """
    require_known("method", method, EventsMethod)
    ratio, count = _ratio(hr), positive("events", events)
    ratio, count, level, share = np.broadcast_arrays(
        ratio, count, shares("alpha", alpha), shares("allocation", allocation)
    )
    found = norm.cdf(np.sqrt(count * _information(ratio, share, method)) - critical(level, sides))
    table = pd.DataFrame({"hr": ratio, "power": found, "alpha": level, "allocation": share, "events": count})
    return RequiredEvents(
        rows=Rows(0, 0), settings={"method": method, "sides": sides, "allocation": share.tolist()}, findings=table
    )


def _ratio(hr: npt.ArrayLike) -> FloatArray:
    ratio = positive("hr", hr)
    if np.any(ratio == 1):
        raise UsageError("a hazard ratio of 1 cannot be found", todo="give the ratio that matters")
    return ratio


def _information(ratio: FloatArray, share: FloatArray, method: EventsMethod) -> FloatArray:
    """Squared drift of the statistic per event."""
    found: FloatArray
    if method == "schoenfeld":
        found = share * (1 - share) * np.log(ratio) ** 2
    else:
        k = share / (1 - share)
        found = k * (1 - ratio) ** 2 / (1 + k * ratio) ** 2
    return found
