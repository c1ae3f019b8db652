"""A two-by-two table: odds ratio, risk ratio, risk difference and tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from scipy.stats import chi2

from analyses.findings import Findings
from analyses.inputs import FloatArray, Missing, Rows, as_frame, indicator, select_rows
from analyses.options import quantile_of_level
from analyses.rates.counts import whole_counts
from analyses.rates.exact_odds import ConditionalCounts
from analyses.rates.proportions import proportion_limits
from omop_etl.errors import CannotAnswerError, UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels


@dataclass(frozen=True, kw_only=True)
class TwoByTwo(Findings):
    """Measures of a two-by-two table: columns ``measure, method, estimate, lower, upper``.

    Further tables: ``tests`` (``test, chisq, p``) and ``counts`` (``exposed, events, others``).
    """

    method: ClassVar[str] = "two_by_two"
    title: ClassVar[str] = "Two-by-two table"

    @property
    def number_needed_to_treat(self) -> float:
        """Inverse of the risk difference: negative where the exposure lowers the risk, infinite without one."""
        risks = self.findings.set_index(["measure", "method"])["estimate"]
        difference = float(risks.loc[("risk_difference", "wald")])
        return 1 / difference if difference else np.inf

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the ratios with their limits."""
        from analyses.plots import estimate_chart

        usable = self.findings["measure"].str.endswith("ratio") & np.isfinite(self.findings["upper"])
        return estimate_chart(self.findings[usable & (self.findings["lower"] > 0)], labels, null=1.0)


def two_by_two(
    data: Any = None,
    *,
    exposure: str | None = None,
    outcome: str | None = None,
    counts: Sequence[float] | None = None,
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> TwoByTwo:
    """Compare the risk of an outcome between exposed and unexposed.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping, optional
        One row per person.
    exposure, outcome : str, optional
        Columns of 0 and 1.
    counts : sequence of four numbers, optional
        Instead of data: exposed with and without the outcome, unexposed with and without.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    TwoByTwo
        Odds ratio (Woolf's limits, and conditional with exact limits), risk ratio, risk difference (Wald's and
        Newcombe's limits); chi-square tests and Fisher's.

    Raises
    ------
    UsageError
        Both or neither of data and counts are given.
    CannotAnswerError
        Columns hold other values, or nobody is exposed, unexposed, with or without the outcome.

    Notes
    -----
    Fleiss, Levin and Paik (2003), Statistical methods for rates and proportions; Newcombe (1998), Stat Med 17:873
    (method 10). Equals R's ``fisher.test``, ``chisq.test`` and ``epitools``; where a cell is 0, limits on the
    logarithm are undefined.

    Examples
    --------
    >>> two_by_two(counts=[4, 119, 11, 128]).table.round(4)
               measure       method  estimate   lower   upper
    0       odds_ratio         wald    0.3911  0.1212  1.2619
    1       odds_ratio  conditional    0.3924  0.0887  1.3703
    2       risk_ratio         wald    0.4109  0.1343  1.2574
    3  risk_difference         wald   -0.0466 -0.1014  0.0081
    4  risk_difference     newcombe   -0.0466 -0.1070  0.0125
    """
    quantile_of_level(conf_level)
    cells, rows, settings = _cells(data, exposure, outcome, counts, missing)
    a, b, c, d = cells
    if min(a + b, c + d) == 0 or min(a + c, b + d) == 0:
        raise CannotAnswerError(
            "the table has a row or a column without anybody",
            todo="check exposure and outcome: both must vary",
        )
    return TwoByTwo(
        rows=rows,
        settings={**settings, "conf_level": conf_level},
        findings=pd.DataFrame(
            [*_ratios(cells, conf_level), *_differences(cells, conf_level)],
            columns=["measure", "method", "estimate", "lower", "upper"],
        ),
        further={
            "tests": _tests(cells),
            "counts": pd.DataFrame({"exposed": [1, 0], "events": [a, c], "others": [b, d]}),
        },
    )


def _cells(
    data: Any, exposure: str | None, outcome: str | None, counts: Sequence[float] | None, missing: Missing
) -> tuple[tuple[float, float, float, float], Rows, dict[str, Any]]:
    if counts is not None:
        if data is not None or len(counts) != 4:
            raise UsageError("counts are four numbers, instead of data", todo="give either data or four counts")
        a, b, c, d = (float(value) for value in whole_counts("counts", counts))
        size = int(a + b + c + d)
        return (a, b, c, d), Rows(size, size), {"counts": list(counts)}
    if data is None or exposure is None or outcome is None:
        raise UsageError("neither data nor counts are given", todo="name data, exposure and outcome, or counts")
    frame, rows = select_rows(as_frame(data), [exposure, outcome], missing)
    x, y = indicator(frame, exposure), indicator(frame, outcome)
    found = (float((x & y).sum()), float((x & ~y).sum()), float((~x & y).sum()), float((~x & ~y).sum()))
    return found, rows, {"exposure": exposure, "outcome": outcome}


def _ratios(cells: tuple[float, float, float, float], conf_level: float) -> list[tuple[str, str, float, float, float]]:
    a, b, c, d = np.array(cells)
    z = quantile_of_level(conf_level)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds, risk = a * d / (b * c), (a / (a + b)) / (c / (c + d))
        odds_se = np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
        risk_se = np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))
    conditional = ConditionalCounts.of([cells])
    return [
        ("odds_ratio", "wald", float(odds), *_around(odds, odds_se, z)),
        ("odds_ratio", "conditional", conditional.maximum_likelihood(), *conditional.limits(conf_level)),
        ("risk_ratio", "wald", float(risk), *_around(risk, risk_se, z)),
    ]


def _around(ratio: FloatArray, se: FloatArray, z: float) -> tuple[float, float]:
    """Limits symmetric on the logarithm; undefined where the ratio is 0 or infinite."""
    if not (np.isfinite(se) and ratio > 0):
        return np.nan, np.nan
    return float(ratio * np.exp(-z * se)), float(ratio * np.exp(z * se))


def _differences(
    cells: tuple[float, float, float, float], conf_level: float
) -> list[tuple[str, str, float, float, float]]:
    a, b, c, d = cells
    z = quantile_of_level(conf_level)
    p1, p0 = a / (a + b), c / (c + d)
    difference = p1 - p0
    se = float(np.sqrt(p1 * (1 - p1) / (a + b) + p0 * (1 - p0) / (c + d)))
    (low1, low0), (high1, high0) = proportion_limits([a, c], [a + b, c + d], "wilson", conf_level)
    lower = difference - float(np.hypot(p1 - low1, high0 - p0))
    upper = difference + float(np.hypot(high1 - p1, p0 - low0))
    return [
        ("risk_difference", "wald", difference, difference - z * se, difference + z * se),
        ("risk_difference", "newcombe", difference, lower, upper),
    ]


def _tests(cells: tuple[float, float, float, float]) -> pd.DataFrame:
    table = np.array(cells).reshape(2, 2)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    apart = np.abs(table - expected)
    plain = float(np.sum(apart**2 / expected))
    yates = float(np.sum((apart - min(0.5, float(apart.min()))) ** 2 / expected))
    rows = [
        ("pearson", plain, float(chi2.sf(plain, 1))),
        ("yates", yates, float(chi2.sf(yates, 1))),
        ("fisher", np.nan, ConditionalCounts.of([cells]).p_value()),
    ]
    return pd.DataFrame(rows, columns=["test", "chisq", "p"])
