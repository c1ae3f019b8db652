"""A fitted Cox model as arrays: what residuals, tests and predictions are computed from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from analyses.design import Design
from analyses.inputs import BoolArray, Factor, FloatArray, IntArray
from analyses.survival.cox.exact import ExactLikelihood
from analyses.survival.cox.likelihood import PartialLikelihood, Risks
from analyses.survival.cox.newton import Maximum
from analyses.survival.cox.robust import score_residuals
from analyses.survival.cox.set_means import SetMeans, set_means
from analyses.survival.cox.timeline import Timeline
from analyses.survival.data import SurvivalTimes
from omop_etl.errors import UsageError


@dataclass(frozen=True)
class Scaling:
    """Covariates are centred and scaled for the fit; this says by how much.

    Attributes
    ----------
    centre, scale : numpy.ndarray
        Mean and standard deviation of every column of the design matrix.
    """

    centre: FloatArray
    scale: FloatArray


@dataclass(frozen=True, kw_only=True)
class FittedState:
    """Everything about a fit; arrays are in the order of its `Timeline` unless said otherwise.

    Attributes
    ----------
    frame : pandas.DataFrame
        The rows used, in the order of the data.
    times : SurvivalTimes
        Their follow-up, in the order of the data.
    design : Design
        How covariates become columns.
    scaling : Scaling
        How the columns were centred and scaled.
    means : numpy.ndarray
        Point at which R centres the covariates, see `analyses.design.centres`.
    line : Timeline
        Order of the rows, and death sets.
    likelihood : PartialLikelihood or ExactLikelihood
        What was maximised.
    maximum : Maximum
        Where it is greatest.
    coefficients, naive_variance, variance : numpy.ndarray
        On the scale of the data; `variance` is the robust one where that was asked for.
    fitted : numpy.ndarray
        False for columns left out as redundant.
    strata, clusters : Factor or None
        Of the rows in the order of the data.
    """

    frame: pd.DataFrame
    times: SurvivalTimes
    design: Design
    scaling: Scaling
    means: FloatArray
    line: Timeline
    likelihood: PartialLikelihood | ExactLikelihood
    maximum: Maximum
    coefficients: FloatArray
    naive_variance: FloatArray
    variance: FloatArray
    fitted: BoolArray
    strata: Factor | None
    clusters: Factor | None

    @property
    def partial(self) -> PartialLikelihood:
        """Likelihood with Efron's or Breslow's ties; exact ties have no baseline hazard and no residuals."""
        if isinstance(self.likelihood, ExactLikelihood):
            raise UsageError(
                'ties="exact" gives coefficients and tests only',
                todo='fit the model with ties="efron" for residuals, predictions and tests of proportional hazards',
            )
        return self.likelihood

    @cached_property
    def risks(self) -> Risks:
        """Relative risks at the maximum."""
        return self.partial.risks(self.maximum.beta)

    @cached_property
    def set_means(self) -> SetMeans:
        """Mean covariates of the risk sets at the maximum, scaled."""
        return set_means(self.partial, self.risks)

    @cached_property
    def score_residuals(self) -> FloatArray:
        """Score residuals at the maximum for scaled covariates, shape (rows, fitted columns)."""
        return score_residuals(self.partial, self.risks, self.set_means)

    @property
    def scale(self) -> FloatArray:
        """Scale of the fitted columns."""
        return self.scaling.scale[self.fitted]

    @property
    def linear_predictor(self) -> FloatArray:
        """Linear predictor of the rows in the order of the data, up to a constant."""
        found = np.empty(len(self.line.order))
        found[self.line.order] = self.maximum.beta @ self.likelihood.x + self.likelihood.offset
        return found

    def in_data_order(self, values: FloatArray) -> FloatArray:
        """Bring values of ordered rows into the order of the data."""
        found = np.empty_like(values)
        found[self.line.order] = values
        return found

    @property
    def cluster_codes(self) -> IntArray | None:
        """Cluster of the rows in the order of the data."""
        return None if self.clusters is None else self.clusters.codes
