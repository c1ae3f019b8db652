"""Usefulness of acting on predicted risks: net benefit at thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from analyses.findings import Findings
from analyses.inputs import Missing
from analyses.prediction.inputs import outcome_and_columns, risks
from analyses.prediction.roc import classified
from analyses.survival.data import survival_input
from analyses.survival.kaplan_meier import kaplan_meier
from omop_etl.errors import CannotAnswerError, UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels


@dataclass(frozen=True, kw_only=True)
class DecisionCurve(Findings):
    """Net benefit: columns ``threshold, net_benefit, treat_all``; treating nobody has none."""

    method: ClassVar[str] = "decision_curve"
    title: ClassVar[str] = "Decision curve"

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the net benefit beside that of treating everybody and nobody."""
        from analyses.plots.curves import curve_chart
        from analyses.plots.labels import Labels as Words

        words = labels or Words()
        table = self.findings
        series = {"net_benefit": table["net_benefit"], "treat_all": table["treat_all"], "treat_none": 0.0}
        points = pd.concat(
            [
                pd.DataFrame({"series": words.of(name), "time": table["threshold"], "value": value})
                for name, value in series.items()
            ],
            ignore_index=True,
        )
        return curve_chart(points, words, x=words.of("threshold"), y=words.of("net benefit"), step=False)


def decision_curve(
    data: Any, *, outcome: str, risk: str, thresholds: Sequence[float], missing: Missing = "refuse"
) -> DecisionCurve:
    """Compute the net benefit of treating those whose risk reaches a threshold.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    outcome, risk : str
        Columns of 0 and 1, and of the predicted probability.
    thresholds : sequence of float
        Risks above 0 and below 1.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    DecisionCurve
        Net benefit; the further table ``classified`` counts right and wrong decisions.

    Notes
    -----
    Vickers and Elkin (2006), Med Decis Making 26:565.

    Examples
    --------
    >>> data = {"ill": [1, 0, 0, 1, 1, 0], "p": [0.8, 0.2, 0.3, 0.6, 0.4, 0.5]}
    >>> decision_curve(data, outcome="ill", risk="p", thresholds=[0.25, 0.5]).table.round(3)
       threshold  net_benefit  treat_all
    0       0.25        0.389      0.333
    1       0.50        0.167      0.000
    """
    wanted = _thresholds(thresholds)
    frame, happened, rows = outcome_and_columns(data, outcome, [risk], missing)
    p = risks(frame, risk)
    counts = pd.concat([classified(happened, p >= threshold, threshold) for threshold in wanted], ignore_index=True)
    odds = np.array(wanted) / (1 - np.array(wanted))
    prevalence = float(happened.mean())
    table = pd.DataFrame(
        {
            "threshold": wanted,
            "net_benefit": counts["net_benefit"],
            "treat_all": prevalence - (1 - prevalence) * odds,
        }
    )
    return DecisionCurve(
        rows=rows,
        settings={"outcome": outcome, "risk": risk, "thresholds": wanted},
        findings=table,
        further={"classified": counts},
    )


def survival_decision_curve(
    data: Any,
    *,
    duration: str,
    event: str,
    risk: str,
    time: float,
    thresholds: Sequence[float],
    missing: Missing = "refuse",
) -> DecisionCurve:
    """Compute the net benefit of treating those whose risk by a time reaches a threshold, with censored follow-up.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    duration, event : str
        Columns of times at which follow-up ends and of the event (1) or censoring (0).
    risk : str
        Column of the predicted probability of the event by `time`.
    time : float
        The time.
    thresholds : sequence of float
        Risks above 0 and below 1.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    DecisionCurve
        Net benefit.

    Notes
    -----
    Vickers et al. (2008), BMC Med Inform Decis Mak 8:53: events among those treated by Kaplan and Meier.

    Examples
    --------
    >>> data = {"days": [5, 8, 12, 20, 25, 30], "died": [1, 1, 0, 1, 0, 1], "p": [0.6, 0.3, 0.4, 0.5, 0.2, 0.1]}
    >>> found = survival_decision_curve(data, duration="days", event="died", risk="p", time=22, thresholds=[0.25])
    >>> found.table.round(3)
       threshold  net_benefit  treat_all
    0       0.25        0.667      0.407
    """
    wanted = _thresholds(thresholds)
    checked = survival_input(data, duration=duration, event=event, others=[risk], missing=missing)
    p = risks(checked.frame, risk)
    if time > checked.times.exit.max() or not time > 0:
        raise CannotAnswerError(
            "nobody is followed up to {time:g}", todo="choose a time within the follow-up", time=time
        )

    def benefit(treated: np.ndarray, threshold: float) -> float:
        if not treated.any():
            return 0.0
        curves = kaplan_meier(checked.frame[treated], duration=duration, event=event)
        survival = float(curves.at(time)["survival"].iloc[0])
        return float(treated.mean() * ((1 - survival) - survival * threshold / (1 - threshold)))

    everybody = np.ones(len(p), dtype=bool)
    rows = [(threshold, benefit(p >= threshold, threshold), benefit(everybody, threshold)) for threshold in wanted]
    return DecisionCurve(
        rows=checked.rows,
        settings={"duration": duration, "event": event, "risk": risk, "time": time, "thresholds": wanted},
        notes=checked.notes,
        findings=pd.DataFrame(rows, columns=["threshold", "net_benefit", "treat_all"]),
    )


def _thresholds(given: Sequence[float]) -> list[float]:
    found = [float(value) for value in given]
    if not found or not all(0 < value < 1 for value in found):
        raise UsageError("thresholds are not between 0 and 1", todo="give risks such as [0.1, 0.2]")
    return found
