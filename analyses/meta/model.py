"""Meta-analysis with common or varying effects, and meta-regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from scipy.stats import chi2, f, norm, t

from analyses.collinearity import INTERCEPT, refuse_collinear
from analyses.design import Design, parts_of
from analyses.findings import Findings
from analyses.inputs import FloatArray, Missing, as_frame, numbers, positive_numbers, select_rows
from analyses.meta.heterogeneity import TauMethod, between_variance, generalised_q, q_profile_limits, typical_variance
from analyses.options import require_known, require_level
from omop_etl.errors import CannotAnswerError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels


@dataclass(frozen=True, kw_only=True)
class MetaAnalysis(Findings):
    """Pooled estimate or coefficients: columns ``name, estimate, se, statistic, p, lower, upper``.

    Further tables: ``heterogeneity`` (one row: ``tau2, tau2_lower, tau2_upper, i2, h2, q, q_df, q_p``; with moderators
    also their test ``moderators, moderators_df, moderators_p``), ``prediction`` (interval of the effect in a further
    study) and ``studies`` (``study, estimate, lower, upper, weight`` in percent).
    """

    method: ClassVar[str] = "meta_analysis"
    title: ClassVar[str] = "Meta-analysis"

    variance: FloatArray

    @property
    def tau2(self) -> float:
        """Variance between studies."""
        return float(self.further["heterogeneity"]["tau2"].iloc[0])

    @property
    def estimate(self) -> float:
        """Pooled estimate, or the intercept."""
        return float(self.findings["estimate"].iloc[0])

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the studies and the pooled estimate; exponentials where the effects are logarithms of ratios."""
        from analyses.plots import estimate_chart

        studies = self.further["studies"][["study", "estimate", "lower", "upper"]].rename(columns={"study": "name"})
        pooled = self.findings[["name", "estimate", "lower", "upper"]]
        shown = pd.concat([studies.astype({"name": object}), pooled], ignore_index=True)
        if not self.settings["ratio"]:
            return estimate_chart(shown, labels, null=0.0)
        numeric = ["estimate", "lower", "upper"]
        return estimate_chart(shown.assign(**{name: np.exp(shown[name]) for name in numeric}), labels, null=1.0)


def meta_analysis(
    data: Any,
    *,
    effect: str,
    se: str,
    study: str | None = None,
    moderators: Sequence[str] = (),
    tau2: TauMethod = "REML",
    hartung_knapp: bool = False,
    ratio: bool = False,
    reference: Mapping[str, Any] | None = None,
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> MetaAnalysis:
    """Pool effects of studies by inverse variance.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per study.
    effect, se : str
        Columns of the effect (ratios as logarithms) and its standard error.
    study : str, optional
        Column of names for tables and figures; the index by default.
    moderators : sequence of str
        Columns that effects may depend on (meta-regression).
    tau2 : {"REML", "DL", "PM", "ML", "HE", "SJ", "fixed"}
        Estimator of the variance between studies; ``fixed`` for a common effect.
    hartung_knapp : bool
        Knapp and Hartung's error with the t distribution.
    ratio : bool
        Effects are logarithms of ratios: the figure shows ratios.
    reference : mapping, optional
        Reference level per categorical moderator.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    MetaAnalysis
        Estimate, heterogeneity, prediction interval, weights.

    Raises
    ------
    UsageError
        A column or an option is unknown.
    CannotAnswerError
        Errors are not above zero, there are too few studies, or the iterations do not end.

    Notes
    -----
    Higgins, Thompson and Spiegelhalter (2009), J R Stat Soc A 172:137; Knapp and Hartung (2003), Stat Med 22:2693.
    Equals R's ``metafor::rma``; the prediction interval is normal, and t with k - 1 degrees of freedom with Knapp and
    Hartung's error.

    Examples
    --------
    >>> studies = {"log_rr": [-0.9, -1.6, -1.3, -0.2], "se": [0.57, 0.44, 0.64, 0.14]}
    >>> meta_analysis(studies, effect="log_rr", se="se").table.round(3)
         name  estimate     se  statistic      p  lower  upper
    0  pooled    -0.891  0.372     -2.394  0.017 -1.621 -0.162
    """
    require_known("tau2", tau2, TauMethod)
    require_level(conf_level)
    frame = as_frame(data)
    used = [part for name in moderators for part in parts_of(frame, name)]
    frame, rows = select_rows(frame, [effect, se, *used, *([study] if study else [])], missing)
    y, v = numbers(frame, effect), positive_numbers(frame, se) ** 2
    design = Design.of(frame, moderators, reference) if moderators else None
    one = np.ones((len(frame), 1))
    x = one if design is None else np.column_stack([one, design.matrix(frame)])
    names = ["pooled"] if design is None else [INTERCEPT, *design.names]
    k, p = x.shape
    if k <= p:
        raise CannotAnswerError("{studies} studies are too few", todo="give at least {least}", studies=k, least=p + 1)
    refuse_collinear(x, names)
    between = between_variance(y, v, x, tau2)
    weight = 1 / (v + between)
    variance = np.linalg.inv((x * weight[:, None]).T @ x)
    coef = variance @ (x.T @ (weight * y))
    if hartung_knapp:
        variance = variance * generalised_q(y, v, x, between) / (k - p)
    table = _table(names, coef, variance, k - p if hartung_knapp else None, conf_level)
    level_z = float(norm.ppf((1 + conf_level) / 2))
    names_of_studies = frame[study] if study else pd.Series(frame.index.astype(str), index=frame.index)
    further = {
        "heterogeneity": _heterogeneity(y, v, x, between, coef, variance, hartung_knapp, tau2, conf_level),
        "studies": pd.DataFrame(
            {
                "study": names_of_studies.to_numpy(),
                "estimate": y,
                "lower": y - level_z * np.sqrt(v),
                "upper": y + level_z * np.sqrt(v),
                "weight": 100 * weight / weight.sum(),
            }
        ),
    }
    if design is None:
        half = _quantile(conf_level, k - 1 if hartung_knapp else None) * float(np.sqrt(variance[0, 0] + between))
        further["prediction"] = pd.DataFrame([{"lower": coef[0] - half, "upper": coef[0] + half}])
    return MetaAnalysis(
        rows=rows,
        settings={
            "effect": effect,
            "se": se,
            "study": study,
            "moderators": list(moderators),
            "tau2": tau2,
            "hartung_knapp": hartung_knapp,
            "ratio": ratio,
            "reference": dict(reference or {}),
            "conf_level": conf_level,
        },
        findings=table,
        further=further,
        variance=variance,
    )


def leave_one_out(data: Any, **asked: Any) -> pd.DataFrame:
    """Repeat a meta-analysis without each study in turn.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per study.
    **asked : object
        Parameters of `meta_analysis`.

    Returns
    -------
    pandas.DataFrame
        Columns ``left_out, estimate, se, lower, upper, tau2``; `left_out` is the index of the data.

    Examples
    --------
    >>> studies = {"log_rr": [-0.9, -1.6, -1.3, -0.2], "se": [0.57, 0.44, 0.64, 0.14]}
    >>> leave_one_out(studies, effect="log_rr", se="se", tau2="DL").round(3)
       left_out  estimate     se  lower  upper   tau2
    0         0    -0.949  0.538 -2.003  0.105  0.688
    1         1    -0.588  0.352 -1.277  0.101  0.200
    2         2    -0.833  0.487 -1.786  0.121  0.553
    3         3    -1.330  0.306 -1.929 -0.730  0.000
    """
    frame = as_frame(data)
    rows = []
    for at in range(len(frame)):
        found = meta_analysis(frame.drop(index=frame.index[at]), **asked)
        rows.append((frame.index[at], *found.table[["estimate", "se", "lower", "upper"]].iloc[0], found.tau2))
    return pd.DataFrame(rows, columns=["left_out", "estimate", "se", "lower", "upper", "tau2"])


def _quantile(conf_level: float, df: int | None) -> float:
    share = (1 + conf_level) / 2
    return float(norm.ppf(share) if df is None else t.ppf(share, df))


def _table(names: list[str], coef: FloatArray, variance: FloatArray, df: int | None, conf_level: float) -> pd.DataFrame:
    se = np.sqrt(np.diag(variance))
    half = _quantile(conf_level, df) * se
    statistic = coef / se
    p = 2 * (norm.sf(np.abs(statistic)) if df is None else t.sf(np.abs(statistic), df))
    return pd.DataFrame(
        {
            "name": names,
            "estimate": coef,
            "se": se,
            "statistic": statistic,
            "p": p,
            "lower": coef - half,
            "upper": coef + half,
        }
    )


def _heterogeneity(
    y: FloatArray,
    v: FloatArray,
    x: FloatArray,
    between: float,
    coef: FloatArray,
    variance: FloatArray,
    hartung_knapp: bool,
    method: TauMethod,
    conf_level: float,
) -> pd.DataFrame:
    df = x.shape[0] - x.shape[1]
    q = generalised_q(y, v, x, 0.0)
    typical = typical_variance(v, x)
    i2 = 100 * between / (typical + between) if method != "fixed" else max(0.0, 100 * (q - df) / q)
    h2 = between / typical + 1 if method != "fixed" else q / df
    lower, upper = q_profile_limits(y, v, x, conf_level)
    row: dict[str, float] = {"tau2": between, "tau2_lower": lower, "tau2_upper": upper}
    row |= {"i2": i2, "h2": h2, "q": q, "q_df": df, "q_p": float(chi2.sf(q, df))}
    m = x.shape[1] - 1
    if m:
        wald = float(coef[1:] @ np.linalg.solve(variance[1:, 1:], coef[1:]))
        test = wald / m if hartung_knapp else wald
        p = f.sf(test, m, df) if hartung_knapp else chi2.sf(test, m)
        row |= {"moderators": test, "moderators_df": m, "moderators_p": float(p)}
    return pd.DataFrame([row])
