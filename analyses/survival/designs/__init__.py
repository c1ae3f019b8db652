"""Study designs beyond one event per person: recurrent events, case-cohort, self-controlled, clustered, intervals."""

from analyses.survival.designs.case_cohort import CaseCohort, case_cohort
from analyses.survival.designs.frailty import FrailtyModel, frailty_cox
from analyses.survival.designs.intervals import IntervalCheck, check_intervals
from analyses.survival.designs.recurrent import MeanCumulative, mean_cumulative, recurrent_events
from analyses.survival.designs.self_controlled import SelfControlled, self_controlled

__all__ = [
    "CaseCohort",
    "FrailtyModel",
    "IntervalCheck",
    "MeanCumulative",
    "SelfControlled",
    "case_cohort",
    "check_intervals",
    "frailty_cox",
    "mean_cumulative",
    "recurrent_events",
    "self_controlled",
]
