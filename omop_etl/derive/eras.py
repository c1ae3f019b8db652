"""Condition and drug eras by OHDSI's rules: records of one concept that lie at most thirty days apart are one era.

Source: OHDSI CommonDataModel, "Era" scripts: an open condition record lasts one day, drugs count by ingredient.
"""

from __future__ import annotations

PERSISTENCE = 30
"""Days that may lie between two records of one era."""


def condition_era_statement(cdm: str) -> str:
    """Statement that fills CONDITION_ERA from the tables of schema `cdm`; concept 0 makes no era."""
    records = f"""
    SELECT person_id, condition_concept_id AS concept_id, condition_start_date AS starts,
           greatest(coalesce(condition_end_date, condition_start_date + 1), condition_start_date) AS ends
    FROM {cdm}.condition_occurrence WHERE condition_concept_id <> 0"""
    return f"""
INSERT INTO {cdm}.condition_era
WITH records AS ({records}),
{_islands("records", PERSISTENCE)}
SELECT identifier(concat_ws(chr(31), 'condition_era', person_id, concept_id, min(starts))),
       person_id, concept_id, min(starts), max(ends), count(*)
FROM numbered GROUP BY person_id, concept_id, number
ORDER BY person_id, concept_id, min(starts)
"""


def drug_era_statement(cdm: str) -> str:
    """Statement that fills DRUG_ERA from the tables of schema `cdm`, on the level of ingredients.

    `gap_days` are the days of an era that no exposure covers.
    """
    records = f"""
    SELECT e.person_id, a.ancestor_concept_id AS concept_id, e.drug_exposure_start_date AS starts,
           greatest(e.drug_exposure_end_date, e.drug_exposure_start_date) AS ends
    FROM {cdm}.drug_exposure e
    JOIN {cdm}.concept_ancestor a ON a.descendant_concept_id = e.drug_concept_id
    JOIN {cdm}.concept c ON c.concept_id = a.ancestor_concept_id
    WHERE c.concept_class_id = 'Ingredient' AND c.standard_concept = 'S' AND e.drug_concept_id <> 0"""
    return f"""
INSERT INTO {cdm}.drug_era
WITH records AS ({records}),
{_islands("records", 0, name="touching")},
covered AS (
    SELECT person_id, concept_id, min(starts) AS starts, max(ends) AS ends, count(*) AS exposures
    FROM touching GROUP BY person_id, concept_id, number
),
{_islands("covered", PERSISTENCE)}
SELECT identifier(concat_ws(chr(31), 'drug_era', person_id, concept_id, min(starts))),
       person_id, concept_id, min(starts), max(ends), sum(exposures),
       (max(ends) - min(starts)) - sum(ends - starts)
FROM numbered GROUP BY person_id, concept_id, number
ORDER BY person_id, concept_id, min(starts)
"""


def _islands(relation: str, days: int, name: str = "numbered") -> str:
    """Common table expression that numbers groups of records with at most `days` days between them."""
    return f"""{name}_edges AS (
    SELECT *, max(ends) OVER (PARTITION BY person_id, concept_id ORDER BY starts, ends
                              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
    FROM {relation}
),
{name} AS (
    SELECT * EXCLUDE (reached), sum(coalesce(starts - reached > {days}, true)::INTEGER)
        OVER (PARTITION BY person_id, concept_id ORDER BY starts, ends) AS number
    FROM {name}_edges
)"""
