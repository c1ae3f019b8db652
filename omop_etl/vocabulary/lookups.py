"""Lookup tables that the mapping joins to, made from the vocabulary tables and from the package's own data."""

from __future__ import annotations

import re

import duckdb
import pyarrow as pa

from omop_etl.vocabulary.package_data import listed, rows_of
from omop_etl.vocabulary.starter import lab_codes

LOOKUP_SCHEMA = "voc"
"""Schema of the lookup tables in the working database."""

_NO_UNIT = -1

_FROM_CONCEPTS = """
CREATE TABLE voc.code AS
SELECT c.vocabulary_id, upper(c.concept_code) AS code, c.concept_id,
       coalesce(list(t.concept_id ORDER BY t.concept_id) FILTER (WHERE t.concept_id IS NOT NULL), [0]) AS targets
FROM {cdm}.concept c
LEFT JOIN {cdm}.concept_relationship r
       ON r.concept_id_1 = c.concept_id AND r.relationship_id = 'Maps to' AND r.invalid_reason IS NULL
LEFT JOIN {cdm}.concept t ON t.concept_id = r.concept_id_2 AND t.standard_concept = 'S'
WHERE c.domain_id IN ('Condition', 'Procedure', 'Observation', 'Measurement', 'Drug', 'Device')
GROUP BY ALL;

CREATE TABLE voc.name AS
WITH names AS (
    SELECT c.domain_id, c.concept_id, n.name, n.rank
    FROM {cdm}.concept c
    JOIN (SELECT concept_id, concept_name AS name, 1 AS rank FROM {cdm}.concept
          UNION ALL SELECT concept_id, concept_synonym_name, 2 FROM {cdm}.concept_synonym) n USING (concept_id)
    WHERE c.standard_concept = 'S' AND c.domain_id IN ('Condition', 'Procedure', 'Observation', 'Measurement')
)
SELECT domain_id, lower(replace(name, ' ', '')) AS name, arg_min(concept_id, (rank, concept_id)) AS concept_id
FROM names GROUP BY 1, 2;

CREATE TABLE voc.drug AS
SELECT lower(replace(s.concept_synonym_name, ' ', '')) AS name, min(c.concept_id) AS concept_id
FROM {cdm}.concept c JOIN {cdm}.concept_synonym s USING (concept_id)
WHERE c.domain_id = 'Drug' AND c.standard_concept = 'S' AND c.concept_class_id = 'Ingredient'
  AND regexp_matches(s.concept_synonym_name, '^[\\x{{4e00}}-\\x{{9fff}}]{{2,}}')
GROUP BY 1;
"""


def make_lookups(connection: duckdb.DuckDBPyConnection, cdm: str) -> None:
    """Make the lookup tables.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The working database; the schema `LOOKUP_SCHEMA` must exist and be empty.
    cdm : str
        Schema, with its database, that holds the vocabulary tables.
    """
    connection.execute(_FROM_CONCEPTS.format(cdm=cdm))
    for name, table in _package_tables().items():
        connection.register("rwe_lookup", table)
        connection.execute(f"CREATE TABLE voc.{name} AS SELECT * FROM rwe_lookup")
        connection.unregister("rwe_lookup")
    connection.execute(
        "CREATE TABLE voc.unit_folded AS SELECT lower(spelling) AS spelling, min(unit_concept_id) AS unit_concept_id "
        "FROM voc.unit GROUP BY 1 HAVING count(DISTINCT unit_concept_id) = 1"
    )
    connection.execute(
        "CREATE TABLE voc.laboratory AS SELECT i.name, i.unit_concept_id, i.concept_id, "
        "coalesce(c.concept_id, 0) AS source_concept_id FROM voc.laboratory_item i "
        "LEFT JOIN voc.code c ON c.vocabulary_id = 'RWE Lab' AND c.code = upper(i.code)"
    )
    words = [re.escape(row["word"]) for row in sorted(rows_of("drug_words"), key=lambda row: -len(row["word"]))]
    connection.execute("SET VARIABLE drug_words = $1", ["(" + "|".join(words) + ")"])


def _package_tables() -> dict[str, pa.Table]:
    return {
        "unit": _distinct(
            {
                "spelling": spelling.replace("μ", "u").replace("²", "2"),
                "unit_concept_id": int(row["unit_concept_id"]),
            }
            for row in rows_of("units")
            for spelling in row["spellings"].split()
        ),
        "route": _distinct(
            {"spelling": spelling.lower(), "route_concept_id": int(row["route_concept_id"])}
            for row in rows_of("routes")
            for spelling in listed(row["spellings"])
        ),
        "laboratory_item": _laboratory_items(),
        "limits": pa.Table.from_pylist(
            [
                {
                    "concept_id": int(row["concept_id"]),
                    "unit_concept_id": int(row["unit_concept_id"]),
                    "low": float(row["low"]),
                    "high": float(row["high"]),
                }
                for row in rows_of("limits")
            ]
        ),
    }


def _laboratory_items() -> pa.Table:
    """One line per name and unit; a name alone stands for the first item that has it, in the order of the file."""
    lines: dict[tuple[str, int], tuple[int, str]] = {}
    for row in rows_of("lab_items"):
        for code in lab_codes(row):
            name, _, unit = code.rpartition("|")
            lines.setdefault((_folded(name), int(unit) if unit else _NO_UNIT), (int(row["concept_id"]), code))
    for (name, _), found in list(lines.items()):
        lines.setdefault((name, _NO_UNIT), found)
    return pa.Table.from_pylist(
        [
            {"name": name, "unit_concept_id": unit, "concept_id": concept, "code": code}
            for (name, unit), (concept, code) in lines.items()
        ]
    )


def _folded(name: str) -> str:
    return name.replace(" ", "").lower()


def _distinct(rows: object) -> pa.Table:
    """Arrow table of rows, the first of each key kept."""
    kept: dict[str, dict[str, object]] = {}
    for row in rows:  # type: ignore[attr-defined]
        kept.setdefault(row["spelling"], row)
    return pa.Table.from_pylist(list(kept.values()))
