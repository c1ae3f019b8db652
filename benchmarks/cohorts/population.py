"""A large synthetic CDM, made by DuckDB's own functions: seeded, set-based, about a hundred records a person.

Records stand in the order of their concepts, as the pipeline publishes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

FIRST_DAY, DAYS = "2012-01-01", 4000


@dataclass(frozen=True)
class RecordKind:
    """One table of records.

    Attributes
    ----------
    table, key, concept, start, end, kind : str
        Names of the table and of its columns; `end` may be empty.
    first_concept, concepts : int
        Concepts that its records have; low numbers are the more frequent.
    per_person : int
        Records a person, on average.
    more : str
        Further columns, as SQL over the random number ``h``.
    """

    table: str
    key: str
    concept: str
    start: str
    end: str
    kind: str
    first_concept: int
    concepts: int
    per_person: int
    more: str = ""


KINDS = (
    RecordKind(
        "condition_occurrence", "condition_occurrence_id", "condition_concept_id", "condition_start_date",
        "condition_end_date", "condition_type_concept_id", 100_000, 2_000, 25,
        "0::BIGINT AS condition_source_concept_id, 0::BIGINT AS condition_status_concept_id",
    ),
    RecordKind(
        "drug_exposure", "drug_exposure_id", "drug_concept_id", "drug_exposure_start_date", "drug_exposure_end_date",
        "drug_type_concept_id", 200_000, 1_000, 25,
        "0::BIGINT AS drug_source_concept_id, (h % 90)::INTEGER AS days_supply",
    ),
    RecordKind(
        "measurement", "measurement_id", "measurement_concept_id", "measurement_date", "",
        "measurement_type_concept_id", 300_000, 200, 32,
        "round((h // 1000 % 20000) / 1000.0, 3) AS value_as_number, 8840::BIGINT AS unit_concept_id, "
        "0::BIGINT AS value_as_concept_id, 4.0::DOUBLE AS range_low, 9.0::DOUBLE AS range_high",
    ),
    RecordKind(
        "procedure_occurrence", "procedure_occurrence_id", "procedure_concept_id", "procedure_date", "",
        "procedure_type_concept_id", 400_000, 500, 5,
    ),
    RecordKind(
        "visit_occurrence", "visit_occurrence_id", "visit_concept_id", "visit_start_date", "visit_end_date",
        "visit_type_concept_id", 9_200, 4, 12,
    ),
)  # fmt: skip
GROUPS = 50
"""Concepts of a kind that stand under each of its broader concepts."""


def make_population(target: Path, persons: int, seed: int = 1) -> None:
    """Write a CDM.

    Parameters
    ----------
    target : pathlib.Path
        DuckDB file to make.
    persons : int
        How many persons.
    seed : int
        Same seed, same rows.

    Notes
    -----
    Broader concept ``b`` of a kind is ``first_concept - 1 - b`` and has the concepts ``first_concept + b * GROUPS`` and
    following below it. The concept of a record is drawn with a density that falls with its number.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    with duckdb.connect(str(target)) as connection:
        connection.execute("SET preserve_insertion_order = false")
        for statement in (*_vocabulary(), *_persons(persons, seed)):
            connection.execute(statement)
        for number, kind in enumerate(KINDS):
            connection.execute(_records(kind, persons, seed * 100 + number))


def _vocabulary() -> list[str]:
    listed = " UNION ALL ".join(
        f"SELECT range AS concept_id FROM range({k.first_concept}, {k.first_concept + k.concepts}) UNION ALL "
        f"SELECT {k.first_concept - 1} - range FROM range({max(1, k.concepts // GROUPS)})"
        for k in KINDS
    )
    below = " UNION ALL ".join(
        f"SELECT {k.first_concept - 1} - range // {GROUPS} AS ancestor_concept_id, {k.first_concept} + range AS "
        f"descendant_concept_id FROM range({k.concepts})"
        for k in KINDS
    )
    return [
        "CREATE TABLE concept AS SELECT DISTINCT concept_id::BIGINT AS concept_id, 'concept ' || concept_id AS "
        "concept_name, 'S' AS standard_concept, NULL::VARCHAR AS invalid_reason, 'Synthetic' AS vocabulary_id, "
        f"'Synthetic' AS domain_id FROM ({listed} UNION ALL SELECT unnest([8507, 8532, 8840]))",
        "CREATE TABLE concept_ancestor AS SELECT ancestor_concept_id::BIGINT AS ancestor_concept_id, "
        f"descendant_concept_id::BIGINT AS descendant_concept_id FROM ({below}) "
        "UNION ALL SELECT concept_id, concept_id FROM concept",
        "CREATE TABLE concept_relationship (concept_id_1 BIGINT, concept_id_2 BIGINT, relationship_id VARCHAR, "
        "invalid_reason VARCHAR)",
    ]


def _persons(persons: int, seed: int) -> list[str]:
    return [
        "CREATE TABLE person AS SELECT range AS person_id, CASE WHEN h % 2 = 0 THEN 8507 ELSE 8532 END::BIGINT AS "
        "gender_concept_id, (1930 + h // 2 % 80)::INTEGER AS year_of_birth, (1 + h // 160 % 12)::INTEGER AS "
        "month_of_birth, (1 + h // 1920 % 28)::INTEGER AS day_of_birth, 0::BIGINT AS race_concept_id, "
        f"0::BIGINT AS ethnicity_concept_id FROM (SELECT range, hash(range, {seed}) AS h FROM range(1, {persons} + 1))",
        "CREATE TABLE observation_period AS SELECT range AS observation_period_id, range AS person_id, "
        f"DATE '{FIRST_DAY}' + (h % 1000)::INTEGER AS observation_period_start_date, "
        f"DATE '{FIRST_DAY}' + (1500 + h // 1000 % {DAYS - 1500})::INTEGER AS observation_period_end_date, "
        f"32817::BIGINT AS period_type_concept_id FROM (SELECT range, hash(range, {seed}, 'period') AS h "
        f"FROM range(1, {persons} + 1))",
    ]


def _records(kind: RecordKind, persons: int, seed: int) -> str:
    start = f"p.observation_period_start_date + (h // 7 % p.days)::INTEGER AS {kind.start}"
    end = f", {kind.start} + (h // 11 % 20)::INTEGER AS {kind.end}" if kind.end else ""
    visit = "" if kind.table == "visit_occurrence" else ", (h // 13 % 12000000)::BIGINT AS visit_occurrence_id"
    more = f", {kind.more}" if kind.more else ""
    concept = f"({kind.first_concept} + floor({kind.concepts} * pow((h % 1000003) / 1000003.0, 2.5)))::BIGINT"
    return (
        f"CREATE TABLE {kind.table} AS SELECT p.person_id * 1000 + p.n AS {kind.key}, p.person_id, {concept} AS "
        f"{kind.concept}, {start}{end}, 32817::BIGINT AS {kind.kind}{visit}{more} FROM (SELECT person_id, "
        f"observation_period_start_date, (observation_period_end_date - observation_period_start_date + 1) AS days, "
        f"unnest(range(({kind.per_person // 2} + hash(person_id, {seed}) % {kind.per_person + 1})::BIGINT)) AS n "
        f"FROM observation_period) p, LATERAL (SELECT hash(p.person_id, p.n, {seed}) AS h) ORDER BY {kind.concept}"
    )
