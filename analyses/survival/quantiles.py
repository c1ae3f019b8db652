"""Quantiles of a survival curve: the time by which a share has had the event."""

from __future__ import annotations

import numpy as np

from analyses.inputs import FloatArray

_TOLERANCE = float(np.sqrt(np.finfo(np.float64).eps))


def survival_quantile(time: FloatArray, survival: FloatArray, share: float, origin: float = 0.0) -> float:
    """Find the time at which a falling step function reaches 1 - `share`.

    Parameters
    ----------
    time : numpy.ndarray
        Times of the curve, increasing.
    survival : numpy.ndarray
        Value from each time on; undefined values (NaN) are passed over. Before the first time it is 1.
    share : float
        Share that has had the event, 0.5 for the median.
    origin : float
        Where the curve starts.

    Returns
    -------
    float
        The first time with a value at or below 1 - `share`. Where the curve equals 1 - `share` over an interval, the
        midpoint of that interval, which ends with the last time if the curve does not fall further. NaN where it is
        not reached.

    Notes
    -----
    R's convention (``quantile.survfit``). Applied to the limits of a band it gives the limits of Brookmeyer and
    Crowley (1982), Biometrics 38:29.

    Examples
    --------
    >>> time = np.array([1.0, 2.0, 3.0, 4.0])
    >>> survival_quantile(time, np.array([0.75, 0.5, 0.25, 0.0]), 0.5)
    2.5
    >>> survival_quantile(time, np.array([0.8, 0.6, 0.4, 0.2]), 0.5)
    3.0
    >>> survival_quantile(time, np.array([0.8, 0.6, 0.6, 0.6]), 0.5)
    nan
    """
    target = 1 - share
    times = np.append(origin, time)
    values = np.append(1.0, survival)
    defined = ~np.isnan(values)
    times, values = times[defined], values[defined]
    reached = np.flatnonzero(values <= target + _TOLERANCE)
    if not len(reached):
        return float("nan")
    first = reached[0]
    if share == 0 or abs(values[first] - target) > _TOLERANCE:
        return float(times[first])
    below = np.flatnonzero(values < target - _TOLERANCE)
    end = times[below[0]] if len(below) else times[-1]
    return float(end if first == len(times) - 1 else (times[first] + end) / 2)
