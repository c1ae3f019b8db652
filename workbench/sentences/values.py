"""Ranges, dates and lists in words."""

from __future__ import annotations

from typing import Final

from cohorts.definition import Concept, DateRange, NumericRange, Occurrence, Period, TextFilter, Window
from workbench.locales import Translator, mark

_SIGNS: Final = {"lt": "<", "lte": "≤", "eq": "=", "!eq": "≠", "gt": ">", "gte": "≥"}
_TEXT: Final = {
    "contains": mark('contains "{text}"'),
    "!contains": mark('does not contain "{text}"'),
    "startsWith": mark('begins with "{text}"'),
    "!startsWith": mark('does not begin with "{text}"'),
    "endsWith": mark('ends with "{text}"'),
    "!endsWith": mark('does not end with "{text}"'),
}


def comparison(t: Translator, value: NumericRange | DateRange, unit: str = "") -> str:
    """Word a comparison with a number or a date.

    Examples
    --------
    >>> from workbench.locales import translator
    >>> comparison(translator("en"), NumericRange(value=90, op="gte"), "g/L")
    '≥ 90 g/L'
    """
    after = f" {unit}" if unit else ""
    if value.op in _SIGNS:
        return f"{_SIGNS[value.op]} {_plain(value.value)}{after}"
    between = f"{_plain(value.value)}–{_plain(value.extent)}{after}"
    return t("outside {range}", range=between) if (value.op or "").startswith("!") else between


def text_filter(t: Translator, value: TextFilter) -> str:
    """Word a comparison with a text."""
    return t(_TEXT[value.op], text=value.text) if value.op in _TEXT else f"= {value.text}"


def period(t: Translator, value: Period) -> str:
    """Word two fixed dates."""
    return f"{value.start_date or '…'} – {value.end_date or '…'}"


def concepts(t: Translator, values: list[Concept]) -> str:
    """List concepts by name, or by number where they have none."""
    return listed(t, [value.concept_name or str(value.concept_id) for value in values])


def days(t: Translator, number: int) -> str:
    """Word a number of days."""
    return t("1 day") if number == 1 else t("{n} days", n=number)


def listed(t: Translator, texts: list[str]) -> str:
    """Join alternatives."""
    return t(" or ").join(texts)


def often(t: Translator, occurrence: Occurrence) -> str:
    """Word how often something must occur."""
    number = occurrence.count
    if occurrence.type == 2:
        return t("at least {n} times", n=number) if number != 1 else t("at least once")
    return t("at most {n} times", n=number) if occurrence.type == 1 else t("exactly {n} times", n=number)


def within(t: Translator, window: Window) -> str:
    """Word a window around the index date; nothing where it has no bounds."""
    start, end = _offset(window.start), _offset(window.end)
    index = t("the end of the index event") if window.use_index_end else t("the index date")
    if start is None and end is None:
        return ""
    if start is None:
        assert end is not None
        if end == 0:
            return t("on or before {index}", index=index)
        if end < 0:
            return t("{days} or more before {index}", days=days(t, -end), index=index)
        return t("up to {days} after {index}", days=days(t, end), index=index)
    if end is None:
        if start == 0:
            return t("on or after {index}", index=index)
        if start > 0:
            return t("{days} or more after {index}", days=days(t, start), index=index)
        return t("from {days} before {index} on", days=days(t, -start), index=index)
    return _between(t, start, end, index)


def _between(t: Translator, start: int, end: int, index: str) -> str:
    if start == end == 0:
        return t("on {index}", index=index)
    if start < 0 and end == 0:
        return t("in the {days} up to {index}", days=days(t, -start), index=index)
    if start == 0 and end > 0:
        return t("in the {days} from {index} on", days=days(t, end), index=index)
    if start < 0 < end:
        return t(
            "from {before} before to {after} after {index}", before=days(t, -start), after=days(t, end), index=index
        )
    if end < 0:
        return t("{first} to {last} days before {index}", first=-end, last=-start, index=index)
    return t("{first} to {last} days after {index}", first=start, last=end, index=index)


def _offset(bound: object) -> int | None:
    days, coefficient = getattr(bound, "days", None), getattr(bound, "coeff", -1)
    return None if days is None else coefficient * days


def _plain(value: float | str | None) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "?" if value is None else str(value)
