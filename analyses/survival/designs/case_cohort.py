"""Cox models of a case-cohort study: all cases, and a random sample of the cohort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from analyses.design import parts_of
from analyses.inputs import FloatArray, Missing, as_frame, indicator, numbers, select_rows
from analyses.options import quantile_of_level, require_known
from analyses.regression.coefficients import Coefficients, coefficient_table
from analyses.survival.cox import CoxModel, cox
from omop_etl.errors import CannotAnswerError, UsageError

CaseCohortMethod = Literal["prentice", "self-prentice", "lin-ying"]
"""Who is compared: a case outside the sample at its event only; never; or weighted by the sampling fraction."""

_ENTRY, _EXIT, _EVENT, _OFFSET = "start of the risk", "end of the risk", "event of the case", "log weight"
_MOMENT = 1e-8
_NEVER = -100.0


@dataclass(frozen=True, kw_only=True)
class CaseCohort(Coefficients):
    """Hazard ratios: columns ``name, coef, se, z, p, estimate, lower, upper``."""

    method: ClassVar[str] = "case_cohort"
    title: ClassVar[str] = "Case-cohort Cox model"


def case_cohort(
    data: Any,
    *,
    duration: str,
    event: str,
    subcohort: str,
    covariates: Sequence[str],
    cohort_size: int,
    likelihood: CaseCohortMethod = "prentice",
    entry: str | None = None,
    reference: Mapping[str, Any] | None = None,
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> CaseCohort:
    """Fit a Cox model to the cases and a random sample of their cohort.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        Cases, and everybody in the sample; one row per person.
    duration, event : str
        Columns of times at which follow-up ends and of the event (1) or none (0).
    subcohort : str
        Column with 1 for members of the sample.
    covariates : sequence of str
        Columns, and products such as ``"arm:sex"``.
    cohort_size : int
        Persons in the whole cohort.
    likelihood : {"prentice", "self-prentice", "lin-ying"}
        Estimator.
    entry : str, optional
        Column of times after which a person is at risk.
    reference : mapping, optional
        Reference level per categorical column.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    CaseCohort
        Hazard ratios; the variance adds that of the sampling to that of the model.

    Raises
    ------
    UsageError
        The cohort is smaller than the data, or an option is unknown.
    CannotAnswerError
        Rows are neither case nor in the sample, or the data do not fit.

    Notes
    -----
    Prentice (1986), Biometrika 73:1; Self and Prentice (1988), Ann Stat 16:64; Lin and Ying (1993), J Am Stat Assoc
    88:1341; variance by Therneau and Li (1999), Lifetime Data Anal 5:99. Equals R's ``survival::cch``.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> cohort = pd.DataFrame({"days": random.exponential(100, 300), "age": random.normal(60, 10, 300)})
    >>> cohort["ill"], cohort["sample"] = (random.random(300) < 0.2).astype(int), (random.random(300) < 0.3).astype(int)
    >>> studied = cohort[(cohort["ill"] == 1) | (cohort["sample"] == 1)]
    >>> asked = {"duration": "days", "event": "ill", "subcohort": "sample", "covariates": ["age"], "cohort_size": 300}
    >>> case_cohort(studied, **asked).table[["name", "coef", "se"]].round(3)
      name   coef     se
    0  age -0.052  0.024
    """
    require_known("likelihood", likelihood, CaseCohortMethod)
    quantile_of_level(conf_level)
    frame = as_frame(data)
    used = [part for name in covariates for part in parts_of(frame, name)]
    frame, rows = select_rows(frame, [duration, event, subcohort, *used, *([entry] if entry else [])], missing)
    case, sampled = indicator(frame, event), indicator(frame, subcohort)
    _refuse_rows(case, sampled, cohort_size, subcohort)
    exit = numbers(frame, duration)
    start = np.zeros(len(frame)) if entry is None else numbers(frame, entry)
    given = frame.assign(**dict[str, Any]({_ENTRY: start, _EXIT: exit, _EVENT: case.astype(float)}))
    asked = {"covariates": list(covariates), "reference": reference}
    if likelihood == "lin-ying":
        coef, variance, names = _lin_ying(given, case, sampled, cohort_size, asked)
    else:
        model, variance = _self_prentice(given, case, sampled, cohort_size, asked)
        names = model.table["name"].tolist()
        coef = model.table["coef"].to_numpy()
        if likelihood == "prentice":
            outside = case & ~sampled
            at_event = given.assign(**dict[str, Any]({_ENTRY: np.where(outside, exit - _MOMENT, start)}))
            coef = _fit(at_event, asked, timefix=False).table["coef"].to_numpy()
    return CaseCohort(
        rows=rows,
        settings={
            "duration": duration,
            "event": event,
            "subcohort": subcohort,
            "covariates": list(covariates),
            "cohort_size": cohort_size,
            "likelihood": likelihood,
            "entry": entry,
            "reference": dict(reference or {}),
            "conf_level": conf_level,
        },
        findings=coefficient_table(names, coef, variance, conf_level),
        variance=variance,
    )


def _refuse_rows(case: np.ndarray, sampled: np.ndarray, cohort_size: int, subcohort: str) -> None:
    neither = int(np.count_nonzero(~case & ~sampled))
    if neither:
        raise CannotAnswerError(
            "{rows} of {total} rows are neither a case nor in the sample {column}",
            todo="leave them out: a case-cohort study does not look at them",
            rows=neither,
            total=len(case),
            column=subcohort,
        )
    if not sampled.any():
        raise CannotAnswerError("column {column} has nobody in the sample", todo="name the sample", column=subcohort)
    if cohort_size < len(case):
        raise UsageError(
            "cohort_size={size} is smaller than the {rows} rows given",
            todo="give the number of persons in the whole cohort",
            size=cohort_size,
            rows=len(case),
        )


def _fit(frame: pd.DataFrame, asked: dict[str, Any], offset: str | None = None, timefix: bool = True) -> CoxModel:
    return cox(frame, duration=_EXIT, event=_EVENT, entry=_ENTRY, offset=offset, timefix=timefix, **asked)


def _self_prentice(
    given: pd.DataFrame, case: np.ndarray, sampled: np.ndarray, cohort_size: int, asked: dict[str, Any]
) -> tuple[CoxModel, FloatArray]:
    """Compare cases with the sample only: cases count as events, but next to nothing among those at risk."""
    events, sample = given[case], given[sampled]
    together = pd.concat(
        [
            events.assign(**dict[str, Any]({_EVENT: 1.0, _OFFSET: _NEVER})),
            sample.assign(**dict[str, Any]({_EVENT: 0.0, _OFFSET: 0.0})),
        ],
        ignore_index=True,
    )
    model = _fit(together, asked, _OFFSET)
    moved = model.residuals("dfbeta").to_numpy()[len(events) :]
    between = (1 - len(sample) / cohort_size) * moved.T @ moved
    return model, model.vcov.to_numpy() + between


def _lin_ying(
    given: pd.DataFrame, case: np.ndarray, sampled: np.ndarray, cohort_size: int, asked: dict[str, Any]
) -> tuple[FloatArray, FloatArray, list[str]]:
    """Weigh members of the sample who are no cases by the inverse of their sampling fraction."""
    controls, sampled_controls = cohort_size - int(case.sum()), int((sampled & ~case).sum())
    weight = np.where(case, 0.0, np.log(controls / sampled_controls))
    model = _fit(given.assign(**dict[str, Any]({_OFFSET: weight})), asked, _OFFSET)
    moved = model.residuals("dfbeta").to_numpy()[~case]
    moved = moved - moved.mean(axis=0)
    between = (1 - sampled_controls / controls) * moved.T @ moved
    return model.table["coef"].to_numpy(), model.vcov.to_numpy() + between, model.table["name"].tolist()
