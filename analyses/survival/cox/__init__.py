"""Cox proportional hazards regression."""

from analyses.survival.cox.fit import cox
from analyses.survival.cox.model import CoxModel
from analyses.survival.cox.proportionality import ProportionalHazardsTest

__all__ = ["CoxModel", "ProportionalHazardsTest", "cox"]
