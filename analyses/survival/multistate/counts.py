"""Stays as arrays: who is at risk in which state, and who moves when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analyses.inputs import FloatArray, IntArray
from omop_etl.errors import CannotAnswerError


@dataclass(frozen=True)
class Stays:
    """Stays of all persons, ordered by person and time.

    Attributes
    ----------
    states : tuple
        The states; codes are positions in it.
    person : numpy.ndarray
        Person of every stay, as codes from 0.
    entry, exit : numpy.ndarray
        The stay is at risk in (entry, exit].
    origin, target : numpy.ndarray
        State, and the state that follows (-1 for none).
    last : numpy.ndarray
        Whether it is the last stay of its person.
    """

    states: tuple[Any, ...]
    person: IntArray
    entry: FloatArray
    exit: FloatArray
    origin: IntArray
    target: IntArray
    last: np.ndarray

    @property
    def persons(self) -> int:
        """Number of persons."""
        return int(self.person.max()) + 1

    def at_risk(self, time: float) -> FloatArray:
        """Count those at risk in every state just before a time."""
        present = (self.entry < time) & (self.exit >= time)
        return np.bincount(self.origin[present], minlength=len(self.states)).astype(float)

    def moves(self) -> pd.DataFrame:
        """Count moves between states and stays that end without one: rows are states, the last column the latter."""
        size = len(self.states)
        table = np.zeros((size, size + 1), dtype=np.int64)
        moved = self.target >= 0
        np.add.at(table, (self.origin[moved], self.target[moved]), 1)
        ended = ~moved & self.last
        np.add.at(table, (self.origin[ended], np.full(int(ended.sum()), size)), 1)
        names = list(self.states)
        return pd.DataFrame(table, index=pd.Index(names, name="from"), columns=[*names, "(censored)"])


def ordered_stays(
    states: tuple[Any, ...],
    person: IntArray,
    entry: FloatArray,
    exit: FloatArray,
    origin: IntArray | None,
    target: IntArray,
) -> Stays:
    """Order stays; where no origin is given, a person starts in the first state and goes on from where it went.

    Raises
    ------
    CannotAnswerError
        Stays of a person overlap or leave gaps, or a stay starts in another state than the one before ended in.
    """
    order = np.lexsort((entry, person))
    person, entry, exit, target = person[order], entry[order], exit[order], target[order]
    same = np.append(False, person[1:] == person[:-1])
    apart = int(np.count_nonzero(same[1:] & (entry[1:] != exit[:-1])))
    if apart:
        raise CannotAnswerError(
            "{rows} stays do not start where the one before of the same person ends",
            todo="close gaps and overlaps, or give persons who come back a new number",
            rows=apart,
        )
    derived = _carried(same, target)
    if origin is None:
        origin = derived
    else:
        origin = origin[order]
        wrong = int(np.count_nonzero(same & (origin != _expected(same, origin, target))))
        if wrong:
            raise CannotAnswerError(
                "{rows} stays start in another state than the one before of the same person ended in",
                todo="correct these rows",
                rows=wrong,
            )
    last = np.append(~same[1:], True)
    return Stays(states, person, entry, exit, origin, target, last)


def _carried(same: np.ndarray, target: IntArray) -> IntArray:
    """State that a person is in: the last one that it moved to, the first of all at the start."""
    state = np.zeros(len(target), dtype=np.int64)
    for row in range(1, len(target)):
        if same[row]:
            state[row] = target[row - 1] if target[row - 1] >= 0 else state[row - 1]
    return state


def _expected(same: np.ndarray, origin: IntArray, target: IntArray) -> IntArray:
    before, moved = np.append(origin[:1], origin[:-1]), np.append(-1, target[:-1])
    return np.where(same & (moved >= 0), moved, before)
