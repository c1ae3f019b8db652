"""Score residuals and the robust variance of Cox coefficients."""

from __future__ import annotations

import numpy as np

from analyses.inputs import FloatArray, IntArray
from analyses.survival.cox.likelihood import PartialLikelihood, Risks
from analyses.survival.cox.set_means import SetMeans


def score_residuals(likelihood: PartialLikelihood, risks: Risks, means: SetMeans) -> FloatArray:
    """Compute every ordered row's contribution to the score, without its weight.

    Parameters
    ----------
    likelihood : PartialLikelihood
        The model.
    risks : Risks
        Its state at the coefficients in question.
    means : SetMeans
        Mean covariates of its risk sets.

    Returns
    -------
    numpy.ndarray
        Shape (rows, covariates); the weighted sum over rows is the score.

    Notes
    -----
    Therneau, Grambsch and Fleming (1990), Biometrika 77:147.
    """
    line = likelihood.line
    later = np.cumsum(np.pad(means.hazard_mean, ((0, 0), (0, 1)))[:, ::-1], axis=1)[:, ::-1]
    passed = later[:, line.exit_set] - later[:, line.entry_set]
    passed[:, line.death_row] -= means.tied_hazard_mean[:, line.death_set]
    passed -= likelihood.x * likelihood.row_hazard(risks, np.ones(line.sets))
    passed *= risks.weighted / likelihood.weight
    passed[:, line.death_row] += likelihood.x[:, line.death_row] - means.average[:, line.death_set]
    return passed.T


def robust_variance(
    residuals: FloatArray, weight: FloatArray, variance: FloatArray, cluster: IntArray | None
) -> FloatArray:
    """Compute the sandwich variance D'D of weighted dfbeta residuals, summed within clusters first.

    Parameters
    ----------
    residuals : numpy.ndarray
        Score residuals, shape (rows, covariates).
    weight : numpy.ndarray
        Weight of every row.
    variance : numpy.ndarray
        Model-based variance.
    cluster : numpy.ndarray or None
        Cluster of every row, as codes; None where every row stands for itself.

    Returns
    -------
    numpy.ndarray
        Variance of the coefficients.

    Notes
    -----
    Lin and Wei (1989), J Am Stat Assoc 84:1074; no small-sample factor.
    """
    shifts = summed_within(residuals * weight[:, None], cluster) @ variance
    found: FloatArray = shifts.T @ shifts
    return found


def summed_within(values: FloatArray, cluster: IntArray | None) -> FloatArray:
    """Sum rows within clusters."""
    if cluster is None:
        return values
    return np.column_stack([np.bincount(cluster, weights=column) for column in values.T])
