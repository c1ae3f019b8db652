"""What a domain is: where one kind of criterion finds its records, and what its attributes test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from cohorts.engine.domains.targets import COMMON_TARGETS, Columns, Target
from omop_etl.cdm import Cdm
from omop_etl.cdm.dates import add_days

How = Literal["number", "integer", "date", "text", "concepts", "selection", "codeset", "flag"]
DateOf = Callable[[Columns], ColumnElement[Any]]


@dataclass(frozen=True)
class Attribute:
    """How an attribute of a criterion is tested.

    Attributes
    ----------
    how : str
        Form of its JSON value.
    target : str
        Name of what is tested, under Circe's semantics.
    exact_target : str, optional
        Name of what is tested under exact semantics, where that differs.
    negated_by : str, optional
        Field of the criterion that turns the test round.
    unit : str, optional
        Field of the criterion that lists the units its number is in.
    """

    how: How
    target: str
    exact_target: str | None = None
    negated_by: str | None = None
    unit: str | None = None

    def target_in(self, semantics: str) -> str:
        """Name of the target under the given semantics."""
        return self.exact_target if semantics == "exact" and self.exact_target else self.target


@dataclass(frozen=True)
class Domain:
    """One kind of criterion: its table, the dates of its events, its attributes and what can be counted.

    Attributes
    ----------
    table, key, concept, visit : str
        Names in the CDM; what a domain lacks is None.
    source_concept : tuple of str, optional
        Field of the criterion that names a set of source concepts, and the column it is matched with.
    start, end : callable
        Dates of an event, from the columns of the table.
    date_columns : tuple of str
        Columns that `start` and `end` read.
    attributes : mapping
        Field of the criterion class to how it is tested.
    own_targets : mapping
        Targets that other domains do not have, by name.
    count_columns : mapping
        Circe's name of a column whose distinct values can be counted, to the target.
    custom_records : callable, optional
        Gives the records where they are not simply the rows of `table`.
    """

    table: str
    key: str
    concept: str | None
    start: DateOf
    end: DateOf
    date_columns: tuple[str, ...]
    source_concept: tuple[str, str] | None = None
    visit: str | None = "visit_occurrence_id"
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    own_targets: Mapping[str, Target] = field(default_factory=dict)
    count_columns: Mapping[str, str] = field(default_factory=dict)
    custom_records: Callable[[Cdm], sa.FromClause] | None = None

    @property
    def targets(self) -> Mapping[str, Target]:
        """All targets of the domain by name."""
        return {**COMMON_TARGETS, **self.own_targets}

    def records(self, cdm: Cdm, columns: list[str], *, concept: bool, source_concept: bool) -> sa.FromClause:
        """Rows to read, after making sure that the CDM has what is needed of them."""
        if self.custom_records is not None:
            return self.custom_records(cdm)
        needed = {self.key, "person_id", *self.date_columns, *columns}
        if self.visit:
            needed.add(self.visit)
        if concept and self.concept:
            needed.add(self.concept)
        if source_concept and self.source_concept:
            needed.add(self.source_concept[1])
        return cdm.table(self.table, sorted(needed))


PERSON = {
    "age": Attribute("integer", "age", "exact age"),
    "gender": Attribute("concepts", "gender"),
    "gender_cs": Attribute("selection", "gender"),
}
VISIT = {
    "provider_specialty": Attribute("concepts", "provider specialty"),
    "provider_specialty_cs": Attribute("selection", "provider specialty"),
    "visit_type": Attribute("concepts", "visit type"),
    "visit_type_cs": Attribute("selection", "visit type"),
}
AGES = {
    "age_at_start": Attribute("integer", "age", "exact age"),
    "age_at_end": Attribute("integer", "age at end", "exact age at end"),
}
GENDER = {"gender": PERSON["gender"], "gender_cs": PERSON["gender_cs"]}
STARTS = {"occurrence_start_date": Attribute("date", "start")}
STARTS_AND_ENDS = {**STARTS, "occurrence_end_date": Attribute("date", "end")}
COUNTED = {"START_DATE": "start", "END_DATE": "end", "VISIT_ID": "visit"}


def concepts(name: str, target: str, *, exclude: bool = False) -> dict[str, Attribute]:
    """Attribute that lists concepts, and the one that names a concept set beside it."""
    return {
        name: Attribute("concepts", target, negated_by=f"{name}_exclude" if exclude else None),
        f"{name}_cs": Attribute("selection", target),
    }


def column(name: str) -> DateOf:
    """Date that stands in a column."""
    return lambda columns: columns[name]


def next_day(name: str) -> DateOf:
    """Day after the date in a column."""
    return lambda columns: add_days(columns[name], 1)


def end_or_next_day(end: str, start: str) -> DateOf:
    """Date in the column `end`; where it is missing, the day after `start`."""
    return lambda columns: sa.func.coalesce(columns[end], add_days(columns[start], 1))
