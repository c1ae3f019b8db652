"""How good predictions are: discrimination, calibration, overall error, usefulness of decisions."""

from analyses.prediction.calibration import Calibration, calibration
from analyses.prediction.decisions import DecisionCurve, decision_curve, survival_decision_curve
from analyses.prediction.roc import Roc, compare_roc, roc
from analyses.prediction.survival_calibration import SurvivalCalibration, survival_calibration
from analyses.prediction.survival_scores import (
    SurvivalScores,
    brier_scores,
    integrated_brier_score,
    time_dependent_auc,
)
from analyses.prediction.uno import uno_concordance
from analyses.prediction.variation import ExplainedVariation, explained_variation

__all__ = [
    "Calibration",
    "DecisionCurve",
    "ExplainedVariation",
    "Roc",
    "SurvivalCalibration",
    "SurvivalScores",
    "brier_scores",
    "calibration",
    "compare_roc",
    "decision_curve",
    "explained_variation",
    "integrated_brier_score",
    "roc",
    "survival_calibration",
    "survival_decision_curve",
    "time_dependent_auc",
    "uno_concordance",
]
