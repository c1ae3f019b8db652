"""Proportions with their confidence limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import beta

from analyses.findings import Findings
from analyses.inputs import FloatArray, Missing, as_frame, factor, indicator, select_rows
from analyses.options import quantile_of_level, require_known
from analyses.rates.binomial import clopper_pearson
from analyses.rates.counts import positive_values, whole_counts
from analyses.survival.kaplan_meier import ALL
from omop_etl.errors import CannotAnswerError

ProportionInterval = Literal["wilson", "clopper-pearson", "wald", "agresti-coull", "jeffreys"]
"""How limits of a proportion are computed."""


@dataclass(frozen=True, kw_only=True)
class Proportions(Findings):
    """Proportions: columns ``group, events, rows, estimate, lower, upper``."""

    method: ClassVar[str] = "proportions"
    title: ClassVar[str] = "Proportions"


def proportions(
    data: Any,
    *,
    event: str,
    group: str | None = None,
    interval: ProportionInterval = "wilson",
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> Proportions:
    """Estimate the proportion of rows with an event, by group.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    event : str
        Column of 0 and 1.
    group : str, optional
        Column of groups.
    interval : {"wilson", "clopper-pearson", "wald", "agresti-coull", "jeffreys"}
        How the limits are computed; see `proportion_limits`.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    Proportions
        One row per group.

    Raises
    ------
    UsageError
        A column or an option is unknown.
    CannotAnswerError
        Missing values, or an event that is neither 0 nor 1.

    Examples
    --------
    >>> proportions({"ill": [1, 0, 0, 1, 0], "arm": list("aabbb")}, event="ill", group="arm").table.round(3)
      group  events  rows  estimate  lower  upper
    0     a       1     2     0.500  0.095  0.905
    1     b       1     3     0.333  0.061  0.792
    """
    frame, rows = select_rows(as_frame(data), [event, *([group] if group else [])], missing)
    happened = indicator(frame, event)
    codes, levels = np.zeros(len(frame), dtype=np.int64), (ALL,)
    if group is not None:
        groups = factor(frame, group)
        codes, levels = groups.codes, groups.levels
    counts = np.bincount(codes, weights=happened)
    size = np.bincount(codes)
    lower, upper = proportion_limits(counts, size, interval, conf_level)
    table = pd.DataFrame(
        {
            "group": pd.Series(levels, dtype=object),
            "events": counts.astype(np.int64),
            "rows": size,
            "estimate": counts / size,
            "lower": lower,
            "upper": upper,
        }
    )
    settings = {"event": event, "group": group, "interval": interval, "conf_level": conf_level}
    return Proportions(rows=rows, settings=settings, findings=table)


def proportion_limits(
    x: npt.ArrayLike, n: npt.ArrayLike, method: ProportionInterval = "wilson", conf_level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Compute confidence limits of proportions.

    Parameters
    ----------
    x, n : array-like of int
        Numbers with the event, and of all.
    method : {"wilson", "clopper-pearson", "wald", "agresti-coull", "jeffreys"}
        How they are computed; the last three may be of little use near 0 and 1.
    conf_level : float
        Their level.

    Returns
    -------
    (numpy.ndarray, numpy.ndarray)
        Lower and upper limits, as the formulas give them: some lie outside of 0 to 1.

    Raises
    ------
    CannotAnswerError
        Counts are no counts, or more than there are.

    Notes
    -----
    Brown, Cai and DasGupta (2001), Stat Sci 16:101. Wilson's is without a correction for continuity.

    Examples
    --------
    >>> [limit.round(4) for limit in proportion_limits(3, 10)]
    [array([0.1078]), array([0.6032])]
    """
    require_known("method", method, ProportionInterval)
    z = quantile_of_level(conf_level)
    tail = (1 - conf_level) / 2
    count, size = np.broadcast_arrays(whole_counts("x", x), positive_values("n", n))
    if np.any(count > size):
        raise CannotAnswerError(
            "x is greater than n in {rows} of {total} values",
            todo="give the number with the event first",
            rows=int(np.count_nonzero(count > size)),
            total=len(count),
        )
    p = count / size
    if method == "clopper-pearson":
        limits = np.array([clopper_pearson(a, b, conf_level) for a, b in zip(count, size, strict=True)])
        return limits[:, 0], limits[:, 1]
    if method == "jeffreys":
        a, b = count + 0.5, size - count + 0.5
        return beta.ppf(tail, a, b), beta.isf(tail, a, b)
    if method == "wald":
        half = z * np.sqrt(p * (1 - p) / size)
        return p - half, p + half
    centre = (count + z**2 / 2) / (size + z**2)
    if method == "agresti-coull":
        half = z * np.sqrt(centre * (1 - centre) / (size + z**2))
    else:
        half = z / (size + z**2) * np.sqrt(count * (size - count) / size + z**2 / 4)
    return centre - half, centre + half
