"""The plan of a cohort: frozen nodes, each a set of rows that follows from the sets it is made of.

A node says what is wanted, not how it is computed; `cohorts.engine.operations` says how. Two nodes with the same
content have the same `key`, so a set that several definitions ask for is made once, and a set made before on a snapshot
is not made again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cached_property
from typing import Literal

from cohorts.patient_lists import ListName

Limit = Literal["all", "first", "last"]
Comparison = Literal["exactly", "at_most", "at_least"]


@dataclass(frozen=True, eq=False)
class Node:
    """A set of rows, named by its content."""

    @cached_property
    def key(self) -> str:
        """Hash of the kind and of everything the node is made of."""
        told = (field.name for field in fields(self) if field.compare)
        content = ";".join(f"{name}={_written(getattr(self, name))}" for name in told)
        return hashlib.sha256(f"{type(self).__name__}({content})".encode()).hexdigest()

    @cached_property
    def inputs(self) -> tuple[Node, ...]:
        """Nodes that must exist before this one."""
        return tuple(_nodes_in(tuple(getattr(self, field.name) for field in fields(self))))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


def _written(value: object) -> str:
    if isinstance(value, Node):
        return value.key
    if isinstance(value, Filter):
        return f"{value.target} {value.test} {value.value!r} {value.extent!r} {_written(value.codes)}"
    if isinstance(value, tuple):
        return f"({','.join(_written(item) for item in value)})"
    return repr(value)


def _nodes_in(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, Filter):
        yield from _nodes_in(value.codes)
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes_in(item)


@dataclass(frozen=True)
class CodeItem:
    """One line of a concept set."""

    concept_id: int
    descendants: bool = False
    mapped: bool = False
    excluded: bool = False


@dataclass(frozen=True, eq=False)
class Codes(Node):
    """The concepts of a concept set, resolved in the vocabulary."""

    items: tuple[CodeItem, ...]


@dataclass(frozen=True, eq=False)
class CodeList(Node):
    """Concepts listed by identifier, taken as they are."""

    concept_ids: tuple[int, ...]


AnyCodes = Codes | CodeList


@dataclass(frozen=True, eq=False)
class UnitSizes(Node):
    """Units of the vocabulary, and how large each is."""


@dataclass(frozen=True, eq=False)
class Conversions(Node):
    """Units whose values can be converted into one of those asked for, and how."""

    units: AnyCodes
    sizes: UnitSizes = UnitSizes()


@dataclass(frozen=True)
class Filter:
    """A test of one value of a record: numbers and dates against `value` (and `extent`), concepts against `codes`.

    A number that is converted into another unit first has its conversions in `codes`.
    """

    target: str
    test: str
    value: float | int | str | date | None = None
    extent: float | int | date | None = None
    codes: AnyCodes | Conversions | None = None

    @property
    def shape(self) -> tuple[str, str]:
        """What the SQL depends on; the rest are parameters."""
        return self.target, self.test


@dataclass(frozen=True)
class Adjustment:
    """New start and end of an event, in days from its own start or end."""

    from_end_start: bool
    start_offset: int
    from_end_end: bool
    end_offset: int


@dataclass(frozen=True, eq=False)
class Events(Node):
    """Records of one domain that pass a criterion's own attributes."""

    domain: str
    codes: AnyCodes | None = None
    source_codes: AnyCodes | None = None
    first: bool = False
    filters: tuple[Filter, ...] = ()
    adjustment: Adjustment | None = None
    fixed_start: date | None = None
    fixed_end: date | None = None
    count_column: str | None = None


@dataclass(frozen=True, eq=False)
class MergedEvents(Node):
    """Spans made by merging the events of several sets that lie at most `gap_days` apart."""

    members: tuple[AnyEvents, ...]
    gap_days: int = 0
    first: bool = False
    filters: tuple[Filter, ...] = ()
    adjustment: Adjustment | None = None
    count_column: str | None = None


@dataclass(frozen=True, eq=False)
class ListedSpans(Node):
    """Rows of a patient list: spans of the persons whom it names. What people call the list makes no difference."""

    sha256: str
    listed: ListName = field(compare=False)


@dataclass(frozen=True, eq=False)
class CohortSpans(Node):
    """Rows of a cohort, or of a patient list, as events."""

    cohort: Cohort | ListedSpans
    first: bool = False
    filters: tuple[Filter, ...] = ()
    adjustment: Adjustment | None = None
    count_column: str | None = None


@dataclass(frozen=True, eq=False)
class FilteredEvents(Node):
    """Events for which a group of criteria, counted around them, holds."""

    events: AnyEvents
    group: AnyTruth


AnySpans = MergedEvents | CohortSpans
AnyEvents = Events | AnySpans | FilteredEvents


@dataclass(frozen=True, eq=False)
class NestedIndex(Node):
    """Events with the observation period each starts in, to count other events around them."""

    events: AnyEvents


@dataclass(frozen=True, eq=False)
class Entry(Node):
    """Entry events: observed long enough, ordered per person, limited."""

    members: tuple[AnyEvents, ...]
    prior_days: int = 0
    post_days: int = 0
    limit: Limit = "first"

    @property
    def one_per_person(self) -> bool:
        """Whether a person has one row at most."""
        return self.limit != "all"


@dataclass(frozen=True, eq=False)
class Qualified(Node):
    """Entry events that pass the additional criteria, limited again."""

    entry: Entry
    group: AnyTruth
    limit: Limit = "first"

    @property
    def one_per_person(self) -> bool:
        """Whether a person has one row at most."""
        return self.limit != "all" or self.entry.one_per_person


AnyIndex = NestedIndex | Entry | Qualified


@dataclass(frozen=True)
class Bound:
    """One end of a window: so many days or seconds from the index, an end of the observation period, or nothing."""

    kind: Literal["days", "seconds", "period_start", "period_end", "none"]
    days: int = 0
    seconds: int | None = None


@dataclass(frozen=True)
class EventWindow:
    """Where a date of the event must lie, counted from a date of the index event."""

    low: Bound
    high: Bound
    from_index_end: bool = False
    to_event_end: bool = False


@dataclass(frozen=True, eq=False)
class Correlated(Node):
    """Index events around which another event occurs so often."""

    index: AnyIndex
    events: AnyEvents
    windows: tuple[EventWindow, ...]
    occurrence: Comparison
    count: int
    distinct: bool = False
    same_visit: bool = False
    anywhere: bool = False


@dataclass(frozen=True, eq=False)
class EventTimes(Node):
    """Times of day of the records that are the events of a criterion."""

    events: Events


@dataclass(frozen=True, eq=False)
class EntryTimes(Node):
    """Times of day of entry events; `members` are those of the entry's own members, in their order."""

    entry: Entry
    members: tuple[EventTimes, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class TimedCorrelated(Correlated):
    """Index events around which another event occurs so often, within windows that are counted in hours."""

    index_times: EntryTimes | EventTimes
    event_times: EventTimes


@dataclass(frozen=True, eq=False)
class Demographic(Node):
    """Index events whose person, or whose dates, pass some tests."""

    index: AnyIndex
    filters: tuple[Filter, ...]


@dataclass(frozen=True, eq=False)
class Group(Node):
    """Index events for which so many of the members hold; without members, all of them."""

    index: AnyIndex
    rule: Literal["ALL", "ANY", "AT_LEAST", "AT_MOST"]
    count: int
    members: tuple[AnyTruth, ...]


AnyTruth = Correlated | Demographic | Group


@dataclass(frozen=True, eq=False)
class Masked(Node):
    """Index events with the rules each of them meets."""

    index: Entry | Qualified
    rules: tuple[AnyTruth, ...]


@dataclass(frozen=True, eq=False)
class Included(Node):
    """Index events that meet all rules, limited."""

    index: Entry | Qualified
    masked: Masked | None = None
    limit: Limit = "first"

    @property
    def one_per_person(self) -> bool:
        """Whether a person has one row at most."""
        return self.limit != "all" or self.index.one_per_person


@dataclass(frozen=True, eq=False)
class DrugEras(Node):
    """Spans of continuous exposure to the drugs of a concept set."""

    codes: AnyCodes
    gap_days: int = 0
    offset: int = 0
    days_supply: int | None = None


@dataclass(frozen=True, eq=False)
class Exit(Node):
    """Included events with the date on which each leaves the cohort."""

    included: Included
    offset: int | None = None
    offset_from_end: bool = False
    eras: DrugEras | None = None
    censoring: tuple[AnyEvents, ...] = ()


@dataclass(frozen=True, eq=False)
class Cohort(Node):
    """The rows of a cohort: spans of a person merged when they lie at most `pad` days apart, clipped to a window."""

    exits: Exit
    pad: int = 0
    window_start: date | None = None
    window_end: date | None = None
