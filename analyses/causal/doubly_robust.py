"""Augmented inverse probability weighting: right if the model of treatment or that of the outcome is right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from analyses.causal.effects import with_limits
from analyses.causal.propensity import propensity_scores
from analyses.collinearity import refuse_collinear
from analyses.design import Design, parts_of
from analyses.findings import Findings
from analyses.inputs import FloatArray, Missing, as_frame, select_rows
from analyses.options import quantile_of_level
from analyses.regression.families import FAMILIES, FamilyName, Outcome
from analyses.regression.inputs import RegressionInput, outcome_of
from analyses.regression.irls import fit_glm
from analyses.regression.links import LINKS


@dataclass(frozen=True, kw_only=True)
class AugmentedEffect(Findings):
    """Means had everybody, and had nobody, been treated, and their difference.

    Columns: ``measure, estimate, se, lower, upper, p``.

    Attributes
    ----------
    score : pandas.Series
        Propensity scores.
    """

    method: ClassVar[str] = "augmented_effect"
    title: ClassVar[str] = "Doubly robust difference of means"

    score: pd.Series


def augmented_effect(
    data: Any,
    *,
    outcome: str,
    treatment: str,
    covariates: Sequence[str],
    outcome_covariates: Sequence[str] | None = None,
    family: FamilyName = "gaussian",
    reference: Mapping[str, Any] | None = None,
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> AugmentedEffect:
    """Estimate the average effect by augmented inverse probability weighting.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    outcome, treatment : str
        Columns of the outcome, and of 0 and 1.
    covariates : sequence of str
        Columns of the propensity model.
    outcome_covariates : sequence of str, optional
        Columns of the models of the outcome, one among treated and one among untreated; by default the same.
    family : {"gaussian", "binomial", "poisson", "gamma"}
        Distribution of the outcome, with its usual link.
    reference : mapping, optional
        Reference level per categorical column.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    AugmentedEffect
        Means and difference, errors from the influence function.

    Notes
    -----
    Robins, Rotnitzky and Zhao (1994), J Am Stat Assoc 89:846; Glynn and Quinn (2010), Polit Anal 18:36.

    Examples
    --------
    >>> data = {"cost": [5, 9, 4, 8, 7, 3, 6, 2], "drug": [1, 0, 1, 0, 1, 0, 0, 1],
    ...         "age": [50, 62, 48, 71, 66, 45, 58, 53]}
    >>> augmented_effect(data, outcome="cost", treatment="drug", covariates=["age"]).table.round(3)
            measure  estimate     se  lower  upper      p
    0  mean_treated     4.935  0.879  3.212  6.658    NaN
    1  mean_control     5.933  0.924  4.122  7.743    NaN
    2    difference    -0.998  0.846 -2.656  0.661  0.238
    """
    z = quantile_of_level(conf_level)
    frame = as_frame(data)
    modelled = list(covariates if outcome_covariates is None else outcome_covariates)
    used = [part for name in [*covariates, *modelled] for part in parts_of(frame, name)]
    frame, rows = select_rows(frame, [outcome, treatment, *used], missing)
    scores = propensity_scores(frame, treatment=treatment, covariates=covariates, reference=reference)
    design = Design.of(frame, modelled, reference)
    x = np.column_stack([np.ones(len(frame)), design.matrix(frame)])
    ones = np.ones(len(frame))
    y = outcome_of(RegressionInput(frame, rows, design, x, 0 * ones, ones, None), outcome, family).value
    p, a = scores.score.to_numpy(), scores.treated
    value1 = _augmented(frame, x, y, a, p, outcome, family)
    value0 = _augmented(frame, x, y, ~a, 1 - p, outcome, family)
    root = np.sqrt(len(y))
    found = [
        ("mean_treated", value1.mean(), value1.std(ddof=1) / root),
        ("mean_control", value0.mean(), value0.std(ddof=1) / root),
        ("difference", (value1 - value0).mean(), (value1 - value0).std(ddof=1) / root),
    ]
    return AugmentedEffect(
        rows=rows,
        settings={
            "outcome": outcome,
            "treatment": treatment,
            "covariates": list(covariates),
            "outcome_covariates": modelled,
            "family": family,
            "reference": dict(reference or {}),
            "conf_level": conf_level,
        },
        notes=scores.notes,
        findings=with_limits(found, z),
        score=scores.score,
    )


def _augmented(
    frame: pd.DataFrame, x: FloatArray, y: FloatArray, own: FloatArray, p: FloatArray, outcome: str, family: FamilyName
) -> FloatArray:
    """Prediction of a model among those who had a treatment, corrected by their weighted residuals."""
    distribution = FAMILIES[family]
    refuse_collinear(x[own], [f"column {at} of the model of {outcome}" for at in range(x.shape[1])])
    link = LINKS[distribution.link]
    fit = fit_glm(x[own], Outcome(y[own], np.ones(int(own.sum()))), distribution, link)
    predicted = link.mean(x @ fit.coef)
    found: FloatArray = predicted + own * (y - predicted) / p
    return found
