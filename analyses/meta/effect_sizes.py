"""Effects of single studies with their variances, from counts or means."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import gammaln

from analyses.inputs import FloatArray, Missing, as_frame, numbers, select_rows
from analyses.options import require_known
from analyses.rates.counts import whole_counts
from omop_etl.errors import CannotAnswerError

CountMeasure = Literal["rr", "or", "rd"]
"""Logarithm of the risk ratio or of the odds ratio, or the risk difference."""

MeanMeasure = Literal["md", "smd"]
"""Mean difference, or standardised mean difference (Hedges' g)."""


def ratio_effects(
    data: Any,
    *,
    events: str,
    others: str,
    control_events: str,
    control_others: str,
    measure: CountMeasure = "rr",
    missing: Missing = "refuse",
) -> pd.DataFrame:
    """Compute effects from two-by-two tables.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per study.
    events, others, control_events, control_others : str
        Columns of numbers with and without the event, among treated and controls.
    measure : {"rr", "or", "rd"}
        What is computed; ratios as logarithms.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    pandas.DataFrame
        Columns ``effect, variance, se``, with the index of the data. Half an event is added to all cells of a study in
        which one is 0.

    Notes
    -----
    Equals R's ``metafor::escalc``.

    Examples
    --------
    >>> studies = {"a": [4, 6], "b": [119, 300], "c": [11, 29], "d": [128, 274]}
    >>> ratio_effects(studies, events="a", others="b", control_events="c", control_others="d").round(4)
       effect  variance      se
    0 -0.8893    0.3256  0.5706
    1 -1.5854    0.1946  0.4411
    """
    require_known("measure", measure, CountMeasure)
    names = [events, others, control_events, control_others]
    frame, _ = select_rows(as_frame(data), names, missing)
    cells = np.column_stack([whole_counts(name, numbers(frame, name)) for name in names])
    if np.any(cells[:, :2].sum(axis=1) == 0) or np.any(cells[:, 2:].sum(axis=1) == 0):
        raise CannotAnswerError("a study has nobody in one of its groups", todo="leave this study out")
    cells = cells + 0.5 * (cells == 0).any(axis=1)[:, None]
    a, b, c, d = cells.T
    if measure == "or":
        effect, variance = np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d
    elif measure == "rr":
        effect = np.log(a / (a + b)) - np.log(c / (c + d))
        variance = 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)
    else:
        effect = a / (a + b) - c / (c + d)
        variance = a * b / (a + b) ** 3 + c * d / (c + d) ** 3
    return _effects(effect, variance, frame.index)


def mean_effects(
    data: Any,
    *,
    mean: str,
    sd: str,
    n: str,
    control_mean: str,
    control_sd: str,
    control_n: str,
    measure: MeanMeasure = "md",
    missing: Missing = "refuse",
) -> pd.DataFrame:
    """Compute effects from means and standard deviations.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per study.
    mean, sd, n, control_mean, control_sd, control_n : str
        Columns of mean, standard deviation and number of persons of both groups.
    measure : {"md", "smd"}
        Difference of means, or Hedges' g with the exact correction for small samples.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    pandas.DataFrame
        Columns ``effect, variance, se``, with the index of the data.

    Notes
    -----
    Hedges (1981), J Educ Stat 6:107. Equals R's ``metafor::escalc``.

    Examples
    --------
    >>> studies = {"m1": [5.2], "s1": [1.1], "n1": [30], "m2": [4.6], "s2": [1.3], "n2": [28]}
    >>> mean_effects(
    ...     studies, mean="m1", sd="s1", n="n1", control_mean="m2", control_sd="s2", control_n="n2", measure="smd"
    ... ).round(4)
       effect  variance      se
    0   0.493    0.0711  0.2667
    """
    require_known("measure", measure, MeanMeasure)
    names = [mean, sd, n, control_mean, control_sd, control_n]
    frame, _ = select_rows(as_frame(data), names, missing)
    m1, s1, n1, m2, s2, n2 = (numbers(frame, name) for name in names)
    if np.any(np.minimum(n1, n2) < 2) or np.any(np.minimum(s1, s2) <= 0):
        raise CannotAnswerError(
            "a study has fewer than 2 persons in a group, or no standard deviation", todo="leave this study out"
        )
    if measure == "md":
        return _effects(m1 - m2, s1**2 / n1 + s2**2 / n2, frame.index)
    df = n1 + n2 - 2
    pooled = np.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / df)
    correction = np.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) / np.sqrt(df / 2)
    g = correction * (m1 - m2) / pooled
    return _effects(g, 1 / n1 + 1 / n2 + g**2 / (2 * (n1 + n2)), frame.index)


def _effects(effect: FloatArray, variance: FloatArray, index: pd.Index) -> pd.DataFrame:
    return pd.DataFrame({"effect": effect, "variance": variance, "se": np.sqrt(variance)}, index=index)
