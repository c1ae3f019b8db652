"""Follow-up split into bands of age, calendar time or other scales, with events and rates per band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from analyses.findings import Findings
from analyses.inputs import BoolArray, FloatArray, IntArray, Missing, factor, numbers
from analyses.rates.counts import positive_values
from analyses.rates.intervals import RateInterval, rate_limits
from analyses.survival.data import SurvivalInput, survival_input
from omop_etl.errors import UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels


@dataclass(frozen=True)
class TimeScale:
    """A scale that passes as follow-up does.

    Attributes
    ----------
    at_start : str
        Column of its value at time 0 of the follow-up, such as the age at entry.
    breaks : sequence of float
        Where its bands start; there is a band before the first and after the last.
    unit : float
        Time of follow-up per unit of the scale: 365.25 where follow-up is in days and age in years.
    """

    at_start: str | None
    breaks: Sequence[float]
    unit: float = 1.0


@dataclass(frozen=True)
class Pieces:
    """Follow-up cut into pieces.

    Attributes
    ----------
    row : numpy.ndarray
        Row that a piece belongs to.
    start, stop : numpy.ndarray
        Piece of follow-up, (start, stop].
    event : numpy.ndarray
        Whether it ends with the event.
    bands : dict of str to numpy.ndarray
        Band of every piece per scale: 0 before the first break.
    """

    row: IntArray
    start: FloatArray
    stop: FloatArray
    event: BoolArray
    bands: dict[str, IntArray]


@dataclass(frozen=True, kw_only=True)
class PersonTime(Findings):
    """Person-time and rates by band.

    Columns: per scale the lower break of the band (-inf before the first), ``group`` where there is one,
    ``person_time, events, rate, lower, upper``.
    """

    method: ClassVar[str] = "person_time"
    title: ClassVar[str] = "Person-time and events"

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the rates with their limits."""
        from analyses.plots import estimate_chart

        naming = [str(name) for name in self.findings if name in (*self.settings["scales"], "group")]
        shown = self.findings[[*naming, "rate", "lower", "upper"]].rename(columns={"rate": "estimate"})
        return estimate_chart(shown.assign(**{name: shown[name].astype(str) for name in naming}), labels)


def person_time(
    data: Any,
    *,
    duration: str,
    event: str,
    scales: Mapping[str, TimeScale],
    entry: str | None = None,
    group: str | None = None,
    unit: float = 1.0,
    interval: RateInterval = "exact",
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> PersonTime:
    """Sum time at risk and events by bands of one or several scales of time.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person or interval of a person.
    duration, event : str
        Columns of times at which follow-up ends and of the event (1) or none (0).
    scales : mapping of str to TimeScale
        Scales by the name that their column shall have. ``at_start=None`` is the follow-up time itself.
    entry : str, optional
        Column of times at which follow-up starts.
    group : str, optional
        Column of groups.
    unit : float
        Durations per unit of person-time: 365.25 turns days into years.
    interval : {"exact", "mid-p", "byar", "rothman", "wald", "log-wald"}
        How the limits of rates are computed.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    PersonTime
        One row per band (and group) in which anybody is followed.

    Raises
    ------
    UsageError
        A column does not exist, there is no scale, or breaks are not in order.
    CannotAnswerError
        The data do not fit.

    Notes
    -----
    Follow-up is open on the left: an event at a break belongs to the band that ends there, as in R's ``survSplit`` and
    ``Epi::splitLexis`` (Clayton and Hills, 1993, Statistical models in epidemiology, chapter 6).

    Examples
    --------
    >>> data = {"age": [48, 55, 59], "years": [4, 10, 3], "died": [1, 0, 1]}
    >>> bands = {"age_band": TimeScale("age", [50, 60])}
    >>> person_time(data, duration="years", event="died", scales=bands).table.iloc[:, :4]
       age_band  person_time  events      rate
    0      -inf          2.0       0  0.000000
    1      50.0          8.0       1  0.125000
    2      60.0          7.0       1  0.142857
    """
    per = positive_values("unit", unit)[0]
    origins = [scale.at_start for scale in scales.values()]
    checked = survival_input(
        data, duration=duration, event=event, entry=entry, others=[group, *origins], missing=missing, timefix=False
    )
    pieces = split_follow_up(checked, scales)
    keys: dict[str, Any] = {
        name: np.append(-np.inf, np.asarray(scale.breaks, dtype=float))[pieces.bands[name]]
        for name, scale in scales.items()
    }
    if group is not None:
        groups = factor(checked.frame, group)
        keys["group"] = np.array(groups.levels, dtype=object)[groups.codes[pieces.row]]
    long = pd.DataFrame({**keys, "person_time": (pieces.stop - pieces.start) / per, "events": pieces.event.astype(int)})
    order = [*(["group"] if group is not None else []), *scales]
    table = long.groupby(order, sort=True, observed=True)[["person_time", "events"]].sum().reset_index()
    table = table[[*scales, *(["group"] if group is not None else []), "person_time", "events"]]
    return PersonTime(
        rows=checked.rows,
        settings={
            "duration": duration,
            "event": event,
            "entry": entry,
            "scales": {name: {"at_start": s.at_start, "breaks": list(s.breaks)} for name, s in scales.items()},
            "group": group,
            "unit": unit,
            "interval": interval,
            "conf_level": conf_level,
        },
        notes=checked.notes,
        findings=_with_rates(table, interval, conf_level),
    )


def _with_rates(table: pd.DataFrame, interval: RateInterval, conf_level: float) -> pd.DataFrame:
    some = (table["person_time"] > 0).to_numpy()
    limits = np.full((2, len(table)), np.nan)
    limits[:, some] = rate_limits(table["events"][some], table["person_time"][some], interval, conf_level)
    rate = np.full(len(table), np.nan)
    rate[some] = table["events"][some] / table["person_time"][some]
    return table.assign(rate=rate, lower=limits[0], upper=limits[1])


def split_follow_up(checked: SurvivalInput, scales: Mapping[str, TimeScale]) -> Pieces:
    """Cut follow-up at the breaks of all scales.

    Parameters
    ----------
    checked : SurvivalInput
        Follow-up of every row.
    scales : mapping of str to TimeScale
        Scales by name.

    Returns
    -------
    Pieces
        Pieces in the order of rows and time.
    """
    if not scales:
        raise UsageError("there is no scale of time to split by", todo="name at least one with its breaks")
    times = checked.times
    start = np.zeros(len(times)) if times.entry is None else times.entry
    pieces = Pieces(np.arange(len(times)), start, times.exit, times.event, {})
    for name, scale in scales.items():
        breaks = np.asarray(scale.breaks, dtype=float)
        if not len(breaks) or np.any(np.diff(breaks) <= 0) or not np.isfinite(breaks).all():
            raise UsageError("the breaks of {scale} are not in order", todo="give them from low to high", scale=name)
        origin = np.zeros(len(times)) if scale.at_start is None else numbers(checked.frame, scale.at_start)
        pieces = _cut(pieces, name, (breaks[None, :] - origin[:, None]) * scale.unit)
    return pieces


def _cut(pieces: Pieces, name: str, cuts: FloatArray) -> Pieces:
    """Cut pieces at times that differ from row to row, shape (rows, cuts); cuts are in order within rows."""
    own = cuts[pieces.row]
    first = np.sum(own <= pieces.start[:, None], axis=1)
    last = np.maximum(np.sum(own < pieces.stop[:, None], axis=1), first)
    parts = last - first + 1
    source = np.repeat(np.arange(len(pieces.row)), parts)
    number = np.arange(len(source)) - np.repeat(np.cumsum(parts) - parts, parts)
    band = first[source] + number
    is_first, is_last = number == 0, number == parts[source] - 1
    start = np.where(is_first, pieces.start[source], own[source, np.maximum(band - 1, 0)])
    stop = np.where(is_last, pieces.stop[source], own[source, np.minimum(band, own.shape[1] - 1)])
    bands = {other: values[source] for other, values in pieces.bands.items()}
    return Pieces(pieces.row[source], start, stop, pieces.event[source] & is_last, {**bands, name: band})
