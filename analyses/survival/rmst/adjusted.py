"""Restricted mean survival time compared between groups with covariates held equal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from analyses.collinearity import INTERCEPT, refuse_collinear
from analyses.design import Design, parts_of
from analyses.findings import Findings
from analyses.inputs import Factor, FloatArray, Missing, as_frame, factor
from analyses.options import quantile_of_level, require_known, two_sided_p
from analyses.survival.data import SurvivalTimes, survival_input
from analyses.survival.logrank import refuse_no_events, refuse_single_group
from analyses.survival.risk_sets import risk_table
from analyses.survival.rmst.area import require_horizon
from omop_etl.errors import CannotAnswerError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels

Measure = Literal["difference", "ratio", "rmtl_ratio"]
"""What coefficients are: differences of means, or logarithms of ratios of means or of times lost."""

_STEPS = 50


@dataclass(frozen=True, kw_only=True)
class AdjustedRmst(Findings):
    """Coefficients: columns ``name, coef, se, z, p, estimate, lower, upper``.

    The estimate is the coefficient itself for differences, its exponential for ratios.
    """

    method: ClassVar[str] = "adjusted_rmst"
    title: ClassVar[str] = "Adjusted restricted mean survival time"

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the estimates without the intercept."""
        from analyses.plots import estimate_chart

        shown = self.findings.loc[self.findings["name"] != INTERCEPT, ["name", "estimate", "lower", "upper"]]
        return estimate_chart(shown, labels, null=0.0 if self.settings["measure"] == "difference" else 1.0)


def adjusted_rmst(
    data: Any,
    *,
    duration: str,
    event: str,
    group: str,
    tau: float,
    covariates: Sequence[str] = (),
    measure: Measure = "difference",
    reference: Mapping[str, Any] | None = None,
    conf_level: float = 0.95,
    timefix: bool = True,
    missing: Missing = "refuse",
) -> AdjustedRmst:
    """Compare restricted means between groups, adjusted for covariates measured at the start.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    duration, event : str
        Columns of times and of the event (1) or censoring (0).
    group : str
        Column of groups; censoring is estimated within them.
    tau : float
        The horizon, in the unit of the durations.
    covariates : sequence of str
        Columns to adjust for; text is categorical.
    measure : {"difference", "ratio", "rmtl_ratio"}
        Linear model of the mean, or log-linear model of the mean or of the time lost.
    reference : mapping, optional
        Reference level per categorical column; the first level by default.
    conf_level : float
        Level of the limits.
    timefix : bool
        Take times that differ by rounding only as equal.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    AdjustedRmst
        Coefficients with robust standard errors that allow for the estimated censoring weights.

    Raises
    ------
    UsageError
        A column does not exist or `measure` is unknown.
    CannotAnswerError
        The data do not fit, one group, no event, constant or collinear covariates, or too early an end of follow-up.

    Notes
    -----
    Tian, Zhao and Wei (2014), Biostatistics 15:222: rows whose time up to `tau` is known are weighted by the inverse
    probability of being uncensored. Equals R's ``survRM2::rmst2`` with covariates.

    Examples
    --------
    >>> data = {"weeks": [6, 7, 10, 15, 19, 25, 5, 8, 9, 11, 12, 20], "died": [1, 0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1],
    ...         "arm": ["new"] * 6 + ["old"] * 6, "age": [61, 70, 58, 64, 55, 49, 66, 71, 62, 60, 68, 52]}
    >>> found = adjusted_rmst(data, duration="weeks", event="died", group="arm", tau=18, covariates=["age"])
    >>> found.table[["name", "coef", "se", "z", "p"]].round(3)
            name    coef     se      z     p
    0  intercept  42.082  5.735  7.338  0.00
    1   arm[old]   0.391  2.060  0.190  0.85
    2        age  -0.496  0.098 -5.042  0.00
    """
    require_known("measure", measure, Measure)
    half = quantile_of_level(conf_level)
    frame = as_frame(data)
    wanted = [name for covariate in covariates for name in parts_of(frame, covariate)]
    checked = survival_input(
        frame, duration=duration, event=event, others=[group, *wanted], missing=missing, timefix=timefix
    )
    refuse_no_events(checked.times, event)
    groups = factor(checked.frame, group)
    refuse_single_group(groups, group)
    known = min(float(checked.times.exit[groups.codes == code].max()) for code in range(len(groups)))
    require_horizon(tau, known)
    as_text = checked.frame.assign(**{group: pd.Categorical(checked.frame[group], categories=list(groups.levels))})
    design = Design.of(as_text, [group, *covariates], reference)
    x = np.column_stack([np.ones(len(as_text)), design.matrix(as_text)])
    names = [INTERCEPT, *design.names]
    refuse_collinear(x, names)
    coef, variance = _fit(x, checked.times, groups, tau, measure)
    se = np.sqrt(np.diag(variance))
    shown = (lambda value: value) if measure == "difference" else np.exp
    table = pd.DataFrame(
        {
            "name": names,
            "coef": coef,
            "se": se,
            "z": coef / se,
            "p": two_sided_p(coef / se),
            "estimate": shown(coef),
            "lower": shown(coef - half * se),
            "upper": shown(coef + half * se),
        }
    )
    return AdjustedRmst(
        rows=checked.rows,
        settings={
            "duration": duration,
            "event": event,
            "group": group,
            "tau": tau,
            "covariates": list(covariates),
            "measure": measure,
            "reference": dict(reference or {}),
            "conf_level": conf_level,
            "timefix": timefix,
        },
        notes=checked.notes,
        findings=table,
        further={"vcov": pd.DataFrame(variance, columns=names)},
    )


def _fit(
    x: FloatArray, times: SurvivalTimes, groups: Factor, tau: float, measure: Measure
) -> tuple[FloatArray, FloatArray]:
    """Weighted estimating equation and its sandwich, censoring weights estimated within groups."""
    until = np.minimum(times.exit, tau)
    known = times.event | (until == tau)
    weight = np.zeros(len(times))
    for code in range(len(groups)):
        own = groups.codes == code
        weight[own] = _censoring_weights(until[own], known[own])
    outcome = tau - until if measure == "rmtl_ratio" else until
    coef = _least_squares(x, outcome, weight) if measure == "difference" else _log_linear(x, outcome, weight)
    fitted = x @ coef if measure == "difference" else np.exp(x @ coef)
    score = x * (weight * (outcome - fitted))[:, None]
    middle = np.zeros((x.shape[1], x.shape[1]))
    for code in range(len(groups)):
        own = groups.codes == code
        part = _with_censoring(score[own], until[own], known[own])
        middle += part.T @ part
    slope = np.ones(len(x)) if measure == "difference" else fitted
    bread = np.linalg.inv((x * slope[:, None]).T @ x)
    return coef, bread @ middle @ bread


def _censoring_weights(until: FloatArray, known: np.ndarray) -> FloatArray:
    table = risk_table(SurvivalTimes(until, ~known))
    remaining = np.cumprod(1 - table.events[:, 0] / table.at_risk[:, 0])
    probability = remaining[np.searchsorted(table.time, until)]
    return np.where(known, 1 / np.where(probability > 0, probability, 1.0), 0.0)


def _with_censoring(score: FloatArray, until: FloatArray, known: np.ndarray) -> FloatArray:
    """Add to the score of every row what its censoring, and being at risk of it, says about the weights of others."""
    times, position, counts = np.unique(until, return_inverse=True, return_counts=True)
    at_risk = np.cumsum(counts[::-1])[::-1]
    total = np.zeros((len(times), score.shape[1]))
    np.add.at(total, position, score)
    later = np.cumsum(total[::-1], axis=0)[::-1]
    censored = np.bincount(position, weights=~known, minlength=len(times))
    exposed = np.cumsum(later * (censored / at_risk**2)[:, None], axis=0)
    return score + (later / at_risk[:, None])[position] * (~known)[:, None] - exposed[position]


def _least_squares(x: FloatArray, outcome: FloatArray, weight: FloatArray) -> FloatArray:
    root = np.sqrt(weight)
    found: FloatArray = np.linalg.lstsq(x * root[:, None], outcome * root, rcond=None)[0]
    return found


def _log_linear(x: FloatArray, outcome: FloatArray, weight: FloatArray) -> FloatArray:
    """Solve the weighted score equation of a log-linear mean by Newton's method, from the overall mean."""
    coef = np.zeros(x.shape[1])
    coef[0] = np.log(np.average(outcome, weights=weight))
    for _ in range(_STEPS):
        mean = np.exp(x @ coef)
        score = x.T @ (weight * (outcome - mean))
        step = np.linalg.solve((x * (weight * mean)[:, None]).T @ x, score)
        coef = coef + step
        if float(step @ score) < 1e-18 * max(1.0, float(weight @ outcome)):
            return coef
    raise CannotAnswerError(
        "the log-linear model of the restricted mean did not converge",
        todo='look for covariates with extreme values, or use measure="difference"',
    )
