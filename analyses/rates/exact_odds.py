"""The odds ratio given the margins of one or several two-by-two tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln

from analyses.inputs import FloatArray

_SAME = 1 + 1e-7
_LOG_LIMIT = 300.0


@dataclass(frozen=True)
class ConditionalCounts:
    """Distribution of the number of exposed events given all margins.

    Attributes
    ----------
    values : numpy.ndarray
        Numbers that can occur.
    log_weight : numpy.ndarray
        Logarithm of their number of arrangements, up to a constant.
    observed : float
        What was seen.

    Notes
    -----
    Fisher's noncentral hypergeometric distribution; over strata, its convolution (Gart, 1970, Biometrika 57:471).
    """

    values: FloatArray
    log_weight: FloatArray
    observed: float

    @classmethod
    def of(cls, tables: Sequence[tuple[float, float, float, float]]) -> ConditionalCounts:
        """Take tables (exposed events, exposed others, unexposed events, unexposed others)."""
        weight, low, observed = np.ones(1), 0.0, 0.0
        for a, b, c, d in tables:
            exposed, unexposed, events = a + b, c + d, a + c
            least, most = max(0.0, events - unexposed), min(exposed, events)
            x = np.arange(least, most + 1)
            log = _log_choose(exposed, x) + _log_choose(unexposed, events - x)
            weight = np.convolve(weight, np.exp(log - log.max()))
            weight /= weight.max()
            low, observed = low + least, observed + a
        with np.errstate(divide="ignore"):
            return cls(low + np.arange(len(weight)), np.log(weight), observed)

    def probabilities(self, log_odds_ratio: float) -> FloatArray:
        """Probability of every value."""
        log = self.log_weight + log_odds_ratio * self.values
        weight = np.exp(log - log.max())
        found: FloatArray = weight / weight.sum()
        return found

    def maximum_likelihood(self) -> float:
        """Odds ratio under which the expected value is the observed one."""
        if self.observed <= self.values[0]:
            return 0.0
        if self.observed >= self.values[-1]:
            return np.inf
        return _solved(lambda at: float(self.probabilities(at) @ self.values) - self.observed)

    def limits(self, conf_level: float) -> tuple[float, float]:
        """Odds ratios under which what was seen, or more extreme, has the probability of one tail."""
        tail = (1 - conf_level) / 2
        above, below = self.values >= self.observed, self.values <= self.observed
        lower, upper = 0.0, np.inf
        if self.observed > self.values[0]:
            lower = _solved(lambda at: float(self.probabilities(at)[above].sum()) - tail)
        if self.observed < self.values[-1]:
            upper = _solved(lambda at: tail - float(self.probabilities(at)[below].sum()))
        return lower, upper

    def p_value(self) -> float:
        """Fisher's p-value: probability, without an effect, of all values at most as likely as the observed one."""
        p = self.probabilities(0.0)
        own = p[int(self.observed - self.values[0])]
        return float(min(1.0, p[p <= own * _SAME].sum()))


def _log_choose(n: float, k: FloatArray) -> FloatArray:
    found: FloatArray = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return found


def _solved(increasing: Callable[[float], float]) -> float:
    return float(np.exp(brentq(increasing, -_LOG_LIMIT, _LOG_LIMIT, xtol=1e-15, rtol=8.9e-16, maxiter=500)))
