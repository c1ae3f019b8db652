"""Events that a person can have more than once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analyses.findings import Findings
from analyses.inputs import FloatArray, Missing, as_frame, numbers, select_rows
from analyses.options import quantile_of_level, require_known
from analyses.survival.cox import CoxModel, cox
from analyses.survival.cox.likelihood import Ties
from analyses.survival.kaplan_meier import kaplan_meier
from omop_etl.errors import UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels

RecurrentModel = Literal["andersen-gill", "pwp-total", "pwp-gap", "wlw"]
"""Model of recurrent events.

Andersen and Gill: all events alike; Prentice, Williams and Peterson: a baseline per number of the event, with time
since the start or since the last event; Wei, Lin and Weissfeld: a baseline per number, everybody at risk of all from
the start.
"""

_GAP = "time since the last event"


@dataclass(frozen=True, kw_only=True)
class MeanCumulative(Findings):
    """Mean number of events per person: columns ``group, time, mean, se, lower, upper``, one row per event time."""

    method: ClassVar[str] = "mean_cumulative"
    title: ClassVar[str] = "Mean cumulative function"

    def at(self, times: npt.ArrayLike) -> pd.DataFrame:
        """Give the mean number of events at given times: the same columns."""
        wanted = np.atleast_1d(np.asarray(times, dtype=float))
        parts = []
        for group, curve in self.findings.groupby("group", sort=False):
            position = np.searchsorted(curve["time"].to_numpy(), wanted, side="right")
            values = {name: np.append(0.0, curve[name])[position] for name in ("mean", "se", "lower", "upper")}
            parts.append(pd.DataFrame({"group": [group] * len(wanted), "time": wanted, **values}))
        return pd.concat(parts, ignore_index=True)

    def summary(self) -> str:
        """Say the mean number of events at the end of follow-up."""
        last = self.findings.groupby("group", sort=False).last().reset_index()
        return "\n".join(
            [self.title, last.to_string(index=False, float_format="{:.4g}".format), *self._closing_lines()]
        )

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the curves with their bands."""
        from analyses.plots import curve_chart
        from analyses.plots.labels import Labels as Words

        words = labels or Words()
        points = self.findings.rename(columns={"mean": "value"})
        points = points.assign(series=[words.of(group) for group in points["group"]])
        return curve_chart(
            points[["series", "time", "value", "lower", "upper"]], words, x=words.time, y=words.of("mean")
        )


def mean_cumulative(
    data: Any,
    *,
    duration: str,
    event: str,
    person: str,
    entry: str | None = None,
    group: str | None = None,
    conf_level: float = 0.95,
    timefix: bool = True,
    missing: Missing = "refuse",
) -> MeanCumulative:
    """Estimate the mean number of events per person over time.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per interval of a person, which ends with an event or not.
    duration, event : str
        Columns of times at which intervals end, and of the event (1) or none (0).
    person : str
        Column of persons.
    entry : str, optional
        Column of times after which an interval starts.
    group : str, optional
        Column of groups.
    conf_level : float
        Level of the pointwise limits.
    timefix : bool
        Take times that differ by rounding only as equal.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    MeanCumulative
        One curve per group, limits symmetric on the logarithm.

    Notes
    -----
    Lawless and Nadeau (1995), Technometrics 37:158; standard error by the infinitesimal jackknife over persons. Equals
    the cumulative hazard of R's ``survfit(..., id = person)``.

    Examples
    --------
    >>> data = {"id": [1, 1, 2, 3, 3], "from": [0, 4, 0, 0, 2], "to": [4, 9, 7, 2, 8], "fall": [1, 0, 0, 1, 1]}
    >>> mean_cumulative(data, duration="to", event="fall", person="id", entry="from").at([2, 5, 8]).round(3)
      group  time   mean     se  lower  upper
    0   all   2.0  0.333  0.272  0.067  1.652
    1   all   5.0  0.667  0.272  0.300  1.484
    2   all   8.0  1.167  0.446  0.551  2.469
    """
    z = quantile_of_level(conf_level)
    curves = kaplan_meier(
        data,
        duration=duration,
        event=event,
        group=group,
        entry=entry,
        cluster=person,
        robust=True,
        timefix=timefix,
        missing=missing,
    )
    table = curves.table
    mean, se = table["cumulative_hazard"].to_numpy(), table["cumulative_hazard_se"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(mean > 0, np.exp(z * se / mean), 1.0)
    return MeanCumulative(
        rows=curves.rows,
        settings={
            "duration": duration,
            "event": event,
            "person": person,
            "entry": entry,
            "group": group,
            "conf_level": conf_level,
        },
        notes=curves.notes,
        findings=pd.DataFrame(
            {
                "group": table["group"],
                "time": table["time"],
                "mean": mean,
                "se": se,
                "lower": mean / factor,
                "upper": mean * factor,
            }
        ),
    )


def recurrent_events(
    data: Any,
    *,
    duration: str,
    event: str,
    person: str,
    covariates: Sequence[str],
    model: RecurrentModel = "andersen-gill",
    entry: str | None = None,
    order: str | None = None,
    ties: Ties = "efron",
    reference: Mapping[str, Any] | None = None,
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> CoxModel:
    """Fit a Cox model of recurrent events with errors that allow for persons.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per interval of a person; for ``wlw`` one row per person and number of event, all from the start.
    duration, event : str
        Columns of times at which intervals end, and of the event (1) or none (0).
    person : str
        Column of persons.
    covariates : sequence of str
        Columns, and products such as ``"arm:sex"``.
    model : {"andersen-gill", "pwp-total", "pwp-gap", "wlw"}
        Which model.
    entry : str, optional
        Column of times after which an interval starts; needed for all but ``wlw``.
    order : str, optional
        Column of the number of the event; needed for all but Andersen and Gill's.
    ties : {"efron", "breslow"}
        Treatment of tied events.
    reference : mapping, optional
        Reference level per categorical column.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    CoxModel
        Hazard ratios; the standard error sums over persons.

    Raises
    ------
    UsageError
        The model needs a column that is not named.
    CannotAnswerError
        The data do not fit; see `cox`.

    Notes
    -----
    Andersen and Gill (1982), Ann Stat 10:1100; Prentice, Williams and Peterson (1981), Biometrika 68:373; Wei, Lin and
    Weissfeld (1989), J Am Stat Assoc 84:1065.

    Examples
    --------
    >>> data = {"id": [1, 1, 2, 3, 3, 4, 5], "from": [0, 4, 0, 0, 2, 0, 0], "to": [4, 9, 7, 2, 8, 5, 6],
    ...         "fall": [1, 0, 0, 1, 1, 1, 0], "age": [81, 81, 70, 84, 84, 76, 79]}
    >>> model = recurrent_events(data, duration="to", event="fall", person="id", covariates=["age"], entry="from")
    >>> model.table[["name", "coef", "se"]].round(3)
      name   coef     se
    0  age  0.153  0.089
    """
    require_known("model", model, RecurrentModel)
    needed = {"entry": entry} if model == "andersen-gill" else {"order": order}
    if model.startswith("pwp"):
        needed["entry"] = entry
    for name, given in needed.items():
        if given is None:
            raise UsageError(
                "model={model} needs {name}, which is not named", todo="name the column", model=model, name=name
            )
    frame, _ = select_rows(as_frame(data), [duration, person, *([entry] if entry else [])], missing)
    if model == "pwp-gap":
        frame = frame.assign(**{_GAP: _gap(frame, duration, str(entry))})
    return cox(
        frame,
        duration=_GAP if model == "pwp-gap" else duration,
        event=event,
        covariates=covariates,
        entry=entry if model in ("andersen-gill", "pwp-total") else None,
        strata=None if model == "andersen-gill" else order,
        cluster=person,
        ties=ties,
        reference=reference,
        conf_level=conf_level,
        missing=missing,
    )


def _gap(frame: pd.DataFrame, duration: str, entry: str) -> FloatArray:
    return numbers(frame, duration) - numbers(frame, entry)
