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
    """Statement that counts records and persons per concept.

    Parameters
    ----------
    cdm : str
        Schema of the CDM tables.
    target : str
        Table to fill: concept_id, records, persons. Persons of a concept that occurs in several tables count once in
        each.

    Returns
    -------
    str
        One statement.
    """
    counts = " UNION ALL ".join(
        f"SELECT {field} AS concept_id, count(*) AS records, count(DISTINCT person_id) AS persons "
        f"FROM {cdm}.{table} WHERE {field} <> 0 GROUP BY 1"
        for table, field in CONCEPT_FIELDS
    )
    return f"INSERT INTO {target} SELECT concept_id, sum(records), sum(persons) FROM ({counts}) GROUP BY 1 ORDER BY 1"
