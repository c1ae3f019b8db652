"""Do small studies find other effects? Egger's test, and trim and fill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from scipy.stats import t

from analyses.findings import Findings
from analyses.inputs import FloatArray, Missing, as_frame, numbers, positive_numbers, select_rows
from analyses.meta.heterogeneity import TauMethod
from analyses.meta.model import meta_analysis
from analyses.options import require_known
from omop_etl.errors import CannotAnswerError

Side = Literal["left", "right"]
"""Side of the funnel on which studies are missing."""


@dataclass(frozen=True, kw_only=True)
class EggerTest(Findings):
    """Egger's test: columns ``estimate, se, statistic, df, p`` of the slope on the standard error."""

    method: ClassVar[str] = "egger_test"
    title: ClassVar[str] = "Egger's test"


@dataclass(frozen=True, kw_only=True)
class TrimAndFill(Findings):
    """Pooled estimate with studies filled in: columns ``name, estimate, se, statistic, p, lower, upper``.

    Attributes
    ----------
    filled : int
        How many studies were filled in.
    side : str
        On which side.
    """

    method: ClassVar[str] = "trim_and_fill"
    title: ClassVar[str] = "Trim and fill"

    filled: int
    side: str


def egger_test(data: Any, *, effect: str, se: str, missing: Missing = "refuse") -> EggerTest:
    """Test whether effects depend on their standard error.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per study.
    effect, se : str
        Columns of the effect and its standard error.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    EggerTest
        t-test of the slope in a regression weighted by inverse variances.

    Raises
    ------
    CannotAnswerError
        There are fewer than three studies, or all have the same error.

    Notes
    -----
    Egger et al. (1997), BMJ 315:629; Sterne and Egger (2005). Equals R's ``metafor::regtest(model = "lm")``.

    Examples
    --------
    >>> studies = {"log_rr": [-0.9, -1.6, -1.3, -0.2], "se": [0.57, 0.44, 0.64, 0.14]}
    >>> egger_test(studies, effect="log_rr", se="se").table.round(3)
       estimate    se  statistic  df      p
    0     -2.65  0.97     -2.731   2  0.112
    """
    frame, rows = select_rows(as_frame(data), [effect, se], missing)
    y, s = numbers(frame, effect), positive_numbers(frame, se)
    df = len(y) - 2
    if df < 1 or (s == s[0]).all():
        raise CannotAnswerError(
            "{studies} studies, or studies of the same error, say nothing about a slope",
            todo="give at least three of different size",
            studies=len(y),
        )
    slope, error = _weighted_slope(y, s, df)
    statistic = slope / error
    row = (slope, error, statistic, df, float(2 * t.sf(abs(statistic), df)))
    return EggerTest(
        rows=rows,
        settings={"effect": effect, "se": se},
        findings=pd.DataFrame([row], columns=["estimate", "se", "statistic", "df", "p"]),
    )


def trim_and_fill(
    data: Any,
    *,
    effect: str,
    se: str,
    tau2: TauMethod = "REML",
    side: Side | None = None,
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> TrimAndFill:
    """Fill in the studies that a symmetric funnel would have, and pool again.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per study.
    effect, se : str
        Columns of the effect and its standard error.
    tau2 : {"REML", "DL", "PM", "ML", "HE", "SJ", "fixed"}
        Estimator of the variance between studies.
    side : {"left", "right"}, optional
        Where studies are missing; by default by the sign of Egger's slope.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    TrimAndFill
        Pooled estimate and the number of studies filled in.

    Notes
    -----
    Duval and Tweedie (2000), Biometrics 56:455, estimator L0. As R's ``metafor::trimfill``.

    Examples
    --------
    >>> studies = {"log_rr": [-0.9, -1.6, -1.3, -0.2, -0.4], "se": [0.57, 0.44, 0.64, 0.14, 0.2]}
    >>> found = trim_and_fill(studies, effect="log_rr", se="se", tau2="DL")
    >>> found.filled, found.side, round(float(found.table["estimate"][0]), 3)
    (3, 'right', -0.277)
    """
    frame, rows = select_rows(as_frame(data), [effect, se], missing)
    y, s = numbers(frame, effect), positive_numbers(frame, se)
    if side is None:
        model = meta_analysis({"y": y, "s": s}, effect="y", se="s", moderators=["s"], tau2=tau2)
        side = "right" if model.table["estimate"][1] < 0 else "left"
    require_known("side", side, Side)
    sign = -1.0 if side == "right" else 1.0
    order = np.argsort(sign * y, kind="stable")
    y, s = sign * y[order], s[order]
    filled, centre = _missing_studies(y, s, tau2)
    if filled:
        mirrored = 2 * centre - y[len(y) - filled :]
        y, s = np.append(y, mirrored), np.append(s, s[len(s) - filled :])
    found = meta_analysis({"y": sign * y, "s": s}, effect="y", se="s", tau2=tau2, conf_level=conf_level)
    return TrimAndFill(
        rows=rows,
        settings={"effect": effect, "se": se, "tau2": tau2, "side": side, "conf_level": conf_level},
        findings=found.table,
        further={"filled": pd.DataFrame([{"filled": filled, "side": side}])},
        filled=filled,
        side=side,
    )


def _weighted_slope(y: FloatArray, s: FloatArray, df: int) -> tuple[float, float]:
    weight = 1 / s**2
    x = np.column_stack([np.ones(len(y)), s])
    bread = np.linalg.inv((x * weight[:, None]).T @ x)
    coef = bread @ (x.T @ (weight * y))
    spread = float(weight @ (y - x @ coef) ** 2) / df
    return float(coef[1]), float(np.sqrt(spread * bread[1, 1]))


def _missing_studies(y: FloatArray, s: FloatArray, tau2: TauMethod) -> tuple[int, float]:
    """Estimate how many of the largest effects have no counterpart, and the centre without them."""
    k = len(y)
    missing, before, centre = 0, -1, 0.0
    for _ in range(100):
        if missing == before:
            break
        before = missing
        kept = k - missing
        if kept < 2:
            raise CannotAnswerError("too few studies are left", todo="give more studies")
        centre = meta_analysis({"y": y[:kept], "s": s[:kept]}, effect="y", se="s", tau2=tau2).estimate
        apart = y - centre
        rank = np.empty(k)
        rank[np.argsort(np.abs(apart), kind="stable")] = np.arange(1, k + 1)
        above = float(rank[apart > 0].sum())
        missing = max(0, round((4 * above - k * (k + 1)) / (2 * k - 1)))
    return missing, centre
