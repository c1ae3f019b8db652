"""Conditional logistic regression for matched sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from analyses.design import parts_of
from analyses.inputs import Missing, as_frame, factor, indicator, select_rows
from analyses.notes import Note
from analyses.options import require_known
from analyses.regression.coefficients import Coefficients, coefficient_table
from analyses.survival.cox import cox
from omop_etl.errors import CannotAnswerError

ConditionalMethod = Literal["exact", "efron", "breslow"]
"""Likelihood of sets with several cases: exact, or an approximation where sets are large."""


@dataclass(frozen=True, kw_only=True)
class ConditionalLogistic(Coefficients):
    """Odds ratios within matched sets: columns ``name, coef, se, z, p, estimate, lower, upper``.

    Attributes
    ----------
    loglik, loglik_null : float
        Conditional log likelihood at the estimate and with all coefficients 0.
    """

    method: ClassVar[str] = "conditional_logistic"
    title: ClassVar[str] = "Conditional logistic regression"

    loglik: float
    loglik_null: float


def conditional_logistic(
    data: Any,
    *,
    outcome: str,
    covariates: Sequence[str],
    strata: str | Sequence[str],
    likelihood: ConditionalMethod = "exact",
    reference: Mapping[str, Any] | None = None,
    cluster: str | None = None,
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> ConditionalLogistic:
    """Fit a logistic model within matched sets.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person and set.
    outcome : str
        Column with 1 for cases, 0 for controls.
    covariates : sequence of str
        Columns, and products such as ``"arm:sex"``.
    strata : str or sequence of str
        Columns whose combinations are the sets.
    likelihood : {"exact", "efron", "breslow"}
        How sets with several cases count; without such sets all are the same.
    reference : mapping, optional
        Reference level per categorical column.
    cluster : str, optional
        Column of what belongs together, for a robust variance (not with the exact likelihood).
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    ConditionalLogistic
        Odds ratios.

    Raises
    ------
    CannotAnswerError
        No set has both cases and controls, or the data do not fit.

    Notes
    -----
    Breslow and Day (1980), Statistical methods in cancer research I, chapter 7. The likelihood is that of a stratified
    Cox model in which cases have the event at the same time. Equals R's ``survival::clogit``.

    Examples
    --------
    >>> data = {"case": [1, 0, 0, 1, 0, 1, 0, 0, 1, 0], "set": [1, 1, 1, 2, 2, 3, 3, 3, 4, 4],
    ...         "drug": [1, 0, 0, 1, 1, 0, 1, 0, 1, 0]}
    >>> conditional_logistic(data, outcome="case", covariates=["drug"], strata="set").table.round(3).iloc[:, :3]
       name   coef     se
    0  drug  1.174  1.238
    """
    require_known("likelihood", likelihood, ConditionalMethod)
    layers = [strata] if isinstance(strata, str) else list(strata)
    frame = as_frame(data)
    used = [part for name in covariates for part in parts_of(frame, name)]
    frame, rows = select_rows(frame, [outcome, *used, *layers, *([cluster] if cluster else [])], missing)
    case = indicator(frame, outcome)
    sets = factor(frame, layers)
    cases, size = np.bincount(sets.codes, weights=case), np.bincount(sets.codes)
    silent = (cases == 0) | (cases == size)
    if silent.all():
        raise CannotAnswerError(
            "no set of {columns} has both cases and controls", todo="check the matching", columns=", ".join(layers)
        )
    with_time = frame.assign(**dict[str, Any]({_TIME: 1.0, _SET: sets.codes}))
    model = cox(
        with_time,
        duration=_TIME,
        event=outcome,
        covariates=list(covariates),
        strata=_SET,
        ties=likelihood,
        reference=reference,
        cluster=cluster,
        conf_level=conf_level,
    )
    notes = list(model.notes)
    if silent.any():
        notes.append(
            Note(
                "{sets} of {total} sets have only cases or only controls and say nothing",
                code="silent_sets",
                sets=int(silent.sum()),
                total=len(silent),
            )
        )
    variance = model.vcov.to_numpy()
    return ConditionalLogistic(
        rows=rows,
        settings={
            "outcome": outcome,
            "covariates": list(covariates),
            "strata": layers,
            "likelihood": likelihood,
            "reference": dict(reference or {}),
            "cluster": cluster,
            "conf_level": conf_level,
        },
        notes=tuple(notes),
        findings=coefficient_table(model.table["name"].tolist(), model.table["coef"].to_numpy(), variance, conf_level),
        further={"fit": pd.DataFrame([{"loglik_null": model.loglik_null, "loglik": model.loglik}])},
        variance=variance,
        loglik=model.loglik,
        loglik_null=model.loglik_null,
    )


_TIME = "time of all"
_SET = "set of the match"
