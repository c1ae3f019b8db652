"""Checks on a finished CDM, named and classed as in OHDSI's DataQualityDashboard."""

from omop_etl.quality.checks import Check, checks_for
from omop_etl.quality.run import QualityResult, run_checks

__all__ = ["Check", "QualityResult", "checks_for", "run_checks"]
