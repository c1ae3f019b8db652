"""Mean covariates of the risk sets, from which residuals, tests and prediction errors are made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyses.inputs import FloatArray
from analyses.survival.cox.likelihood import PartialLikelihood, Risks


@dataclass(frozen=True)
class SetMeans:
    """Covariates of the risk sets, weighted by risk, at every death set; shapes (covariates, death sets).

    Attributes
    ----------
    average : numpy.ndarray
        Mean covariates, with Efron's ties averaged over the events of the set.
    hazard_mean : numpy.ndarray
        Sum over the events of the set of hazard increment times mean covariates.
    tied_hazard_mean : numpy.ndarray
        The part of it that is taken back from those who have the event.
    """

    average: FloatArray
    hazard_mean: FloatArray
    tied_hazard_mean: FloatArray


def set_means(likelihood: PartialLikelihood, risks: Risks) -> SetMeans:
    """Compute the mean covariates of all risk sets.

    Parameters
    ----------
    likelihood : PartialLikelihood
        The model.
    risks : Risks
        Its state at the coefficients in question.

    Returns
    -------
    SetMeans
        The means.
    """
    line, terms = likelihood.line, risks.terms
    average, hazard_mean, tied_hazard_mean = (np.zeros((likelihood.size, line.sets)) for _ in range(3))
    for block in likelihood.set_blocks(risks):
        hazard_mean[:, block.sets] = block.first * terms.square[block.sets]
        average[:, block.sets] = block.first * terms.hazard[block.sets]
        at = block.sets.start + block.tied
        first = block.first[:, block.tied]
        hazard_mean[:, at] -= block.tied_first * terms.tied_square[at]
        tied_hazard_mean[:, at] = first * terms.tied_square[at] - block.tied_first * terms.tied_square2[at]
        average[:, at] -= block.tied_first * terms.tied_hazard[at]
    weight = np.add.reduceat(likelihood.weight[line.death_row], line.death_start)
    return SetMeans(average / weight, hazard_mean, tied_hazard_mean)
