"""Restricted mean survival time: the mean time lived up to a horizon."""

from analyses.survival.rmst.adjusted import AdjustedRmst, adjusted_rmst
from analyses.survival.rmst.pseudo import pseudo_values
from analyses.survival.rmst.restricted_mean import RestrictedMeans, rmst

__all__ = ["AdjustedRmst", "RestrictedMeans", "adjusted_rmst", "pseudo_values", "rmst"]
