"""Figures: one Altair chart for the screen and for PNG, SVG and PDF, and matplotlib for journals."""

from analyses.plots.balance import love_chart
from analyses.plots.curves import curve_chart, incidence_chart
from analyses.plots.estimates import estimate_chart
from analyses.plots.export import FORMATS, figure_bytes, register_fonts, save_figure
from analyses.plots.feasibility import funnel_chart, monthly_chart, recruitment_chart, rule_effects_chart
from analyses.plots.forest import forest_chart
from analyses.plots.journal import journal_survival_figure, register_journal_fonts, save_journal_figure
from analyses.plots.labels import Labels
from analyses.plots.survival import (
    risk_numbers,
    risk_table_chart,
    round_times,
    survival_chart,
    survival_curve_chart,
)
from analyses.plots.tests_of_groups import observed_expected_chart, p_value_chart, schoenfeld_chart

__all__ = [
    "FORMATS",
    "Labels",
    "curve_chart",
    "estimate_chart",
    "figure_bytes",
    "forest_chart",
    "funnel_chart",
    "incidence_chart",
    "journal_survival_figure",
    "love_chart",
    "monthly_chart",
    "observed_expected_chart",
    "p_value_chart",
    "recruitment_chart",
    "register_fonts",
    "register_journal_fonts",
    "risk_numbers",
    "risk_table_chart",
    "round_times",
    "rule_effects_chart",
    "save_figure",
    "save_journal_figure",
    "schoenfeld_chart",
    "survival_chart",
    "survival_curve_chart",
]
