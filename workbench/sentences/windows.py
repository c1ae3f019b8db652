"""Windows around an index event in words."""

from __future__ import annotations

from dataclasses import dataclass

from cohorts.definition import Window, WindowBound
from workbench.locales import Translator
from workbench.sentences.values import days, duration


@dataclass(frozen=True)
class Anchor:
    """What days and hours are counted from.

    Attributes
    ----------
    start, end : str
        Words for the day of the index event, and for the day on which it ends.
    start_moment, end_moment : str
        Words for the moments at which it starts and ends.
    """

    start: str
    end: str
    start_moment: str
    end_moment: str

    @classmethod
    def index(cls, t: Translator) -> Anchor:
        """Of the event that brings a person in."""
        return cls(
            t("the index date"),
            t("the end of the index event"),
            t("the start of the index event"),
            t("the moment the index event ends"),
        )

    @classmethod
    def enclosing(cls, t: Translator) -> Anchor:
        """Of the record that a nested criterion belongs to."""
        return cls(
            t("the date of that record"),
            t("the end of that record"),
            t("the start of that record"),
            t("the moment that record ends"),
        )


def window_words(t: Translator, window: Window, anchor: Anchor) -> str:
    """Word a window; nothing where it has no bounds."""
    if window.by_hours:
        return _by_hours(t, window, anchor)
    start, end = window.start.offset, window.end.offset
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


def _by_hours(t: Translator, window: Window, anchor: Anchor) -> str:
    """Word a window of which a bound is in hours."""
    index = anchor.end_moment if window.use_index_end else anchor.start_moment
    start, end = window.start.seconds, window.end.seconds
    if start is not None and end is not None:
        return _between_moments(t, start, end, index)
    if start is not None and window.end.is_open:
        if start == 0:
            return t("from {index} on", index=index)
        if start > 0:
            return t("{days} or more after {index}", days=duration(t, start), index=index)
        return t("from {days} before {index} on", days=duration(t, start), index=index)
    if end is not None and window.start.is_open:
        if end == 0:
            return t("no later than {index}", index=index)
        if end < 0:
            return t("{days} or more before {index}", days=duration(t, end), index=index)
        return t("up to {days} after {index}", days=duration(t, end), index=index)
    day = anchor.end if window.use_index_end else anchor.start
    first, last = (_point(t, bound, day, index) for bound in (window.start, window.end))
    return t("from {first} to {last}", first=first, last=last)


def _point(t: Translator, bound: WindowBound, day: str, moment: str) -> str:
    """Word one end of a window that has days at one end and hours at the other."""
    by_days, by_time = bound.offset, bound.seconds
    off, index = (by_days, day) if by_days is not None else (by_time or 0, moment)
    if off == 0:
        return index
    words = t("{days} before {index}") if off < 0 else t("{days} after {index}")
    return words.format(days=days(t, abs(off)) if by_days is not None else duration(t, off), index=index)


def _between_moments(t: Translator, start: int, end: int, index: str) -> str:
    if start > end:
        return t("in no time at all (the window ends before it starts)")
    if start == end == 0:
        return t("at the very moment of {index}", index=index)
    if start == end:
        words = t("exactly {time} before {index}") if end < 0 else t("exactly {time} after {index}")
        return words.format(time=duration(t, end), index=index)
    if end == 0:
        return t("within {time} before {index}", time=duration(t, start), index=index)
    if start == 0:
        return t("within {time} after {index}", time=duration(t, end), index=index)
    if start < 0 < end:
        before, after = duration(t, start), duration(t, end)
        return t("from {before} before to {after} after {index}", before=before, after=after, index=index)
    words = t("{first} to {last} before {index}") if end < 0 else t("{first} to {last} after {index}")
    near, far = sorted((abs(start), abs(end)))
    return words.format(first=duration(t, near), last=duration(t, far), index=index)
