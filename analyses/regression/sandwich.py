"""Robust covariance of the coefficients of a generalised linear model."""

from __future__ import annotations

from typing import Literal

import numpy as np

from analyses.inputs import FloatArray, IntArray
from analyses.regression.irls import GlmFit
from omop_etl.errors import UsageError

Covariance = Literal["model", "sandwich", "HC0", "HC1", "HC2", "HC3"]
"""Covariance of coefficients: from the model, or a sandwich.

``HC0`` sums squares as they are; ``sandwich`` multiplies them by G / (G - 1), with G the number of clusters (of rows
where there are none); ``HC1`` by n / (n - k), with clusters by G / (G - 1) (n - 1) / (n - k); ``HC2`` and ``HC3``
divide every residual by (1 - leverage) to the power 1/2 and 1.
"""


def sandwich_covariance(fit: GlmFit, bread: FloatArray, kind: Covariance, cluster: IntArray | None) -> FloatArray:
    """Compute the sandwich.

    Parameters
    ----------
    fit : GlmFit
        The fit.
    bread : numpy.ndarray
        Inverse of the expected information at dispersion 1.
    kind : {"sandwich", "HC0", "HC1", "HC2", "HC3"}
        Which one.
    cluster : numpy.ndarray or None
        Cluster of every row, as codes from 0.

    Returns
    -------
    numpy.ndarray
        Covariance, shape (coefficients, coefficients).

    Raises
    ------
    UsageError
        HC2 or HC3 with clusters.

    Notes
    -----
    White (1980), Econometrica 48:817; MacKinnon and White (1985), J Econom 29:305. Equals R's ``sandwich::vcovHC`` and
    ``vcovCL``; ``sandwich`` is also that of ``survey::svyglm``.
    """
    n, k = fit.x.shape
    score = fit.x * fit.row_score[:, None]
    if kind in ("HC2", "HC3"):
        if cluster is not None:
            raise UsageError("{kind} does not know clusters", todo="use sandwich, HC0 or HC1", kind=kind)
        leverage = fit.working_weight * np.einsum("ij,jk,ik->i", fit.x, bread, fit.x)
        score = score / ((1 - leverage) ** (0.5 if kind == "HC2" else 1.0))[:, None]
    groups = n
    if cluster is not None:
        groups = int(cluster.max()) + 1
        summed = np.zeros((groups, k))
        np.add.at(summed, cluster, score)
        score = summed
    factor = 1.0
    if kind == "sandwich":
        factor = groups / (groups - 1)
    elif kind == "HC1":
        factor = n / (n - k) if cluster is None else groups / (groups - 1) * (n - 1) / (n - k)
    return factor * bread @ (score.T @ score) @ bread
