"""Can this trial be filled here, how fast, and which rule costs most: from the rule masks alone."""

from analyses.feasibility.eligibility import Eligibility, eligibility_of
from analyses.feasibility.funnel import funnel, nearest_relaxations, rule_effects
from analyses.feasibility.monthly import eligible_per_month
from analyses.feasibility.recruitment import Recruitment, RecruitmentAssumptions, project_recruitment
from analyses.feasibility.report import Feasibility, feasibility

__all__ = [
    "Eligibility",
    "Feasibility",
    "Recruitment",
    "RecruitmentAssumptions",
    "eligibility_of",
    "eligible_per_month",
    "feasibility",
    "funnel",
    "nearest_relaxations",
    "project_recruitment",
    "rule_effects",
]
