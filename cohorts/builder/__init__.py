"""Cohort definitions written in Python, as sentences: the same documents that the pages and ATLAS write.

Examples
--------
>>> lung_cancer = concepts("lung cancer", 4311499)
>>> heart_failure = concepts("heart failure", 316139)
>>> ecog = concepts("ECOG", 2000000101)
>>> trial = (
...     cohort("First-line trial")
...     .entering_on(condition(lung_cancer).first())
...     .observed(before=30)
...     .requiring("Age 18 to 80", age(18, 80))
...     .requiring("ECOG 0 or 1", measurement(ecog).with_value(at_most=1).within(-30, 90))
...     .excluding("Heart failure", condition(heart_failure).before())
...     .leaving(after=365)
... )
>>> definition = trial.definition()
>>> [rule.name for rule in definition.expression.inclusion_rules]
['Age 18 to 80', 'ECOG 0 or 1', 'Heart failure']
>>> definition.semantics
'exact'
"""

from cohorts.builder.concepts import Concepts, concepts
from cohorts.builder.definition import CohortBuilder, cohort
from cohorts.builder.groups import Demographics, Group, age, all_of, any_of, at_least_of, at_most_of, sex
from cohorts.builder.records import (
    Records,
    condition,
    condition_era,
    death,
    device,
    drug,
    drug_era,
    in_list,
    measurement,
    member_of,
    observation,
    procedure,
    visit,
)

__all__ = [
    "CohortBuilder",
    "Concepts",
    "Demographics",
    "Group",
    "Records",
    "age",
    "all_of",
    "any_of",
    "at_least_of",
    "at_most_of",
    "cohort",
    "concepts",
    "condition",
    "condition_era",
    "death",
    "device",
    "drug",
    "drug_era",
    "in_list",
    "measurement",
    "member_of",
    "observation",
    "procedure",
    "sex",
    "visit",
]
