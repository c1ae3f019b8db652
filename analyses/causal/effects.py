"""Effects on a mean from weights and from strata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from analyses.findings import Findings
from analyses.inputs import Missing, as_frame, indicator, numbers, select_rows
from analyses.options import quantile_of_level, require_known, two_sided_p
from analyses.regression.glm import glm
from omop_etl.errors import CannotAnswerError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels

EffectError = Literal["sandwich", "HC0"]
"""Robust error with the weights taken as known; ``sandwich`` has the factor n / (n - 1) of R's survey package."""


@dataclass(frozen=True, kw_only=True)
class WeightedEffect(Findings):
    """Weighted means and their difference: columns ``measure, estimate, se, lower, upper, p``."""

    method: ClassVar[str] = "weighted_effect"
    title: ClassVar[str] = "Weighted difference of means"


@dataclass(frozen=True, kw_only=True)
class StratifiedEffect(Findings):
    """Difference of means within strata, pooled: columns ``measure, estimate, se, lower, upper, p``.

    The further table ``strata`` has the columns ``stratum, rows, treated, control, difference, se``.
    """

    method: ClassVar[str] = "stratified_effect"
    title: ClassVar[str] = "Difference of means within strata"

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the difference within every stratum."""
        from analyses.plots import estimate_chart

        z = quantile_of_level(self.settings["conf_level"])
        table = self.further["strata"]
        shown = pd.DataFrame(
            {
                "stratum": table["stratum"].astype(str),
                "estimate": table["difference"],
                "lower": table["difference"] - z * table["se"],
                "upper": table["difference"] + z * table["se"],
            }
        )
        return estimate_chart(shown, labels, null=0.0)


def weighted_effect(
    data: Any,
    *,
    outcome: str,
    treatment: str,
    weights: str,
    error: EffectError = "sandwich",
    cluster: str | None = None,
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> WeightedEffect:
    """Compare weighted means of an outcome between treated and untreated.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    outcome, treatment : str
        Columns of a number and of 0 and 1.
    weights : str
        Column of weights above zero.
    error : {"sandwich", "HC0"}
        Robust error; it takes the weights as known.
    cluster : str, optional
        Column of what belongs together, such as the matched set.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    WeightedEffect
        Mean of treated, of untreated, and their difference.

    Notes
    -----
    Lunceford and Davidian (2004), Stat Med 23:2937, the ratio estimator. Equals R's ``survey::svyglm``.

    Examples
    --------
    >>> data = {"cost": [5, 9, 4, 8, 7], "drug": [1, 1, 0, 0, 0], "w": [1.2, 0.8, 1.0, 2.0, 1.5]}
    >>> weighted_effect(data, outcome="cost", treatment="drug", weights="w").table.round(3)
            measure  estimate     se  lower  upper     p
    0  mean_treated     6.600  1.518  3.625  9.575   NaN
    1  mean_control     6.778  0.923  4.969  8.587   NaN
    2    difference    -0.178  1.777 -3.660  3.304  0.92
    """
    require_known("error", error, EffectError)
    z = quantile_of_level(conf_level)
    frame, rows = select_rows(as_frame(data), [outcome, treatment, weights], missing)
    coded = frame.assign(**{treatment: indicator(frame, treatment).astype(float)})
    model = glm(
        coded,
        outcome=outcome,
        covariates=[treatment],
        family="gaussian",
        weights=weights,
        covariance=error,
        cluster=cluster,
        conf_level=conf_level,
    )
    control, difference = model.fit.coef
    (v0, v01), (_, v1) = model.variance
    found = [
        ("mean_treated", control + difference, np.sqrt(v0 + 2 * v01 + v1)),
        ("mean_control", control, np.sqrt(v0)),
        ("difference", difference, np.sqrt(v1)),
    ]
    return WeightedEffect(
        rows=rows,
        settings={
            "outcome": outcome,
            "treatment": treatment,
            "weights": weights,
            "error": error,
            "cluster": cluster,
            "conf_level": conf_level,
        },
        notes=model.notes,
        findings=with_limits(found, z),
    )


def stratified_effect(
    data: Any,
    *,
    outcome: str,
    treatment: str,
    score: str,
    strata: int = 5,
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> StratifiedEffect:
    """Compare means within strata of a propensity score and average over everybody.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    outcome, treatment, score : str
        Columns of a number, of 0 and 1, and of the propensity score.
    strata : int
        Number of strata, between quantiles (R's type 7) of the score; bounds belong to the lower stratum.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    StratifiedEffect
        Differences within strata, and their mean weighted by the size of the strata.

    Raises
    ------
    CannotAnswerError
        A stratum has no treated or no controls, or the data do not fit.

    Notes
    -----
    Rosenbaum and Rubin (1984), J Am Stat Assoc 79:516; the error takes the strata as known.

    Examples
    --------
    >>> data = {"cost": [5, 9, 4, 8, 7, 3, 6, 2], "drug": [1, 0, 1, 0, 1, 0, 0, 1], "p": [0.1, 0.2, 0.3, 0.4] * 2}
    >>> stratified_effect(data, outcome="cost", treatment="drug", score="p", strata=2).table.round(3)
          measure  estimate     se  lower  upper      p
    0  difference      -2.0  1.732 -5.395  1.395  0.248
    """
    z = quantile_of_level(conf_level)
    frame, rows = select_rows(as_frame(data), [outcome, treatment, score], missing)
    y, a, p = numbers(frame, outcome), indicator(frame, treatment), numbers(frame, score)
    bounds = np.quantile(p, np.linspace(0, 1, strata + 1))
    code = np.clip(np.searchsorted(bounds, p, side="left") - 1, 0, strata - 1)
    found = []
    for stratum in range(strata):
        y1, y0 = y[a & (code == stratum)], y[~a & (code == stratum)]
        if not len(y1) or not len(y0):
            raise CannotAnswerError(
                "stratum {stratum} of {strata} has no treated or no controls",
                todo="use fewer strata",
                stratum=stratum + 1,
                strata=strata,
            )
        spread = [part.var(ddof=1) / len(part) if len(part) > 1 else np.nan for part in (y1, y0)]
        difference, se = y1.mean() - y0.mean(), float(np.sqrt(sum(spread)))
        found.append((stratum + 1, len(y1) + len(y0), len(y1), len(y0), difference, se))
    table = pd.DataFrame(found, columns=["stratum", "rows", "treated", "control", "difference", "se"])
    share = (table["rows"] / table["rows"].sum()).to_numpy()
    difference, se = share @ table["difference"].to_numpy(), np.sqrt(share**2 @ table["se"].to_numpy() ** 2)
    pooled = ("difference", float(difference), float(se))
    return StratifiedEffect(
        rows=rows,
        settings={
            "outcome": outcome,
            "treatment": treatment,
            "score": score,
            "strata": strata,
            "conf_level": conf_level,
        },
        findings=with_limits([pooled], z),
        further={"strata": table},
    )


def with_limits(found: list[tuple[str, Any, Any]], z: float) -> pd.DataFrame:
    """Give measures, estimates and errors with limits; a p-value for differences."""
    rows = [
        (name, value, se, value - z * se, value + z * se, two_sided_p(value / se) if name == "difference" else np.nan)
        for name, value, se in found
    ]
    return pd.DataFrame(rows, columns=["measure", "estimate", "se", "lower", "upper", "p"])
