"""A small, dense CDM made at random from a seed, full of what real data holds and tidy tests leave out.

Rows end before they start, concepts are 0, missing from CONCEPT or invalid, events lie outside observation periods or
in persons without one, periods touch, days carry several events, and visits are named by events of other persons.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from omop_etl.cdm import cdm_version
from omop_etl.cdm.engines.base import arrow_schema

CONCEPTS = tuple(range(12))
"""Concepts that stand in CONCEPT."""

ABSENT = 12
"""A concept that events use and CONCEPT lacks."""

GENDERS = (8507, 8532)
INVALID = (5, 9)
DESCENDANTS = {1: (1, 2, 3, 5), 2: (2, 3), 4: (4, 5, 6, 9), 6: (6, 7), 8: (8,)}
MAPS_TO = {10: 1, 11: 2, 9: 4, 7: 3}
TEXTS = ("abc", "a%c", "b_c", "xbc", "O'Neil", "ABC", "100% w/w")
FIRST_DAY = date(2018, 1, 1)
DAYS = 900

_ROWS = {
    "condition_occurrence": 500,
    "condition_era": 250,
    "drug_exposure": 500,
    "drug_era": 250,
    "dose_era": 250,
    "procedure_occurrence": 300,
    "measurement": 500,
    "observation": 400,
    "device_exposure": 250,
    "specimen": 250,
    "visit_occurrence": 300,
    "visit_detail": 300,
    "payer_plan_period": 150,
    "episode": 200,
    "location_history": 120,
}
_SITES = 8
_BEYOND_V5_4 = {
    "drug_exposure": [("effective_drug_dose", pa.float64()), ("dose_unit_concept_id", pa.int64())],
    "location": [("region_concept_id", pa.int64())],
}
"""Columns that Circe reads and CDM v5.4 lacks: a CDM may have them all the same."""


def write_random_cdm(folder: Path, seed: int, persons: int = 60) -> Path:
    """Write a CDM, a parquet file per table, and return the folder."""
    maker = _Maker(random.Random(seed), persons)
    for name, (rows, schema) in maker.tables().items():
        columns = {field.name: pa.array([row.get(field.name) for row in rows], field.type) for field in schema}
        pq.write_table(pa.table(columns, schema=schema), folder / f"{name}.parquet")
    return folder


class _Maker:
    def __init__(self, chance: random.Random, persons: int) -> None:
        self.chance = chance
        self.persons = range(1, persons + 1)
        self.visits = range(60_001, 60_001 + _ROWS["visit_occurrence"])

    def tables(self) -> dict[str, tuple[list[dict[str, Any]], pa.Schema]]:
        fixed = {
            "person": self.person(),
            "observation_period": self.observation_period(),
            "death": self.death(),
            "provider": [{"provider_id": i, "specialty_concept_id": self.concept()} for i in range(1, _SITES)],
            "care_site": [{"care_site_id": i, "place_of_service_concept_id": self.concept()} for i in range(1, _SITES)],
            "location": [{"location_id": i, "region_concept_id": self.concept()} for i in range(1, _SITES)],
            **self.vocabulary(),
        }
        made = {name: (rows, _schema(name)) for name, rows in fixed.items()}
        for place, (name, number) in enumerate(_ROWS.items()):
            schema = _LOCATION_HISTORY if name == "location_history" else _schema(name)
            first = 60_001 if name == "visit_occurrence" else 1_000 * (place + 1) + 1
            made[name] = ([self.event(name, first + i, schema) for i in range(number)], schema)
        return made

    def person(self) -> list[dict[str, Any]]:
        return [
            {
                "person_id": person,
                "gender_concept_id": self.chance.choice((*GENDERS, *GENDERS, 0, 3)),
                "year_of_birth": self.chance.randint(1940, 2005),
                "month_of_birth": self.maybe(self.chance.randint(1, 12)),
                "day_of_birth": self.maybe(self.chance.randint(1, 28)),
                "race_concept_id": self.concept(),
                "ethnicity_concept_id": self.concept(),
            }
            for person in self.persons
        ]

    def observation_period(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for person in self.persons:
            start = FIRST_DAY + timedelta(self.chance.randint(-30, 200))
            for _ in range(self.chance.choice((0, 1, 1, 1, 2, 2, 3))):
                end = start + timedelta(self.chance.randint(20, 500))
                rows.append(
                    {
                        "observation_period_id": len(rows) + 1,
                        "person_id": person,
                        "observation_period_start_date": start,
                        "observation_period_end_date": end,
                        "period_type_concept_id": self.concept(),
                    }
                )
                start = end + timedelta(self.chance.choice((1, 1, 30, 90)))
        return rows

    def death(self) -> list[dict[str, Any]]:
        return [
            {
                "person_id": person,
                "death_date": self.day(),
                "death_type_concept_id": self.concept(),
                "cause_concept_id": self.maybe(self.concept()),
                "cause_source_concept_id": self.maybe(self.concept()),
            }
            for person in self.persons
            if self.chance.random() < 0.4
        ]

    def vocabulary(self) -> dict[str, list[dict[str, Any]]]:
        return {
            "concept": [
                {"concept_id": c, "concept_name": f"concept {c}", "invalid_reason": "D" if c in INVALID else None}
                for c in (*CONCEPTS, *GENDERS)
            ],
            "concept_ancestor": [
                {"ancestor_concept_id": a, "descendant_concept_id": d}
                for a, found in DESCENDANTS.items()
                for d in found
            ],
            "concept_relationship": [
                {
                    "concept_id_1": source,
                    "concept_id_2": target,
                    "relationship_id": relation,
                    "invalid_reason": "D" if source == 7 else None,
                }
                for source, target in MAPS_TO.items()
                for relation in ("Maps to", "Subsumes")
            ],
        }

    def event(self, name: str, key: int, schema: pa.Schema) -> dict[str, Any]:
        """A row: dates near each other, small numbers, concepts of the pool, and nulls wherever they are allowed."""
        start, person = self.day(), self.chance.choice(self.persons)
        if name == "visit_occurrence":
            person = self.owner(key)
        row: dict[str, Any] = {}
        for field in schema:
            row[field.name] = self.cell(field.name, field.type, start, person)
            required = field.name not in _NULLABLE.get(name, ()) or field.name == "person_id"
            if not required:
                row[field.name] = self.maybe(row[field.name])
        return {**row, f"{name}_id": key}

    def cell(self, column: str, kind: pa.DataType, start: date, person: int) -> Any:
        if column in ("person_id", "entity_id"):
            return person
        if column == "domain_id":
            return self.chance.choice(("PERSON", "PERSON", "CARE_SITE"))
        if column == "visit_occurrence_id":
            return self.visit(person)
        if column in ("provider_id", "care_site_id", "location_id"):
            return self.chance.randint(1, _SITES)
        if column.endswith("concept_id"):
            return self.concept()
        if column.endswith("end_date"):
            return start + timedelta(self.chance.choice((-3, 0, 0, 1, 2, 5, 14, 30, 90)))
        if pa.types.is_date(kind):
            return start
        if pa.types.is_string(kind):
            return self.chance.choice(TEXTS)
        if pa.types.is_floating(kind):
            return self.chance.choice((0.0, 0.5, 1.0, 1.25, 2.0, 3.0, 5.0, 10.0))
        if column == "days_supply":
            return self.chance.choice((0, 1, 5, 30))
        return self.chance.randint(0, 6) if pa.types.is_integer(kind) else None

    def owner(self, visit: int) -> int:
        """Person of a visit."""
        return self.persons[visit % len(self.persons)]

    def visit(self, person: int) -> int:
        """A visit, mostly of the person and sometimes of another."""
        visit = self.chance.choice(self.visits)
        if self.chance.random() < 0.8:
            visit += (person - self.owner(visit)) % len(self.persons)
        return min(visit, self.visits[-1])

    def concept(self) -> int:
        return self.chance.choice((0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 11, ABSENT, *GENDERS))

    def day(self) -> date:
        """A day; one in four is one of a few, so that persons have several events on it."""
        if self.chance.random() < 0.25:
            return FIRST_DAY + timedelta(100 * self.chance.randint(0, DAYS // 100))
        return FIRST_DAY + timedelta(self.chance.randint(0, DAYS))

    def maybe(self, value: Any) -> Any:
        return None if self.chance.random() < 0.2 else value


def _schema(name: str) -> pa.Schema:
    schema = arrow_schema(cdm_version()[name])
    for column, kind in _BEYOND_V5_4.get(name, []):
        schema = schema.append(pa.field(column, kind))
    return schema


def _nullable(name: str) -> list[str]:
    """Columns that may be empty; the end of an exposure too, because older CDMs allow it and Circe provides for it."""
    table: sa.Table = cdm_version()[name]
    beyond = [column for column, _ in _BEYOND_V5_4.get(name, [])] + ["drug_exposure_end_date"]
    return [column.name for column in table.columns if column.nullable] + beyond


_LOCATION_HISTORY = pa.schema(
    [
        ("location_history_id", pa.int64()),
        ("location_id", pa.int64()),
        ("domain_id", pa.string()),
        ("entity_id", pa.int64()),
        ("start_date", pa.date32()),
        ("end_date", pa.date32()),
    ]
)
_NULLABLE = {name: _nullable(name) for name in _ROWS if name != "location_history"} | {"location_history": ["end_date"]}
