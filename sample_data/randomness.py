"""Independent streams of random numbers, so that one part of the extract can change without stirring the others."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray


def stream(seed: int, block: int, topic: str) -> np.random.Generator:
    """Random numbers for one topic of one block of patients.

    Parameters
    ----------
    seed
        Seed of the whole extract.
    block
        Number of the block of patients, from 0.
    topic
        Name of what the numbers are for; two topics never share a stream.

    Returns
    -------
    numpy.random.Generator
        The same numbers for the same three arguments, on every machine.

    Examples
    --------
    >>> stream(1, 0, "ages").integers(0, 100, 3).tolist() == stream(1, 0, "ages").integers(0, 100, 3).tolist()
    True
    >>> stream(1, 0, "ages").random() == stream(1, 0, "sexes").random()
    False
    """
    return np.random.default_rng([seed, block, zlib.crc32(topic.encode())])


def bernoulli_logit(rng: np.random.Generator, logit: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Draw yes or no for each log-odds in `logit`."""
    return rng.random(len(logit)) < 1.0 / (1.0 + np.exp(-logit))


def choose(rng: np.random.Generator, weights: NDArray[np.float64], size: int) -> NDArray[np.int64]:
    """Draw `size` positions with probability in proportion to `weights`."""
    cumulative = np.cumsum(weights, dtype=float)
    return np.searchsorted(cumulative, rng.random(size) * cumulative[-1], side="right")


def weibull_times(
    rng: np.random.Generator, log_hazard: NDArray[np.float64], shape: float, scale: float
) -> NDArray[np.float64]:
    """Event times of a proportional hazards model with a Weibull baseline.

    Parameters
    ----------
    rng
        Stream of random numbers.
    log_hazard
        Linear predictor of each person (log hazard ratio to the baseline).
    shape, scale
        Weibull parameters of the baseline; `scale` in days.

    Returns
    -------
    numpy.ndarray
        Days until the event, by inversion of the cumulative hazard (Bender, Augustin & Blettner 2005,
        Statistics in Medicine 24:1713-1723).

    Examples
    --------
    >>> import numpy as np
    >>> times = weibull_times(stream(1, 0, "x"), np.zeros(20_000), shape=1.0, scale=100.0)
    >>> bool(abs(times.mean() - 100) < 3)
    True
    """
    exponential = rng.exponential(1.0, len(log_hazard))
    return scale * (exponential / np.exp(log_hazard)) ** (1.0 / shape)
