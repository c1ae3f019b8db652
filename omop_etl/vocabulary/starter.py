"""The vocabulary that ships with the package, as CDM tables.

It holds the concepts a Chinese hospital extract needs most, with Chinese and English names. Identifiers below
2,000,000,000 are OMOP's own, checked against published sources; above, they are local: drug classes, terms without a
verified concept, and the source codes that map to concepts. See ``docs/decisions/003-local-concepts.md``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import pyarrow as pa

from omop_etl.cdm.engines.base import arrow_schema
from omop_etl.cdm.schema import cdm_version
from omop_etl.vocabulary.closure import ancestor_closure
from omop_etl.vocabulary.package_data import listed, rows_of

STARTER_VERSION = "RWE starter 2026-11"
"""Version that a CDM made with the starter vocabulary records."""

LOCAL_CONCEPTS = 2_000_000_000
"""Identifiers above this are local."""

VOCABULARY_TABLES = (
    "concept",
    "concept_synonym",
    "concept_relationship",
    "concept_ancestor",
    "vocabulary",
    "domain",
    "concept_class",
    "relationship",
    "source_to_concept_map",
)

_CHINESE, _ENGLISH = 4182948, 4180186
_FIRST_DAY, _LAST_DAY = dt.date(1970, 1, 1), dt.date(2099, 12, 31)
_VALID: dict[str, Any] = {"valid_start_date": _FIRST_DAY, "valid_end_date": _LAST_DAY, "invalid_reason": None}
_CLASS_CONCEPTS, _LAB_CODES, _UNIT_CODES = 91_001, 30_001, 40_001
_SOURCE_FILES = (
    ("icd10", "RWE ICD10", "Condition", "ICD10 code"),
    ("histology_of_lung", "RWE Histology", "Condition", "ICD-O morphology"),
    ("icd9_procedures", "RWE ICD9Proc", "Procedure", "ICD9 code"),
)
Row = dict[str, Any]


@lru_cache
def starter_tables() -> dict[str, pa.Table]:
    """Build the tables of the starter vocabulary.

    Returns
    -------
    dict of str to pyarrow.Table
        One table for each name in `VOCABULARY_TABLES`, with the columns of CDM v5.4. The same on every machine.

    Examples
    --------
    >>> tables = starter_tables()
    >>> concept = tables["concept"].to_pandas().set_index("concept_id")
    >>> concept.loc[443388, ["concept_name", "domain_id", "standard_concept"]].tolist()
    ['Malignant tumor of lung', 'Condition', 'S']
    """
    concepts = [_concept_of(row) for row in rows_of("concepts")]
    sources = list(_source_concepts())
    every = concepts + [source for source, _ in sources]
    maps = [(source["concept_id"], target) for source, targets in sources for target in targets]
    maps += [(row["concept_id"], row["concept_id"]) for row in concepts if row["standard_concept"] == "S"]
    is_a = [(int(row["concept_id"]), int(row["parent_concept_id"])) for row in rows_of("is_a")]
    contents: dict[str, Iterable[Row]] = {
        "concept": every,
        "concept_synonym": _synonyms(),
        "concept_relationship": _relationships(maps, is_a),
        "concept_ancestor": _ancestors(concepts, is_a),
        "vocabulary": [{**row, "vocabulary_version": STARTER_VERSION} for row in rows_of("vocabularies")],
        "domain": rows_of("domains"),
        "concept_class": _classes(every),
        "relationship": rows_of("relationships"),
        "source_to_concept_map": _source_map(sources, {row["concept_id"]: row for row in concepts}),
    }
    return {name: _table(name, contents[name]) for name in VOCABULARY_TABLES}


def _table(name: str, rows: Iterable[Row]) -> pa.Table:
    """Arrow table with the columns and types of the CDM table; whole numbers may come as text."""
    schema = arrow_schema(cdm_version("5.4")[name])
    listed_rows = list(rows)
    columns = {}
    for field in schema:
        values = [row.get(field.name) for row in listed_rows]
        if pa.types.is_integer(field.type):
            values = [None if value is None else int(value) for value in values]
        columns[field.name] = pa.array(values, field.type)
    return pa.table(columns, schema=schema)


def _concept_of(row: Mapping[str, str]) -> Row:
    names = ("concept_name", "domain_id", "vocabulary_id", "concept_class_id", "concept_code")
    return {
        "concept_id": int(row["concept_id"]),
        "standard_concept": row["standard_concept"] or None,
        **{name: row[name] for name in names},
        **_VALID,
    }


def _source_concepts() -> Iterable[tuple[Row, list[int]]]:
    """Non-standard local concepts, each with the standard concepts it maps to."""
    for file, vocabulary, domain, kind in _SOURCE_FILES:
        for row in rows_of(file):
            yield (
                _source_concept(int(row["concept_id"]), row["en"], domain, vocabulary, kind, row["code"]),
                [int(target) for target in listed(row["maps_to"])],
            )
    names = {row["concept_id"]: row["concept_name"] for row in rows_of("concepts")}
    number = LOCAL_CONCEPTS + _LAB_CODES
    for row in rows_of("lab_items"):
        for code in lab_codes(row):
            yield (
                _source_concept(number, names[row["concept_id"]], "Measurement", "RWE Lab", "Lab Item", code),
                [int(row["concept_id"])],
            )
            number += 1
    number = LOCAL_CONCEPTS + _UNIT_CODES
    for row in rows_of("units"):
        for spelling in row["spellings"].split():
            yield (
                _source_concept(number, names[row["unit_concept_id"]], "Unit", "RWE Unit", "Unit", spelling),
                [int(row["unit_concept_id"])],
            )
            number += 1


def lab_codes(item: Mapping[str, str]) -> list[str]:
    """Source codes of a laboratory item: its names, each with the unit concepts it may have.

    Examples
    --------
    >>> lab_codes({"names": "钾|K", "units": "8753"})
    ['钾|8753', 'K|8753']
    """
    return [f"{name}|{unit}" for name in listed(item["names"]) for unit in listed(item["units"]) or [""]]


def _source_concept(number: int, name: str, domain: str, vocabulary: str, kind: str, code: str) -> Row:
    return {
        "concept_id": number,
        "concept_name": name,
        "domain_id": domain,
        "vocabulary_id": vocabulary,
        "concept_class_id": kind,
        "standard_concept": None,
        "concept_code": code,
        **_VALID,
    }


def _synonyms() -> Iterable[Row]:
    """Chinese names and other synonyms; of source codes, their Chinese names."""
    for row in rows_of("concepts"):
        for name in dict.fromkeys([row["zh"], *listed(row["synonyms"])]):
            if name:
                yield _synonym(int(row["concept_id"]), name)
    for file, *_ in _SOURCE_FILES:
        for row in rows_of(file):
            yield _synonym(int(row["concept_id"]), row["zh"])


def _synonym(concept: int, name: str) -> Row:
    language = _CHINESE if re.search("[\u4e00-\u9fff]", name) else _ENGLISH
    return {"concept_id": concept, "concept_synonym_name": name, "language_concept_id": language}


def _relationships(maps: Iterable[tuple[int, int]], is_a: Iterable[tuple[int, int]]) -> Iterable[Row]:
    for pairs, there, back in ((maps, "Maps to", "Mapped from"), (is_a, "Is a", "Subsumes")):
        for first, second in pairs:
            yield {"concept_id_1": first, "concept_id_2": second, "relationship_id": there, **_VALID}
            yield {"concept_id_1": second, "concept_id_2": first, "relationship_id": back, **_VALID}


def _ancestors(concepts: Iterable[Row], is_a: Iterable[tuple[int, int]]) -> Iterable[Row]:
    parents: dict[int, list[int]] = defaultdict(list)
    for child, parent in is_a:
        parents[child].append(parent)
    for line in ancestor_closure((row["concept_id"] for row in concepts if row["standard_concept"]), parents):
        yield {
            "ancestor_concept_id": line.ancestor,
            "descendant_concept_id": line.descendant,
            "min_levels_of_separation": line.shortest,
            "max_levels_of_separation": line.longest,
        }


def _classes(concepts: Iterable[Row]) -> Iterable[Row]:
    for number, name in enumerate(sorted({row["concept_class_id"] for row in concepts})):
        yield {
            "concept_class_id": name,
            "concept_class_name": name,
            "concept_class_concept_id": LOCAL_CONCEPTS + _CLASS_CONCEPTS + number,
        }


def _source_map(sources: Iterable[tuple[Row, list[int]]], concepts: Mapping[int, Row]) -> Iterable[Row]:
    for source, targets in sources:
        for target in targets:
            yield {
                "source_code": source["concept_code"],
                "source_concept_id": source["concept_id"],
                "source_vocabulary_id": source["vocabulary_id"],
                "source_code_description": source["concept_name"],
                "target_concept_id": target,
                "target_vocabulary_id": concepts[target]["vocabulary_id"],
                **_VALID,
            }
