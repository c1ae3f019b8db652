"""Windows around an index event in words."""

from __future__ import annotations

from dataclasses import dataclass

from cohorts.definition import Window
from workbench.locales import Translator
from workbench.sentences.values import days


@dataclass(frozen=True)
class Anchor:
    """What days are counted from.

    Attributes
    ----------
    start, end : str
        Words for the day of the index event, and for the day on which it ends.
    """

    start: str
    end: str

    @classmethod
    def index(cls, t: Translator) -> Anchor:
        """Of the event that brings a person in."""
        return cls(t("the index date"), t("the end of the index event"))

    @classmethod
    def enclosing(cls, t: Translator) -> Anchor:
        """Of the record that a nested criterion belongs to."""
        return cls(t("the date of that record"), t("the end of that record"))


def window_words(t: Translator, window: Window, anchor: Anchor) -> str:
    """Word a window; nothing where it has no bounds."""
    start, end = _offset(window.start), _offset(window.end)
    index = anchor.end if window.use_index_end else anchor.start
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
    if start > end:
        return t("in no time at all (the window ends before it starts)")
    if start == end == 0:
        return t("on {index}", index=index)
    if start == end:
        words = t("exactly {days} before {index}") if end < 0 else t("exactly {days} after {index}")
        return words.format(days=days(t, abs(start)), index=index)
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
    days_off, coefficient = getattr(bound, "days", None), getattr(bound, "coeff", -1)
    return None if days_off is None else coefficient * days_off
