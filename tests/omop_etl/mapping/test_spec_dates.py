"""Dates and times: the ways in which hospital systems write them, and arithmetic in days."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.omop_etl.mapping.language import Language
from tests.omop_etl.spec import rows_of

TIMES = """
text                     | moment
2023-05-06 08:03:11.0    | 2023-05-06T08:03:11
2023-05-06 08:03         | 2023-05-06T08:03:00
2023-05-06T08:03:11      | 2023-05-06T08:03:11
2023-5-6                 | 2023-05-06T00:00:00
2023/5/6                 | 2023-05-06T00:00:00
2023/5/6 8:03            | 2023-05-06T08:03:00
20230506                 | 2023-05-06T00:00:00
202305060803             | 2023-05-06T08:03:00
20230506080311           | 2023-05-06T08:03:11
2023年5月6日             | 2023-05-06T00:00:00
2023年05月06日 08:03     | 2023-05-06T08:03:00
2023.5.6                 | 2023-05-06T00:00:00
２０２３－０５－０６     | 2023-05-06T00:00:00
2023-05-06 24:00:00      | 2023-05-07T00:00:00
2020-02-29               | 2020-02-29T00:00:00
2023-02-29               |
20230230                 |
0000-00-00               |
2023-13-01               |
45123                    |
不详                     |
"""


def test_times_are_read_in_the_usual_ways(language: Language) -> None:
    expected = rows_of(TIMES)
    found = language.values({"datetime": "text"}, [{"text": row["text"]} for row in expected])
    assert found == [row["moment"] and dt.datetime.fromisoformat(row["moment"]) for row in expected]


def test_a_date_is_the_day_of_a_time(language: Language) -> None:
    assert language.values({"date": "text"}, [{"text": "2023-05-06 23:59:59"}]) == [dt.date(2023, 5, 6)]


@pytest.mark.parametrize("text", ["1900-01-01", "1900-01-01 00:00:00", "9999-12-31", "0001-01-01"])
def test_dates_that_systems_write_for_none_are_none(language: Language, text: str) -> None:
    assert language.values({"datetime": "text"}, [{"text": text}]) == [None]


def test_a_mapping_may_have_other_sentinels_or_none(language: Language) -> None:
    rows = [{"text": "1900-01-01"}, {"text": "2999-12-31"}]
    assert language.values({"date": "text", "sentinels": ["2999-12-31"]}, rows) == [dt.date(1900, 1, 1), None]
    assert language.values({"date": "text", "sentinels": []}, rows) == [dt.date(1900, 1, 1), dt.date(2999, 12, 31)]


def test_formats_that_are_given_are_the_only_ones(language: Language) -> None:
    rows = [{"text": "06.05.2023"}, {"text": "2023-05-06"}]
    assert language.values({"date": "text", "formats": ["%d.%m.%Y"]}, rows) == [dt.date(2023, 5, 6), None]


def test_arithmetic_in_days(language: Language) -> None:
    lets = {
        "a": {"date": "first"},
        "b": {"date": "second"},
        "later": {"add_days": "a", "days": 29},
        "between": {"days_between": ["a", "b"]},
        "latest": {"latest": ["a", "b"]},
        "earliest": {"earliest": ["a", "b"]},
        "year": {"year": "a"},
        "month": {"month": "a"},
        "day": {"day": "a"},
    }
    rows = rows_of("""
        first      | second
        2023-01-31 | 2023-03-01
        2023-01-31 |
    """)
    found = language.lets(lets, rows)
    assert found["later"] == [dt.date(2023, 3, 1)] * 2
    assert found["between"] == [29, None]
    assert found["latest"] == [dt.date(2023, 3, 1), dt.date(2023, 1, 31)], "what is empty is left out"
    assert found["earliest"] == [dt.date(2023, 1, 31)] * 2
    assert (found["year"], found["month"], found["day"]) == ([2023, 2023], [1, 1], [31, 31])
