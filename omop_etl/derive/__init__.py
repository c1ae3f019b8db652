"""Tables that follow from the others: observation periods, eras, and counts per concept."""

from omop_etl.derive.concept_counts import concept_count_statement
from omop_etl.derive.eras import condition_era_statement, drug_era_statement
from omop_etl.derive.observation_period import observation_period_statement

__all__ = [
    "concept_count_statement",
    "condition_era_statement",
    "drug_era_statement",
    "observation_period_statement",
]
