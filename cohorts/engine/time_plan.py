"""Which times of day a window of hours reads, and whether there are any."""

from __future__ import annotations

from dataclasses import dataclass

from cohorts.engine.domains.times import TIMES
from cohorts.engine.nodes import (
    AnyEvents,
    AnyIndex,
    Entry,
    EntryTimes,
    Events,
    EventTimes,
    FilteredEvents,
    MergedEvents,
    NestedIndex,
)


@dataclass(frozen=True)
class Times:
    """Times of day of index events, and of the events counted around them."""

    index: EntryTimes | EventTimes
    events: EventTimes


@dataclass(frozen=True)
class NoTimes:
    """Why hours cannot be counted."""

    reason: str


def times_of(index: AnyIndex, events: AnyEvents) -> Times | NoTimes:
    """Plan the times of day that a window of hours around `index` needs.

    Returns
    -------
    Times or NoTimes
        The nodes; or the reason why there are none: some of the events have dates only.
    """
    own = event_times(events)
    if own is None:
        return NoTimes(f"hours cannot be counted to {kind_of(events)}, which has dates only")
    if isinstance(index, NestedIndex):
        around = event_times(index.events)
        if around is None:
            return NoTimes(f"hours cannot be counted from {kind_of(index.events)}, which has dates only")
        return Times(around, own)
    entry = index if isinstance(index, Entry) else index.entry
    members = {member: event_times(member) for member in entry.members}
    lacking = sorted({kind_of(member) for member, times in members.items() if times is None})
    if lacking:
        return NoTimes(f"hours cannot be counted from an entry event of {', '.join(lacking)}, which has dates only")
    return Times(EntryTimes(entry, tuple(times for m in entry.members if (times := members[m]) is not None)), own)


def event_times(events: AnyEvents) -> EventTimes | None:
    """Times of day of events; none where their records have dates only."""
    while isinstance(events, FilteredEvents):
        events = events.events
    return EventTimes(events) if isinstance(events, Events) and events.domain in TIMES else None


def kind_of(events: AnyEvents) -> str:
    """Kind of the criterion whose events they are."""
    while isinstance(events, FilteredEvents):
        events = events.events
    if isinstance(events, Events):
        return events.domain
    return "CustomEra" if isinstance(events, MergedEvents) else "CohortMembership"
