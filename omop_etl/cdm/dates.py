"""Date arithmetic for queries: the one place where engines differ.

Each helper gives a SQLAlchemy expression with a marker function; `Engine.sql` replaces the marker by what its engine
understands. Queries use these and never ``+ interval`` or ``datediff``.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement


def add_days(date: Any, days: Any) -> ColumnElement[Any]:
    """Date that lies `days` (an integer expression, may be negative) after `date`."""
    return sa.func.rwe_add_days(date, days, type_=sa.Date())


def days_between(start: Any, end: Any) -> ColumnElement[int]:
    """Whole days from `start` to `end`; negative where `end` is earlier."""
    return sa.func.rwe_days_between(start, end, type_=sa.Integer())


def year_of(date: Any) -> ColumnElement[int]:
    """Calendar year of a date."""
    return sa.cast(sa.extract("year", date), sa.Integer())


def second_of_day(time: Any) -> ColumnElement[int]:
    """Whole seconds since midnight, 0 to 86399, of a date with a time of day."""
    whole = sa.func.floor(sa.extract("second", time))
    hour, minute, second = (
        sa.cast(part, sa.Integer()) for part in (sa.extract("hour", time), sa.extract("minute", time), whole)
    )
    return hour * 3600 + minute * 60 + second


def month_start(date: Any) -> ColumnElement[Any]:
    """First day of the month that `date` lies in."""
    return sa.func.rwe_month_start(date, type_=sa.Date())


def make_date(year: Any, month: Any, day: Any) -> ColumnElement[Any]:
    """Date made of its parts; the parts must form a date."""
    return sa.func.rwe_make_date(year, month, day, type_=sa.Date())


def age_by_year(year_of_birth: Any, date: Any) -> ColumnElement[int]:
    """Age as OHDSI Circe counts it: the difference of the calendar years."""
    return year_of(date) - year_of_birth


def age_at(year_of_birth: Any, month_of_birth: Any, day_of_birth: Any, date: Any) -> ColumnElement[int]:
    """Completed years of life at `date`.

    A missing month or day of birth counts as the middle of the year (1 July) or of the month (the 15th). Someone born
    on 29 February completes a year on 1 March of a common year.
    """
    month = sa.func.coalesce(month_of_birth, 7)
    day = sa.func.coalesce(day_of_birth, sa.case((month_of_birth.is_(None), 1), else_=15))
    reached = sa.cast(sa.extract("month", date), sa.Integer()) * 100 + sa.cast(sa.extract("day", date), sa.Integer())
    return year_of(date) - year_of_birth - sa.case((reached < month * 100 + day, 1), else_=0)
