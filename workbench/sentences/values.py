"""Ranges, dates and lists in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cohorts.definition import Concept, DateAdjustment, DateRange, NumericRange, Occurrence, Period, TextFilter
from workbench.locales import Translator, mark

_SIGNS: Final = {"lt": "<", "lte": "≤", "eq": "=", "!eq": "≠", "gt": ">", "gte": "≥"}
_DATES: Final = {
    "lt": mark("before {date}"),
    "lte": mark("on or before {date}"),
    "eq": mark("on {date}"),
    "!eq": mark("on another day than {date}"),
    "gt": mark("after {date}"),
    "gte": mark("on or after {date}"),
    "bt": mark("from {date} to {other}"),
    "!bt": mark("before {date} or after {other}"),
}
_TEXT: Final = {
    "contains": mark('contains "{text}"'),
    "!contains": mark('does not contain "{text}"'),
    "startsWith": mark('begins with "{text}"'),
    "!startsWith": mark('does not begin with "{text}"'),
    "endsWith": mark('ends with "{text}"'),
    "!endsWith": mark('does not end with "{text}"'),
}
COUNTED: Final = {
    "DAYS_SUPPLY": mark("days of supply"),
    "DOMAIN_CONCEPT": mark("concepts"),
    "DOMAIN_SOURCE_CONCEPT": mark("source codes"),
    "DURATION": mark("lengths"),
    "END_DATE": mark("end dates"),
    "ERA_OCCURRENCES": mark("numbers of records"),
    "GAP_DAYS": mark("gaps"),
    "QUANTITY": mark("quantities"),
    "RANGE_HIGH": mark("upper limits"),
    "RANGE_LOW": mark("lower limits"),
    "REFILLS": mark("numbers of refills"),
    "START_DATE": mark("start dates"),
    "UNIT": mark("units"),
    "VALUE_AS_NUMBER": mark("values"),
    "VISIT_ID": mark("visits"),
    "VISIT_DETAIL_ID": mark("parts of a visit"),
}
"""What a count of distinct values counts."""


def number_range(t: Translator, value: NumericRange, unit: str = "") -> str:
    """Word a comparison with a number.

    Examples
    --------
    >>> from workbench.locales import translator
    >>> number_range(translator("en"), NumericRange(value=90, op="gte"), "g/L")
    '≥ 90 g/L'
    """
    after = f" {unit}" if unit else ""
    if value.op in _SIGNS:
        return f"{_SIGNS[value.op]} {plain(value.value)}{after}"
    between = f"{plain(value.value)}–{plain(value.extent)}{after}"
    return t("outside {range}", range=between) if (value.op or "").startswith("!") else between


def date_range(t: Translator, value: DateRange) -> str:
    """Word a comparison with a date.

    Examples
    --------
    >>> from workbench.locales import translator
    >>> date_range(translator("en"), DateRange(value="2020-01-01", op="gte"))
    'on or after 2020-01-01'
    """
    return t(_DATES.get(value.op or "", _DATES["eq"]), date=plain(value.value), other=plain(value.extent))


def text_filter(t: Translator, value: TextFilter) -> str:
    """Word a comparison with a text."""
    return t(_TEXT[value.op], text=value.text) if value.op in _TEXT else f"= {value.text}"


def period(t: Translator, value: Period) -> str:
    """Word two fixed dates, either of which may be missing."""
    if value.start_date and value.end_date:
        return t(_DATES["bt"], date=value.start_date, other=value.end_date)
    if value.start_date:
        return t("from {date} on", date=value.start_date)
    return t("until {date}", date=value.end_date or "?")


def concepts(t: Translator, values: list[Concept], names: Mapping[int, str]) -> str:
    """List concepts by name, or by number where they have none; a name that several have once."""
    said = [(names.get(c.concept_id) or c.concept_name or str(c.concept_id)).strip() for c in values]
    return listed(t, list(dict.fromkeys(said)))


def days(t: Translator, number: int) -> str:
    """Word a number of days."""
    return t("1 day") if number == 1 else t("{n} days", n=number)


def duration(t: Translator, seconds: int, most: int = 3) -> str:
    """Word a length of time in hours, minutes and seconds, the `most` largest of them.

    Examples
    --------
    >>> from workbench.locales import translator
    >>> duration(translator("en"), 129_600), duration(translator("en"), 5_400), duration(translator("zh"), 2_520)
    ('36 hours', '1 hour 30 minutes', '42 分钟')
    """
    hours, rest = divmod(abs(seconds), 3600)
    minutes, left = divmod(rest, 60)
    parts = [
        (hours, t("1 hour") if hours == 1 else t("{n} hours", n=hours)),
        (minutes, t("1 minute") if minutes == 1 else t("{n} minutes", n=minutes)),
        (left, t("1 second") if left == 1 else t("{n} seconds", n=left)),
    ]
    said = [words for number, words in parts if number]
    return " ".join(said[:most]) or parts[0][1]


def listed(t: Translator, texts: list[str]) -> str:
    """Join alternatives."""
    return t(" or ").join(texts)


def often(t: Translator, occurrence: Occurrence) -> str:
    """Word how often something must occur; a count of distinct values says of what."""
    n, kind = occurrence.count, occurrence.type
    if occurrence.is_distinct:
        column = t(COUNTED.get(occurrence.count_column or "DOMAIN_CONCEPT", COUNTED["DOMAIN_CONCEPT"]))
        words = (
            t("with exactly {n} different {column}"),
            t("with at most {n} different {column}"),
            t("with at least {n} different {column}"),
        )
        return words[kind].format(n=n, column=column)
    if n == 1:
        return (t("exactly once"), t("at most once"), t("at least once"))[kind]
    if n == 0 and kind == 2:
        return t("any number of times, even none")
    return (t("exactly {n} times"), t("at most {n} times"), t("at least {n} times"))[kind].format(n=n)


def adjustment(t: Translator, value: DateAdjustment) -> str:
    """Word the dates that an event is given instead of its own."""
    return t(
        "counted as lasting from {start} to {end}",
        start=_moved(t, value.start_with == "END_DATE", value.start_offset or 0),
        end=_moved(t, value.end_with != "START_DATE", value.end_offset or 0),
    )


def _moved(t: Translator, from_end: bool, offset: int) -> str:
    place = t("its end") if from_end else t("its start")
    if offset == 0:
        return place
    words = t("{days} before {index}") if offset < 0 else t("{days} after {index}")
    return words.format(days=days(t, abs(offset)), index=place)


def plain(value: float | str | None) -> str:
    """Write a number without needless decimals.

    Examples
    --------
    >>> plain(30.0), plain(0.5), plain(1234567.0), plain(None)
    ('30', '0.5', '1234567', '?')
    """
    if isinstance(value, float):
        return f"{value:.10g}"
    return "?" if value is None else str(value)
