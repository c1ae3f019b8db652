"""Test of proportional hazards: whether a coefficient changes over time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from scipy.stats import chi2

from analyses.inputs import FloatArray
from analyses.options import require_known
from analyses.result import Result
from analyses.survival.cox.residuals import residuals
from analyses.survival.cox.state import FittedState
from analyses.survival.data import SurvivalTimes
from analyses.survival.risk_sets import risk_table

if TYPE_CHECKING:
    from analyses.plots.labels import Labels

TimeTransform = Literal["km", "rank", "identity", "log"]
"""Function of time along which a coefficient may change: 1 - Kaplan-Meier, rank of the event, time, its logarithm."""

GLOBAL = "GLOBAL"
"""Name of the row that tests all coefficients together."""


@dataclass(frozen=True, kw_only=True)
class ProportionalHazardsTest(Result):
    """Score test of every covariate, and of all together, against a coefficient that changes over time.

    Attributes
    ----------
    findings : pandas.DataFrame
        Columns ``term, chisq, df, p``; the last row is the global test.
    over_time : pandas.DataFrame
        Scaled Schoenfeld residuals, whose mean over time estimates the coefficient as a function of time.
    """

    method: ClassVar[str] = "proportional_hazards"

    findings: pd.DataFrame
    over_time: pd.DataFrame

    @property
    def table(self) -> pd.DataFrame:
        """One row per covariate, the last one for all together."""
        return self.findings

    def summary(self) -> str:
        """Say the tests."""
        return "\n".join(["Test of proportional hazards", self.findings.to_string(index=False), *self._closing_lines()])

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw scaled Schoenfeld residuals over time."""
        from analyses.plots import schoenfeld_chart

        return schoenfeld_chart(self.over_time, labels)


def proportionality_test(
    state: FittedState, transform: TimeTransform, by_term: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compute the score test of beta(t) = beta + theta g(t) against theta = 0.

    Parameters
    ----------
    state : FittedState
        The fitted model.
    transform : {"km", "rank", "identity", "log"}
        The function g.
    by_term : bool
        Test the coefficients of a categorical covariate together.

    Returns
    -------
    (pandas.DataFrame, pandas.DataFrame)
        Tests, and scaled Schoenfeld residuals over time.

    Notes
    -----
    The exact score test, as in R's ``cox.zph`` since ``survival`` 3.0, not the approximation of Grambsch and Therneau
    (1994), Biometrika 81:515.
    """
    likelihood, line = state.partial, state.line
    times = line.set_time[line.death_set]
    g = _transforms(state.times)[_known(transform)](times)
    per_set = (g - g.mean())[line.death_start]
    difference = likelihood.x[:, line.death_row] - state.set_means.average[:, line.death_set]
    weight = likelihood.weight[line.death_row] * per_set[line.death_set]
    score = difference @ weight
    plain = state.maximum.end.information
    mixed = likelihood.information(state.risks, per_set)
    square = likelihood.information(state.risks, per_set**2)
    remaining = square - mixed @ np.linalg.solve(plain, mixed)
    rows = [(name, *_test(score, remaining, at)) for name, at in _groups(state, by_term).items()]
    rows.append((GLOBAL, *_test(score, remaining, list(range(len(score))))))
    return pd.DataFrame(rows, columns=["term", "chisq", "df", "p"]), residuals(state, "scaled_schoenfeld")


def _test(score: FloatArray, information: FloatArray, at: list[int]) -> tuple[float, int, float]:
    part = score[at]
    chisq = float(part @ np.linalg.solve(information[np.ix_(at, at)], part))
    return chisq, len(at), float(chi2.sf(chisq, len(at)))


def _groups(state: FittedState, by_term: bool) -> dict[str, list[int]]:
    """Positions among the fitted coefficients that are tested together."""
    position = np.cumsum(state.fitted) - 1
    if not by_term:
        return {name: [int(position[at])] for at, name in enumerate(state.design.names) if state.fitted[at]}
    groups = {term: [int(position[at]) for at in columns if state.fitted[at]] for term, columns in _terms(state)}
    return {term: at for term, at in groups.items() if at}


def _terms(state: FittedState) -> list[tuple[str, list[int]]]:
    return list(state.design.terms().items())


def _known(transform: str) -> str:
    require_known("transform", transform, TimeTransform)
    return transform


def _transforms(times: SurvivalTimes) -> dict[str, Callable[[FloatArray], FloatArray]]:
    return {
        "km": lambda at: _died_before(times, at),
        "rank": lambda at: _rank_of_time(times, at),
        "identity": lambda at: at,
        "log": np.log,
    }


def _rank_of_time(times: SurvivalTimes, at: FloatArray) -> FloatArray:
    """Rank of each time among the exit times of all rows, ties averaged."""
    ordered = np.sort(times.exit)
    return (np.searchsorted(ordered, at, side="left") + np.searchsorted(ordered, at, side="right") + 1) / 2


def _died_before(times: SurvivalTimes, at: FloatArray) -> FloatArray:
    """One minus the Kaplan-Meier estimate of all rows just before each time, without weights."""
    counts = risk_table(SurvivalTimes(times.exit, times.event, times.entry))
    survival = np.append(1.0, np.cumprod(1 - counts.events[:, 0] / counts.at_risk[:, 0]))
    return 1 - survival[np.searchsorted(counts.time, at)]
