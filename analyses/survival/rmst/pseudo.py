"""Pseudo-values: what every person adds to an estimate, for regression on covariates."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from analyses.inputs import FloatArray, Missing
from analyses.options import require_known
from analyses.survival.competing.incidence import Incidence
from analyses.survival.data import survival_input
from analyses.survival.logrank import refuse_no_events
from analyses.survival.rmst.area import Area, largest_horizon, require_horizon

PseudoOf = Literal["rmst", "survival"]
"""Estimate that pseudo-values are of."""


def pseudo_values(
    data: Any,
    *,
    duration: str,
    event: str,
    at: float,
    of: PseudoOf = "rmst",
    timefix: bool = True,
    missing: Missing = "refuse",
) -> pd.Series:
    """Compute pseudo-values of the restricted mean or of the survival at a time.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    duration, event : str
        Columns of times and of the event (1) or censoring (0).
    at : float
        The horizon, or the time of the survival.
    of : {"rmst", "survival"}
        Estimate that they are of.
    timefix : bool
        Take times that differ by rounding only as equal.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    pandas.Series
        One value per row used, in the unit of the durations for the restricted mean; their mean is the estimate.

    Raises
    ------
    UsageError
        A column does not exist or `of` is unknown.
    CannotAnswerError
        The data do not fit, or follow-up ends before `at`.

    Notes
    -----
    Andersen, Hansen and Klein (2004), Lifetime Data Anal 10:335, by the infinitesimal jackknife: the estimate plus n
    times the influence of the row, as R's ``survival::pseudo``.

    Examples
    --------
    >>> data = {"weeks": [6, 7, 10, 15, 19, 25], "died": [1, 0, 1, 1, 0, 1]}
    >>> pseudo_values(data, duration="weeks", event="died", at=18).round(3).tolist()
    [6.0, 15.25, 8.688, 14.938, 18.688, 18.688]
    """
    require_known("of", of, PseudoOf)
    checked = survival_input(data, duration=duration, event=event, missing=missing, timefix=timefix)
    refuse_no_events(checked.times, event)
    require_horizon(at, largest_horizon(checked.times))
    area = Area.of(checked.times, at)
    estimate, influence = _estimate(area, of)
    return pd.Series(estimate + len(checked.times) * influence, index=checked.frame.index, name=of)


def _estimate(area: Area, of: PseudoOf) -> tuple[float, FloatArray]:
    if of == "rmst":
        return area.mean, area.influence()
    lost = Incidence(area.counts, [0]).influence(area.times, area.times.event, np.array([area.tau]))[:, 0]
    position = int(np.searchsorted(area.counts.time, area.tau, side="right"))
    return float(np.append(1.0, area.counts.survival)[position]), -lost
