"""Profile-likelihood limits of the coefficients of a generalised linear model."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2, f, norm

from analyses.inputs import FloatArray
from analyses.regression.irls import GlmFit, fit_glm
from analyses.regression.spline import spline_points
from omop_etl.errors import CannotAnswerError

ProfileSolution = Literal["interpolated", "exact"]
"""Interpolated between steps of the profile, as R does it, or solved."""

_WIDENINGS = 12
_STEPS = 9
_STEPS_TO_CUTOFF = 5


def profile_limits(fit: GlmFit, dispersion: float, conf_level: float, solution: ProfileSolution) -> FloatArray:
    """Find the values of every coefficient at which the deviance is as large as the level allows.

    Parameters
    ----------
    fit : GlmFit
        The fit.
    dispersion : float
        Dispersion.
    conf_level : float
        Level of the limits.
    solution : {"interpolated", "exact"}
        Interpolated as in R's ``confint.glm``, or solved; solved limits take the F distribution where the dispersion is
        estimated.

    Returns
    -------
    numpy.ndarray
        Lower and upper limits, shape (coefficients, 2); undefined or infinite where the deviance stays below.
    """
    se = np.sqrt(np.diag(np.linalg.inv(fit.information)) * dispersion)
    profiles = [_Profile(fit, at, float(se[at]), dispersion) for at in range(len(fit.coef))]
    if solution == "exact":
        return np.array([profile.exact(conf_level) for profile in profiles])
    return np.array([profile.interpolated(conf_level) for profile in profiles])


class _Profile:
    """Deviance as a function of one coefficient, the others at their best."""

    def __init__(self, fit: GlmFit, at: int, se: float, dispersion: float) -> None:
        self.fit, self.se, self.dispersion = fit, se, dispersion
        self.others = np.delete(np.arange(len(fit.coef)), at)
        self.column, self.best = fit.x[:, at], float(fit.coef[at])
        self.start = fit.coef[self.others]
        self.rest = len(fit.x) - fit.x.shape[1]

    def added(self, value: float) -> float:
        """Deviance added by holding the coefficient at a value, in units of the dispersion."""
        fit = self.fit
        offset = fit.offset + self.column * value
        if not len(self.others):
            return (fit.family.deviance(fit.outcome, fit.link.mean(offset)) - fit.deviance) / self.dispersion
        x = fit.x[:, self.others]
        try:
            held = fit_glm(x, fit.outcome, fit.family, fit.link, offset, self.start)
        except CannotAnswerError:
            held = fit_glm(x, fit.outcome, fit.family, fit.link, offset)
        self.start = held.coef
        return (held.deviance - fit.deviance) / self.dispersion

    def exact(self, conf_level: float) -> tuple[float, float]:
        """Solve."""
        estimated = self.dispersion != 1.0
        allowed = float(f.ppf(conf_level, 1, self.rest) if estimated else chi2.ppf(conf_level, 1))
        found = []
        for side in (-1.0, 1.0):
            self.start = self.fit.coef[self.others]
            reach, limit = 2.5 * self.se, side * np.inf
            for _ in range(_WIDENINGS):
                if self.added(self.best + side * reach) > allowed:
                    ends = sorted((self.best, self.best + side * reach))
                    tolerance = 1e-13 * max(self.se, abs(self.best))
                    limit = float(brentq(lambda at: self.added(at) - allowed, *ends, xtol=tolerance, rtol=1e-13))
                    break
                reach *= 2
            found.append(limit)
        return found[0], found[1]

    def interpolated(self, conf_level: float) -> tuple[float, float]:
        """Step outwards, draw a spline through the signed roots and read it off (R's ``profile`` and ``confint``)."""
        tail = (1 - conf_level) / 4
        estimated = self.fit.family.estimates_dispersion or self.dispersion != 1.0
        furthest = float(np.sqrt(f.isf(tail, 1, self.rest) if estimated else chi2.isf(tail, 1)))
        values, roots = [self.best], [0.0]
        for side in (-1.0, 1.0):
            self.start = self.fit.coef[self.others]
            for step in range(1, _STEPS + 1):
                value = self.best + side * step * furthest / _STEPS_TO_CUTOFF * self.se
                root = float(np.sqrt(max(self.added(value), 0.0)))
                values.append(value)
                roots.append(side * root)
                if root >= furthest:
                    break
        order = np.argsort(values)
        drawn_at, drawn = spline_points(np.array(values)[order], np.array(roots)[order], 3 * len(values))
        cutoff = float(norm.ppf((1 + conf_level) / 2))
        rising = np.argsort(drawn)
        lower, upper = np.interp([-cutoff, cutoff], drawn[rising], drawn_at[rising], left=np.nan, right=np.nan)
        return float(lower), float(upper)
