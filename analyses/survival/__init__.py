"""Survival analysis whose numbers are those of R's ``survival`` package."""

from analyses.survival.aft import AftModel, Turnbull, aft, turnbull
from analyses.survival.competing import (
    CumulativeIncidence,
    FineGrayModel,
    GrayTest,
    cumulative_incidence,
    fine_gray,
    gray_test,
)
from analyses.survival.concordance import Concordance, concordance
from analyses.survival.cox import CoxModel, ProportionalHazardsTest, cox
from analyses.survival.data import SurvivalTimes
from analyses.survival.designs import (
    CaseCohort,
    FrailtyModel,
    IntervalCheck,
    MeanCumulative,
    SelfControlled,
    case_cohort,
    check_intervals,
    frailty_cox,
    mean_cumulative,
    recurrent_events,
    self_controlled,
)
from analyses.survival.kaplan_meier import KaplanMeier, kaplan_meier
from analyses.survival.logrank import LogRank, logrank
from analyses.survival.logrank_variants import logrank_trend, one_sample_logrank, pairwise_logrank
from analyses.survival.multistate import StateProbabilities, state_intervals, state_probabilities, transition_rows
from analyses.survival.rmst import AdjustedRmst, RestrictedMeans, adjusted_rmst, pseudo_values, rmst

__all__ = [
    "AdjustedRmst",
    "AftModel",
    "CaseCohort",
    "Concordance",
    "CoxModel",
    "CumulativeIncidence",
    "FineGrayModel",
    "FrailtyModel",
    "GrayTest",
    "IntervalCheck",
    "KaplanMeier",
    "LogRank",
    "MeanCumulative",
    "ProportionalHazardsTest",
    "RestrictedMeans",
    "SelfControlled",
    "StateProbabilities",
    "SurvivalTimes",
    "Turnbull",
    "adjusted_rmst",
    "aft",
    "case_cohort",
    "check_intervals",
    "concordance",
    "cox",
    "cumulative_incidence",
    "fine_gray",
    "frailty_cox",
    "gray_test",
    "kaplan_meier",
    "logrank",
    "logrank_trend",
    "mean_cumulative",
    "one_sample_logrank",
    "pairwise_logrank",
    "pseudo_values",
    "recurrent_events",
    "rmst",
    "self_controlled",
    "state_intervals",
    "state_probabilities",
    "transition_rows",
    "turnbull",
]
