"""Date arithmetic in queries: the same answers on every engine, and those of Python's own calendar."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from omop_etl.cdm.dates import (
    add_days,
    age_at,
    age_by_year,
    days_between,
    make_date,
    month_start,
    second_of_day,
    year_of,
)
from omop_etl.cdm.engines.base import scratch_table
from tests.servers.engines import TestEngine

DATES = scratch_table(
    "dates",
    sa.Column("row", sa.BigInteger),
    sa.Column("a", sa.Date),
    sa.Column("b", sa.Date),
    sa.Column("days", sa.BigInteger),
    sa.Column("year", sa.BigInteger),
    sa.Column("month", sa.BigInteger),
    sa.Column("day", sa.BigInteger),
)
COLUMNS = DATES.c

HELPERS = {
    "a + days": add_days(COLUMNS.a, COLUMNS.days),
    "a + 1": add_days(COLUMNS.a, 1),
    "a - 366": add_days(COLUMNS.a, -366),
    "(a + days) - days": add_days(add_days(COLUMNS.a, COLUMNS.days), -COLUMNS.days),
    "days a to b": days_between(COLUMNS.a, COLUMNS.b),
    "days a to a + days": days_between(COLUMNS.a, add_days(COLUMNS.a, COLUMNS.days)),
    "a + days a to b": add_days(COLUMNS.a, days_between(COLUMNS.a, COLUMNS.b)),
    "year of a": year_of(COLUMNS.a),
    "month of a": month_start(COLUMNS.a),
    "first of parts": make_date(COLUMNS.year, COLUMNS.month, COLUMNS.day),
    "age by year": age_by_year(COLUMNS.year, COLUMNS.a),
    "age": age_at(COLUMNS.year, COLUMNS.month, COLUMNS.day, COLUMNS.a),
}

TABLE = """
a          | b          | days   | year | month | day
2020-02-28 | 2020-03-01 | 1      | 1960 | 2     | 29
2020-02-29 | 2021-02-28 | 366    | 1960 | 2     | 29
2021-02-28 | 2020-02-29 | -365   | 1960 | 2     | 29
2021-03-01 | 2021-02-28 | -1     | 1960 | 2     | 29
1900-02-28 | 1900-03-01 | 1      | 1896 | 2     | 29
2000-02-28 | 2000-03-01 | 1      | 1896 | 2     | 29
2100-02-28 | 2100-03-01 | 1      | 2000 | 2     | 29
2019-12-31 | 2020-01-01 | 1      | 2000 | 1     | 1
2020-01-01 | 2019-12-31 | -1     | 2000 | 12    | 31
2020-01-31 | 2020-04-30 | 30     | 2000 | 1     | 31
2020-03-31 | 2020-02-29 | -31    | 2000 | 3     | 31
2020-04-30 | 2020-04-30 | 0      | 2000 | 4     | 30
2020-06-30 | 2020-07-01 | 3      | 2000 | .     | .
2020-07-01 | 2020-07-01 | 3      | 2000 | .     | .
2020-06-14 | 2020-07-01 | 3      | 2000 | 6     | .
2020-06-15 | 2020-07-01 | 3      | 2000 | 6     | .
2020-06-30 | 2020-07-01 | 3      | 2000 | .     | 5
2020-07-05 | 2020-07-01 | 3      | 2000 | .     | 5
1899-12-31 | 2099-12-31 | 40000  | 1850 | 1     | 1
1969-12-31 | 1970-01-01 | -25000 | 1900 | 1     | 1
.          | 2020-01-01 | 5      | 2000 | 1     | 1
2020-01-01 | .          | 5      | 2000 | 1     | 1
2020-01-01 | 2020-01-02 | .      | 2000 | 1     | 1
2020-01-01 | 2020-01-02 | 5      | .    | .     | .
.          | .          | .      | .    | .     | .
"""


def cells() -> list[dict[str, Any]]:
    header, *lines = ([cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines())
    return [{name: _typed(name, cell) for name, cell in zip(header, line, strict=True)} for line in lines]


def _typed(name: str, cell: str) -> Any:
    if cell == ".":
        return None
    return date.fromisoformat(cell) if name in ("a", "b") else int(cell)


def expected(a: Any, b: Any, days: Any, year: Any, month: Any, day: Any) -> dict[str, Any]:
    """Answers of Python's calendar; null in, null out."""

    def if_known(answer: Any, *values: Any) -> Any:
        return None if None in values else answer()

    return {
        "a + days": if_known(lambda: a + timedelta(days), a, days),
        "a + 1": if_known(lambda: a + timedelta(1), a),
        "a - 366": if_known(lambda: a - timedelta(366), a),
        "(a + days) - days": if_known(lambda: a, a, days),
        "days a to b": if_known(lambda: (b - a).days, a, b),
        "days a to a + days": if_known(lambda: days, a, days),
        "a + days a to b": if_known(lambda: b, a, b),
        "year of a": if_known(lambda: a.year, a),
        "month of a": if_known(lambda: a.replace(day=1), a),
        "first of parts": if_known(lambda: date(year, month, day), year, month, day),
        "age by year": if_known(lambda: a.year - year, a, year),
        "age": if_known(lambda: completed_years(a, year, month, day), a, year),
    }


def completed_years(at: date, year: int, month: int | None, day: int | None) -> int:
    """Birthdays up to a date; one on 29 February is on 1 March in a common year."""
    if day is None:
        day = 1 if month is None else 15
    birthday = (7 if month is None else month, day)
    return sum((at.year, at.month, at.day) >= (later, *birthday) for later in range(year + 1, at.year + 1))


def test_every_helper_answers_as_the_calendar_does(engine: TestEngine) -> None:
    folder = engine.new_folder()
    pq.write_table(pa.table({"person_id": pa.array([1], pa.int64())}), folder / "person.parquet")
    cdm = engine.open(folder)
    rows = cells()
    cdm.engine.load(DATES, pa.Table.from_pylist([{"row": number, **row} for number, row in enumerate(rows)]))
    for name, helper in HELPERS.items():
        answers = cdm.engine.fetch(sa.select(COLUMNS.row, helper.label("answer")).order_by(COLUMNS.row))
        found = dict(zip(*(column.to_pylist() for column in answers.columns), strict=True))
        wanted = {number: expected(**row)[name] for number, row in enumerate(rows)}
        assert found == wanted, name
        assert {type(answer) for answer in found.values() if answer is not None} <= {int, date}, name


MOMENTS = scratch_table("moments", sa.Column("row", sa.BigInteger), sa.Column("at", sa.DateTime))


def test_the_second_of_the_day_is_whole_and_counts_from_midnight(engine: TestEngine) -> None:
    folder = engine.new_folder()
    pq.write_table(pa.table({"person_id": pa.array([1], pa.int64())}), folder / "person.parquet")
    cdm = engine.open(folder)
    texts = ("2020-02-29 00:00:00", "1969-12-31 23:59:59", "2020-03-29 02:30:15", "2020-07-01 12:00:59.999999", "")
    times = [datetime.fromisoformat(text) if text else None for text in texts]
    cdm.engine.load(MOMENTS, pa.Table.from_pylist([{"row": n, "at": at} for n, at in enumerate(times)]))
    answers = cdm.engine.fetch(sa.select(MOMENTS.c.row, second_of_day(MOMENTS.c.at)).order_by(MOMENTS.c.row))
    found = answers.column(1).to_pylist()
    assert found == [None if at is None else at.hour * 3600 + at.minute * 60 + at.second for at in times]
    assert {type(second) for second in found[:-1]} == {int}


def test_helpers_can_be_compared_in_a_condition(engine: TestEngine) -> None:
    folder = engine.new_folder()
    pq.write_table(pa.table({"person_id": pa.array([1], pa.int64())}), folder / "person.parquet")
    cdm = engine.open(folder)
    rows = cells()
    cdm.engine.load(DATES, pa.Table.from_pylist([{"row": number, **row} for number, row in enumerate(rows)]))
    near = days_between(COLUMNS.a, COLUMNS.b).between(0, 30) & (add_days(COLUMNS.a, COLUMNS.days) >= COLUMNS.b)
    found = cdm.engine.fetch(sa.select(COLUMNS.row).where(near)).column(0).to_pylist()
    wanted = [
        number
        for number, row in enumerate(rows)
        if None not in (row["a"], row["b"], row["days"])
        and 0 <= (row["b"] - row["a"]).days <= 30
        and row["a"] + timedelta(row["days"]) >= row["b"]
    ]
    assert sorted(found) == wanted
    assert wanted
