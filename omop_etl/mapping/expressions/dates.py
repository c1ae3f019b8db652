"""Dates and times: reading them, and arithmetic in days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field
from typing_extensions import override

from omop_etl.mapping.expressions.base import Expression
from omop_etl.mapping.scope import Scope
from omop_etl.mapping.sql import TEMPORAL, Sql, as_text, literals

if TYPE_CHECKING:
    from omop_etl.mapping.expressions.base import Expr

SENTINELS = ("1900-01-01", "1899-12-30", "9999-12-31", "0001-01-01")
"""Dates that systems write for "none"."""


class Datetime(Expression):
    """A point in time: ``{datetime: 采样时间}``.

    Read by the formats given (as Python's ``strptime`` has them) or else in the usual ways: 2023-05-06 08:03:11.0,
    2023/5/6 8:03, 20230506, 20230506080311, 2023年5月6日, 2023.5.6. A sentinel such as 1900-01-01 gives nothing;
    24:00 is midnight at the end of the day.
    """

    datetime: Expr
    formats: list[str] = Field(default_factory=list)
    sentinels: list[str] = Field(default_factory=lambda: list(SENTINELS))

    @override
    def sql(self, scope: Scope) -> Sql:
        date = scope.once(self.parsed(scope))
        if not self.sentinels:
            return Sql(date, "datetime")
        day = scope.once(f"CAST({date} AS DATE)")
        known = " OR ".join(f"{day} = DATE '{sentinel}'" for sentinel in self.sentinels)
        return Sql(f"CASE WHEN NOT ({known}) THEN {date} END", "datetime")

    def source(self) -> Expression:
        """Give what the date is read from."""
        return self.datetime

    def parsed(self, scope: Scope) -> str:
        """Date as written, sentinels included."""
        source = scope.expect(self.source().sql(scope), "text", "date", "datetime")
        if source.type in TEMPORAL:
            return source.text
        if self.formats:
            return f"TRY_STRPTIME({as_text(source)}, {literals(self.formats)})"
        iso = scope.once(f"iso_text({as_text(source)})")
        return f"moment({iso})"


class Date(Datetime):
    """As ``datetime``, but the day alone: ``{date: 出生日期}``."""

    datetime: Expr = Field(alias="date")

    @override
    def sql(self, scope: Scope) -> Sql:
        return Sql(f"CAST({super().sql(scope).text} AS DATE)", "date")


class AddDays(Expression):
    """The day a number of days later: ``{add_days: 开始, days: 29}``."""

    add_days: Expr
    days: Expr

    @override
    def sql(self, scope: Scope) -> Sql:
        date = scope.expect(self.add_days.sql(scope), *TEMPORAL)
        days = scope.expect(self.days.sql(scope), "integer")
        return Sql(f"(CAST({date.text} AS DATE) + CAST({days.text} AS INTEGER))", "date")


class DaysBetween(Expression):
    """Whole days from the first to the second: ``{days_between: [开始, 停止]}``."""

    days_between: tuple[Expr, Expr]

    @override
    def sql(self, scope: Scope) -> Sql:
        first, second = (scope.expect(item.sql(scope), *TEMPORAL) for item in self.days_between)
        return Sql(f"(CAST({second.text} AS DATE) - CAST({first.text} AS DATE))", "integer")


class Latest(Expression):
    """The latest of several dates; what is empty is left out: ``{latest: [开始, 停止]}``."""

    latest: list[Expr] = Field(min_length=1)

    @override
    def sql(self, scope: Scope) -> Sql:
        return _extreme(scope, self.latest, "greatest")


class Earliest(Expression):
    """The earliest of several dates; what is empty is left out: ``{earliest: [停止, 出院]}``."""

    earliest: list[Expr] = Field(min_length=1)

    @override
    def sql(self, scope: Scope) -> Sql:
        return _extreme(scope, self.earliest, "least")


class Year(Expression):
    """Calendar year of a date: ``{year: 出生}``."""

    year: Expr

    @override
    def sql(self, scope: Scope) -> Sql:
        return _part(scope, self.year, "year")


class Month(Expression):
    """Month of a date: ``{month: 出生}``."""

    month: Expr

    @override
    def sql(self, scope: Scope) -> Sql:
        return _part(scope, self.month, "month")


class Day(Expression):
    """Day of the month of a date: ``{day: 出生}``."""

    day: Expr

    @override
    def sql(self, scope: Scope) -> Sql:
        return _part(scope, self.day, "day")


def _extreme(scope: Scope, items: list[Expr], function: str) -> Sql:
    dates = [scope.expect(item.sql(scope), *TEMPORAL) for item in items]
    kind = "datetime" if any(date.type == "datetime" for date in dates) else "date"
    return Sql(f"{function}({', '.join(date.text for date in dates)})", kind)


def _part(scope: Scope, item: Expr, part: str) -> Sql:
    date = scope.expect(item.sql(scope), *TEMPORAL)
    return Sql(f"{part}({date.text})", "integer")
