"""From one row per person to one row per stay in a state, and to one row per transition at risk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analyses.inputs import Missing, as_frame, indicator, numbers, select_rows
from omop_etl.errors import CannotAnswerError, UsageError

CENSORED = "(censored)"
"""What ends a stay at the end of follow-up."""


def state_intervals(
    data: Any,
    *,
    start: str,
    states: Mapping[str, tuple[str, str]],
    transitions: Mapping[str, Sequence[str]],
    keep: Sequence[str] = (),
    missing: Missing = "refuse",
) -> pd.DataFrame:
    """Turn times of reaching states into stays.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    start : str
        Name of the state that everybody is in at time 0.
    states : mapping of str to (str, str)
        Per later state the columns of its time and of whether it was reached (1), or the person was followed until that
        time without reaching it (0).
    transitions : mapping of str to sequence of str
        Per state the states that can follow it; a state that nothing follows is final.
    keep : sequence of str
        Columns to carry along.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    pandas.DataFrame
        Columns ``person`` (index of the data), ``entry, exit, from, to`` and those kept; ``to`` is ``"(censored)"``
        where follow-up ends in a state.

    Raises
    ------
    UsageError
        A state has no columns, or is not known.
    CannotAnswerError
        Two states are reached at the same time, or times are negative.

    Notes
    -----
    As R's ``mstate::msprep``, in one row per stay.

    Examples
    --------
    >>> data = {"pr": [23, 60], "got_pr": [1, 0], "end": [744, 60], "died": [0, 1]}
    >>> state_intervals(
    ...     data,
    ...     start="Tx",
    ...     states={"PR": ("pr", "got_pr"), "dead": ("end", "died")},
    ...     transitions={"Tx": ["PR", "dead"], "PR": ["dead"]},
    ... )
       person  entry   exit from          to
    0       0    0.0   23.0   Tx          PR
    1       0   23.0  744.0   PR  (censored)
    2       1    0.0   60.0   Tx        dead
    """
    unknown = [name for later in transitions.values() for name in later if name not in states]
    unknown += [name for name in transitions if name != start and name not in states]
    if unknown:
        raise UsageError("state {state} has no columns of time and status", todo="add it to states", state=unknown[0])
    columns = [column for pair in states.values() for column in pair]
    frame, _ = select_rows(as_frame(data), [*columns, *keep], missing)
    reached = {name: (numbers(frame, time), indicator(frame, status)) for name, (time, status) in states.items()}
    parts = _stays(start, np.arange(len(frame)), np.zeros(len(frame)), reached, transitions)
    long = pd.concat(parts, ignore_index=True).sort_values(["position", "entry"], kind="stable", ignore_index=True)
    position = long.pop("position").to_numpy()
    long.insert(0, "person", frame.index.to_numpy()[position])
    return long.assign(**{str(name): frame[name].to_numpy()[position] for name in keep})


def _stays(
    state: str,
    who: np.ndarray,
    since: np.ndarray,
    reached: Mapping[str, tuple[np.ndarray, np.ndarray]],
    transitions: Mapping[str, Sequence[str]],
) -> list[pd.DataFrame]:
    """Stays of given persons in a state, and in those that follow."""
    following = list(transitions.get(state, ()))
    if not following or not len(who):
        return []
    times = np.stack([reached[name][0][who] for name in following])
    happened = np.stack([reached[name][1][who] for name in following])
    at = np.where(happened, times, np.inf)
    first = at.argmin(axis=0)
    moved = happened.any(axis=0)
    end = np.where(moved, at.min(axis=0), times.max(axis=0))
    tied = int(np.count_nonzero(moved & ((at == end).sum(axis=0) > 1)))
    backwards = int(np.count_nonzero(end < since))
    if tied or backwards:
        raise CannotAnswerError(
            "{rows} persons leave state {state} for two states at once, or before they reach it",
            todo="decide which came first, and correct the times",
            rows=tied + backwards,
            state=state,
        )
    to = np.where(moved, np.array(following, dtype=object)[first], CENSORED)
    here = pd.DataFrame({"position": who, "entry": since, "exit": end, "from": state, "to": to})
    parts = [here[here["exit"] > here["entry"]] if len(here) else here]
    for number, name in enumerate(following):
        going = moved & (first == number)
        parts += _stays(name, who[going], end[going], reached, transitions)
    return parts


def transition_rows(stays: pd.DataFrame, transitions: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Give one row per stay and state that can follow it, for Cox models of transitions.

    Parameters
    ----------
    stays : pandas.DataFrame
        Stays such as those of `state_intervals`.
    transitions : mapping of str to sequence of str
        Per state the states that can follow it.

    Returns
    -------
    pandas.DataFrame
        The columns of `stays` with ``transition`` (``"from -> to"``) and ``event``, 1 where the stay ended with it.

    Examples
    --------
    >>> stays = pd.DataFrame({"person": [1, 1], "entry": [0, 4], "exit": [4, 9], "from": ["a", "b"], "to": ["b", "c"]})
    >>> rows = transition_rows(stays, {"a": ["b", "c"], "b": ["c"]})
    >>> rows[["person", "entry", "exit", "transition", "event"]]
       person  entry  exit transition  event
    0       1      0     4     a -> b      1
    1       1      0     4     a -> c      0
    2       1      4     9     b -> c      1
    """
    parts = []
    for state, following in transitions.items():
        own = stays[stays["from"] == state]
        for name in following:
            parts.append(own.assign(transition=f"{state} -> {name}", event=(own["to"] == name).astype(int)))
    long = pd.concat(parts)
    order = [f"{state} -> {name}" for state, following in transitions.items() for name in following]
    long["transition"] = pd.Categorical(long["transition"], order)
    return long.sort_index(kind="stable").reset_index(drop=True)
