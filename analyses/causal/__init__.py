"""Comparing treatments that were not assigned at random: propensity scores, weights, matching, strata, balance."""

from analyses.causal.balance import Balance, balance
from analyses.causal.calibration import Calibrated, EmpiricalNull, empirical_null
from analyses.causal.doubly_robust import AugmentedEffect, augmented_effect
from analyses.causal.e_value import EValue, e_value
from analyses.causal.effects import StratifiedEffect, WeightedEffect, stratified_effect, weighted_effect
from analyses.causal.matching import Matches, match
from analyses.causal.propensity import PropensityScores, propensity_scores
from analyses.causal.strata import PropensityStrata, propensity_strata
from analyses.causal.weights import effective_sample_size, propensity_weights, truncated_weights

__all__ = [
    "AugmentedEffect",
    "Balance",
    "Calibrated",
    "EValue",
    "EmpiricalNull",
    "Matches",
    "PropensityScores",
    "PropensityStrata",
    "StratifiedEffect",
    "WeightedEffect",
    "augmented_effect",
    "balance",
    "e_value",
    "effective_sample_size",
    "empirical_null",
    "match",
    "propensity_scores",
    "propensity_strata",
    "propensity_weights",
    "stratified_effect",
    "truncated_weights",
    "weighted_effect",
]
