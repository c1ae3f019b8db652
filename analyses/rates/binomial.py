"""The binomial distribution as exact tests use it."""

from __future__ import annotations

import numpy as np
from scipy.stats import beta, binom

_SAME = 1 + 1e-7
"""Probabilities that differ by less count as equal (R's ``binom.test``)."""


def clopper_pearson(x: float, n: float, conf_level: float = 0.95) -> tuple[float, float]:
    """Exact limits of a proportion (Clopper and Pearson, 1934, Biometrika 26:404).

    Examples
    --------
    >>> [round(limit, 4) for limit in clopper_pearson(3, 10)]
    [0.0667, 0.6525]
    """
    tail = (1 - conf_level) / 2
    lower = 0.0 if x == 0 else float(beta.ppf(tail, x, n - x + 1))
    upper = 1.0 if x == n else float(beta.isf(tail, x + 1, n - x))
    return lower, upper


def two_sided_p_by_likelihood(x: int, n: int, p: float) -> float:
    """Probability of all counts that are at most as likely as `x` (R's ``binom.test``).

    Examples
    --------
    >>> round(two_sided_p_by_likelihood(25, 36, 0.5), 5)
    0.02882
    """
    if p in (0.0, 1.0):
        return float(x == n * p)
    limit = float(binom.pmf(x, n, p)) * _SAME
    mean = n * p
    if x == mean:
        return 1.0
    own = float(binom.cdf(x, n, p) if x < mean else binom.sf(x - 1, n, p))
    far = np.arange(int(np.ceil(mean)), n + 1) if x < mean else np.arange(0, int(np.floor(mean)) + 1)
    rare = int(np.count_nonzero(binom.pmf(far, n, p) <= limit))
    other = float(binom.sf(n - rare, n, p) if x < mean else binom.cdf(rare - 1, n, p))
    return min(1.0, own + other)


def two_sided_p_by_doubling(x: int, n: int, p: float) -> float:
    """Twice the smaller tail, at most 1."""
    return float(min(1.0, 2 * min(binom.cdf(x, n, p), binom.sf(x - 1, n, p))))
