"""Follow-up for scores weighted by the inverse probability of being uncensored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyses.inputs import BoolArray, FloatArray
from omop_etl.errors import CannotAnswerError


@dataclass(frozen=True)
class Followed:
    """Follow-up and the Kaplan-Meier estimate of not being censored.

    At the same time events come before censorings.

    Attributes
    ----------
    exit : numpy.ndarray
        End of follow-up of every row.
    event : numpy.ndarray
        Whether it ends with the event.
    times : numpy.ndarray
        Distinct ends.
    at_risk, censored : numpy.ndarray
        Rows followed up to them, and censored at them.
    uncensored : numpy.ndarray
        Probability of not being censored from each of them on.
    """

    exit: FloatArray
    event: BoolArray
    times: FloatArray
    at_risk: FloatArray
    censored: FloatArray
    uncensored: FloatArray

    @classmethod
    def of(cls, exit: FloatArray, event: BoolArray) -> Followed:
        """Estimate."""
        times, position = np.unique(exit, return_inverse=True)
        leaving = np.bincount(position).astype(float)
        at_risk = np.cumsum(leaving[::-1])[::-1]
        censored = np.bincount(position, weights=~event)
        left = at_risk - (leaving - censored)
        with np.errstate(divide="ignore", invalid="ignore"):
            uncensored = np.cumprod(np.where(left > 0, 1 - censored / np.where(left > 0, left, 1.0), 1.0))
        return cls(exit, event, times, at_risk, censored, uncensored)

    def __len__(self) -> int:
        return len(self.exit)

    def before_own_end(self) -> FloatArray:
        """Probability of not being censored before the own end of every row."""
        found: FloatArray = np.append(1.0, self.uncensored)[np.searchsorted(self.times, self.exit, side="left")]
        return found

    def until(self, time: float) -> float:
        """Probability of not being censored up to a time."""
        return float(np.append(1.0, self.uncensored)[np.searchsorted(self.times, time, side="right")])

    def weights(self, time: float, *, cases_before: bool = False) -> tuple[FloatArray, FloatArray]:
        """Weigh those with the event by a time (`cases_before`: before it), and those followed beyond it.

        Raises
        ------
        CannotAnswerError
            There are none of one of them.
        """
        own = self.before_own_end()
        early = self.exit < time if cases_before else self.exit <= time
        cases = np.where(early & self.event, 1 / np.where(own > 0, own, 1.0), 0.0)
        beyond = self.exit > time
        remaining = self.until(time)
        if not cases.any() or not beyond.any() or remaining <= 0:
            raise CannotAnswerError(
                "at time {time:g} nobody has had the event, or nobody is followed beyond it",
                todo="choose a time between the first event and the end of follow-up",
                time=time,
            )
        return cases, np.where(beyond, 1 / remaining, 0.0)

    def from_censoring(
        self, of_events: FloatArray, of_others: FloatArray, time: float, *, leaving_first: bool = False
    ) -> FloatArray:
        """Compute what the estimation of the weights adds to the influence of every row.

        Parameters
        ----------
        of_events : numpy.ndarray
            Weighted contribution of every row as a case; its weight depends on censorings before its end.
        of_others : numpy.ndarray
            Weighted contribution of every row as one followed beyond the time; depends on censorings up to it.
        time : float
            The time.
        leaving_first : bool
            Relate censorings to those left after them, as R's ``timeROC`` does, instead of to those at risk.

        Returns
        -------
        numpy.ndarray
            Integral of the contributions still to come over the censoring martingale of the row.
        """
        position = np.searchsorted(self.times, self.exit)
        by_end = np.bincount(position, weights=of_events, minlength=len(self.times))
        later = np.cumsum(by_end[::-1])[::-1] - by_end
        to_come = (later + of_others.sum() * (self.times <= time)) / self.at_risk
        left = np.append(self.at_risk[1:], 0.0) if leaving_first else self.at_risk
        compensator = np.cumsum(to_come * np.where(left > 0, self.censored / np.where(left > 0, left, 1.0), 0.0))
        seen = position
        if leaving_first:
            compensator, seen = np.append(0.0, compensator), np.where(self.event, position, position + 1)
        found: FloatArray = np.where(self.event, 0.0, to_come[position]) - compensator[seen]
        return found
