"""Strata of the propensity score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analyses.findings import Findings
from analyses.inputs import BoolArray, FloatArray, IntArray, Rows
from analyses.options import require_known
from omop_etl.errors import CannotAnswerError, UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels

StrataEstimand = Literal["ate", "att", "atc"]
"""Whose quantiles bound the strata: everybody's, those of the treated, or those of the controls."""


@dataclass(frozen=True, kw_only=True)
class PropensityStrata(Findings):
    """Strata: columns ``stratum, lower, upper, treated, control``.

    Attributes
    ----------
    stratum : numpy.ndarray
        Stratum of every row, from 1.
    weight : numpy.ndarray
        Weight of every row that gives all strata the size they have in the population of the estimand.
    """

    method: ClassVar[str] = "propensity_strata"
    title: ClassVar[str] = "Strata of the propensity score"

    stratum: IntArray
    weight: FloatArray

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the number of treated per stratum."""
        from analyses.plots import estimate_chart

        shown = pd.DataFrame({"stratum": self.findings["stratum"].astype(str), "treated": self.findings["treated"]})
        return estimate_chart(shown, labels)


def propensity_strata(
    score: npt.ArrayLike, treated: npt.ArrayLike, *, strata: int = 6, estimand: StrataEstimand = "att"
) -> PropensityStrata:
    """Cut the propensity score into strata of equal size of the population of interest.

    Parameters
    ----------
    score : array-like of float
        Propensity score of every row.
    treated : array-like of bool
        Who was treated.
    strata : int
        How many.
    estimand : {"att", "ate", "atc"}
        Whose quantiles (R's type 7) bound them.

    Returns
    -------
    PropensityStrata
        Strata, and weights: those of a group that is weighted add up to its size.

    Raises
    ------
    UsageError
        There are fewer than two strata.
    CannotAnswerError
        Scores are missing, or a stratum has no treated or no controls.

    Notes
    -----
    Rosenbaum and Rubin (1984), J Am Stat Assoc 79:516. As R's ``MatchIt::matchit(method = "subclass", min.n = 0)``;
    MatchIt moves rows between strata where one lacks a group, this refuses.

    Examples
    --------
    >>> scores = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
    >>> propensity_strata(scores, [0, 1, 0, 1, 0, 1, 0, 1], strata=2).table
       stratum  lower  upper  treated  control
    0        1    0.2    0.5        2        2
    1        2    0.5    0.8        2        2
    """
    require_known("estimand", estimand, StrataEstimand)
    if strata < 2:
        raise UsageError("strata={strata} is below 2", todo="use 5 or 6, for example", strata=strata)
    p, a = np.asarray(score, dtype=float), np.asarray(treated, dtype=bool)
    if not np.isfinite(p).all():
        raise CannotAnswerError(
            "{rows} of {total} scores are missing",
            todo="leave these rows out",
            rows=int((~np.isfinite(p)).sum()),
            total=len(p),
        )
    whose = {"att": a, "atc": ~a, "ate": np.ones(len(a), dtype=bool)}[estimand]
    bounds = np.quantile(p[whose], np.linspace(0, 1, strata + 1))
    code = np.clip(np.searchsorted(bounds, p, side="right") - 1, 0, strata - 1)
    n1, n0 = np.bincount(code, weights=a, minlength=strata), np.bincount(code, weights=~a, minlength=strata)
    empty = int(np.count_nonzero((n1 == 0) | (n0 == 0)))
    if empty:
        raise CannotAnswerError(
            "{empty} of {strata} strata have no treated or no controls",
            todo="use fewer strata",
            empty=empty,
            strata=strata,
        )
    table = pd.DataFrame(
        {
            "stratum": np.arange(1, strata + 1),
            "lower": bounds[:-1],
            "upper": bounds[1:],
            "treated": n1.astype(np.int64),
            "control": n0.astype(np.int64),
        }
    )
    settings = {"strata": strata, "estimand": estimand}
    return PropensityStrata(
        rows=Rows(len(p), len(p)),
        settings=settings,
        findings=table,
        stratum=code + 1,
        weight=_weights(a, code, n1, n0, estimand),
    )


def _weights(a: BoolArray, code: IntArray, n1: FloatArray, n0: FloatArray, estimand: StrataEstimand) -> FloatArray:
    size = {"att": n1, "atc": n0, "ate": n1 + n0}[estimand]
    weight = np.where(a, (size / n1)[code], (size / n0)[code])
    for group in (a, ~a):
        weight[group] *= group.sum() / weight[group].sum()
    return weight
