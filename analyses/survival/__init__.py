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
from analyses.survival.kaplan_meier import KaplanMeier, kaplan_meier
from analyses.survival.logrank import LogRank, logrank
from analyses.survival.logrank_variants import logrank_trend, one_sample_logrank, pairwise_logrank
from analyses.survival.rmst import AdjustedRmst, RestrictedMeans, adjusted_rmst, pseudo_values, rmst

__all__ = [
    "AdjustedRmst",
    "AftModel",
    "Concordance",
    "CoxModel",
    "CumulativeIncidence",
    "FineGrayModel",
    "GrayTest",
    "KaplanMeier",
    "LogRank",
    "ProportionalHazardsTest",
    "RestrictedMeans",
    "SurvivalTimes",
    "Turnbull",
    "adjusted_rmst",
    "aft",
    "concordance",
    "cox",
    "cumulative_incidence",
    "fine_gray",
    "gray_test",
    "kaplan_meier",
    "logrank",
    "logrank_trend",
    "one_sample_logrank",
    "pairwise_logrank",
    "pseudo_values",
    "rmst",
    "turnbull",
]
