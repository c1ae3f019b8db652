"""Parametric models of time: log T = x b + scale W, for exact, right-, left- and interval-censored times."""

from analyses.survival.aft.fit import aft
from analyses.survival.aft.model import AftModel
from analyses.survival.aft.turnbull import Turnbull, turnbull

__all__ = ["AftModel", "Turnbull", "aft", "turnbull"]
