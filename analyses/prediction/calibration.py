"""Calibration and overall error of predicted risks of a binary outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from scipy.special import logit, xlogy
from scipy.stats import chi2

from analyses.findings import Findings
from analyses.inputs import BoolArray, FloatArray, Missing
from analyses.prediction.inputs import outcome_and_columns, risks
from analyses.regression.families import FAMILIES, Outcome
from analyses.regression.irls import fit_glm
from analyses.regression.links import LINKS
from analyses.survival.cox.newton import inverse
from omop_etl.errors import CannotAnswerError, UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels


@dataclass(frozen=True, kw_only=True)
class Calibration(Findings):
    """Measures by name: columns ``measure, value``.

    ``slope, slope_se, intercept`` of a logistic regression on the logit of the risk; ``in_the_large, in_the_large_se``,
    its intercept with slope 1; ``observed_expected``; ``brier, brier_scaled, log_loss``; ``cox_snell_r2,
    nagelkerke_r2``; ``e_max, e_avg``, largest and mean distance of the smooth calibration curve;
    ``hosmer_lemeshow, hosmer_lemeshow_df, hosmer_lemeshow_p``. Further tables: ``groups`` (of the Hosmer-Lemeshow test)
    and ``curve`` (``risk, observed``).
    """

    method: ClassVar[str] = "calibration"
    title: ClassVar[str] = "Calibration"

    def __getitem__(self, measure: str) -> float:
        """Give one measure by name."""
        return float(self.findings.set_index("measure")["value"][measure])

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the smooth calibration curve."""
        from analyses.plots.curves import curve_chart
        from analyses.plots.labels import Labels as Words

        words = labels or Words()
        curve = self.further["curve"]
        points = pd.DataFrame({"series": "", "time": curve["risk"], "value": curve["observed"]})
        return curve_chart(points, words, x=words.expected, y=words.observed, step=False, diagonal=True)


def calibration(data: Any, *, outcome: str, risk: str, groups: int = 10, missing: Missing = "refuse") -> Calibration:
    """Compare predicted risks with what happened.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    outcome, risk : str
        Columns of 0 and 1, and of the predicted probability, above 0 and below 1.
    groups : int
        Groups of the Hosmer-Lemeshow test, between quantiles of the risk.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    Calibration
        Measures, groups, and a curve smoothed by lowess.

    Raises
    ------
    CannotAnswerError
        Risks are 0 or 1, all the same, or the outcome has one value only.

    Notes
    -----
    Van Calster et al. (2016), J Clin Epidemiol 74:167; Steyerberg (2019), Clinical prediction models; Hosmer and
    Lemeshow (1980), Commun Stat A 9:1043, with groups - 2 degrees of freedom. As R's ``rms::val.prob``.

    Examples
    --------
    >>> data = {"ill": [1, 0, 0, 1, 1, 0, 1, 0], "p": [0.8, 0.2, 0.3, 0.6, 0.4, 0.5, 0.7, 0.1]}
    >>> found = calibration(data, outcome="ill", risk="p", groups=4)
    >>> round(found["slope"], 3), round(found["brier"], 3), round(found["observed_expected"], 3)
    (2.988, 0.13, 1.111)
    """
    frame, happened, rows = outcome_and_columns(data, outcome, [risk], missing)
    p, y = risks(frame, risk), happened.astype(float)
    certain = int(np.count_nonzero((p == 0) | (p == 1)))
    if certain or (p == p[0]).all():
        raise CannotAnswerError(
            "column {column} is exactly 0 or 1 in {rows} of {total} rows, or the same in all",
            todo="calibration needs risks that differ, between 0 and 1",
            column=risk,
            rows=certain,
            total=len(p),
        )
    curve = smooth_curve(p, y)
    test, by_group = _hosmer_lemeshow(p, y, groups)
    measures = {**_recalibration(p, happened), **_overall(p, y), **_distances(p, curve), **test}
    return Calibration(
        rows=rows,
        settings={"outcome": outcome, "risk": risk, "groups": groups},
        findings=pd.DataFrame({"measure": list(measures), "value": list(measures.values())}),
        further={"groups": by_group, "curve": curve},
    )


def smooth_curve(p: FloatArray, y: FloatArray) -> pd.DataFrame:
    """Smooth the outcome over the risk by lowess with R's defaults: columns ``risk, observed``."""
    from statsmodels.nonparametric.smoothers_lowess import lowess

    order = np.argsort(p, kind="stable")
    width = 0.01 * float(p.max() - p.min())
    smooth = lowess(y[order], p[order], frac=2 / 3, it=0, delta=width, is_sorted=True, return_sorted=False)
    return pd.DataFrame({"risk": p[order], "observed": smooth})


def _recalibration(p: FloatArray, happened: BoolArray) -> dict[str, float]:
    eta = logit(p)
    response = Outcome(happened.astype(float), np.ones(len(p)))
    family, link = FAMILIES["binomial"], LINKS["logit"]
    slope = fit_glm(np.column_stack([np.ones(len(p)), eta]), response, family, link)
    level = fit_glm(np.ones((len(p), 1)), response, family, link, eta)
    return {
        "slope": float(slope.coef[1]),
        "slope_se": float(np.sqrt(inverse(slope.information)[1, 1])),
        "intercept": float(slope.coef[0]),
        "in_the_large": float(level.coef[0]),
        "in_the_large_se": float(1 / np.sqrt(level.information[0, 0])),
        "observed_expected": float(happened.sum() / p.sum()),
    }


def _overall(p: FloatArray, y: FloatArray) -> dict[str, float]:
    n, prevalence = len(y), float(y.mean())
    brier = float(np.mean((y - p) ** 2))
    loglik = float(np.sum(xlogy(y, p) + xlogy(1 - y, 1 - p)))
    null = n * float(xlogy(prevalence, prevalence) + xlogy(1 - prevalence, 1 - prevalence))
    explained = 1 - np.exp(-2 * (loglik - null) / n)
    return {
        "brier": brier,
        "brier_scaled": 1 - brier / (prevalence * (1 - prevalence)),
        "log_loss": -loglik / n,
        "cox_snell_r2": float(explained),
        "nagelkerke_r2": float(explained / (1 - np.exp(2 * null / n))),
    }


def _distances(p: FloatArray, curve: pd.DataFrame) -> dict[str, float]:
    by_risk = curve.groupby("risk")["observed"].mean()
    apart = np.abs(p - np.interp(p, by_risk.index.to_numpy(), by_risk.to_numpy()))
    return {"e_max": float(apart.max()), "e_avg": float(apart.mean())}


def _hosmer_lemeshow(p: FloatArray, y: FloatArray, groups: int) -> tuple[dict[str, float], pd.DataFrame]:
    if groups < 3:
        raise UsageError("groups={groups} is below 3", todo="use 10", groups=groups)
    bounds = np.unique(np.quantile(p, np.linspace(0, 1, groups + 1)))
    code = np.clip(np.searchsorted(bounds, p, side="left") - 1, 0, len(bounds) - 2)
    count = np.bincount(code).astype(float)
    observed, expected = np.bincount(code, weights=y), np.bincount(code, weights=p)
    chisq = float(np.sum((observed - expected) ** 2 / (expected * (1 - expected / count))))
    df = len(count) - 2
    table = pd.DataFrame(
        {
            "lower": bounds[:-1],
            "upper": bounds[1:],
            "rows": count.astype(np.int64),
            "observed": observed / count,
            "expected": expected / count,
        }
    )
    p_value = float(chi2.sf(chisq, df)) if df > 0 else np.nan
    return {"hosmer_lemeshow": chisq, "hosmer_lemeshow_df": df, "hosmer_lemeshow_p": p_value}, table
