"""How much a Cox model separates and explains: Royston and Sauerbrei's D, R², Gönen and Heller's concordance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy.stats import norm

from analyses.findings import Findings
from analyses.inputs import FloatArray, Rows
from analyses.prediction.inputs import ranks_of
from analyses.survival.cox import CoxModel, cox
from analyses.survival.data import SurvivalTimes

_EXTREME_VARIANCE = np.pi**2 / 6
_BLOCK = 1000


@dataclass(frozen=True, kw_only=True)
class ExplainedVariation(Findings):
    """Measures by name: columns ``measure, value``.

    ``d, d_se`` (log hazard ratio between halves of equal size), ``r2_d`` (explained variation from D), ``r2_ko`` (Kent
    and O'Quigley), ``r2_n`` (Nagelkerke), ``gonen_heller``.
    """

    method: ClassVar[str] = "explained_variation"
    title: ClassVar[str] = "Explained variation"

    def __getitem__(self, measure: str) -> float:
        """Give one measure by name."""
        return float(self.findings.set_index("measure")["value"][measure])


def explained_variation(model: CoxModel) -> ExplainedVariation:
    """Compute measures of separation and explained variation of a fitted Cox model.

    Parameters
    ----------
    model : CoxModel
        The model, without strata.

    Returns
    -------
    ExplainedVariation
        The measures.

    Notes
    -----
    Royston and Sauerbrei (2004), Stat Med 23:723, persons of the same predictor sharing the mean of their scores; Kent
    and O'Quigley (1988), Biometrika 75:525; Gönen and Heller (2005), Biometrika 92:965. Equals R's
    ``survival::royston``.

    Examples
    --------
    >>> data = {"weeks": [6, 7, 10, 15, 19, 25], "died": [1, 0, 1, 1, 0, 1], "age": [71, 60, 55, 66, 48, 59]}
    >>> found = explained_variation(cox(data, duration="weeks", event="died", covariates=["age"]))
    >>> round(found["d"], 3), round(found["r2_d"], 3), round(found["gonen_heller"], 3)
    (2.025, 0.495, 0.78)
    """
    state = model.state
    eta, times = state.linear_predictor, state.times
    d, d_se = _separation(times, eta)
    scale = d**2 * np.pi / 8
    n = len(eta)
    ratio = 2 * (model.loglik - model.loglik_null)
    spread = float(np.var(eta, ddof=1))
    measures = {
        "d": d,
        "d_se": d_se,
        "r2_d": scale / (_EXTREME_VARIANCE + scale),
        "r2_ko": spread / (_EXTREME_VARIANCE + spread),
        "r2_n": float((1 - np.exp(-ratio / n)) / (1 - np.exp(2 * model.loglik_null / n))),
        "gonen_heller": _gonen_heller(eta),
    }
    return ExplainedVariation(
        rows=Rows(n, n),
        settings={"model": dict(model.settings)},
        findings=pd.DataFrame({"measure": list(measures), "value": list(measures.values())}),
    )


def _separation(times: SurvivalTimes, eta: FloatArray) -> tuple[float, float]:
    n = len(eta)
    scores = norm.ppf((np.arange(1, n + 1) - 3 / 8) / (n + 1 / 4)) / np.sqrt(8 / np.pi)
    rank = ranks_of(eta).astype(np.int64)
    order = np.argsort(rank, kind="stable")
    mean = np.bincount(rank[order], weights=scores) / np.bincount(rank)
    frame = pd.DataFrame({"exit": times.exit, "event": times.event, "score": mean[rank]})
    if times.entry is not None:
        frame["entry"] = times.entry
    row = cox(
        frame,
        duration="exit",
        event="event",
        covariates=["score"],
        entry="entry" if times.entry is not None else None,
        timefix=False,
    ).table.iloc[0]
    return float(row["coef"]), float(row["se"])


def _gonen_heller(eta: FloatArray) -> float:
    """Mean probability, over pairs, that the one with the higher predictor has the event first."""
    n = len(eta)
    value = np.sort(eta)
    total = 0.0
    for start in range(0, n, _BLOCK):
        part = value[start : start + _BLOCK]
        apart = value[None, :] - part[:, None]
        later = np.arange(n)[None, :] > np.arange(start, start + len(part))[:, None]
        total += float(np.sum(np.where(later, 1 / (1 + np.exp(-np.abs(apart))), 0.0)))
    return 2 * total / (n * (n - 1))
