"""Checks of windows in hours: whether the records have times of day, and how many of them really do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy as sa

from cohorts.definition import Criterion
from cohorts.engine.domains import DOMAINS
from cohorts.engine.domains.times import TIMES
from cohorts.engine.tables import CODES
from cohorts.lint.places import Place, Places
from cohorts.lint.problem import Problem
from cohorts.lint.vocabulary import Vocabulary

_FEW = 0.01
"""Share of records without a time that is not worth a word."""


class _Timed(NamedTuple):
    """A criterion whose records need times of day, the window that needs them, and whether it looks at their end."""

    path: str
    criterion: Criterion
    is_index: bool
    at_end: bool


class _Recorded(NamedTuple):
    """How many records there are, how many without a time of day, and how many at midnight."""

    records: int
    without: int
    midnight: int


def _timed(places: Places) -> Iterator[_Timed]:
    """Every criterion that hours are counted to or from, once for each window."""
    by_path = {place.path: place for place in places.criteria}
    for place, item in places.counted:
        for key, window in item.windows.items():
            if not window.by_hours:
                continue
            path = f"{place.around_path}.{key}"
            to_end = bool(window.use_event_end) if key == "StartWindow" else window.use_event_end is not False
            yield _Timed(path, place.criterion, is_index=False, at_end=to_end)
            for index in _index(places, by_path, place):
                yield _Timed(path, index.criterion, is_index=True, at_end=bool(window.use_index_end))


def _index(places: Places, by_path: dict[str, Place], place: Place) -> Iterator[Place]:
    """Criteria whose records a criterion is counted around."""
    around = place.path.rpartition(".CorrelatedCriteria.")[0]
    if around:
        yield by_path[around]
    else:
        members = (other for other in places.criteria if other.role == "entry" and other.depth == 0)
        yield from (member for member in members if member.path.count(".") == 2)


def times_of_day(places: Places) -> Iterator[Problem]:
    """Eras, periods and the rows of cohorts have dates only: hours cannot be counted to or from them."""
    for timed in _timed(places):
        kind = type(timed.criterion).__name__
        if kind not in TIMES:
            yield Problem(
                "hours are counted from {kind}, which has dates only"
                if timed.is_index
                else "hours are counted to {kind}, which has dates only",
                check="times of day",
                severity="critical",
                path=timed.path,
                todo="count in days, or use records that have times of day",
                kind=kind,
            )


def ends_by_rule(places: Places) -> Iterator[Problem]:
    """Results, procedures and the like are moments: the engine ends them a day after their start, as Circe does."""
    for timed in _timed(places):
        kind = type(timed.criterion).__name__
        if timed.at_end and kind in TIMES and TIMES[kind].end is None:
            yield Problem(
                "hours are counted at the end of {kind}, which has none: it is taken to end a day after its start",
                check="times of day",
                severity="warning",
                path=timed.path,
                todo="count at its start",
                kind=kind,
            )


def recorded_times(places: Places, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Records without a time of day are not found by hours; where only the date is known, many stand at midnight."""
    told: set[tuple[str, int | None, bool]] = set()
    for timed in _timed(places):
        kind, codeset = type(timed.criterion).__name__, getattr(timed.criterion, "codeset_id", None)
        seen = (kind, codeset, timed.at_end)
        if kind not in TIMES or seen in told:
            continue
        told.add(seen)
        table = DOMAINS[kind].table
        columns = vocabulary.evaluator.cdm.tables.get(table, [])
        missing = [name for name in TIMES[kind].names if name not in columns]
        if missing:
            yield Problem(
                "table {table} of this CDM has no column {columns}, so that hours cannot be counted",
                check="recorded times",
                severity="critical",
                path=timed.path,
                todo="count in days, or load the times",
                table=table,
                columns=", ".join(missing),
            )
            continue
        counted = _recorded(vocabulary, *seen)
        if counted.records and (counted.without + counted.midnight) / counted.records >= _FEW:
            yield Problem(
                "{without} % of these records in {table} have no time of day, and {midnight} % are at midnight, as "
                "are records of which only the date is known",
                check="recorded times",
                severity="critical" if counted.without == counted.records else "warning",
                path=timed.path,
                todo="count in days if times are rarely known: what has no time counts only where its date decides, "
                "and midnight is taken for a time",
                table=table,
                without=round(100 * counted.without / counted.records),
                midnight=round(100 * counted.midnight / counted.records),
            )


def _recorded(vocabulary: Vocabulary, kind: str, codeset: int | None, at_end: bool) -> _Recorded:
    domain, times, evaluator = DOMAINS[kind], TIMES[kind], vocabulary.evaluator
    table = evaluator.cdm.table(domain.table, times.names)
    second = times.end_second(table.c) if at_end else times.start_second(table.c)
    counted = [
        sa.func.count().label("records"),
        sa.func.count().filter(second.is_(None)).label("without"),
        sa.func.count().filter(second == 0).label("midnight"),
    ]
    query = sa.select(*counted).select_from(table)
    codes = vocabulary.codes_of(codeset)
    if codes is not None and domain.concept:
        evaluator.evaluate([codes])
        of_set = CODES.c.node == evaluator.number(codes)
        query = query.join(CODES, CODES.c.concept_id == table.c[domain.concept]).where(of_set)
    row = evaluator.fetch(query).to_pylist()[0]
    return _Recorded(int(row["records"]), int(row["without"]), int(row["midnight"]))


CHECKS = (times_of_day, ends_by_rule)
DATA_CHECKS = (recorded_times,)
