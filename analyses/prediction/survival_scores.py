"""Discrimination and error of predicted risks by given times, with censored follow-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from analyses.findings import Findings
from analyses.inputs import FloatArray, Missing, Rows, numbers
from analyses.options import quantile_of_level, require_known
from analyses.prediction.censoring import Followed
from analyses.prediction.inputs import ranks_of, risks
from analyses.survival.data import survival_input
from analyses.survival.logrank import refuse_no_events
from omop_etl.errors import CannotAnswerError, UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels

Cases = Literal["by", "before"]
"""Whether an event at the very time counts as one."""


@dataclass(frozen=True, kw_only=True)
class SurvivalScores(Findings):
    """Scores: columns ``time``, ``auc`` or ``brier``, ``se, lower, upper``.

    The Brier score has ``null`` and ``scaled`` too: the score of the Kaplan-Meier estimate for everybody, and one minus
    the ratio of both.
    """

    method: ClassVar[str] = "survival_scores"
    title: ClassVar[str] = "Scores of predicted risks"

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the scores with their limits."""
        from analyses.plots import estimate_chart

        value = "auc" if "auc" in self.findings else "brier"
        shown = self.findings[["time", value, "lower", "upper"]].rename(columns={value: "estimate"})
        return estimate_chart(shown.assign(time=shown["time"].map("{:g}".format)), labels)


def time_dependent_auc(
    data: Any,
    *,
    duration: str,
    event: str,
    marker: str,
    times: Sequence[float],
    cases: Cases = "by",
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> SurvivalScores:
    """Compute how well a marker tells those with the event by a time from those without.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    duration, event : str
        Columns of times at which follow-up ends and of the event (1) or censoring (0).
    marker : str
        Column of a risk or linear predictor, higher for worse.
    times : sequence of float
        Times.
    cases : {"by", "before"}
        Whether an event at the very time makes a case.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    SurvivalScores
        Cumulative/dynamic areas; errors allow for the estimated censoring weights.

    Raises
    ------
    CannotAnswerError
        At a time nobody has had the event, or nobody is followed beyond it; or the data do not fit.

    Notes
    -----
    Uno et al. (2007), J Am Stat Assoc 102:527; Blanche, Dartigues and Jacqmin-Gadda (2013), Stat Med 32:5381. Equals
    R's ``riskRegression::Score``, and ``timeROC`` with ``cases="before"`` (errors to about 4e-6).

    Examples
    --------
    >>> data = {"days": [5, 8, 12, 20, 25, 30, 33], "died": [1, 1, 0, 1, 0, 1, 0],
    ...         "lp": [2.1, 0.3, 1.0, 1.5, 0.2, 0.4, 0.1]}
    >>> time_dependent_auc(data, duration="days", event="died", marker="lp", times=[10, 22]).table.round(3)
       time    auc     se  lower  upper
    0  10.0  0.700  0.258  0.195    1.0
    1  22.0  0.897  0.130  0.642    1.0
    """
    require_known("cases", cases, Cases)
    z = quantile_of_level(conf_level)
    followed, frame, rows = _followed(data, duration, event, [marker], missing)
    value = ranks_of(numbers(frame, marker))
    found = []
    for time in _wanted(times):
        auc, influence = _auc(followed, value, time, cases == "before")
        se = float(influence.std(ddof=1) / np.sqrt(len(value)))
        found.append((time, auc, se, max(auc - z * se, 0.0), min(auc + z * se, 1.0)))
    return SurvivalScores(
        rows=rows,
        settings={
            "duration": duration,
            "event": event,
            "marker": marker,
            "times": list(times),
            "cases": cases,
            "conf_level": conf_level,
        },
        findings=pd.DataFrame(found, columns=["time", "auc", "se", "lower", "upper"]),
    )


def brier_scores(
    data: Any,
    *,
    duration: str,
    event: str,
    risk_by: Mapping[float, str],
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> SurvivalScores:
    """Compute the mean squared error of risks predicted for given times.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    duration, event : str
        Columns of times at which follow-up ends and of the event (1) or censoring (0).
    risk_by : mapping of float to str
        Per time the column of the predicted probability of the event by then.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    SurvivalScores
        Scores, beside that of the Kaplan-Meier estimate; errors allow for the estimated censoring weights.

    Raises
    ------
    CannotAnswerError
        Risks are not between 0 and 1, or the data do not reach a time.

    Notes
    -----
    Graf et al. (1999), Stat Med 18:2529; Gerds and Schumacher (2006), Biom J 48:1029. Equals R's
    ``riskRegression::Score``.

    Examples
    --------
    >>> data = {"days": [5, 8, 12, 20, 25, 30], "died": [1, 1, 0, 1, 0, 1], "p": [0.6, 0.3, 0.4, 0.5, 0.2, 0.1]}
    >>> brier_scores(data, duration="days", event="died", risk_by={22: "p"}).table.round(3)
       time  brier     se  lower  upper   null  scaled
    0  22.0  0.175  0.078  0.022  0.328  0.247   0.291
    """
    z = quantile_of_level(conf_level)
    followed, frame, rows = _followed(data, duration, event, list(risk_by.values()), missing)
    found = []
    for time in _wanted(list(risk_by)):
        cases, others = followed.weights(time)
        score, influence = _brier(followed, risks(frame, risk_by[time]), cases, others, time)
        null = _brier(followed, np.full(len(followed), 1 - _survival(followed, time)), cases, others, time)[0]
        se = float(influence.std(ddof=1) / np.sqrt(len(followed)))
        found.append((time, score, se, score - z * se, score + z * se, null, 1 - score / null))
    return SurvivalScores(
        rows=rows,
        settings={"duration": duration, "event": event, "risk_by": dict(risk_by), "conf_level": conf_level},
        findings=pd.DataFrame(found, columns=["time", "brier", "se", "lower", "upper", "null", "scaled"]),
    )


def integrated_brier_score(
    data: Any,
    *,
    duration: str,
    event: str,
    survival: Any,
    times: Sequence[float],
    until: float,
    missing: Missing = "refuse",
) -> float:
    """Average the Brier score over time.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    duration, event : str
        Columns of times at which follow-up ends and of the event (1) or censoring (0).
    survival : array-like of float
        Predicted survival, shape (persons, times); one row for all where it is the same for everybody.
    times : sequence of float
        Times, in order, of the columns of `survival`; usually all distinct times.
    until : float
        The average runs from 0 to the last of the times that is not after it.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value; with ``drop`` they must be lacking from `survival` too.

    Returns
    -------
    float
        Integral of the score, constant from each time to the next and 0 before the first, over its length.

    Notes
    -----
    Graf et al. (1999), Stat Med 18:2529. Equals R's ``pec::crps``.
    """
    followed, _, _ = _followed(data, duration, event, [], missing)
    wanted = _wanted(times)
    predicted = np.atleast_2d(np.asarray(survival, dtype=float))
    if predicted.shape[1] != len(wanted) or predicted.shape[0] not in (1, len(followed)):
        raise UsageError("survival does not fit persons and times", todo="give one row per person, one column per time")
    kept = [at for at, time in enumerate(wanted) if time <= until]
    if not kept:
        raise UsageError("no time lies before until={until}", todo="give earlier times", until=until)
    own = followed.before_own_end()
    scores = []
    for at in kept:
        time = wanted[at]
        cases = np.where((followed.exit <= time) & followed.event, 1 / np.where(own > 0, own, 1.0), 0.0)
        remaining = followed.until(time)
        others = np.where(followed.exit > time, 1 / remaining if remaining > 0 else 0.0, 0.0)
        scores.append(_brier(followed, 1 - np.broadcast_to(predicted[:, at], (len(followed),)), cases, others, time)[0])
    edges = np.array([wanted[at] for at in kept])
    return float(np.sum(np.diff(edges) * scores[:-1]) / edges[-1])


def _followed(
    data: Any, duration: str, event: str, columns: Sequence[str], missing: Missing
) -> tuple[Followed, pd.DataFrame, Rows]:
    checked = survival_input(data, duration=duration, event=event, others=columns, missing=missing)
    refuse_no_events(checked.times, event)
    return Followed.of(checked.times.exit, checked.times.event), checked.frame, checked.rows


def _wanted(times: Sequence[float]) -> list[float]:
    found = [float(time) for time in times]
    if not found or not all(np.isfinite(time) and time > 0 for time in found) or sorted(found) != found:
        raise UsageError("times are not positive numbers in order", todo="give times such as [365, 730]")
    return found


def _auc(followed: Followed, value: FloatArray, time: float, cases_before: bool) -> tuple[float, FloatArray]:
    """Weighted share of pairs in the right order, with the influence of every row."""
    n = len(value)
    cases, others = followed.weights(time, cases_before=cases_before)
    right_of_case = _below(value, others) / n
    right_of_other = _above(value, cases) / n
    p1, p0 = cases.sum() / n, others.sum() / n
    pairs = float(cases @ right_of_case / n)
    auc = pairs / (p1 * p0)
    of_case, of_other = cases * (right_of_case - auc * p0), others * (right_of_other - auc * p1)
    influence = of_case + of_other - 2 * (pairs - auc * p1 * p0)
    influence = influence + followed.from_censoring(of_case, of_other, time, leaving_first=cases_before)
    return auc, influence / (p1 * p0)


def _below(value: FloatArray, weight: FloatArray) -> FloatArray:
    """Weight of rows with a lower value, half of those with the same."""
    _, code = np.unique(value, return_inverse=True)
    total = np.bincount(code, weights=weight)
    found: FloatArray = (np.cumsum(total) - total / 2)[code]
    return found


def _above(value: FloatArray, weight: FloatArray) -> FloatArray:
    return weight.sum() - _below(value, weight)


def _brier(
    followed: Followed, risk: FloatArray, cases: FloatArray, others: FloatArray, time: float
) -> tuple[float, FloatArray]:
    of_case, of_other = cases * (1 - risk) ** 2, others * risk**2
    score = float(np.mean(of_case + of_other))
    return score, of_case + of_other - score + followed.from_censoring(of_case, of_other, time)


def _survival(followed: Followed, time: float) -> float:
    """Kaplan-Meier estimate of survival."""
    position = np.searchsorted(followed.times, followed.exit)
    events = np.bincount(position, weights=followed.event, minlength=len(followed.times))
    curve = np.append(1.0, np.cumprod(1 - events / followed.at_risk))
    if time > followed.times[-1]:
        raise CannotAnswerError("nobody is followed up to {time:g}", todo="choose an earlier time", time=time)
    return float(curve[np.searchsorted(followed.times, time, side="right")])
