"""Two-by-two tables of studies pooled without a model of each: Mantel-Haenszel and Peto."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from analyses.findings import Findings
from analyses.inputs import FloatArray, Missing, as_frame, numbers, select_rows
from analyses.options import quantile_of_level, two_sided_p
from analyses.rates.counts import whole_counts
from analyses.rates.mantel_haenszel import pooled_odds_ratio, pooled_risk_ratio
from omop_etl.errors import CannotAnswerError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels


@dataclass(frozen=True, kw_only=True)
class PooledTables(Findings):
    """Pooled effects: columns ``measure, estimate, se, lower, upper, p``.

    Rows: ``log_or``, ``log_rr`` and ``rd`` by Mantel and Haenszel, ``peto_log_or`` by Peto.
    """

    method: ClassVar[str] = "pooled_tables"
    title: ClassVar[str] = "Pooled two-by-two tables"

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the ratios."""
        from analyses.plots import estimate_chart

        ratios = self.findings[self.findings["measure"] != "rd"][["measure", "estimate", "lower", "upper"]]
        return estimate_chart(
            ratios.assign(**{name: np.exp(ratios[name]) for name in ("estimate", "lower", "upper")}), labels, null=1.0
        )


def pooled_tables(
    data: Any,
    *,
    events: str,
    others: str,
    control_events: str,
    control_others: str,
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> PooledTables:
    """Pool two-by-two tables, with no correction for empty cells.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per study.
    events, others, control_events, control_others : str
        Columns of numbers with and without the event, among treated and controls.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    PooledTables
        Ratios as logarithms, and the risk difference.

    Raises
    ------
    CannotAnswerError
        Cells are no counts, or no study says anything.

    Notes
    -----
    Mantel and Haenszel (1959); variances of Robins, Breslow and Greenland (1986), Greenland and Robins (1985), Sato,
    Greenland and Robins (1989); Yusuf et al. (1985), Prog Cardiovasc Dis 27:335. Equals R's ``metafor::rma.mh`` and
    ``rma.peto``.

    Examples
    --------
    >>> studies = {"a": [4, 6], "b": [119, 300], "c": [11, 29], "d": [128, 274]}
    >>> pooled_tables(studies, events="a", others="b", control_events="c", control_others="d").table.round(4)
           measure  estimate      se   lower   upper       p
    0       log_or   -1.4215  0.3595 -2.1261 -0.7169  0.0001
    1       log_rr   -1.3517  0.3455 -2.0289 -0.6746  0.0001
    2           rd   -0.0673  0.0155 -0.0977 -0.0369  0.0000
    3  peto_log_or   -1.2401  0.2912 -1.8107 -0.6694  0.0000
    """
    z = quantile_of_level(conf_level)
    names = [events, others, control_events, control_others]
    frame, rows = select_rows(as_frame(data), names, missing)
    counts = np.column_stack([whole_counts(name, numbers(frame, name)) for name in names])
    a, b, c, d = counts.T
    n = counts.sum(axis=1)
    counts, n = counts[n > 0], n[n > 0]
    if not np.sum(a * d) or not np.sum(b * c):
        raise CannotAnswerError("the studies say nothing about a ratio", todo="give studies with events in both groups")
    (odds, odds_se), (risk, risk_se) = pooled_odds_ratio(counts, n), pooled_risk_ratio(counts, n)
    found = [
        ("log_or", float(np.log(odds)), odds_se),
        ("log_rr", float(np.log(risk)), risk_se),
        ("rd", *_difference(counts, n)),
        ("peto_log_or", *_peto(counts, n)),
    ]
    table = [(name, value, se, value - z * se, value + z * se, two_sided_p(value / se)) for name, value, se in found]
    return PooledTables(
        rows=rows,
        settings={
            "events": events,
            "others": others,
            "control_events": control_events,
            "control_others": control_others,
            "conf_level": conf_level,
        },
        findings=pd.DataFrame(table, columns=["measure", "estimate", "se", "lower", "upper", "p"]),
    )


def _difference(counts: FloatArray, n: FloatArray) -> tuple[float, float]:
    a, b, c, d = counts.T
    n1, n0 = a + b, c + d
    total = np.sum(n1 * n0 / n)
    value = float(np.sum(a * n0 / n - c * n1 / n) / total)
    p = np.sum(c * (n1 / n) ** 2 - a * (n0 / n) ** 2 + (n1 / n) * (n0 / n) * (n0 - n1) / 2)
    q = np.sum(a * (n0 - c) / n + c * (n1 - a) / n) / 2
    return value, float(np.sqrt((value * p + q) / total**2))


def _peto(counts: FloatArray, n: FloatArray) -> tuple[float, float]:
    a, b, c, d = counts[n > 1].T
    size = n[n > 1]
    observed = a - (a + b) * (a + c) / size
    variance = float(np.sum((a + b) * (c + d) * (a + c) * (b + d) / (size**2 * (size - 1))))
    return float(observed.sum() / variance), float(1 / np.sqrt(variance))
