"""What a cohort is made of, looked at before anybody relies on it.

Each function takes cohorts that have been generated and gives a data frame; counts are exact, and whoever shows them
protects small ones.

Examples
--------
Which concepts brought the persons in, and when::

    made = generate({"heart failure": definition}, cdm)
    index_events(made, "heart failure")
    incidence(made, "heart failure", washout=365)
"""

from cohorts.diagnostics.duration import time_in_cohort
from cohorts.diagnostics.incidence import incidence
from cohorts.diagnostics.index_events import index_events
from cohorts.diagnostics.matched import compare_with_matched
from cohorts.diagnostics.orphans import orphan_concepts
from cohorts.diagnostics.overlap import overlap
from cohorts.diagnostics.visits import visit_context

__all__ = [
    "compare_with_matched",
    "incidence",
    "index_events",
    "orphan_concepts",
    "overlap",
    "time_in_cohort",
    "visit_context",
]
