"""Weights of the log-rank family: how much each time counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analyses.inputs import FloatArray, IntArray
from analyses.options import require_known
from analyses.survival.risk_sets import product_within, value_before
from omop_etl.errors import UsageError

Weighting = Literal["fleming-harrington", "gehan", "tarone-ware", "peto", "modified-peto", "modestly"]
"""Family of weights; Fleming-Harrington with rho = gamma = 0 is the log-rank test."""


@dataclass(frozen=True)
class TimeWeights:
    """How much each event time counts in a test of the log-rank family.

    Attributes
    ----------
    weighting : str
        ``fleming-harrington``: S^rho (1 - S)^gamma with the pooled survival just before the time (Fleming and
        Harrington, 1991); ``gehan``: number at risk (Gehan, 1965); ``tarone-ware``: its square root (Tarone and Ware,
        1977); ``peto``: a product-limit estimate with n + 1 (Peto and Peto, 1972); ``modified-peto``: that times
        n / (n + 1) (Andersen and others, 1982); ``modestly``: 1 / max(S, S just before `t_star`) (Magirr and Burman,
        2019, as in R's ``nphRCT``).
    rho, gamma : float
        Exponents of Fleming and Harrington.
    t_star : float, optional
        Time of the modestly weighted test.
    """

    weighting: Weighting = "fleming-harrington"
    rho: float = 0.0
    gamma: float = 0.0
    t_star: float | None = None

    def __post_init__(self) -> None:
        require_known("weighting", self.weighting, Weighting)
        if self.weighting == "modestly" and self.t_star is None:
            raise UsageError('weighting="modestly" needs t_star', todo="give the time up to which weights rise")

    def __call__(self, stratum: IntArray, time: FloatArray, n: FloatArray, d: FloatArray) -> FloatArray:
        """Weigh the times of pooled counts.

        Parameters
        ----------
        stratum, time : numpy.ndarray
            Stratum and time, in order.
        n, d : numpy.ndarray
            At risk and events in all groups together.

        Returns
        -------
        numpy.ndarray
            One weight per time.
        """
        if self.weighting == "gehan":
            return n
        if self.weighting == "tarone-ware":
            return np.sqrt(n)
        if self.weighting in ("peto", "modified-peto"):
            survival = product_within(stratum, 1 - d / (n + 1))
            return survival if self.weighting == "peto" else survival * n / (n + 1)
        before = value_before(stratum, product_within(stratum, 1 - d / n))
        if self.weighting == "modestly":
            return 1 / np.maximum(before, self._survival_at_t_star(stratum, time, before, 1 - d / n))
        weight = np.ones(len(n))
        if self.rho:
            weight = weight * before**self.rho
        if self.gamma:
            weight = weight * (1 - before) ** self.gamma
        return weight

    def _survival_at_t_star(
        self, stratum: IntArray, time: FloatArray, before: FloatArray, step: FloatArray
    ) -> FloatArray:
        """Pooled survival just before `t_star` in every time's stratum: the lowest value reached by then."""
        reached = np.where(time < float(self.t_star or 0), before * step, 1.0)
        lowest = np.ones(int(stratum[-1]) + 1)
        np.minimum.at(lowest, stratum, reached)
        return lowest[stratum]
