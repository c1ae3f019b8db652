"""Meta-analysis: one estimate from several studies or sites."""

from analyses.meta.effect_sizes import mean_effects, ratio_effects
from analyses.meta.model import MetaAnalysis, leave_one_out, meta_analysis
from analyses.meta.small_studies import EggerTest, TrimAndFill, egger_test, trim_and_fill
from analyses.meta.tables import PooledTables, pooled_tables

__all__ = [
    "EggerTest",
    "MetaAnalysis",
    "PooledTables",
    "TrimAndFill",
    "egger_test",
    "leave_one_out",
    "mean_effects",
    "meta_analysis",
    "pooled_tables",
    "ratio_effects",
    "trim_and_fill",
]
