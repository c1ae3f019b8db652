"""Fit a Cox proportional hazards model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analyses.design import Design, parts_of
from analyses.inputs import Missing, as_frame, factor, numbers
from analyses.options import require_known
from analyses.survival.cox.estimate import OnTrouble, Task, estimate
from analyses.survival.cox.likelihood import Ties
from analyses.survival.cox.model import CoxModel
from analyses.survival.cox.overall_tests import overall_tests
from analyses.survival.data import SurvivalInput, survival_input
from analyses.survival.logrank import refuse_no_events
from analyses.threads import one_thread
from omop_etl.errors import UsageError


def cox(
    data: Any,
    *,
    duration: str,
    event: str,
    covariates: Sequence[str],
    entry: str | None = None,
    strata: str | Sequence[str] | None = None,
    weights: str | None = None,
    cluster: str | None = None,
    ties: Ties = "efron",
    robust: bool | None = None,
    offset: str | None = None,
    reference: Mapping[str, Any] | None = None,
    conf_level: float = 0.95,
    separation: OnTrouble = "refuse",
    collinear: OnTrouble = "refuse",
    timefix: bool = True,
    missing: Missing = "refuse",
) -> CoxModel:
    """Fit a proportional hazards model.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person, or per interval of a person (with `entry`) where covariates change over time.
    duration : str
        Column of times at which follow-up ends.
    event : str
        Column with 1 where it ends with the event, 0 where it is censored.
    covariates : sequence of str
        Columns, and products such as ``"arm:sex"``. Numbers are used as they are, all else as categories.
    entry : str, optional
        Column of times after which a row is at risk.
    strata : str or sequence of str, optional
        Columns within whose levels the baseline hazard is the same.
    weights : str, optional
        Column of case weights.
    cluster : str, optional
        Column of what belongs together, for a robust variance.
    ties : {"efron", "breslow", "exact"}
        Treatment of tied events.
    robust : bool, optional
        Sandwich variance; by default where there is a cluster or a weight other than 1.
    offset : str, optional
        Column that is added to the linear predictor.
    reference : mapping, optional
        Reference level of categorical columns; the first level by default.
    conf_level : float
        Level of the limits of the hazard ratios.
    separation : {"refuse", "report"}
        What to do where a coefficient runs to infinity because its covariate separates the events from all others.
    collinear : {"refuse", "report"}
        What to do where covariates determine each other; ``"report"`` leaves the later one undefined, as R does.
    timefix : bool
        Take times that differ by rounding only as equal.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value in a column used.

    Returns
    -------
    CoxModel
        Coefficients, tests, residuals, predictions.

    Raises
    ------
    UsageError
        A column does not exist, or an option is unknown or does not go with another.
    CannotAnswerError
        The data do not fit: missing or infinite values, no events, a constant column, columns that determine each
        other, separation.

    Notes
    -----
    Cox (1972), J R Stat Soc B 34:187. Maximised by Newton-Raphson to 1e-8 standard errors. All defaults are those of
    R's ``coxph``, and so are the numbers.

    Examples
    --------
    >>> data = {"weeks": [6, 7, 10, 15, 19, 25], "died": [1, 0, 1, 1, 0, 1], "age": [71, 60, 55, 66, 48, 59]}
    >>> model = cox(data, duration="weeks", event="died", covariates=["age"])
    >>> model.table[["name", "hr", "hr_lower", "hr_upper"]].round(3)
      name     hr  hr_lower  hr_upper
    0  age  1.156     0.929     1.438
    """
    layers = [strata] if isinstance(strata, str) else list(strata or ())
    frame = as_frame(data)
    _check_options(ties, robust, weights, cluster, separation, collinear)
    used = [part for name in covariates for part in parts_of(frame, name)]
    checked = survival_input(
        frame,
        duration=duration,
        event=event,
        entry=entry,
        weights=weights,
        others=[*used, *layers, cluster, offset],
        missing=missing,
        timefix=timefix,
    )
    refuse_no_events(checked.times, event)
    task = Task(
        checked=checked,
        design=Design.of(checked.frame, covariates, reference),
        strata=factor(checked.frame, layers) if layers else None,
        clusters=None if cluster is None else factor(checked.frame, cluster),
        offset=None if offset is None else numbers(checked.frame, offset),
        ties=ties,
        robust=_is_robust(robust, checked, cluster, ties),
    )
    with one_thread():
        state, notes = estimate(task, separation, collinear)
    asked = {
        "duration": duration,
        "event": event,
        "covariates": list(covariates),
        "entry": entry,
        "strata": layers,
        "weights": weights,
        "cluster": cluster,
        "ties": ties,
        "robust": task.robust,
        "offset": offset,
        "reference": dict(reference or {}),
        "conf_level": conf_level,
        "timefix": timefix,
    }
    return CoxModel(
        rows=checked.rows,
        settings=asked,
        notes=(*checked.notes, *notes),
        state=state,
        tests=overall_tests(state, robust=task.robust),
    )


def _check_options(
    ties: str, robust: bool | None, weights: str | None, cluster: str | None, separation: str, collinear: str
) -> None:
    require_known("ties", ties, Ties)
    for name, given in (("separation", separation), ("collinear", collinear)):
        require_known(name, given, OnTrouble)
    if ties == "exact" and (weights or cluster or robust):
        raise UsageError(
            'ties="exact" has no weights and no robust variance', todo='use ties="efron", or leave these options out'
        )


def _is_robust(asked: bool | None, checked: SurvivalInput, cluster: str | None, ties: Ties) -> bool:
    if asked is not None:
        return asked
    weight = checked.times.weight
    return ties != "exact" and (cluster is not None or (weight is not None and bool(np.any(weight != 1))))
