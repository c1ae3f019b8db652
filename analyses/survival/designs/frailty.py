"""Cox model with a normal random effect per cluster (shared frailty)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from analyses.collinearity import refuse_collinear
from analyses.design import Design, parts_of
from analyses.inputs import FloatArray, Missing, as_frame, factor
from analyses.options import quantile_of_level
from analyses.regression.coefficients import Coefficients, coefficient_table
from analyses.survival.cox.likelihood import PartialLikelihood, Ties
from analyses.survival.cox.timeline import timeline
from analyses.survival.data import survival_input
from analyses.survival.logrank import refuse_no_events
from analyses.threads import one_thread
from omop_etl.errors import CannotAnswerError

_SMALLEST = 1e-5
_LARGEST = 12.0
_MOST_CLUSTERS = 2000
_SPARSE_FROM = 5


@dataclass(frozen=True, kw_only=True)
class FrailtyModel(Coefficients):
    """Hazard ratios given the cluster: columns ``name, coef, se, z, p, estimate, lower, upper``.

    The further table ``frailties`` gives the random effect of every cluster.

    Attributes
    ----------
    theta : float
        Variance of the random effects.
    """

    method: ClassVar[str] = "frailty_cox"
    title: ClassVar[str] = "Cox model with shared frailty"

    theta: float


def frailty_cox(
    data: Any,
    *,
    duration: str,
    event: str,
    covariates: Sequence[str],
    cluster: str,
    entry: str | None = None,
    ties: Ties = "efron",
    sparse: bool | None = None,
    reference: Mapping[str, Any] | None = None,
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> FrailtyModel:
    """Fit a Cox model with a normal random effect of every cluster.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per observation.
    duration, event : str
        Columns of times at which follow-up ends and of the event (1) or none (0).
    covariates : sequence of str
        Columns, and products such as ``"arm:sex"``.
    cluster : str
        Column of what belongs together, such as the person or the site; at most 2,000 levels.
    entry : str, optional
        Column of times after which a row is at risk.
    ties : {"efron", "breslow"}
        Treatment of tied events.
    sparse : bool, optional
        Take the information about two clusters as independent in the variances, as R does with more than five clusters;
        the variance of the effects is a few percent smaller then.
    reference : mapping, optional
        Reference level per categorical column.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    FrailtyModel
        Coefficients, the variance of the random effects, and the effects.

    Raises
    ------
    CannotAnswerError
        The data do not fit, there is one cluster or too many, or the iterations do not end.

    Notes
    -----
    Ripatti and Palmgren (2000), Biometrics 56:1016; McGilchrist (1993), Biometrics 49:221: penalised partial
    likelihood, with the variance by restricted maximum likelihood. As R's ``frailty.gaussian``, which stops looking
    for the variance a little earlier (1e-4).

    Examples
    --------
    >>> data = {"days": [8, 16, 23, 13, 22, 28, 447, 318, 30, 12, 24, 245], "ill": [1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1],
    ...         "id": [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6], "age": [28, 28, 48, 48, 32, 32, 31, 32, 10, 10, 16, 17]}
    >>> model = frailty_cox(data, duration="days", event="ill", covariates=["age"], cluster="id")
    >>> model.table[["name", "coef"]].round(3), round(model.theta, 3)
    (  name   coef
    0  age  0.004, 2.514)
    """
    quantile_of_level(conf_level)
    frame = as_frame(data)
    used = [part for name in covariates for part in parts_of(frame, name)]
    checked = survival_input(
        frame, duration=duration, event=event, entry=entry, others=[*used, cluster], missing=missing
    )
    refuse_no_events(checked.times, event)
    groups = factor(checked.frame, cluster)
    if not 2 <= len(groups) <= _MOST_CLUSTERS:
        raise CannotAnswerError(
            "column {column} has {levels} levels",
            todo="a random effect needs at least 2, and this method takes at most {most}: use cox with cluster instead",
            column=cluster,
            levels=len(groups),
            most=_MOST_CLUSTERS,
        )
    design = Design.of(checked.frame, covariates, reference)
    x = design.matrix(checked.frame)
    refuse_collinear(x - x.mean(axis=0), design.names)
    times = checked.times
    line = timeline(times, None)
    scale = x.std(axis=0)
    columns = np.vstack([((x - x.mean(axis=0)) / scale).T, np.eye(len(groups))[groups.codes].T])
    likelihood = PartialLikelihood(
        np.ascontiguousarray(columns[:, line.order]),
        line,
        times.event[line.order],
        times.weights()[line.order],
        np.zeros(len(times)),
        ties,
    )
    is_sparse = len(groups) > _SPARSE_FROM if sparse is None else sparse
    with one_thread():
        beta, inverse, theta = _restricted_maximum(likelihood, x.shape[1], len(groups), is_sparse)
    p = x.shape[1]
    coef, variance = beta[:p] / scale, inverse[:p, :p] / np.outer(scale, scale)
    return FrailtyModel(
        rows=checked.rows,
        settings={
            "duration": duration,
            "event": event,
            "covariates": list(covariates),
            "cluster": cluster,
            "entry": entry,
            "ties": ties,
            "sparse": is_sparse,
            "reference": dict(reference or {}),
            "conf_level": conf_level,
        },
        notes=checked.notes,
        findings=coefficient_table(design.names, coef, variance, conf_level),
        further={
            "frailties": pd.DataFrame({"cluster": pd.Series(groups.levels, dtype=object), "effect": beta[p:]}),
            "variance": pd.DataFrame([{"theta": theta}]),
        },
        variance=variance,
        theta=theta,
    )


def _restricted_maximum(
    likelihood: PartialLikelihood, p: int, groups: int, sparse: bool
) -> tuple[FloatArray, FloatArray, float]:
    """Solve for the variance that is the mean square of the effects plus their mean variance; 0 where none is."""
    latest = {"beta": np.zeros(p + groups), "inverse": np.zeros((0, 0))}

    def excess(log_theta: float) -> float:
        theta = float(np.exp(log_theta))
        latest["beta"], latest["inverse"] = _penalised(likelihood, latest["beta"], p, theta, sparse)
        effects = latest["beta"][p:]
        return float(effects @ effects + np.trace(latest["inverse"][p:, p:])) / (groups * theta) - 1

    low, high = np.log(_SMALLEST), 0.0
    if excess(low) <= 0:
        return latest["beta"], latest["inverse"], 0.0
    while excess(high) > 0:
        high += 2.0
        if high > _LARGEST:
            raise CannotAnswerError(
                "the variance of the random effects has no limit", todo="use cox with cluster, or fewer covariates"
            )
    theta = float(brentq(excess, low, high, xtol=1e-10, rtol=1e-12))
    excess(theta)
    return latest["beta"], latest["inverse"], float(np.exp(theta))


def _penalised(
    likelihood: PartialLikelihood, beta: FloatArray, p: int, theta: float, sparse: bool
) -> tuple[FloatArray, FloatArray]:
    penalty = np.append(np.zeros(p), np.full(len(beta) - p, 1 / theta))

    def value(at: FloatArray) -> float:
        return likelihood(at).loglik - float(penalty @ at**2) / 2

    for _ in range(50):
        here = likelihood(beta)
        score, information = here.score - penalty * beta, here.information + np.diag(penalty)
        step = np.linalg.solve(information, score)
        if float(step @ score) <= 1e-18:
            if sparse:
                information[p:, p:] = np.diag(np.diag(information)[p:])
            return beta, np.linalg.inv(information)
        now = here.loglik - float(penalty @ beta**2) / 2
        while value(beta + step) < now - 1e-12 * abs(now):
            step = step / 2
        beta = beta + step
    raise CannotAnswerError("the model did not converge", todo="look for covariates with extreme values")
