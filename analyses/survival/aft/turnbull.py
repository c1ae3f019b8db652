"""Survival from times that are known between two bounds only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from analyses.findings import Findings
from analyses.inputs import FloatArray, Missing, positive_numbers
from analyses.survival.aft.observed import ObservedTimes, observed_input
from omop_etl.errors import CannotAnswerError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels

_CHANGE = 1e-12
_ITERATIONS = 100_000


@dataclass(frozen=True, kw_only=True)
class Turnbull(Findings):
    """Survival from interval-censored times: columns ``left, right, probability, survival``.

    The event falls into (left, right] with `probability`; `survival` holds from right on. Where inside the interval it
    falls the data do not say.
    """

    method: ClassVar[str] = "turnbull"
    title: ClassVar[str] = "Turnbull's estimate of survival"

    def at(self, times: npt.ArrayLike) -> FloatArray:
        """Give survival at given times; inside an interval, its value before the interval."""
        position = np.searchsorted(self.findings["right"].to_numpy(), np.atleast_1d(times), side="right")
        return np.append(1.0, self.findings["survival"].to_numpy())[position]

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the survival at the right end of every interval."""
        from analyses.plots import estimate_chart

        finite = self.findings[np.isfinite(self.findings["right"])]
        shown = pd.DataFrame({"time": finite["right"].map("{:g}".format), "estimate": finite["survival"]})
        return estimate_chart(shown, labels)


def turnbull(
    data: Any,
    *,
    bounds: tuple[str, str],
    weights: str | None = None,
    missing: Missing = "refuse",
) -> Turnbull:
    """Estimate survival without a model from interval-censored times.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    bounds : (str, str)
        Columns of the last time without and the first time with the event: it happened in (lower, upper]. A missing or
        infinite upper bound says that it was not seen, a missing lower one that it had happened by the first look.
    weights : str, optional
        Column of case weights.
    missing : {"refuse", "drop"}
        What to do with rows that lack a weight.

    Returns
    -------
    Turnbull
        Probability of every interval that can hold any.

    Raises
    ------
    CannotAnswerError
        Bounds are negative or in the wrong order, or no event is seen.

    Notes
    -----
    Turnbull (1976), J R Stat Soc B 38:290: the self-consistent estimate, iterated until no probability changes by more
    than 1e-12. As R's ``survfit(Surv(left, right, type = "interval2") ~ 1)``.

    Examples
    --------
    >>> data = {"seen_well": [0, 0, 6, 6, 12, 12], "seen_ill": [6, 12, 12, 18, 18, None]}
    >>> turnbull(data, bounds=("seen_well", "seen_ill")).table.round(3)
       left  right  probability  survival
    0   0.0    6.0        0.235     0.765
    1   6.0   12.0        0.339     0.426
    2  12.0   18.0        0.426     0.000
    """
    checked = observed_input(
        data, duration=None, event=None, bounds=bounds, others=[weights] if weights else [], missing=missing
    )
    times = checked.times
    if not np.isfinite(times.upper).any():
        raise CannotAnswerError(
            "no event is seen in {rows} rows", todo="check the outcome and the follow-up", rows=len(times)
        )
    weight = np.ones(len(times)) if weights is None else positive_numbers(checked.frame, weights)
    left, right = _candidates(times)
    probability = _self_consistent(_holds(times, left, right), weight)
    some = probability > 1e-12
    table = pd.DataFrame({"left": left[some], "right": right[some], "probability": probability[some]})
    table["survival"] = np.maximum(1 - np.cumsum(table["probability"]), 0.0)
    return Turnbull(
        rows=checked.rows, settings={"bounds": bounds, "weights": weights}, notes=checked.notes, findings=table
    )


def _candidates(times: ObservedTimes) -> tuple[FloatArray, FloatArray]:
    """Intervals from a lower bound to the next upper one with no bound between: only they can hold probability."""
    exact = times.lower == times.upper
    lower, upper = times.lower[~exact], times.upper[~exact]
    at = np.concatenate([times.lower[exact], lower, times.upper[exact], upper])
    is_upper = np.repeat([False, True], [len(times), len(times)])
    just_before = np.concatenate(
        [np.ones(exact.sum()), np.zeros(len(lower)), np.zeros(exact.sum()), np.zeros(len(upper))]
    )
    # At equal times: upper bounds of earlier intervals, then lower bounds of later ones; an exact time opens just
    # before and closes at the time.
    rank = np.where(just_before == 1, 0, np.where(is_upper, 1, 2))
    order = np.lexsort((rank, at))
    sorted_at, sorted_upper = at[order], is_upper[order]
    turns = np.flatnonzero(~sorted_upper[:-1] & sorted_upper[1:])
    return sorted_at[turns], sorted_at[turns + 1]


def _holds(times: ObservedTimes, left: FloatArray, right: FloatArray) -> np.ndarray:
    """Whether an interval lies within the bounds of a row, shape (rows, intervals)."""
    found: np.ndarray = (times.lower[:, None] <= left) & (right <= times.upper[:, None])
    exact = (times.lower == times.upper)[:, None]
    point = (left == right)[None, :]
    return np.where(exact, point & (left == times.lower[:, None]), found & (~point | (times.lower[:, None] < left)))


def _self_consistent(holds: np.ndarray, weight: FloatArray) -> FloatArray:
    """Iterate p = mean share of every row in every interval, three steps at a time with extrapolation (SQUAREM)."""
    patterns, inverse = np.unique(holds, axis=0, return_inverse=True)
    held = patterns.astype(float)
    share = np.bincount(inverse.ravel(), weights=weight) / weight.sum()

    def step(p: FloatArray) -> FloatArray:
        return p * (held.T @ (share / (held @ p)))

    def loglik(p: FloatArray) -> float:
        within = held @ p
        return float(share @ np.log(within)) if (within > 0).all() else -np.inf

    p = np.full(held.shape[1], 1 / held.shape[1])
    for _ in range(_ITERATIONS):
        first = step(p)
        second = step(first)
        if np.max(np.abs(second - first)) < _CHANGE:
            return second
        r, v = first - p, second - 2 * first + p
        length = -np.sqrt(float(r @ r) / max(float(v @ v), 1e-300))
        leap = p - 2 * length * r + length**2 * v
        leap = np.maximum(leap, 1e-300)
        leap = leap / leap.sum()
        p = step(leap) if loglik(leap) >= loglik(second) else second
    raise CannotAnswerError("the estimate did not settle", todo="round the bounds to whole days")
