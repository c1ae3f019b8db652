"""Days and times as whole numbers.

A day is the number of days since 1970-01-01, a moment the number of seconds since then (local time, no zone).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SECONDS_PER_DAY = 86_400


def day_number(year: int, month: int = 1, day: int = 1) -> int:
    """Count the days from 1970-01-01 to a date.

    Examples
    --------
    >>> day_number(1970, 1, 2)
    1
    """
    return int(np.datetime64(f"{year:04d}-{month:02d}-{day:02d}").astype(int))


def year_of(day: NDArray[np.int64]) -> NDArray[np.int64]:
    """Calendar year of each day."""
    return day.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def day_of_month(day: NDArray[np.int64]) -> NDArray[np.int64]:
    """Day of the month (1-31) of each day."""
    dates = day.astype("datetime64[D]")
    return (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1


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
    birthday_to_come = month_of(at) * 100 + day_of_month(at) < month_of(birth) * 100 + day_of_month(birth)
    return years - birthday_to_come


def weekday(day: NDArray[np.int64]) -> NDArray[np.int64]:
    """Day of the week, Monday being 0."""
    return (day + 3) % 7


def off_sunday(day: NDArray[np.int64]) -> NDArray[np.int64]:
    """Move what falls on a Sunday to the Monday after it: clinics are closed."""
    return day + (weekday(day) == 6)
