"""How often each concept occurs, for search and for the choice of concepts."""

from __future__ import annotations

CONCEPT_FIELDS = (
    ("visit_occurrence", "visit_concept_id"),
    ("condition_occurrence", "condition_concept_id"),
    ("drug_exposure", "drug_concept_id"),
    ("procedure_occurrence", "procedure_concept_id"),
    ("device_exposure", "device_concept_id"),
    ("measurement", "measurement_concept_id"),
    ("observation", "observation_concept_id"),
)


def concept_count_statement(cdm: str, target: str) -> str:
    """Statement that counts records and persons per concept, by itself and with its descendants.

    Parameters
    ----------
    cdm : str
        Schema of the CDM tables.
    target : str
        Table to fill: concept_id, records, persons, descendant_records, descendant_persons. A concept counts among its
        own descendants.

    Returns
    -------
    str
        One statement.
    """
    events = " UNION ALL ".join(
        f"SELECT {field} AS concept_id, person_id FROM {cdm}.{table} WHERE {field} <> 0"
        for table, field in CONCEPT_FIELDS
    )
    return f"""
INSERT INTO {target}
WITH pairs AS (
    SELECT concept_id, person_id, count(*) AS records FROM ({events}) GROUP BY ALL
),
direct AS (
    SELECT concept_id, sum(records) AS records, count(*) AS persons FROM pairs GROUP BY 1
),
below AS (
    SELECT a.ancestor_concept_id AS concept_id, sum(p.records) AS records, count(DISTINCT p.person_id) AS persons
    FROM pairs p JOIN {cdm}.concept_ancestor a ON a.descendant_concept_id = p.concept_id GROUP BY 1
)
SELECT concept_id, coalesce(d.records, 0), coalesce(d.persons, 0),
       coalesce(b.records, d.records), coalesce(b.persons, d.persons)
FROM direct d FULL JOIN below b USING (concept_id) ORDER BY concept_id
"""
