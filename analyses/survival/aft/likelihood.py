"""Log likelihood of a parametric model with its score and information, row by row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyses.inputs import FloatArray, IntArray
from analyses.survival.aft.distributions import ErrorDistribution, Family
from analyses.survival.aft.observed import EXACT, INTERVAL, LEFT, RIGHT, ObservedTimes


@dataclass(frozen=True)
class Terms:
    """Derivatives of the log likelihood of every row.

    Attributes
    ----------
    loglik : numpy.ndarray
        Log likelihood.
    by_predictor, by_scale : numpy.ndarray
        Derivatives by the linear predictor and by the logarithm of the scale.
    second : tuple of numpy.ndarray
        Second derivatives: predictor twice, predictor and scale, scale twice.
    """

    loglik: FloatArray
    by_predictor: FloatArray
    by_scale: FloatArray
    second: tuple[FloatArray, FloatArray, FloatArray]


class AftLikelihood:
    """Log likelihood of coefficients and logarithms of scales.

    Parameters
    ----------
    x : numpy.ndarray
        Design matrix, shape (rows, coefficients).
    times : ObservedTimes
        What is known of the times; `NOTHING` rows count nothing.
    stratum : numpy.ndarray
        Position of the scale of every row.
    scales : int
        Number of scales.
    family : Family
        Distribution.
    weight, offset : numpy.ndarray
        Case weight and known part of the predictor of every row.
    """

    def __init__(
        self,
        x: FloatArray,
        times: ObservedTimes,
        stratum: IntArray,
        scales: int,
        family: Family,
        weight: FloatArray,
        offset: FloatArray,
    ) -> None:
        self.x, self.family, self.weight, self.offset = x, family, weight, offset
        self.stratum, self.scales = stratum, scales
        self.kind = times.kind
        with np.errstate(divide="ignore"):
            self.low = np.log(times.lower) if family.log_time else times.lower
            self.high = np.log(times.upper) if family.log_time else times.upper
        exact = self.kind == EXACT
        self.constant = -float(weight[exact] @ np.log(times.lower[exact])) if family.log_time else 0.0

    def terms(self, beta: FloatArray, log_scale: FloatArray) -> Terms:
        """Compute log likelihood and derivatives of every row."""
        eta = self.x @ beta + self.offset
        scale = np.exp(log_scale)[self.stratum]
        found = _Accumulator(len(eta))
        error = self.family.error
        for kind, part in ((EXACT, _exact), (RIGHT, _right), (LEFT, _left)):
            rows = np.flatnonzero(self.kind == kind)
            if len(rows):
                bound = self.high if kind == LEFT else self.low
                z = (bound[rows] - eta[rows]) / scale[rows]
                value, first, second = part(error, z)
                found.one_bound(rows, value, first, second, z, scale[rows], kind == EXACT)
        rows = np.flatnonzero(self.kind == INTERVAL)
        if len(rows):
            z1, z2 = ((bound[rows] - eta[rows]) / scale[rows] for bound in (self.low, self.high))
            found.two_bounds(rows, error, z1, z2, scale[rows])
        return Terms(found.loglik, found.eta, found.log_scale, (found.eta2, found.mixed, found.log_scale2))

    def scores(self, terms: Terms) -> FloatArray:
        """Weighted score of every row, coefficients before scales (none where the scale is fixed)."""
        by_coefficient = self.x * (self.weight * terms.by_predictor)[:, None]
        if self.family.fixed_scale is not None:
            return by_coefficient
        by_scale = np.zeros((len(self.x), self.scales))
        by_scale[np.arange(len(self.x)), self.stratum] = self.weight * terms.by_scale
        return np.column_stack([by_coefficient, by_scale])

    def information(self, terms: Terms) -> FloatArray:
        """Negative second derivative of the log likelihood."""
        eta2, mixed, scale2 = (self.weight * part for part in terms.second)
        own = -(self.x * eta2[:, None]).T @ self.x
        if self.family.fixed_scale is not None:
            return own
        size = self.x.shape[1]
        found = np.zeros((size + self.scales, size + self.scales))
        found[:size, :size] = own
        for stratum in range(self.scales):
            rows = self.stratum == stratum
            found[:size, size + stratum] = found[size + stratum, :size] = -self.x[rows].T @ mixed[rows]
            found[size + stratum, size + stratum] = -scale2[rows].sum()
        return found

    def loglik(self, terms: Terms) -> float:
        """Log likelihood of times (not of their logarithms)."""
        return float(self.weight @ terms.loglik) + self.constant


class _Accumulator:
    """Derivatives by predictor and log scale of all rows, filled kind by kind."""

    def __init__(self, rows: int) -> None:
        self.loglik, self.eta, self.log_scale, self.eta2, self.mixed, self.log_scale2 = np.zeros((6, rows))

    def one_bound(
        self,
        rows: IntArray,
        value: FloatArray,
        first: FloatArray,
        second: FloatArray,
        z: FloatArray,
        scale: FloatArray,
        density: bool,
    ) -> None:
        self.loglik[rows] = value - (np.log(scale) if density else 0.0)
        self.eta[rows] = -first / scale
        self.log_scale[rows] = -first * z - (1.0 if density else 0.0)
        self.eta2[rows] = second / scale**2
        self.mixed[rows] = (second * z + first) / scale
        self.log_scale2[rows] = second * z**2 + first * z

    def two_bounds(
        self, rows: IntArray, error: ErrorDistribution, z1: FloatArray, z2: FloatArray, scale: FloatArray
    ) -> None:
        log_p = _log_probability_between(error, z1, z2)
        f1, f2 = np.exp(error.log_density(z1) - log_p), np.exp(error.log_density(z2) - log_p)
        g1, g2 = -f1, f2
        h11, h22, h12 = -f1 * error.slope(z1) - g1**2, f2 * error.slope(z2) - g2**2, -g1 * g2
        self.loglik[rows] = log_p
        self.eta[rows] = -(g1 + g2) / scale
        self.log_scale[rows] = -(g1 * z1 + g2 * z2)
        self.eta2[rows] = (h11 + 2 * h12 + h22) / scale**2
        self.mixed[rows] = (h11 * z1 + h12 * (z1 + z2) + h22 * z2 + g1 + g2) / scale
        self.log_scale2[rows] = h11 * z1**2 + 2 * h12 * z1 * z2 + h22 * z2**2 + g1 * z1 + g2 * z2


def _exact(error: ErrorDistribution, z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    return error.log_density(z), error.slope(z), error.curvature(z)


def _right(error: ErrorDistribution, z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    log_upper = error.log_upper(z)
    hazard = np.exp(error.log_density(z) - log_upper)
    return log_upper, -hazard, -hazard * (error.slope(z) + hazard)


def _left(error: ErrorDistribution, z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    log_lower = error.log_lower(z)
    ratio = np.exp(error.log_density(z) - log_lower)
    return log_lower, ratio, ratio * (error.slope(z) - ratio)


def _log_probability_between(error: ErrorDistribution, z1: FloatArray, z2: FloatArray) -> FloatArray:
    """Log of P(z1 < W < z2), from the tail in which it keeps its digits."""
    above, below = error.log_upper(z1), error.log_lower(z2)
    upper_tail = above < below
    far = np.where(upper_tail, above, below)
    near = np.where(upper_tail, error.log_upper(z2), error.log_lower(z1))
    found: FloatArray = far + np.log(-np.expm1(near - far))
    return found
