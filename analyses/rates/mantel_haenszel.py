"""Two-by-two tables pooled over strata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy.stats import chi2

from analyses.findings import Ratios
from analyses.inputs import FloatArray, Missing, as_frame, factor, indicator, select_rows
from analyses.notes import Note
from analyses.options import quantile_of_level
from analyses.rates.exact_odds import ConditionalCounts
from omop_etl.errors import CannotAnswerError


@dataclass(frozen=True, kw_only=True)
class MantelHaenszel(Ratios):
    """Pooled ratios: columns ``measure, method, estimate, lower, upper``.

    Further tables: ``tests`` (the Cochran-Mantel-Haenszel test with and without correction: ``test, chisq, df, p``) and
    ``strata`` (counts per stratum).
    """

    method: ClassVar[str] = "mantel_haenszel"
    title: ClassVar[str] = "Mantel-Haenszel"


def mantel_haenszel(
    data: Any,
    *,
    exposure: str,
    outcome: str,
    strata: str | Sequence[str],
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> MantelHaenszel:
    """Pool odds and risk ratios over strata.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    exposure, outcome : str
        Columns of 0 and 1.
    strata : str or sequence of str
        Columns whose combinations are the strata.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    MantelHaenszel
        Odds ratio (Mantel-Haenszel and conditional with exact limits) and risk ratio.

    Raises
    ------
    CannotAnswerError
        Columns hold other values, or no stratum says anything about the ratio.

    Notes
    -----
    Mantel and Haenszel (1959), J Natl Cancer Inst 22:719; variance by Robins, Breslow and Greenland (1986), of the
    risk ratio by Greenland and Robins (1985). Equals R's ``mantelhaen.test``.

    Examples
    --------
    >>> data = {"exposed": [1, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1], "ill": [1, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0],
    ...         "sex": ["f"] * 6 + ["m"] * 6}
    >>> mantel_haenszel(data, exposure="exposed", outcome="ill", strata="sex").table.round(3)
          measure           method  estimate  lower   upper
    0  odds_ratio  mantel-haenszel      2.00  0.194  20.614
    1  odds_ratio      conditional      1.81  0.128  33.027
    2  risk_ratio  mantel-haenszel      1.50  0.375   5.998
    """
    z = quantile_of_level(conf_level)
    layers = [strata] if isinstance(strata, str) else list(strata)
    frame, rows = select_rows(as_frame(data), [exposure, outcome, *layers], missing)
    x, y = indicator(frame, exposure), indicator(frame, outcome)
    stratum = factor(frame, layers)
    cell = stratum.codes * 4 + 2 * ~x + ~y
    counts = np.bincount(cell, minlength=4 * len(stratum)).reshape(-1, 4).astype(float)
    a, b, c, d = counts.T
    n = counts.sum(axis=1)
    silent = int(np.count_nonzero((a + b == 0) | (c + d == 0) | (a + c == 0) | (b + d == 0)))
    if silent == len(stratum) or not (a * d).sum() or not (b * c).sum():
        raise CannotAnswerError(
            "the strata of {columns} leave nothing to compare", todo="use fewer strata", columns=", ".join(layers)
        )
    odds, odds_se = pooled_odds_ratio(counts, n)
    risk, risk_se = pooled_risk_ratio(counts, n)
    informative = [(float(p), float(q), float(r), float(s)) for p, q, r, s in counts if min(p + q, r + s) > 0]
    exact = ConditionalCounts.of(informative)
    found = [
        ("odds_ratio", "mantel-haenszel", odds, odds * np.exp(-z * odds_se), odds * np.exp(z * odds_se)),
        ("odds_ratio", "conditional", exact.maximum_likelihood(), *exact.limits(conf_level)),
        ("risk_ratio", "mantel-haenszel", risk, risk * np.exp(-z * risk_se), risk * np.exp(z * risk_se)),
    ]
    note = Note(
        "{strata} strata of {columns} say nothing about the odds ratio: nobody there is exposed, or unexposed, or has "
        "the outcome, or lacks it",
        code="silent_strata",
        strata=silent,
        columns=", ".join(layers),
    )
    table = pd.DataFrame(counts, columns=["exposed_events", "exposed_others", "unexposed_events", "unexposed_others"])
    table.insert(0, "stratum", pd.Series(stratum.levels, dtype=object))
    return MantelHaenszel(
        rows=rows,
        settings={"exposure": exposure, "outcome": outcome, "strata": layers, "conf_level": conf_level},
        notes=(note,) if silent else (),
        findings=pd.DataFrame(found, columns=["measure", "method", "estimate", "lower", "upper"]),
        further={"tests": _tests(counts, n), "strata": table},
    )


def pooled_odds_ratio(counts: FloatArray, n: FloatArray) -> tuple[float, float]:
    """Pool odds ratios: the ratio and the standard error of its logarithm (Robins, Breslow and Greenland).

    Parameters
    ----------
    counts : numpy.ndarray
        Exposed with and without the event, unexposed with and without, shape (strata, 4).
    n : numpy.ndarray
        Their sums.
    """
    a, b, c, d = counts.T
    r, s = a * d / n, b * c / n
    p, q = (a + d) / n, (b + c) / n
    total_r, total_s = r.sum(), s.sum()
    variance = (
        np.sum(p * r) / (2 * total_r**2)
        + np.sum(p * s + q * r) / (2 * total_r * total_s)
        + np.sum(q * s) / (2 * total_s**2)
    )
    return float(total_r / total_s), float(np.sqrt(variance))


def pooled_risk_ratio(counts: FloatArray, n: FloatArray) -> tuple[float, float]:
    """Pool risk ratios: the ratio and the standard error of its logarithm (Greenland and Robins)."""
    a, b, c, d = counts.T
    r, s = np.sum(a * (c + d) / n), np.sum(c * (a + b) / n)
    variance = np.sum(((a + b) * (c + d) * (a + c) - a * c * n) / n**2) / (r * s)
    return float(r / s), float(np.sqrt(variance))


def _tests(counts: FloatArray, n: FloatArray) -> pd.DataFrame:
    counts, n = counts[n > 1], n[n > 1]
    a, b, c, d = counts.T
    expected = (a + b) * (a + c) / n
    variance = np.sum((a + b) * (c + d) * (a + c) * (b + d) / (n**2 * (n - 1)))
    apart = abs(float(np.sum(a - expected)))
    plain = apart**2 / variance
    corrected = (apart - min(0.5, apart)) ** 2 / variance
    rows = [
        ("cochran-mantel-haenszel", plain, 1, float(chi2.sf(plain, 1))),
        ("corrected", corrected, 1, float(chi2.sf(corrected, 1))),
    ]
    return pd.DataFrame(rows, columns=["test", "chisq", "df", "p"])
