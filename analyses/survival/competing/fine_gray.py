"""Fine and Gray's model of the subdistribution hazard of one of several competing events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analyses.design import Design, parts_of
from analyses.inputs import FloatArray, Missing, as_frame, factor, select_rows
from analyses.options import quantile_of_level, require_known, two_sided_p
from analyses.result import Result
from analyses.survival.competing.causes import CausesInput, causes_input
from analyses.survival.competing.fine_gray_data import fine_gray_data
from analyses.survival.competing.subdistribution import SubdistributionLikelihood, score_contributions
from analyses.survival.cox import CoxModel, cox
from analyses.survival.cox.estimate import OnTrouble, found_separation
from analyses.survival.cox.likelihood import Ties
from analyses.survival.cox.newton import Maximum, dependencies, inverse, maximise
from analyses.threads import one_thread
from omop_etl.errors import CannotAnswerError, UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels

Method = Literal["crr", "weighted-cox"]
"""Fine and Gray's estimating equation, or a weighted Cox model of the expanded table."""


@dataclass(frozen=True, kw_only=True)
class FineGrayModel(Result):
    """Proportional subdistribution hazards model.

    Attributes
    ----------
    design : Design
        How covariates become columns.
    coefficients : numpy.ndarray
        Log subdistribution hazard ratios.
    variance, naive_variance : numpy.ndarray
        Robust variance, and the inverse of the information.
    loglik_null, loglik : float
        Log partial likelihood at zero and at the estimate.
    events : int
        Events of the cause of interest.
    baseline : pandas.DataFrame
        Columns ``time, hazard``: cumulative subdistribution hazard with all covariates zero.
    """

    method: ClassVar[str] = "fine_gray"

    design: Design
    coefficients: FloatArray
    variance: FloatArray
    naive_variance: FloatArray
    loglik_null: float
    loglik: float
    events: int
    baseline: pd.DataFrame

    @cached_property
    def table(self) -> pd.DataFrame:
        """Coefficients: name, term, level, coef, shr, shr_lower, shr_upper, se, z, p, se_naive."""
        se = np.sqrt(np.diag(self.variance))
        half = quantile_of_level(self.settings["conf_level"]) * se
        coef = self.coefficients
        return pd.DataFrame(
            {
                "name": self.design.names,
                "term": [column.term for column in self.design.columns],
                "level": pd.Series([column.level for column in self.design.columns], dtype=object),
                "coef": coef,
                "shr": np.exp(coef),
                "shr_lower": np.exp(coef - half),
                "shr_upper": np.exp(coef + half),
                "se": se,
                "z": coef / se,
                "p": two_sided_p(coef / se),
                "se_naive": np.sqrt(np.diag(self.naive_variance)),
            }
        )

    @property
    def vcov(self) -> pd.DataFrame:
        """Robust covariance matrix of the coefficients."""
        return pd.DataFrame(self.variance, index=self.design.names, columns=self.design.names)

    def incidence(self, persons: Any, times: npt.ArrayLike | None = None) -> pd.DataFrame:
        """Predict the cumulative incidence of given persons.

        Parameters
        ----------
        persons : pandas.DataFrame or mapping
            Covariates of the persons.
        times : array-like of float, optional
            Times; by default all times of the event of interest.

        Returns
        -------
        pandas.DataFrame
            Columns ``person, time, probability``.
        """
        frame = select_rows(as_frame(persons), self.design.data_columns)[0]
        known = self.baseline["time"].to_numpy()
        wanted = known if times is None else np.atleast_1d(np.asarray(times, dtype=np.float64))
        hazard = np.append(0.0, self.baseline["hazard"].to_numpy())[np.searchsorted(known, wanted, side="right")]
        risk = np.exp(self.design.matrix(frame) @ self.coefficients)
        return pd.DataFrame(
            {
                "person": np.repeat(frame.index.to_numpy(), len(wanted)),
                "time": np.tile(wanted, len(frame)),
                "probability": -np.expm1(-np.outer(risk, hazard)).ravel(),
            }
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Name coefficients and measures of fit."""
        fit = {"events": self.events, "loglik_null": self.loglik_null, "loglik": self.loglik}
        return {"table": self.table, "fit": pd.DataFrame([fit])}

    def summary(self) -> str:
        """Say coefficients and fit."""
        shown = self.table.drop(columns=["term", "level"]).to_string(index=False, float_format="{:.4g}".format)
        fit = f"events of the cause: {self.events}, method: {self.settings['fit']}"
        return "\n".join(["Fine-Gray model of the subdistribution hazard", shown, fit, *self._closing_lines()])

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the subdistribution hazard ratios as a forest plot."""
        from analyses.plots import forest_chart

        return forest_chart(self.table, labels, estimate="shr", lower="shr_lower", upper="shr_upper")


def fine_gray(
    data: Any,
    *,
    duration: str,
    event: str,
    covariates: Sequence[str],
    cause: Any = 1,
    censored: Any = 0,
    censoring_strata: str | Sequence[str] | None = None,
    weights: str | None = None,
    method: Method = "crr",
    ties: Ties = "efron",
    reference: Mapping[str, Any] | None = None,
    conf_level: float = 0.95,
    separation: OnTrouble = "refuse",
    timefix: bool = True,
    missing: Missing = "refuse",
) -> FineGrayModel:
    """Fit a proportional hazards model of the subdistribution of one cause.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    duration : str
        Column of times at which follow-up ends.
    event : str
        Column of what ends it: a cause, or `censored`.
    covariates : sequence of str
        Columns, and products such as ``"arm:sex"``.
    cause : object
        Value of `event` of interest; all others but `censored` compete with it.
    censored : object
        Value of `event` of censored rows.
    censoring_strata : str or sequence of str, optional
        Columns within whose levels censoring is alike.
    weights : str, optional
        Column of case weights; for ``method="weighted-cox"`` only.
    method : {"crr", "weighted-cox"}
        Fine and Gray's estimating equation with ties by Breslow and a variance that includes the estimated censoring
        weights, as R's ``cmprsk::crr``; or a Cox model of `fine_gray_data` with clusters by person, as R's ``coxph``
        of ``finegray`` data. They differ where events and censorings are tied.
    ties : {"efron", "breslow"}
        Ties of the weighted Cox model.
    reference : mapping, optional
        Reference level of categorical columns.
    conf_level : float
        Level of the limits.
    separation : {"refuse", "report"}
        What to do where a coefficient runs to infinity.
    timefix : bool
        Take times that differ by rounding only as equal.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value in a column used.

    Returns
    -------
    FineGrayModel
        Coefficients with robust errors, predicted incidences.

    Raises
    ------
    UsageError
        A column or cause does not exist, or an option does not go with another.
    CannotAnswerError
        The data do not fit: missing values, columns that determine each other, separation.

    Notes
    -----
    Fine and Gray (1999), J Am Stat Assoc 94:496.

    Examples
    --------
    >>> data = {"days": [2, 3, 3, 5, 7, 8, 9, 9], "end": [1, 2, 1, 0, 1, 2, 0, 1], "age": [7, 6, 5, 6, 4, 5, 3, 5]}
    >>> model = fine_gray(data, duration="days", event="end", covariates=["age"])
    >>> model.table[["name", "coef", "se"]].round(4)
      name    coef      se
    0  age  0.4515  0.4714
    """
    require_known("method", method, Method)
    layers = [censoring_strata] if isinstance(censoring_strata, str) else list(censoring_strata or ())
    frame = as_frame(data)
    asked: dict[str, Any] = {
        "duration": duration,
        "event": event,
        "covariates": list(covariates),
        "cause": cause,
        "censored": censored,
        "censoring_strata": layers,
        "weights": weights,
        "fit": method,
        "ties": ties if method == "weighted-cox" else "breslow",
        "reference": dict(reference or {}),
        "conf_level": conf_level,
        "timefix": timefix,
    }
    if weights is not None and method == "crr":
        raise UsageError('method="crr" has no weights', todo='use method="weighted-cox"')
    used = [part for name in covariates for part in parts_of(frame, name)]
    given = causes_input(
        frame,
        duration=duration,
        event=event,
        censored=censored,
        weights=weights,
        others=[*used, *layers],
        missing=missing,
        timefix=timefix,
    )
    if not given.of(cause).any():
        raise CannotAnswerError("the cause of interest never occurs", todo="name another one, or check the outcome")
    with one_thread():
        if method == "crr":
            return _estimated(given, asked, layers, separation)
    return _weighted_cox(given, asked, layers, separation)


def _estimated(given: CausesInput, asked: dict[str, Any], layers: list[str], separation: OnTrouble) -> FineGrayModel:
    checked = given.checked
    own, happened = given.of(asked["cause"]), checked.times.event
    order = np.argsort(checked.times.exit, kind="stable")
    design = Design.of(checked.frame, asked["covariates"], asked["reference"])
    matrix = design.matrix(checked.frame)[order].T
    centre, scale = matrix.mean(axis=1), matrix.std(axis=1)
    x = (matrix - centre[:, None]) / scale[:, None]
    kind = np.where(own, 1, np.where(happened, 2, 0))[order]
    group = factor(checked.frame, layers).codes[order] if layers else np.zeros(len(order), dtype=np.int64)
    likelihood = SubdistributionLikelihood(x, checked.times.exit[order], kind, group)
    start = likelihood(np.zeros(len(x)))
    refuse_dependent(design.names, dependencies(start.information))
    maximum = maximise(likelihood, start, len(x))
    notes = found_separation(design.names, maximum, separation)
    naive, robust = _variances(likelihood, maximum, scale)
    coefficients = np.where(maximum.running, np.copysign(np.inf, maximum.beta), maximum.beta / scale)
    sums = likelihood.sums(maximum.beta @ x)
    hazard = np.cumsum(sums.hazard) * np.exp(-sums.shift - centre / scale @ maximum.beta)
    return FineGrayModel(
        rows=checked.rows,
        settings=asked,
        notes=(*checked.notes, *notes),
        design=design,
        coefficients=coefficients,
        variance=robust,
        naive_variance=naive,
        loglik_null=maximum.start.loglik,
        loglik=maximum.end.loglik,
        events=int(own.sum()),
        baseline=pd.DataFrame({"time": likelihood.time, "hazard": hazard}),
    )


def _variances(
    likelihood: SubdistributionLikelihood, maximum: Maximum, scale: FloatArray
) -> tuple[FloatArray, FloatArray]:
    settled = ~maximum.running
    naive, robust = (np.full((len(scale), len(scale)), np.nan) for _ in range(2))
    at = np.ix_(settled, settled)
    inverted = inverse(maximum.end.information[at])
    scores = score_contributions(likelihood, maximum.beta)[settled]
    both = np.outer(scale[settled], scale[settled])
    naive[at] = inverted / both
    robust[at] = inverted @ (scores @ scores.T) @ inverted / both
    return naive, robust


def refuse_dependent(names: list[str], found: dict[int, list[int]]) -> None:
    """Refuse covariates that others determine."""
    for column, others in found.items():
        if others:
            raise CannotAnswerError(
                "{column} is determined by {others}",
                todo="leave one of these covariates out",
                column=names[column],
                others=", ".join(names[other] for other in others),
            )
        raise CannotAnswerError(
            "{column} does not vary among those at risk at the events",
            todo="leave this covariate out",
            column=names[column],
        )


def _weighted_cox(given: CausesInput, asked: dict[str, Any], layers: list[str], separation: OnTrouble) -> FineGrayModel:
    expanded = fine_gray_data(
        given.checked.frame,
        duration=asked["duration"],
        event=asked["event"],
        cause=asked["cause"],
        censored=asked["censored"],
        strata=layers,
        weights=asked["weights"],
        timefix=asked["timefix"],
    )
    model: CoxModel = cox(
        expanded,
        duration="fg_stop",
        event="fg_event",
        entry="fg_start",
        covariates=asked["covariates"],
        weights="fg_weight",
        cluster="fg_row",
        ties=asked["ties"],
        reference=asked["reference"],
        conf_level=asked["conf_level"],
        separation=separation,
    )
    baseline = model.baseline("zero")[["time", "hazard"]]
    return FineGrayModel(
        rows=given.checked.rows,
        settings=asked,
        notes=(*given.checked.notes, *model.notes),
        design=model.state.design,
        coefficients=model.state.coefficients,
        variance=model.state.variance,
        naive_variance=model.state.naive_variance,
        loglik_null=model.loglik_null,
        loglik=model.loglik,
        events=int(given.of(asked["cause"]).sum()),
        baseline=baseline,
    )
