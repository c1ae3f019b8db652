"""The checks as data: each says, in SQL, which rows of a table it looks at and which of them fail.

Names and categories (Kahn's) are those of OHDSI's DataQualityDashboard 2.8. A check that is fatal stops a run from
being published; the others are reported with the share of rows that fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from omop_etl.cdm.schema import CdmVersion, Field, cdm_version
from omop_etl.mapping.sql import quoted

CLINICAL_TABLES = (
    "person",
    "observation_period",
    "visit_occurrence",
    "condition_occurrence",
    "drug_exposure",
    "procedure_occurrence",
    "measurement",
    "observation",
    "death",
    "note",
    "condition_era",
    "drug_era",
)
"""Tables that the checks look at."""

_PERIODS = (
    ("visit_occurrence", "visit_start_date", "visit_end_date"),
    ("drug_exposure", "drug_exposure_start_date", "drug_exposure_end_date"),
    ("condition_occurrence", "condition_start_date", "condition_end_date"),
    ("observation_period", "observation_period_start_date", "observation_period_end_date"),
    ("condition_era", "condition_era_start_date", "condition_era_end_date"),
    ("drug_era", "drug_era_start_date", "drug_era_end_date"),
)
_STANDARD_FIELDS = {
    "person": ("gender_concept_id",),
    "visit_occurrence": ("visit_concept_id",),
    "condition_occurrence": ("condition_concept_id",),
    "drug_exposure": ("drug_concept_id",),
    "procedure_occurrence": ("procedure_concept_id",),
    "measurement": ("measurement_concept_id", "unit_concept_id"),
    "observation": ("observation_concept_id",),
    "condition_era": ("condition_concept_id",),
    "drug_era": ("drug_concept_id",),
}
_EVENT_DATE = {
    "visit_occurrence": "visit_start_date",
    "condition_occurrence": "condition_start_date",
    "drug_exposure": "drug_exposure_start_date",
    "procedure_occurrence": "procedure_date",
    "measurement": "measurement_date",
    "observation": "observation_date",
}
_MAPPED_PERCENT = 20.0


@dataclass(frozen=True)
class Check:
    """One check of one field.

    Attributes
    ----------
    name, category : str
        As in the DataQualityDashboard.
    table, field : str
        What is checked.
    considered, failed : str
        SQL conditions over the rows of `source`: which rows are looked at, and which of these fail.
    source : str
        Relation with the CDM schema as ``{cdm}``: the table itself, or one that counts or joins.
    weight : str
        Rows of the table that a row of `source` stands for, as SQL.
    threshold : float
        Percentage of rows that may fail.
    fatal : bool
        A failure stops the run.
    """

    name: str
    category: str
    table: str
    field: str
    considered: str
    failed: str
    source: str
    weight: str = "1"
    threshold: float = 0.0
    fatal: bool = False


def checks_for(version: str = "5.4", latest: str = "2099-12-31") -> list[Check]:
    """List the checks for a CDM version.

    Parameters
    ----------
    version : str
        CDM version.
    latest : str
        Last day that an event may have, as ``YYYY-MM-DD``.

    Returns
    -------
    list of Check
        Grouped by table.

    Examples
    --------
    >>> [check.name for check in checks_for() if check.table == "death"][:3]
    ['isRequired', 'isRequired', 'isPrimaryKey']
    """
    cdm = cdm_version(version)
    return [check for table in CLINICAL_TABLES for make in _MAKERS for check in make(table, cdm, latest)]


def _required(table: str, cdm: CdmVersion, latest: str) -> Iterator[Check]:
    for field in cdm.fields[table]:
        if field.required:
            yield _of_field("isRequired", "Conformance", field, "true", f"{quoted(field.name)} IS NULL", fatal=True)


def _primary_key(table: str, cdm: CdmVersion, latest: str) -> Iterator[Check]:
    keys = [field.name for field in cdm.fields[table] if field.key]
    if len(keys) == 1:
        counted = f"(SELECT {keys[0]} AS k, count(*) AS n FROM {{cdm}}.{table} GROUP BY 1)"
        yield Check("isPrimaryKey", "Conformance", table, keys[0], "true", "n > 1", counted, fatal=True)


def _foreign_key(table: str, cdm: CdmVersion, latest: str) -> Iterator[Check]:
    for field in cdm.fields[table]:
        other, _, key = field.references.partition(".")
        if other:
            name = quoted(field.name)
            missing = f"{name} NOT IN (SELECT {key} FROM {{cdm}}.{other})"
            considered, of_concept = f"{name} IS NOT NULL", other == "concept"
            make = _of_values if of_concept else _of_field
            yield make("isForeignKey", "Conformance", field, considered, missing, fatal=not of_concept)


def _domain(table: str, cdm: CdmVersion, latest: str) -> Iterator[Check]:
    for field in cdm.fields[table]:
        if field.domain and field.name in _STANDARD_FIELDS.get(table, ()):
            allowed = f"SELECT concept_id FROM {{cdm}}.concept WHERE domain_id = '{field.domain}'"
            failed = f"{field.name} NOT IN ({allowed})"
            yield _of_values("fkDomain", "Conformance", field, _some(field), failed, threshold=1.0)


def _standard(table: str, cdm: CdmVersion, latest: str) -> Iterator[Check]:
    for field in cdm.fields[table]:
        if field.name in _STANDARD_FIELDS.get(table, ()):
            allowed = "SELECT concept_id FROM {cdm}.concept WHERE standard_concept = 'S' AND invalid_reason IS NULL"
            failed = f"{field.name} NOT IN ({allowed})"
            yield _of_values("isStandardValidConcept", "Conformance", field, _some(field), failed)


def _mapped(table: str, cdm: CdmVersion, latest: str) -> Iterator[Check]:
    for field in cdm.fields[table]:
        if field.name in _STANDARD_FIELDS.get(table, ()):
            considered, failed = f"{field.name} IS NOT NULL", f"{field.name} = 0"
            name = "standardConceptRecordCompleteness"
            yield _of_values(name, "Completeness", field, considered, failed, threshold=_MAPPED_PERCENT)


def _start_before_end(table: str, cdm: CdmVersion, latest: str) -> Iterator[Check]:
    for of_table, start, end in _PERIODS:
        if of_table == table:
            yield Check(
                "plausibleStartBeforeEnd",
                "Plausibility",
                table,
                start,
                f"{end} IS NOT NULL",
                f"{end} < {start}",
                f"{{cdm}}.{table}",
                fatal=table in ("observation_period", "drug_era", "condition_era"),
            )


def _during_life(table: str, cdm: CdmVersion, latest: str) -> Iterator[Check]:
    if table not in _EVENT_DATE:
        return
    date = _EVENT_DATE[table]
    born = "make_date(p.year_of_birth, coalesce(p.month_of_birth, 1), coalesce(p.day_of_birth, 1))"
    joined = (
        f"(SELECT t.{date} AS day, {born} AS born, d.death_date FROM {{cdm}}.{table} t "
        "JOIN {cdm}.person p USING (person_id) LEFT JOIN {cdm}.death d USING (person_id))"
    )
    for name, failed in (("plausibleAfterBirth", "day < born"), ("plausibleBeforeDeath", "day > death_date + 60")):
        yield Check(name, "Plausibility", table, date, "true", f"coalesce({failed}, false)", joined, threshold=1.0)
    future = f"{date} > DATE '{latest}'"
    yield Check("plausibleValueHigh", "Plausibility", table, date, "true", future, f"{{cdm}}.{table}", threshold=1.0)


def _within_visit(table: str, cdm: CdmVersion, latest: str) -> Iterator[Check]:
    if table not in _EVENT_DATE or table == "visit_occurrence":
        return
    date = _EVENT_DATE[table]
    joined = (
        f"(SELECT t.{date} AS day, v.visit_start_date - 7 AS first_day, v.visit_end_date + 7 AS last_day "
        f"FROM {{cdm}}.{table} t JOIN {{cdm}}.visit_occurrence v USING (visit_occurrence_id))"
    )
    failed = "day NOT BETWEEN first_day AND last_day"
    yield Check("withinVisitDates", "Plausibility", table, date, "true", failed, joined, threshold=5.0)


def _units(table: str, cdm: CdmVersion, latest: str) -> Iterator[Check]:
    if table == "measurement":
        known = "SELECT concept_id FROM voc.laboratory_item WHERE unit_concept_id > 0"
        fitting = "SELECT concept_id, unit_concept_id FROM voc.laboratory_item"
        yield Check(
            "plausibleUnitConceptIds",
            "Plausibility",
            table,
            "unit_concept_id",
            f"unit_concept_id > 0 AND measurement_concept_id IN ({known})",
            f"(measurement_concept_id, unit_concept_id) NOT IN ({fitting})",
            f"{{cdm}}.{table}",
            threshold=5.0,
        )


def _period_overlap(table: str, cdm: CdmVersion, latest: str) -> Iterator[Check]:
    if table == "observation_period":
        ordered = (
            "(SELECT observation_period_start_date AS starts, "
            "lag(observation_period_end_date) OVER of_person AS before "
            "FROM {cdm}.observation_period "
            "WINDOW of_person AS (PARTITION BY person_id ORDER BY observation_period_start_date))"
        )
        yield Check(
            "measureObservationPeriodOverlap",
            "Plausibility",
            table,
            "observation_period_start_date",
            "before IS NOT NULL",
            "starts <= before",
            ordered,
            fatal=True,
        )


def _some(field: Field) -> str:
    return f"{field.name} IS NOT NULL AND {field.name} <> 0"


def _of_field(name: str, category: str, field: Field, considered: str, failed: str, **more: Any) -> Check:
    return Check(name, category, field.table, field.name, considered, failed, f"{{cdm}}.{field.table}", **more)


def _of_values(name: str, category: str, field: Field, considered: str, failed: str, **more: Any) -> Check:
    """Check of the distinct values of a field: concepts are few, rows are many."""
    column = quoted(field.name)
    values = f"(SELECT {column}, count(*) AS weight FROM {{cdm}}.{field.table} GROUP BY 1)"
    return Check(name, category, field.table, field.name, considered, failed, values, "weight", **more)


_MAKERS: tuple[Callable[[str, CdmVersion, str], Iterator[Check]], ...] = (
    _required,
    _primary_key,
    _foreign_key,
    _domain,
    _standard,
    _mapped,
    _start_before_end,
    _during_life,
    _within_visit,
    _units,
    _period_overlap,
)
