"""Rates standardised to another population: directly, and indirectly as a ratio of observed to expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from scipy.stats import gamma

from analyses.findings import Findings, Ratios
from analyses.inputs import FloatArray, Missing, Rows, as_frame, numbers, select_rows
from analyses.notes import Note, warned
from analyses.options import quantile_of_level, require_known
from analyses.rates.counts import positive_values, whole_counts
from analyses.rates.intervals import RateInterval, rate_limits
from omop_etl.errors import CannotAnswerError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels

Unmatched = Literal["refuse", "drop"]
"""What to do with strata that the standard or the reference rates lack."""

_SIZE = "size of the standard"


@dataclass(frozen=True, kw_only=True)
class DirectStandardisation(Findings):
    """Rates: columns ``measure, method, estimate, lower, upper``.

    Rows: the ``crude`` rate (exact limits) and the ``adjusted`` one by ``fay-feuer``, ``wald`` and ``log-wald``. The
    further table ``strata`` gives what they are made of, ``variance`` the Poisson variance of the adjusted rate.
    """

    method: ClassVar[str] = "direct_standardisation"
    title: ClassVar[str] = "Directly standardised rate"


@dataclass(frozen=True, kw_only=True)
class IndirectStandardisation(Ratios):
    """Standardised ratio: columns ``measure, method, observed, expected, estimate, lower, upper``.

    The further table ``strata`` gives person-time, observed and expected events per stratum.
    """

    method: ClassVar[str] = "indirect_standardisation"
    title: ClassVar[str] = "Indirectly standardised ratio"

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the ratio with its limits."""
        from analyses.plots import estimate_chart

        return estimate_chart(self.findings[["measure", "method", "estimate", "lower", "upper"]], labels, null=1.0)


def direct_standardisation(
    data: Any,
    *,
    events: str,
    person_time: str,
    strata: str | Sequence[str],
    standard: Any,
    standard_size: str,
    per: float = 1.0,
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> DirectStandardisation:
    """Standardise a rate to the strata of another population.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        Events and person-time; rows of the same stratum are summed.
    events, person_time : str
        Their columns.
    strata : str or sequence of str
        Columns of the strata, such as age bands; the same in `standard`.
    standard : pandas.DataFrame or mapping
        The standard population.
    standard_size : str
        Its column of sizes (persons or person-time).
    per : float
        Units of person-time per rate.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    DirectStandardisation
        Crude and adjusted rate.

    Raises
    ------
    CannotAnswerError
        Strata of data and standard differ, events are no counts, or person-time is not above zero.

    Notes
    -----
    Fay and Feuer (1997), Stat Med 16:791. Equals R's ``epitools::ageadjust.direct``.

    Examples
    --------
    >>> ours = {"age": ["young", "old"], "cases": [10, 40], "years": [5000, 4000]}
    >>> world = {"age": ["young", "old"], "size": [70, 30]}
    >>> direct_standardisation(
    ...     ours, events="cases", person_time="years", strata="age", standard=world, standard_size="size", per=1000
    ... ).table.round(3)
        measure     method  estimate  lower  upper
    0     crude      exact     5.556  4.123  7.324
    1  adjusted  fay-feuer     4.400  3.221  5.930
    2  adjusted       wald     4.400  3.128  5.672
    3  adjusted   log-wald     4.400  3.296  5.875
    """
    z = quantile_of_level(conf_level)
    keys = [strata] if isinstance(strata, str) else list(strata)
    own, rows = _summed(data, keys, [events, person_time], missing)
    reference, _ = _summed(standard, keys, [standard_size], missing)
    both = own.merge(reference.rename(columns={standard_size: _SIZE}), on=keys, how="outer", indicator=True)
    _refuse_unmatched(both, keys)
    d, t = whole_counts(events, both[events]), positive_values(person_time, both[person_time])
    share = positive_values(standard_size, both[_SIZE])
    share = share / share.sum()
    adjusted, variance = float(share @ (d / t)), float(np.sum(share**2 * d / t**2))
    lower, upper = rate_limits(d.sum(), t.sum(), "exact", conf_level)
    se = float(np.sqrt(variance))
    factor = np.exp(z * se / adjusted) if adjusted > 0 else np.nan
    found = [
        ("crude", "exact", d.sum() / t.sum(), float(lower[0]), float(upper[0])),
        ("adjusted", "fay-feuer", adjusted, *_fay_feuer(adjusted, variance, share / t, conf_level)),
        ("adjusted", "wald", adjusted, adjusted - z * se, adjusted + z * se),
        ("adjusted", "log-wald", adjusted, adjusted / factor, adjusted * factor),
    ]
    table = pd.DataFrame(found, columns=["measure", "method", "estimate", "lower", "upper"])
    table[["estimate", "lower", "upper"]] *= per
    return DirectStandardisation(
        rows=rows,
        settings={
            "events": events,
            "person_time": person_time,
            "strata": keys,
            "standard_size": standard_size,
            "per": per,
            "conf_level": conf_level,
        },
        findings=table,
        further={
            "strata": both[[*keys, events, person_time]].assign(share=share, rate=d / t * per),
            "variance": pd.DataFrame({"variance": [variance * per**2]}),
        },
    )


def indirect_standardisation(
    data: Any,
    *,
    events: str,
    person_time: str,
    strata: str | Sequence[str],
    reference: Any,
    reference_rate: str,
    unmatched: Unmatched = "refuse",
    interval: RateInterval = "exact",
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> IndirectStandardisation:
    """Compare observed events with those expected at the rates of another population.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        Events and person-time by strata; rows of the same stratum are summed.
    events, person_time : str
        Their columns.
    strata : str or sequence of str
        Columns of the strata; the same in `reference`.
    reference : pandas.DataFrame or mapping
        Rates of the other population, one row per stratum.
    reference_rate : str
        Its column of rates per unit of person-time.
    unmatched : {"refuse", "drop"}
        What to do with strata that have no reference rate; events there count neither as observed.
    interval : {"exact", "mid-p", "byar", "rothman", "wald", "log-wald"}
        How the limits are computed; see `rate_limits`.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    IndirectStandardisation
        Standardised ratio (of mortality or incidence).

    Raises
    ------
    CannotAnswerError
        A stratum has no reference rate, or nothing is expected.

    Notes
    -----
    Breslow and Day (1987), Statistical methods in cancer research II, chapter 2. Strata left out are noted.

    Examples
    --------
    >>> ours = {"age": ["young", "old"], "deaths": [10, 40], "years": [5000, 4000]}
    >>> country = {"age": ["young", "old"], "rate": [0.001, 0.008]}
    >>> indirect_standardisation(
    ...     ours, events="deaths", person_time="years", strata="age", reference=country, reference_rate="rate"
    ... ).table.round(3)
                  measure method  observed  expected  estimate  lower  upper
    0  standardised_ratio  exact      50.0      37.0     1.351  1.003  1.782
    """
    require_known("unmatched", unmatched, Unmatched)
    quantile_of_level(conf_level)
    keys = [strata] if isinstance(strata, str) else list(strata)
    own, rows = _summed(data, keys, [events, person_time], missing)
    rates, _ = select_rows(as_frame(reference), [*keys, reference_rate], missing)
    _refuse_repeated(rates, keys)
    both = own.merge(rates[[*keys, reference_rate]], on=keys, how="left", indicator=True)
    lacking = (both["_merge"] == "left_only").to_numpy() & (both[person_time] > 0).to_numpy()
    notes: tuple[Note, ...] = ()
    if lacking.any():
        if unmatched == "refuse":
            _refuse_unmatched(both[both["_merge"].eq("both") | lacking], keys)
        notes = (_left_out(both[lacking], keys, events, person_time),)
    both = both[both["_merge"] == "both"]
    if not len(both):
        raise CannotAnswerError("no stratum has a reference rate", todo="check the columns of the strata")
    observed, time = both[events].to_numpy(float), both[person_time].to_numpy(float)
    expected = time * numbers(both, reference_rate)
    total = expected.sum()
    if not total > 0:
        raise CannotAnswerError("no event is expected at the reference rates", todo="check the reference rates")
    lower, upper = rate_limits(observed.sum(), total, interval, conf_level)
    row = ("standardised_ratio", interval, observed.sum(), total, observed.sum() / total, lower[0], upper[0])
    return IndirectStandardisation(
        rows=rows,
        settings={
            "events": events,
            "person_time": person_time,
            "strata": keys,
            "reference_rate": reference_rate,
            "unmatched": unmatched,
            "interval": interval,
            "conf_level": conf_level,
        },
        notes=notes,
        findings=pd.DataFrame(
            [row], columns=["measure", "method", "observed", "expected", "estimate", "lower", "upper"]
        ),
        further={"strata": both[[*keys, person_time, events]].assign(expected=expected)},
    )


def _summed(data: Any, keys: list[str], values: list[str], missing: Missing) -> tuple[pd.DataFrame, Rows]:
    frame, rows = select_rows(as_frame(data), [*keys, *values], missing)
    checked = frame[keys].assign(**{name: numbers(frame, name) for name in values})
    return checked.groupby(keys, observed=True, sort=True)[values].sum().reset_index(), rows


def _refuse_unmatched(both: pd.DataFrame, keys: list[str]) -> None:
    apart = int((both["_merge"] != "both").sum())
    if apart:
        raise CannotAnswerError(
            "{strata} of {total} strata of {columns} are in one of the two populations only",
            todo="band both alike, or merge strata",
            strata=apart,
            total=len(both),
            columns=", ".join(keys),
        )


def _refuse_repeated(rates: pd.DataFrame, keys: list[str]) -> None:
    repeated = int(rates.duplicated(keys).sum())
    if repeated:
        raise CannotAnswerError(
            "the reference has {rows} further rows for strata of {columns} that it has already",
            todo="give one rate per stratum",
            rows=repeated,
            columns=", ".join(keys),
        )


def _left_out(lacking: pd.DataFrame, keys: list[str], events: str, person_time: str) -> Note:
    return warned(
        Note(
            "{strata} strata of {columns} have no reference rate and are left out, with {time:g} of person-time and "
            "{events:g} events",
            code="unmatched_strata",
            strata=len(lacking),
            columns=", ".join(keys),
            time=float(lacking[person_time].sum()),
            events=float(lacking[events].sum()),
        )
    )


def _fay_feuer(rate: float, variance: float, weight: FloatArray, conf_level: float) -> tuple[float, float]:
    """Limits by the gamma distribution; the upper one as if the stratum of greatest weight had one event more."""
    tail = (1 - conf_level) / 2
    lower = 0.0 if rate == 0 else float(gamma.ppf(tail, rate**2 / variance, scale=variance / rate))
    more, spread = rate + float(weight.max()), variance + float(weight.max()) ** 2
    return lower, float(gamma.isf(tail, more**2 / spread, scale=spread / more))
