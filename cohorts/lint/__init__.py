"""Checks of cohort definitions: what gives no rows or wrong ones, and what is probably not what was meant."""

from cohorts.lint.lint import lint
from cohorts.lint.problem import SEVERITIES, Problem, Severity

__all__ = ["SEVERITIES", "Problem", "Severity", "lint"]
