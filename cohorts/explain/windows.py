"""Windows of a criterion around one index event, as dates and times, and by how much an event misses them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from cohorts.engine.nodes import Bound, EventWindow
from cohorts.explain.facts import EventRow, IndexRow, TimeRow
from cohorts.explain.model import DateWindow, Miss

_DAY: Final = 86_400
_UNKNOWN: Final = TimeRow(None, None)


class Window:
    """A window around one index event.

    Parameters
    ----------
    window : EventWindow
        The window as planned.
    index : IndexRow
        The index event.
    times : TimeRow, optional
        When in the day it starts and ends, where that was asked for and is known.
    """

    def __init__(self, window: EventWindow, index: IndexRow, times: TimeRow | None) -> None:
        self._window = window
        self._index = index
        self._of_end = window.to_event_end
        self._anchor = index.end if window.from_index_end else index.start
        at = times or _UNKNOWN
        self._anchor_second = at.end if window.from_index_end else at.start
        kinds = {window.low.kind, window.high.kind}
        self._open = kinds == {"none"}
        self._unknown = self._anchor is None and bool(kinds & {"days", "seconds"})
        self._low = self._date(window.low)
        self._high = self._date(window.high)

    @property
    def shown(self) -> DateWindow:
        """The window as actual dates, bounds in hours as times."""
        low, high = (self._moment(bound) for bound in (self._window.low, self._window.high))
        by_time = "seconds" in (self._window.low.kind, self._window.high.kind)
        return DateWindow(
            self._low if self._window.low.kind != "seconds" else low,
            self._high if self._window.high.kind != "seconds" else high,
            self._of_end,
            time_unknown=by_time and self._anchor_second is None,
        )

    def miss(self, event: EventRow, times: TimeRow | None) -> Miss | None:
        """Say how an event lies outside the window; none where it lies inside."""
        tested = event.end if self._of_end else event.start
        if tested is None or self._unknown:
            return None if self._open else Miss("late", 0, self._of_end)
        if self._low is not None and tested < self._low:
            return Miss("early", (self._low - tested).days, self._of_end)
        if self._high is not None and tested > self._high:
            return Miss("late", (tested - self._high).days, self._of_end)
        return self._miss_by_time(tested, times or _UNKNOWN)

    def _miss_by_time(self, tested: date, times: TimeRow) -> Miss | None:
        """Compare elapsed seconds; a time that is not known may be any of its day."""
        low, high = self._window.low.seconds, self._window.high.seconds
        if self._anchor is None or (low is None and high is None):
            return None
        days = (tested - self._anchor).days * _DAY
        first, last = _range(times.end if self._of_end else times.start)
        anchor_first, anchor_last = _range(self._anchor_second)
        least, most = days + first - anchor_last, days + last - anchor_first
        if low is not None and most < low:
            return Miss("early", from_end=self._of_end, seconds=low - most)
        if high is not None and least > high:
            return Miss("late", from_end=self._of_end, seconds=least - high)
        inside = (low is None or least >= low) and (high is None or most <= high)
        return None if inside else Miss("no_time", from_end=self._of_end)

    def _date(self, bound: Bound) -> date | None:
        if bound.kind == "days":
            return None if self._anchor is None else self._anchor + timedelta(days=bound.days)
        if bound.kind in ("none", "seconds"):
            return None
        return self._index.period_start if bound.kind == "period_start" else self._index.period_end

    def _moment(self, bound: Bound) -> datetime | None:
        if bound.seconds is None or self._anchor is None or self._anchor_second is None:
            return None
        return datetime.combine(self._anchor, time()) + timedelta(seconds=self._anchor_second + bound.seconds)


def _range(second: int | None) -> tuple[int, int]:
    return (0, _DAY - 1) if second is None else (second, second)


def clock(second: int | None) -> time | None:
    """Time of day at a second of the day.

    Examples
    --------
    >>> clock(81_000), clock(None)
    (datetime.time(22, 30), None)
    """
    return None if second is None else (datetime.min + timedelta(seconds=second)).time()
