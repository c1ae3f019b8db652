"""Balance: how far treated and untreated are apart in every covariate, before and after weighting or matching."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from analyses.findings import Findings
from analyses.inputs import BoolArray, FloatArray, Missing, as_frame, factor, indicator, numbers, select_rows
from analyses.options import require_known
from omop_etl.errors import CannotAnswerError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels

StandardiseBy = Literal["pooled", "treated", "control"]
"""Standard deviation that differences are divided by: root of the mean of both variances, or that of one group."""


@dataclass(frozen=True, kw_only=True)
class Balance(Findings):
    """Balance of covariates.

    Columns: ``variable, level, mean_treated, mean_control, smd, variance_ratio, ks``, and where there are weights
    ``smd_before`` and ``ks_before``.
    """

    method: ClassVar[str] = "balance"
    title: ClassVar[str] = "Balance of covariates"

    @property
    def worst(self) -> float:
        """Largest absolute standardised mean difference."""
        return float(self.findings["smd"].abs().max())

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the differences as a Love plot."""
        from analyses.plots import love_chart
        from analyses.plots.labels import Labels as Words

        words = labels or Words()
        levels = [("" if level is None else f" [{level}]") for level in self.findings["level"]]
        named = self.findings["variable"] + levels
        if "smd_before" not in self.findings:
            return love_chart(pd.DataFrame({"variable": named, "smd": self.findings["smd"]}), words)
        both = [
            pd.DataFrame({"variable": named, "smd": self.findings[column], "state": state})
            for column, state in (("smd_before", words.before), ("smd", words.after))
        ]
        return love_chart(pd.concat(both, ignore_index=True), words, series="state")


def balance(
    data: Any,
    *,
    treatment: str,
    covariates: Sequence[str],
    weights: str | None = None,
    standardise: StandardiseBy = "pooled",
    missing: Missing = "refuse",
) -> Balance:
    """Compare covariates between treated and untreated.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person; where weights are 0 for those left out by matching, all rows that matching was given.
    treatment : str
        Column with 1 for treated, 0 for untreated.
    covariates : sequence of str
        Columns; text and categories are compared level by level.
    weights : str, optional
        Column of weights of at least 0.
    standardise : {"pooled", "treated", "control"}
        What differences are divided by, always without weights.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    Balance
        Means, standardised mean differences, variance ratios (none for two values), distances of the distributions.

    Raises
    ------
    CannotAnswerError
        The data do not fit, weights are negative, or everybody or nobody is treated.

    Notes
    -----
    Austin (2009), Stat Med 28:3083; Stuart, Lee and Leacy (2013), J Clin Epidemiol 66:S84. Equals R's ``cobalt``. The
    variance of shares is p (1 - p); of numbers with weights it is divided by sum w - sum w² / sum w.

    Examples
    --------
    >>> data = {"drug": [1, 0, 0, 1, 1, 0], "age": [61, 45, 50, 58, 70, 62], "sex": list("fmmfmf")}
    >>> balance(data, treatment="drug", covariates=["age", "sex"]).table.round(3).iloc[:, :6]
      variable level  mean_treated  mean_control    smd  variance_ratio
    0      age  None        63.000        52.333  1.405           0.511
    1      sex     f         0.667         0.333  0.707             NaN
    2      sex     m         0.333         0.667 -0.707             NaN
    """
    require_known("standardise", standardise, StandardiseBy)
    more = [weights] if weights else []
    frame, rows = select_rows(as_frame(data), [treatment, *covariates, *more], missing)
    treated = indicator(frame, treatment)
    if treated.all() or not treated.any():
        raise CannotAnswerError(
            "column {column} has the same value in all rows, so there is nothing to compare",
            todo="check the treatment and the filter that the data come from",
            column=treatment,
        )
    weight = _weights(frame, weights, treated)
    found = []
    for name in covariates:
        for level, values in _columns(frame, name):
            row = {"variable": name, "level": level, **_compared(values, treated, weight, standardise)}
            if weights is not None:
                before = _compared(values, treated, np.ones(len(values)), standardise)
                row |= {"smd_before": before["smd"], "ks_before": before["ks"]}
            found.append(row)
    return Balance(
        rows=rows,
        settings={
            "treatment": treatment,
            "covariates": list(covariates),
            "weights": weights,
            "standardise": standardise,
        },
        findings=pd.DataFrame(found).astype({"level": object}),
    )


def _weights(frame: pd.DataFrame, name: str | None, treated: BoolArray) -> FloatArray:
    if name is None:
        return np.ones(len(frame))
    weight = numbers(frame, name)
    negative = int(np.count_nonzero(weight < 0))
    if negative or weight[treated].sum() <= 0 or weight[~treated].sum() <= 0:
        raise CannotAnswerError(
            "column {column} is negative in {rows} of {total} rows, or 0 in all rows of a group",
            todo="weights are at least 0, and above in some of the treated and of the untreated",
            column=name,
            rows=negative,
            total=len(frame),
        )
    return weight


def _columns(frame: pd.DataFrame, name: str) -> list[tuple[Any, FloatArray]]:
    """Give the column of a number, or an indicator per level."""
    column = frame[name]
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return [(None, numbers(frame, name))]
    levels = factor(frame, name)
    return [(level, (levels.codes == code).astype(float)) for code, level in enumerate(levels.levels)]


def _compared(values: FloatArray, treated: BoolArray, weight: FloatArray, by: StandardiseBy) -> dict[str, Any]:
    binary = bool(np.isin(values, (0.0, 1.0)).all())
    mean1, mean0 = (float(np.average(values[g], weights=weight[g])) for g in (treated, ~treated))
    plain1, plain0 = (_variance(values[g], np.ones(int(g.sum())), binary) for g in (treated, ~treated))
    spread = {"pooled": (plain1 + plain0) / 2, "treated": plain1, "control": plain0}[by]
    difference = mean1 - mean0
    with np.errstate(divide="ignore", invalid="ignore"):
        smd = 0.0 if difference == 0 else float(np.divide(difference, np.sqrt(spread)))
        variance1, variance0 = (_variance(values[g], weight[g], binary) for g in (treated, ~treated))
        ratio = np.nan if binary else float(np.divide(variance1, variance0))
    return {
        "mean_treated": mean1,
        "mean_control": mean0,
        "smd": smd,
        "variance_ratio": ratio,
        "ks": _largest_distance(values, treated, weight),
    }


def _variance(values: FloatArray, weight: FloatArray, binary: bool) -> float:
    total = weight.sum()
    mean = float(weight @ values / total)
    if binary:
        return mean * (1 - mean)
    divisor = total - float(weight @ weight) / total
    return float(weight @ (values - mean) ** 2 / divisor) if divisor > 0 else np.nan


def _largest_distance(values: FloatArray, treated: BoolArray, weight: FloatArray) -> float:
    """Largest distance of the two (weighted) distribution functions."""
    order = np.argsort(values, kind="stable")
    share = np.where(treated, weight / weight[treated].sum(), -weight / weight[~treated].sum())[order]
    ends = np.append(np.diff(values[order]) > 0, True)
    return float(np.abs(np.cumsum(share)[ends]).max())
