"""Relatives of the log-rank test: every pair of groups, a trend over groups, one group against a known hazard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from scipy.stats import chi2
from statsmodels.stats.multitest import multipletests

from analyses.inputs import Factor, Missing, factor, numbers
from analyses.result import Result
from analyses.survival.data import survival_input
from analyses.survival.logrank import joint_test, logrank_scores, refuse_no_events, refuse_single_group
from analyses.survival.weighting import TimeWeights
from omop_etl.errors import UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels

Adjustment = Literal["none", "holm", "bonferroni", "fdr_bh"]
"""Adjustment of p-values for the number of pairs; ``fdr_bh`` is Benjamini and Hochberg's."""


@dataclass(frozen=True, kw_only=True)
class GroupTests(Result):
    """Tests as rows of one table.

    Attributes
    ----------
    findings : pandas.DataFrame
        One row per test.
    """

    method: ClassVar[str] = "logrank_tests"

    title: str
    findings: pd.DataFrame

    @property
    def table(self) -> pd.DataFrame:
        """One row per test."""
        return self.findings

    def summary(self) -> str:
        """Say every test."""
        return "\n".join([self.title, self.findings.to_string(index=False), *self._closing_lines()])

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the p-values of the tests."""
        from analyses.plots import p_value_chart

        return p_value_chart(self.findings, labels)


def pairwise_logrank(
    data: Any,
    *,
    duration: str,
    event: str,
    group: str,
    rho: float = 0,
    adjust: Adjustment = "holm",
    entry: str | None = None,
    missing: Missing = "refuse",
) -> GroupTests:
    """Compare every pair of groups.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    duration, event, group, entry : str
        Columns as in `logrank`.
    rho : float
        Exponent of Fleming and Harrington.
    adjust : {"none", "holm", "bonferroni", "fdr_bh"}
        Adjustment of the p-values for the number of pairs.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    GroupTests
        Columns ``a, b, chisq, p, p_adjusted``; each test uses the rows of its two groups only.

    Examples
    --------
    >>> data = {"weeks": [6, 7, 10, 15, 19, 25], "died": [1, 0, 1, 1, 1, 1], "arm": list("aabbcc")}
    >>> pairwise_logrank(data, duration="weeks", event="died", group="arm").table.round(3)
       a  b  chisq      p  p_adjusted
    0  a  b  1.000  0.317       0.635
    1  a  c  1.000  0.317       0.635
    2  b  c  2.882  0.090       0.269
    """
    checked = survival_input(data, duration=duration, event=event, entry=entry, others=[group], missing=missing)
    groups = factor(checked.frame, group)
    refuse_single_group(groups, group)
    refuse_no_events(checked.times, event)
    rows = []
    for a, b in combinations(range(len(groups)), 2):
        member = (groups.codes == a) | (groups.codes == b)
        pair = Factor((groups.codes[member] == b).astype(np.int64), (groups.levels[a], groups.levels[b]))
        chisq, df = joint_test(logrank_scores(checked.times.take(member), pair, None, TimeWeights(rho=rho)))
        rows.append((*pair.levels, chisq, float(chi2.sf(chisq, df))))
    table = pd.DataFrame(rows, columns=["a", "b", "chisq", "p"])
    table["p_adjusted"] = table["p"] if adjust == "none" else multipletests(table["p"], method=adjust)[1]
    asked = {"duration": duration, "event": event, "group": group, "rho": rho, "adjust": adjust, "entry": entry}
    return GroupTests(
        rows=checked.rows,
        settings=asked,
        notes=checked.notes,
        title="Log-rank test of every pair",
        findings=table,
    )


def logrank_trend(
    data: Any,
    *,
    duration: str,
    event: str,
    group: str,
    scores: Sequence[float] | None = None,
    strata: str | Sequence[str] | None = None,
    rho: float = 0,
    entry: str | None = None,
    missing: Missing = "refuse",
) -> GroupTests:
    """Test for a trend of the hazard over ordered groups.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    duration, event, group, strata, entry : str
        Columns as in `logrank`.
    scores : sequence of float, optional
        One score per group in their order; 1, 2, 3, ... by default.
    rho : float
        Exponent of Fleming and Harrington.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    GroupTests
        One row: ``u`` (sum of score times observed minus expected), its variance ``v``, ``z``, ``chisq``, ``p``.

    Notes
    -----
    Tarone (1975), Biometrika 62:679, with the hypergeometric variance.

    Examples
    --------
    >>> data = {"weeks": [6, 7, 10, 15, 19, 25], "died": [1, 0, 1, 1, 1, 1], "stage": [3, 3, 2, 2, 1, 1]}
    >>> logrank_trend(data, duration="weeks", event="died", group="stage").table.round(3)
           u      v     z  chisq      p
    0  2.167  1.139  2.03  4.122  0.042
    """
    names = [strata] if isinstance(strata, str) else list(strata or ())
    checked = survival_input(data, duration=duration, event=event, entry=entry, others=[group, *names], missing=missing)
    groups = factor(checked.frame, group)
    refuse_single_group(groups, group)
    refuse_no_events(checked.times, event)
    values = np.arange(1.0, len(groups) + 1) if scores is None else np.asarray(scores, dtype=np.float64)
    if len(values) != len(groups):
        raise UsageError(
            "{given} scores were given for {groups} groups",
            todo="give one score per group, in the order of the groups",
            given=len(values),
            groups=len(groups),
        )
    layers = factor(checked.frame, names) if names else None
    sums = logrank_scores(checked.times, groups, layers, TimeWeights(rho=rho))
    u, v = float(values @ sums.difference), float(values @ sums.variance @ values)
    chisq = u * u / v
    found = {"u": u, "v": v, "z": u / v**0.5, "chisq": chisq, "p": float(chi2.sf(chisq, 1))}
    asked = {
        "duration": duration,
        "event": event,
        "group": group,
        "scores": values.tolist(),
        "strata": names,
        "rho": rho,
        "entry": entry,
    }
    return GroupTests(
        rows=checked.rows,
        settings=asked,
        notes=checked.notes,
        title="Log-rank test for trend",
        findings=pd.DataFrame([found]),
    )


def one_sample_logrank(
    data: Any, *, duration: str, event: str, expected: str | float, missing: Missing = "refuse"
) -> GroupTests:
    """Compare the events of one group with what a known hazard would bring.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    duration, event : str
        Columns of the follow-up.
    expected : str or float
        Column of the cumulative hazard that each row was exposed to, or one hazard per unit of time for all.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    GroupTests
        One row: ``observed, expected, ratio, chisq, p``.

    Notes
    -----
    Breslow (1975), Int Stat Rev 43:45; the ratio is the standardised mortality ratio where the hazard is mortality.

    Examples
    --------
    >>> data = {"years": [1.0, 2.0, 2.0, 5.0], "died": [1, 0, 1, 1]}
    >>> one_sample_logrank(data, duration="years", event="died", expected=0.1).table.round(3)
       observed  expected  ratio  chisq      p
    0         3       1.0    3.0    4.0  0.046
    """
    column = expected if isinstance(expected, str) else None
    checked = survival_input(data, duration=duration, event=event, others=[column], missing=missing)
    exposure = numbers(checked.frame, column) if column else float(expected) * checked.times.exit
    observed, total = int(checked.times.event.sum()), float(np.sum(exposure))
    if not total > 0:
        raise UsageError("the expected number of events is not above zero", todo="give a hazard above zero")
    chisq = (observed - total) ** 2 / total
    found = {
        "observed": observed,
        "expected": total,
        "ratio": observed / total,
        "chisq": chisq,
        "p": float(chi2.sf(chisq, 1)),
    }
    asked = {"duration": duration, "event": event, "expected": expected}
    return GroupTests(
        rows=checked.rows,
        settings=asked,
        notes=checked.notes,
        title="One-sample log-rank test",
        findings=pd.DataFrame([found]),
    )
