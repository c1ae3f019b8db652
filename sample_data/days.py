"""Days and times as whole numbers, and their spelling in the styles that hospital exports use.

A day is the number of days since 1970-01-01, a moment the number of seconds since then (local time, no zone).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

SECONDS_PER_DAY = 86_400

_CALENDAR_START = np.datetime64("1900-01-01")
_CALENDAR_END = np.datetime64("2045-01-01")
FIRST_SPELLED_DAY = int(_CALENDAR_START.astype(int))

_DAY_STYLES: dict[str, Callable[[int, int, int], str]] = {
    "iso": lambda y, m, d: f"{y:04d}-{m:02d}-{d:02d}",
    "slash": lambda y, m, d: f"{y}/{m}/{d}",
    "compact": lambda y, m, d: f"{y:04d}{m:02d}{d:02d}",
    "chinese": lambda y, m, d: f"{y}年{m}月{d}日",
}

_CLOCK_STYLES: dict[str, Callable[[int, int, int], str]] = {
    "second": lambda h, m, s: f" {h:02d}:{m:02d}:{s:02d}",
    "tenth": lambda h, m, s: f" {h:02d}:{m:02d}:{s:02d}.0",
    "minute": lambda h, m, s: f" {h:02d}:{m:02d}",
    "short": lambda h, m, s: f" {h}:{m:02d}",
    "compact": lambda h, m, s: f"{h:02d}{m:02d}{s:02d}",
}


def day_number(year: int, month: int = 1, day: int = 1) -> int:
    """Count the days from 1970-01-01 to a date.

    Examples
    --------
    >>> day_number(1970, 1, 2)
    1
    """
    return int(np.datetime64(f"{year:04d}-{month:02d}-{day:02d}").astype(int))


@cache
def spelled_days(style: str) -> tuple[str, ...]:
    """Every day from 1900 to 2044 in one style (`iso`, `slash`, `compact`, `chinese`), from `FIRST_SPELLED_DAY` on."""
    spell = _DAY_STYLES[style]
    days = np.arange(_CALENDAR_START, _CALENDAR_END)
    years = days.astype("datetime64[Y]").astype(int) + 1970
    months = days.astype("datetime64[M]").astype(int) % 12 + 1
    in_month = (days - days.astype("datetime64[M]")).astype(int) + 1
    return tuple(map(spell, years.tolist(), months.tolist(), in_month.tolist()))


@cache
def spelled_clock(style: str) -> tuple[str, ...]:
    """Every second of a day in one style (`second`, `tenth`, `minute`, `short`, `compact`)."""
    spell = _CLOCK_STYLES[style]
    return tuple(spell(s // 3600, s // 60 % 60, s % 60) for s in range(SECONDS_PER_DAY))


def year_of(day: NDArray[np.int64]) -> NDArray[np.int64]:
    """Calendar year of each day."""
    return day.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def month_of(day: NDArray[np.int64]) -> NDArray[np.int64]:
    """Calendar month (1-12) of each day."""
    return day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1


def completed_years(birth: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Age in completed years.

    Examples
    --------
    >>> import numpy as np
    >>> completed_years(np.array([day_number(1960, 5, 6)]), np.array([day_number(2020, 5, 5)])).tolist()
    [59]
    """
    years = year_of(at) - year_of(birth)
    born = birth.astype("datetime64[D]")
    now = at.astype("datetime64[D]")
    birth_in_year = month_of(birth) * 100 + (born - born.astype("datetime64[M]")).astype(np.int64)
    now_in_year = month_of(at) * 100 + (now - now.astype("datetime64[M]")).astype(np.int64)
    return years - (now_in_year < birth_in_year)


def weekday(day: NDArray[np.int64]) -> NDArray[np.int64]:
    """Day of the week, Monday being 0."""
    return (day + 3) % 7


def off_sunday(day: NDArray[np.int64]) -> NDArray[np.int64]:
    """Move what falls on a Sunday to the Monday after it: clinics are closed."""
    return day + (weekday(day) == 6)
