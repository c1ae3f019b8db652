"""What an attribute can test: a column of the record, something computed from it, or a column of a joined table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from cohorts.engine.domains.locations import FAR_FUTURE, LOCATION_HISTORY, REGION, require_locations
from omop_etl.cdm import Cdm
from omop_etl.cdm.dates import age_at, age_by_year, days_between

Columns = Any
"""Whatever gives columns by name: the ``c`` of a table or a subquery."""

_ABNORMAL_VALUES = (4155142, 4155143)
"""Concepts "abnormally high" and "abnormally low", as Circe lists them."""


@dataclass
class Rows:
    """The records of an event set, and the tables that its targets have joined to them so far.

    Attributes
    ----------
    records : sqlalchemy.Subquery
        The records: their dates, parameters and, with the prefix ``own_``, raw columns.
    cdm : Cdm
        Where the other tables are.
    """

    records: sa.Subquery
    cdm: Cdm
    source: sa.FromClause = field(init=False)
    _joined: dict[str, sa.FromClause] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.source = self.records

    @property
    def c(self) -> Columns:
        """Columns of the records."""
        return self.records.c

    def own(self, name: str) -> ColumnElement[Any]:
        """Raw column of the record."""
        return self.records.c[f"own_{name}"]

    def join(
        self,
        table: str,
        columns: tuple[str, ...],
        on: Callable[[Columns], ColumnElement[bool]],
        *,
        outer: bool = False,
    ) -> Columns:
        """Columns of another table of the CDM, joined once however many targets ask for it."""
        self.cdm.require(table, columns)
        if table not in self._joined:
            other = self.cdm.schema[table].alias(table)
            self._joined[table] = other
            self.source = self.source.join(other, on(other.c), isouter=outer)
        return self._joined[table].c

    def person(self) -> Columns:
        """Columns of the person."""
        return self.join(
            "person",
            ("gender_concept_id", "year_of_birth"),
            lambda person: person.person_id == self.c.person_id,
        )


@dataclass(frozen=True)
class Unit:
    """Where the unit of a value stands.

    Attributes
    ----------
    column : str
        Raw column with the unit.
    measured : str, optional
        Raw column with the concept of what was measured.
    may_be_unknown : bool
        Whether a value passes any test unless its unit is known.
    """

    column: str
    measured: str | None = None
    may_be_unknown: bool = False


@dataclass(frozen=True)
class Target:
    """Something that can be tested.

    Attributes
    ----------
    kind : type
        SQL type of the value it is compared with.
    expression : callable
        Gives the value from the rows, joining what it needs.
    columns : tuple of str
        Raw columns of the record that it reads.
    unit : Unit, optional
        What its value is recorded in, where that is converted before it is tested.
    """

    kind: type[sa.types.TypeEngine[Any]]
    expression: Callable[[Rows], ColumnElement[Any]]
    columns: tuple[str, ...] = ()
    unit: Unit | None = None


IN_UNIT: Final = " in unit"
"""What the name of a target ends with whose value is converted before it is tested."""

PERHAPS: Final = f"{IN_UNIT}, perhaps"
"""The same where a value whose unit is not known passes."""


def in_unit(name: str, value: str, unit: str, measured: str | None = None) -> dict[str, Target]:
    """Targets of a number with its unit: one that asks for a known unit, and one that does not."""
    columns = tuple(column for column in (value, unit, measured) if column)

    def target(may_be_unknown: bool) -> Target:
        return Target(sa.Double, lambda rows: rows.own(value), columns, Unit(unit, measured, may_be_unknown))

    return {f"{name}{IN_UNIT}": target(False), f"{name}{PERHAPS}": target(True)}


def concept(name: str) -> Target:
    """Concept in a column."""
    return Target(sa.BigInteger, lambda rows: rows.own(name), (name,))


def whole(name: str) -> Target:
    """Whole number in a column."""
    return Target(sa.Double, lambda rows: rows.own(name), (name,))


number = whole


def text(name: str) -> Target:
    """Text in a column."""
    return Target(sa.Text, lambda rows: rows.own(name), (name,))


def ratio(name: str, limit: str) -> Target:
    """Value divided by a limit of its reference range; missing where the limit is 0."""

    def value(rows: Rows) -> ColumnElement[Any]:
        return rows.own(name) / sa.func.nullif(rows.own(limit), 0, type_=sa.Double())

    return Target(sa.Double, value, (name, limit))


def _abnormal(rows: Rows) -> ColumnElement[bool]:
    value = rows.own("value_as_number")
    return sa.or_(
        value < rows.own("range_low"),
        value > rows.own("range_high"),
        rows.own("value_as_concept_id").in_(_ABNORMAL_VALUES),
    )


def _exact_age(date: str) -> Callable[[Rows], ColumnElement[int]]:
    def age(rows: Rows) -> ColumnElement[int]:
        person = rows.person()
        return age_at(person.year_of_birth, person.month_of_birth, person.day_of_birth, rows.c[date])

    return age


def _visit_type(rows: Rows) -> ColumnElement[int]:
    visit = rows.join(
        "visit_occurrence",
        ("visit_concept_id",),
        lambda visit: sa.and_(visit.visit_occurrence_id == rows.c.visit_id, visit.person_id == rows.c.person_id),
    )
    return visit.visit_concept_id


def _specialty(rows: Rows) -> ColumnElement[int]:
    provider = rows.join(
        "provider",
        ("specialty_concept_id",),
        lambda provider: provider.provider_id == rows.own("provider_id"),
        outer=True,
    )
    return provider.specialty_concept_id


def _place_of_service(rows: Rows) -> ColumnElement[int]:
    site = rows.join(
        "care_site",
        ("place_of_service_concept_id",),
        lambda site: site.care_site_id == rows.own("care_site_id"),
    )
    return site.place_of_service_concept_id


def _region_of_care_site(rows: Rows) -> ColumnElement[int]:
    require_locations(rows.cdm)
    history, region = LOCATION_HISTORY, REGION
    end = sa.func.coalesce(history.c.end_date, sa.literal(FAR_FUTURE, sa.Date))
    at_site = sa.and_(
        history.c.entity_id == rows.own("care_site_id"),
        history.c.domain_id == "CARE_SITE",
        rows.c.start_date >= history.c.start_date,
        rows.c.end_date <= end,
    )
    rows.source = rows.source.join(history, at_site).join(region, region.c.location_id == history.c.location_id)
    return region.c.region_concept_id


ABNORMAL = Target(sa.Boolean, _abnormal, ("value_as_number", "range_low", "range_high", "value_as_concept_id"))

COMMON_TARGETS: dict[str, Target] = {
    "start": Target(sa.Date, lambda rows: rows.c.start_date),
    "end": Target(sa.Date, lambda rows: rows.c.end_date),
    "duration": Target(sa.Double, lambda rows: days_between(rows.c.start_date, rows.c.end_date)),
    "one day": Target(sa.Double, lambda rows: sa.literal(1)),
    "visit": Target(sa.BigInteger, lambda rows: rows.c.visit_id),
    "age": Target(sa.Double, lambda rows: age_by_year(rows.person().year_of_birth, rows.c.start_date)),
    "age at end": Target(sa.Double, lambda rows: age_by_year(rows.person().year_of_birth, rows.c.end_date)),
    "exact age": Target(sa.Double, _exact_age("start_date")),
    "exact age at end": Target(sa.Double, _exact_age("end_date")),
    "gender": Target(sa.BigInteger, lambda rows: rows.person().gender_concept_id),
    "visit type": Target(sa.BigInteger, _visit_type),
    "provider specialty": Target(sa.BigInteger, _specialty, ("provider_id",)),
    "place of service": Target(sa.BigInteger, _place_of_service, ("care_site_id",)),
    "region of care site": Target(sa.BigInteger, _region_of_care_site, ("care_site_id",)),
}
"""Targets that every domain has."""

DEMOGRAPHIC_TARGETS: dict[str, Target] = {
    **{name: COMMON_TARGETS[name] for name in ("start", "end", "age", "exact age", "gender")},
    "race": Target(sa.BigInteger, lambda rows: rows.person().race_concept_id),
    "ethnicity": Target(sa.BigInteger, lambda rows: rows.person().ethnicity_concept_id),
}
"""What a demographic criterion can test of an index event."""
