"""Counts over calendar time, as fine as they may be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from workbench.access import DisclosurePolicy, protect_parts

Unit = Literal["month", "quarter", "year"]

_FREQUENCIES: Final[dict[Unit, str]] = {"month": "M", "quarter": "Q", "year": "Y"}
_MOST_HIDDEN: Final = 0.5


@dataclass(frozen=True)
class Periods:
    """Persons by calendar period.

    Attributes
    ----------
    unit : {"month", "quarter", "year"}
        Length of a period.
    names : tuple of str
        Names of the periods: ``2024-03``, ``2024Q1``, ``2024``.
    starts : tuple of pandas.Timestamp
        Their first days.
    counts : tuple of (int or None)
        Persons; none where hidden.
    texts : tuple of str
        How each count is written.
    """

    unit: Unit
    names: tuple[str, ...]
    starts: tuple[pd.Timestamp, ...]
    counts: tuple[int | None, ...]
    texts: tuple[str, ...]


def period_of(days: pd.Series, unit: Unit) -> pd.Series:
    """Give the month, quarter or year of days, or of months such as ``2024-03``."""
    return pd.to_datetime(days).dt.to_period(_FREQUENCIES[unit])


def protect_monthly(monthly: pd.DataFrame, policy: DisclosurePolicy, *, outside: int = 0) -> Periods | None:
    """Show persons by month, or by quarter or year where too many months would be hidden.

    Only one of the three is ever shown: together they would give hidden months away.

    Parameters
    ----------
    monthly : pandas.DataFrame
        Columns ``month, persons``; the sum with `outside` is known to readers.
    policy : DisclosurePolicy
        The rule on small counts.
    outside : int
        Persons of the known whole who are in no month.

    Returns
    -------
    Periods or None
        None where not even years can be shown.
    """
    coarsest: Periods | None = None
    for unit in _FREQUENCIES:
        period = period_of(monthly["month"], unit)
        totals = monthly["persons"].groupby(period).sum()
        counts = [int(count) for count in totals]
        protected = protect_parts([*counts, *([outside] if outside else [])], policy)
        if protected is None:
            continue
        index = pd.PeriodIndex(totals.index)
        coarsest = Periods(
            unit=unit,
            names=tuple(str(name) for name in index),
            starts=tuple(index.start_time),
            counts=protected.counts[: len(counts)],
            texts=protected.texts[: len(counts)],
        )
        filled = sum(count > 0 for count in counts)
        hidden = sum(count is None for count in protected.counts)
        if hidden <= _MOST_HIDDEN * filled:
            return coarsest
    return coarsest
