"""Gray's test that groups have the same cumulative incidence of a cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy.stats import chi2

from analyses.findings import Findings
from analyses.inputs import Factor, FloatArray, IntArray, Missing, factor
from analyses.survival.competing.causes import causes_input
from analyses.survival.data import SurvivalTimes
from analyses.survival.logrank import refuse_single_group
from analyses.survival.risk_sets import risk_table


@dataclass(frozen=True, kw_only=True)
class GrayTest(Findings):
    """Gray's test of every cause: columns ``cause, chisq, df, p``."""

    method: ClassVar[str] = "gray_test"
    title: ClassVar[str] = "Gray's test"

    def plot(self, labels: Any = None) -> Any:
        """Draw the p-values."""
        from analyses.plots import p_value_chart

        return p_value_chart(self.findings, labels, name="cause")


def gray_test(
    data: Any,
    *,
    duration: str,
    event: str,
    group: str,
    strata: str | Sequence[str] | None = None,
    rho: float = 0,
    censored: Any = 0,
    causes: Sequence[Any] | None = None,
    timefix: bool = True,
    missing: Missing = "refuse",
) -> GrayTest:
    """Test whether groups have the same cumulative incidence, cause by cause.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    duration : str
        Column of times at which follow-up ends.
    event : str
        Column of what ends it: a cause, or `censored`.
    group : str
        Column of the groups to compare.
    strata : str or sequence of str, optional
        Columns within whose levels groups are compared.
    rho : float
        Exponent of the weight (1 - incidence)^rho.
    censored : object
        Value of `event` of censored rows.
    causes : sequence, optional
        Causes in the order of the result.
    timefix : bool
        Take times that differ by rounding only as equal.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    GrayTest
        One test per cause.

    Notes
    -----
    Gray (1988), Ann Stat 16:1141. Equals the tests of R's ``cmprsk::cuminc``.

    Examples
    --------
    >>> data = {"days": [2, 3, 3, 5, 7, 8, 9, 11], "end": [1, 2, 1, 0, 1, 1, 2, 0], "arm": list("aabaabbb")}
    >>> gray_test(data, duration="days", event="end", group="arm").table.round(3)
       cause  chisq  df      p
    0      1  0.763   1  0.382
    1      2  0.973   1  0.324
    """
    layers = [strata] if isinstance(strata, str) else list(strata or ())
    given = causes_input(
        data,
        duration=duration,
        event=event,
        censored=censored,
        causes=causes,
        others=[group, *layers],
        missing=missing,
        timefix=timefix,
    )
    frame = given.checked.frame
    groups = factor(frame, group)
    refuse_single_group(groups, group)
    stratum = factor(frame, layers).codes if layers else np.zeros(len(frame), dtype=np.int64)
    rows = []
    for position, cause in enumerate(given.causes):
        chisq, df = _test(given.checked.times, given.cause == position, groups, stratum, rho)
        rows.append((cause, chisq, df, float(chi2.sf(chisq, df))))
    return GrayTest(
        rows=given.checked.rows,
        settings={
            "duration": duration,
            "event": event,
            "group": group,
            "strata": layers,
            "rho": rho,
            "censored": censored,
            "timefix": timefix,
        },
        notes=given.checked.notes,
        findings=pd.DataFrame(rows, columns=["cause", "chisq", "df", "p"]),
    )


def _test(times: SurvivalTimes, own: np.ndarray, groups: Factor, stratum: IntArray, rho: float) -> tuple[float, int]:
    size = len(groups)
    score, variance = np.zeros(size), np.zeros((size, size))
    for code in range(int(stratum.max()) + 1):
        here = stratum == code
        part = _scores(times.take(here), own[here], groups.codes[here], size, rho)
        score, variance = score + part[0], variance + part[1]
    solution = np.linalg.lstsq(variance[1:, 1:], score[1:], rcond=None)[0]
    return float(score[1:] @ solution), size - 1


def _scores(
    times: SurvivalTimes, own: np.ndarray, group: IntArray, size: int, rho: float
) -> tuple[FloatArray, FloatArray]:
    """Scores of the groups of one stratum and their covariance.

    With n at risk in a group, S its survival and F its incidence of the cause just before a time, n (1 - F) / S is the
    number that would be at risk in the subdistribution; the score is observed less expected on that scale. The
    covariance sums, over events of the cause and of others, squares of what each contributes to all later scores.
    """
    everything = risk_table(times, group=group, groups=size)
    of_cause = risk_table(SurvivalTimes(times.exit, own), group=group, groups=size).events
    happened = everything.events.sum(axis=1) > 0
    n, own_events = everything.at_risk[happened], of_cause[happened]
    other = everything.events[happened] - own_events
    present = n > 0
    safe = np.where(present, n, 1.0)
    survival = np.cumprod(1 - (own_events + other) / safe, axis=0)
    before = _shifted(survival, 1.0)
    incidence_before = _shifted(np.cumsum(before * own_events / safe, axis=0), 0.0)
    ratio = np.where(present, n / np.where(before > 0, before, 1.0), 0.0)
    standing = ratio * (1 - incidence_before)
    total, all_ratio = standing.sum(axis=1), ratio.sum(axis=1)
    hits = own_events.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = np.cumsum(np.where(all_ratio > 0, hits / all_ratio, 0.0))
        pooled_before = np.append(0.0, pooled[:-1])
        weight = (1 - pooled_before) ** rho
        share = np.where(total[:, None] > 0, standing / total[:, None], 0.0)
    score = np.sum(weight[:, None] * (own_events - hits[:, None] * share), axis=0)
    part = ratio / np.where(all_ratio > 0, all_ratio, 1.0)[:, None]
    spread = weight[:, None, None] * ratio[:, :, None] * (np.eye(size) - part[:, None, :])
    passing = np.where(all_ratio > 0, hits / np.where(all_ratio > 0, all_ratio * (1 - pooled_before), 1.0), 0.0)
    accumulated = np.cumsum(spread * passing[:, None, None], axis=0)
    left = np.where(survival > 0, (1 - pooled)[:, None] / np.where(survival > 0, survival, 1.0), 0.0)
    of_own = _own_variance(hits, all_ratio, before, safe, present)
    of_other = _other_variance(other, before, safe, present & (survival > 0))
    remaining = np.where(survival > 0, 1 - left, 1.0)
    to_come = accumulated[-1][None] - accumulated
    from_own = spread + to_come * remaining[:, None, :]
    from_other = to_come * left[:, None, :]
    covariance = np.einsum("tik,tjk,tk->ij", from_own, from_own, of_own)
    covariance += np.einsum("tik,tjk,tk->ij", from_other, from_other, of_other)
    return score, covariance


def _own_variance(
    hits: FloatArray, total: FloatArray, before: FloatArray, n: FloatArray, present: np.ndarray
) -> FloatArray:
    scaled = np.where(total > 0, total, 1.0)[:, None] * before
    together = np.where(
        (hits > 1)[:, None] & (scaled > 1), 1 - (hits[:, None] - 1) / np.where(scaled > 1, scaled - 1, 1.0), 1.0
    )
    rate = np.where(total > 0, hits / np.where(total > 0, total, 1.0), 0.0)
    return np.where(present, together * before * rate[:, None] / n, 0.0)


def _other_variance(other: FloatArray, before: FloatArray, n: FloatArray, present: np.ndarray) -> FloatArray:
    together = np.where((other > 1) & (n > 1), 1 - (other - 1) / np.where(n > 1, n - 1, 1.0), 1.0)
    return np.where(present, together * before**2 * other / n**2, 0.0)


def _shifted(values: FloatArray, first: float) -> FloatArray:
    return np.concatenate([np.full((1, values.shape[1]), first), values[:-1]])
