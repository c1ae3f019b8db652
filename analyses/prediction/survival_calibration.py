"""Calibration of risks predicted for a time, with censored follow-up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from analyses.findings import Findings
from analyses.inputs import Missing
from analyses.options import quantile_of_level
from analyses.prediction.inputs import risks
from analyses.survival.cox import cox
from analyses.survival.data import survival_input
from analyses.survival.kaplan_meier import kaplan_meier
from analyses.survival.logrank import refuse_no_events
from omop_etl.errors import CannotAnswerError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels


@dataclass(frozen=True, kw_only=True)
class SurvivalCalibration(Findings):
    """Measures by name: columns ``measure, value, lower, upper``.

    ``expected``, mean predicted risk; ``observed``, Kaplan-Meier estimate; ``observed_expected``; and ``slope``, the
    coefficient of a linear predictor, where one is named. The further table ``groups`` compares groups of equal size by
    predicted risk: ``group, rows, expected, observed, lower, upper``.
    """

    method: ClassVar[str] = "survival_calibration"
    title: ClassVar[str] = "Calibration of risks by a time"

    def __getitem__(self, measure: str) -> float:
        """Give one measure by name."""
        return float(self.findings.set_index("measure")["value"][measure])

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw observed over expected risk of the groups."""
        from analyses.plots.curves import curve_chart
        from analyses.plots.labels import Labels as Words

        words = labels or Words()
        groups = self.further["groups"]
        points = groups.rename(columns={"expected": "time", "observed": "value"}).assign(series="")
        return curve_chart(
            points[["series", "time", "value", "lower", "upper"]],
            words,
            x=words.expected,
            y=words.observed,
            step=False,
            diagonal=True,
        )


def survival_calibration(
    data: Any,
    *,
    duration: str,
    event: str,
    risk: str,
    time: float,
    predictor: str | None = None,
    groups: int = 5,
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> SurvivalCalibration:
    """Compare risks predicted for a time with what happened.

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
    predictor : str, optional
        Column of a linear predictor, for the calibration slope.
    groups : int
        Groups by predicted risk.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    SurvivalCalibration
        Measures and groups.

    Raises
    ------
    CannotAnswerError
        Risks are not between 0 and 1, nobody is followed up to the time, or the data do not fit.

    Notes
    -----
    McLernon et al. (2023), Ann Intern Med 176:105.

    Examples
    --------
    >>> data = {"days": [5, 8, 12, 20, 25, 30], "died": [1, 1, 0, 1, 0, 1], "p": [0.6, 0.3, 0.4, 0.5, 0.2, 0.1]}
    >>> found = survival_calibration(data, duration="days", event="died", risk="p", time=22, groups=2)
    >>> found.table[["measure", "value"]].round(3)
                 measure  value
    0           expected  0.350
    1           observed  0.556
    2  observed_expected  1.587
    """
    z = quantile_of_level(conf_level)
    columns = [risk, *([predictor] if predictor else [])]
    checked = survival_input(data, duration=duration, event=event, others=columns, missing=missing)
    refuse_no_events(checked.times, event)
    if time > checked.times.exit.max() or not time > 0:
        raise CannotAnswerError(
            "nobody is followed up to {time:g}", todo="choose a time within the follow-up", time=time
        )
    frame = checked.frame
    predicted = risks(frame, risk)
    observed = _observed(frame, duration, event, time, conf_level)
    expected = float(predicted.mean())
    rows = [
        ("expected", expected, np.nan, np.nan),
        ("observed", *observed),
        ("observed_expected", *(value / expected for value in observed)),
    ]
    if predictor is not None:
        slope = cox(frame, duration=duration, event=event, covariates=[predictor]).table.iloc[0]
        rows.append(("slope", slope["coef"], slope["coef"] - z * slope["se"], slope["coef"] + z * slope["se"]))
    code = np.minimum(np.argsort(np.argsort(predicted, kind="stable")) * groups // len(predicted), groups - 1)
    by_group = []
    for group in range(groups):
        own = code == group
        by_group.append(
            (
                group + 1,
                int(own.sum()),
                predicted[own].mean(),
                *_observed(frame[own], duration, event, time, conf_level),
            )
        )
    return SurvivalCalibration(
        rows=checked.rows,
        settings={
            "duration": duration,
            "event": event,
            "risk": risk,
            "time": time,
            "predictor": predictor,
            "groups": groups,
            "conf_level": conf_level,
        },
        notes=checked.notes,
        findings=pd.DataFrame(rows, columns=["measure", "value", "lower", "upper"]),
        further={"groups": pd.DataFrame(by_group, columns=["group", "rows", "expected", "observed", "lower", "upper"])},
    )


def _observed(
    frame: pd.DataFrame, duration: str, event: str, time: float, conf_level: float
) -> tuple[float, float, float]:
    at = kaplan_meier(frame, duration=duration, event=event, conf_level=conf_level).at(time).iloc[0]
    return 1 - float(at["survival"]), 1 - float(at["upper"]), 1 - float(at["lower"])
