"""Probabilities of states over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analyses.inputs import IntArray, Missing, as_frame, factor, numbers, require_column, select_rows
from analyses.options import quantile_of_level, require_known
from analyses.result import Result
from analyses.survival.confidence import ConfidenceType, confidence_limits
from analyses.survival.multistate.aalen_johansen import StateCurve, by_aalen, by_jackknife
from analyses.survival.multistate.counts import Stays, ordered_stays
from omop_etl.errors import CannotAnswerError, UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels

StateVariance = Literal["jackknife", "aalen"]
"""Infinitesimal jackknife over persons (R's ``survfit``), or independent transitions (R's ``mstate``)."""


@dataclass(frozen=True, kw_only=True)
class StateProbabilities(Result):
    """Probability of being in every state.

    Attributes
    ----------
    stays : Stays
        The stays.
    curve : StateCurve
        The probabilities as arrays.
    """

    method: ClassVar[str] = "state_probabilities"

    stays: Stays
    curve: StateCurve

    @cached_property
    def table(self) -> pd.DataFrame:
        """Probabilities: columns ``state, time, n_risk, probability, se, lower, upper``, one row per state and time."""
        return self.at(self.curve.time)

    @cached_property
    def moves(self) -> pd.DataFrame:
        """Moves between states, and stays that end without one: rows are states."""
        return self.stays.moves()

    def at(self, times: npt.ArrayLike) -> pd.DataFrame:
        """Give the probabilities at given times, in the columns of `table`."""
        wanted = np.atleast_1d(np.asarray(times, dtype=float))
        position = np.searchsorted(self.curve.time, wanted, side="right")
        n_risk = np.array([self.stays.at_risk(time) for time in wanted])
        parts = []
        for code, state in enumerate(self.stays.states):
            p = np.append(self.curve.start[code], self.curve.probability[:, code])[position]
            se = np.sqrt(np.append(0.0, self.curve.variance[:, code])[position])
            with np.errstate(divide="ignore", invalid="ignore"):
                log_se = np.where(se == 0, 0.0, se / p)
            lower, upper = confidence_limits(p, log_se, self.settings["conf_type"], self.settings["conf_level"])
            parts.append(
                pd.DataFrame(
                    {
                        "state": pd.Series([state] * len(wanted), dtype=object),
                        "time": wanted,
                        "n_risk": n_risk[:, code],
                        "probability": p,
                        "se": se,
                        "lower": lower,
                        "upper": upper,
                    }
                )
            )
        return pd.concat(parts, ignore_index=True)

    def mean_time(self, horizon: float) -> pd.DataFrame:
        """Compute the mean time in every state up to a horizon.

        Parameters
        ----------
        horizon : float
            End, in the unit of the times.

        Returns
        -------
        pandas.DataFrame
            Columns ``state, mean_time, se, lower, upper``; errors by the infinitesimal jackknife.

        Raises
        ------
        UsageError
            The variance is not by jackknife.
        """
        if self.settings["variance"] != "jackknife":
            raise UsageError("mean times need the jackknife", todo='say variance="jackknife"')
        found = by_jackknife(self.stays, float(self.settings["start_time"]), horizon)
        z = quantile_of_level(self.settings["conf_level"])
        assert found.mean_time is not None
        assert found.mean_time_se is not None
        half = z * found.mean_time_se
        return pd.DataFrame(
            {
                "state": pd.Series(self.stays.states, dtype=object),
                "mean_time": found.mean_time,
                "se": found.mean_time_se,
                "lower": found.mean_time - half,
                "upper": found.mean_time + half,
            }
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Name probabilities and moves."""
        return {"table": self.table, "moves": self.moves.reset_index()}

    def summary(self) -> str:
        """Say moves, and the probabilities at the end of follow-up."""
        last = self.table.groupby("state", sort=False).last().reset_index()
        shown = last.to_string(index=False, float_format="{:.4g}".format)
        return "\n".join(["States over time", self.moves.to_string(), shown, *self._closing_lines()])

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the probabilities with their bands."""
        from analyses.plots import curve_chart
        from analyses.plots.labels import Labels as Words

        words = labels or Words()
        points = self.table.rename(columns={"probability": "value"})
        points = points.assign(series=[words.of(state) for state in points["state"]])
        return curve_chart(
            points[["series", "time", "value", "lower", "upper"]], words, x=words.time, y=words.of("probability")
        )


def state_probabilities(
    data: Any,
    *,
    person: str,
    entry: str,
    duration: str,
    to: str,
    origin: str | None = None,
    censored: Any = 0,
    states: Sequence[Any] | None = None,
    initial: Any = "initial",
    start_time: float = 0.0,
    start_state: Any = None,
    variance: StateVariance = "jackknife",
    conf_type: ConfidenceType = "log",
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> StateProbabilities:
    """Estimate the probability of every state over time.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per stay of a person in a state; the stays of a person follow each other without gaps.
    person : str
        Column of persons.
    entry, duration : str
        Columns of the start and the end of the stay.
    to : str
        Column of the state that the person moves to at the end, or `censored`.
    origin : str, optional
        Column of the state of the stay; by default everybody starts in `initial` and goes on from where it went.
    censored : object
        Value of `to` where no move is seen.
    states : sequence, optional
        States in the order of the result, `initial` first where there is no `origin`; by default all that occur.
    initial : object
        Name of the state at the start, without `origin`.
    start_time : float
        Where the curves start.
    start_state : object, optional
        State that persons are in then, taken as known (``variance="aalen"``); by default the shares of those followed.
    variance : {"jackknife", "aalen"}
        How the variance is computed.
    conf_type : {"log", "plain", "log-log", "logit", "arcsin"}
        Scale on which the limits are symmetric.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    StateProbabilities
        Probabilities, moves, mean times in states.

    Raises
    ------
    UsageError
        A column, a state or an option is unknown.
    CannotAnswerError
        Stays end before they start, do not follow each other, or nobody moves.

    Notes
    -----
    Aalen and Johansen (1978), Scand J Stat 5:141; Putter, Fiocco and Geskus (2007), Stat Med 26:2389.

    Examples
    --------
    >>> data = {"id": [1, 1, 2, 3, 3, 4], "from": [0, 4, 0, 0, 2, 0], "to": [4, 9, 7, 2, 8, 5],
    ...         "state": ["ill", "dead", 0, "ill", 0, "dead"]}
    >>> found = state_probabilities(data, person="id", entry="from", duration="to", to="state")
    >>> found.at([3, 6])[["state", "time", "n_risk", "probability", "se"]].round(3)
         state  time  n_risk  probability     se
    0  initial   3.0     3.0         0.75  0.217
    1  initial   6.0     1.0         0.25  0.217
    2     dead   3.0     0.0         0.00  0.000
    3     dead   6.0     0.0         0.25  0.217
    4      ill   3.0     1.0         0.25  0.217
    5      ill   6.0     2.0         0.50  0.250
    """
    require_known("variance", variance, StateVariance)
    quantile_of_level(conf_level)
    if variance == "jackknife" and start_state is not None:
        raise UsageError("a start state goes with the variance of Aalen", todo='say variance="aalen"')
    more = [origin] if origin else []
    frame = as_frame(data)
    require_column(frame, to)
    frame, rows = select_rows(frame, [person, entry, duration, to, *more], missing)
    begin, end = numbers(frame, entry), numbers(frame, duration)
    _refuse_order(begin, end, entry, duration)
    known = _states(frame, to, origin, censored, states, initial)
    stays = ordered_stays(
        known,
        factor(frame, person).codes,
        begin,
        end,
        None if origin is None else _codes(frame, origin, known),
        _codes(frame, to, known, censored),
    )
    if not np.any(stays.target >= 0):
        raise CannotAnswerError("column {column} has no move", todo="check the states", column=to)
    if variance == "jackknife":
        curve = by_jackknife(stays, start_time)
    else:
        curve = by_aalen(stays, start_time, _start(known, start_state))
    return StateProbabilities(
        rows=rows,
        settings={
            "person": person,
            "entry": entry,
            "duration": duration,
            "to": to,
            "origin": origin,
            "censored": censored,
            "start_time": start_time,
            "start_state": start_state,
            "variance": variance,
            "conf_type": conf_type,
            "conf_level": conf_level,
        },
        stays=stays,
        curve=curve,
    )


def _refuse_order(begin: np.ndarray, end: np.ndarray, entry: str, duration: str) -> None:
    wrong = int(np.count_nonzero(end <= begin))
    if wrong:
        raise CannotAnswerError(
            "{entry} is not before {duration} in {rows} of {total} rows",
            todo="such rows are never at risk: correct them or leave them out",
            entry=entry,
            duration=duration,
            rows=wrong,
            total=len(end),
        )


def _states(
    frame: pd.DataFrame, to: str, origin: str | None, censored: Any, asked: Sequence[Any] | None, initial: Any
) -> tuple[Any, ...]:
    if asked is not None:
        return tuple(asked)
    reached = [level for level in factor(frame, to).levels if level != censored]
    if origin is None:
        return (initial, *(level for level in reached if level != initial))
    first = [level for level in factor(frame, origin).levels if level not in reached]
    return (*first, *reached)


def _codes(frame: pd.DataFrame, column: str, states: tuple[Any, ...], censored: Any = None) -> IntArray:
    levels = factor(frame, column)
    position = {state: code for code, state in enumerate(states)}
    codes = [-1 if level == censored else position.get(level, -2) for level in levels.levels]
    found = np.array(codes)[levels.codes]
    unknown = int(np.count_nonzero(found == -2))
    if unknown:
        raise UsageError(
            "column {column} has in {rows} of {total} rows a state that is not named",
            todo="name all states",
            column=column,
            rows=unknown,
            total=len(found),
        )
    return found


def _start(states: tuple[Any, ...], state: Any) -> np.ndarray:
    chosen = states[0] if state is None else state
    if chosen not in states:
        raise UsageError("the start state is not known", todo="name one of the states")
    return np.eye(len(states))[states.index(chosen)]
