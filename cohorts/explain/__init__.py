"""Why a person is in a cohort or not: events and their fates, every criterion with the rows that decided it."""

from cohorts.explain.explain import explain
from cohorts.explain.model import (
    COHORT,
    PATIENT_LIST,
    AlmostEntry,
    DateWindow,
    Evidence,
    Explanation,
    Fate,
    Finding,
    Miss,
    Record,
    RuleFinding,
    Tested,
)

__all__ = [
    "COHORT",
    "PATIENT_LIST",
    "AlmostEntry",
    "DateWindow",
    "Evidence",
    "Explanation",
    "Fate",
    "Finding",
    "Miss",
    "Record",
    "RuleFinding",
    "Tested",
    "explain",
]
