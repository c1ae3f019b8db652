"""Times of day of the records: which columns have them, and from which the seconds of an event are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from cohorts.engine.domains.targets import Columns
from omop_etl.cdm.dates import second_of_day


@dataclass(frozen=True)
class TimeColumns:
    """Columns of a domain that hold times of day, each with the column of its date.

    Attributes
    ----------
    start, end : tuple of str
        Column of the date and column of the date with time; a domain whose records have no end has none for it.
    """

    start: tuple[str, str]
    end: tuple[str, str] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """All columns."""
        return (*self.start, *(self.end or ()))

    def start_second(self, columns: Columns) -> ColumnElement[int]:
        """Second of the day at which a record starts; null where its time is not known."""
        return _second(columns, self.start)

    def end_second(self, columns: Columns) -> ColumnElement[int]:
        """Second of the day at which an event ends.

        Where a record has no end, the engine ends the event whole days after its start, and so at the same time.
        """
        start = self.start_second(columns)
        if self.end is None:
            return start
        return sa.case((columns[self.end[0]].is_(None), start), else_=_second(columns, self.end))


def _second(columns: Columns, pair: tuple[str, str]) -> ColumnElement[Any]:
    """Second of the day; a time that belongs to another day than the record's date says nothing of it."""
    day, time = (columns[name] for name in pair)
    return sa.case((sa.cast(time, sa.Date) == day, second_of_day(time)))


def _span(prefix: str) -> TimeColumns:
    return TimeColumns(
        (f"{prefix}_start_date", f"{prefix}_start_datetime"), (f"{prefix}_end_date", f"{prefix}_end_datetime")
    )


def _moment(prefix: str) -> TimeColumns:
    return TimeColumns((f"{prefix}_date", f"{prefix}_datetime"))


TIMES: Mapping[str, TimeColumns] = {
    "ConditionOccurrence": _span("condition"),
    "Death": _moment("death"),
    "DeviceExposure": _span("device_exposure"),
    "DrugExposure": _span("drug_exposure"),
    "Episode": _span("episode"),
    "Measurement": _moment("measurement"),
    "Observation": _moment("observation"),
    "ProcedureOccurrence": _moment("procedure"),
    "Specimen": _moment("specimen"),
    "VisitDetail": _span("visit_detail"),
    "VisitOccurrence": _span("visit"),
}
"""Domains whose records have times of day; eras, periods, regions and the rows of cohorts have dates only."""
