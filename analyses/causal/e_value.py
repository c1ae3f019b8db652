"""E-values: how strong an unmeasured confounder would have to be to explain an estimate away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from analyses.findings import Ratios
from analyses.inputs import Rows
from analyses.options import require_known
from omop_etl.errors import UsageError

RatioMeasure = Literal["rr", "hr", "or"]
"""Risk ratio, hazard ratio, odds ratio."""


@dataclass(frozen=True, kw_only=True)
class EValue(Ratios):
    """E-values: columns ``of, given, risk_ratio, e_value`` for the ``point`` and the ``limit`` closer to no effect."""

    method: ClassVar[str] = "e_value"
    title: ClassVar[str] = "E-value"

    @property
    def point(self) -> float:
        """E-value of the estimate."""
        return float(self.findings["e_value"].iloc[0])

    @property
    def limit(self) -> float:
        """E-value of the confidence limit closer to no effect; 1 where the interval contains it."""
        return float(self.findings["e_value"].iloc[1])


def e_value(
    estimate: float,
    lower: float | None = None,
    upper: float | None = None,
    *,
    measure: RatioMeasure = "rr",
    rare: bool | None = None,
) -> EValue:
    """Compute the E-value of a ratio.

    Parameters
    ----------
    estimate, lower, upper : float
        Ratio and, if known, its confidence limits.
    measure : {"rr", "hr", "or"}
        What it is a ratio of.
    rare : bool, optional
        Whether the outcome is rare at the end of follow-up (below 15 %): a hazard or odds ratio is a risk ratio then.
        Needed for both; otherwise a risk ratio is approximated.

    Returns
    -------
    EValue
        The least strength, as a risk ratio, that a confounder must have with both treatment and outcome, beyond the
        measured covariates.

    Raises
    ------
    UsageError
        Numbers are not above 0 or not in order, or `rare` is not said.

    Notes
    -----
    VanderWeele and Ding (2017), Ann Intern Med 167:268. Approximations for common outcomes: the root of an odds ratio;
    (1 - 0.5^√hr) / (1 - 0.5^√(1/hr)) for a hazard ratio.

    Examples
    --------
    >>> e_value(3.9, 1.8, 8.7).table.round(3)
          of  given  risk_ratio  e_value
    0  point    3.9         3.9    7.263
    1  limit    1.8         1.8    3.000
    """
    require_known("measure", measure, RatioMeasure)
    if measure != "rr" and rare is None:
        raise UsageError(
            "whether the outcome is rare is not said", todo="say rare=True where fewer than 15 % have it, else False"
        )
    low = estimate if lower is None else lower
    high = estimate if upper is None else upper
    if not 0 < low <= estimate <= high < np.inf:
        raise UsageError("the estimate does not lie between its limits, above 0", todo="give them in order")
    point, least, most = (_risk_ratio(value, measure, bool(rare)) for value in (estimate, low, high))
    rows = [("point", estimate, point, _e_value(point))]
    if lower is not None or upper is not None:
        near, given = (least, low) if point >= 1 else (most, high)
        crosses = least <= 1 <= most
        rows.append(("limit", given, near, 1.0 if crosses else _e_value(near)))
    return EValue(
        rows=Rows(0, 0),
        settings={"estimate": estimate, "lower": lower, "upper": upper, "measure": measure, "rare": rare},
        findings=pd.DataFrame(rows, columns=["of", "given", "risk_ratio", "e_value"]),
    )


def _risk_ratio(value: float, measure: RatioMeasure, rare: bool) -> float:
    if measure == "rr" or rare:
        return value
    if measure == "or":
        return float(np.sqrt(value))
    return float((1 - 0.5 ** np.sqrt(value)) / (1 - 0.5 ** np.sqrt(1 / value)))


def _e_value(ratio: float) -> float:
    away = max(ratio, 1 / ratio)
    return float(away + np.sqrt(away * (away - 1)))
