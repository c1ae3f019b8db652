"""The evaluators of one CDM: a few, so that sessions count at the same time, each warm from what it counted before."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from cohorts import Evaluator
from cohorts.engine.nodes import Node
from omop_etl.cdm import Cdm
from omop_etl.cdm.engines import Stop

_LOOK_AGAIN: Final = 0.1
_IDLE: Final = 900.0
"""Seconds after which an evaluator that nobody used is closed, so that its working tables do not fill the memory."""


@dataclass
class _Place:
    evaluator: Evaluator
    used: float = field(default_factory=time.monotonic)


class EvaluatorPool:
    """Lends evaluators on one CDM, each with working tables of its own.

    Parameters
    ----------
    cdm : Cdm
        The CDM; evaluators work on siblings of it, so that it stays free for short questions.
    size : int
        How many evaluators at most; they are made when they are needed.

    Notes
    -----
    Of the idle evaluators the one is lent that has evaluated most of what is asked, so an edited definition comes back
    to where the rest of it stands already; for other work a new one is made rather than a warm one taken away. Where
    all are lent, those who ask wait; the next one goes to whoever holds fewest, and nobody holds all of several.
    """

    def __init__(self, cdm: Cdm, size: int) -> None:
        self._cdm, self._size = cdm, size
        self._changed = threading.Condition()
        self._idle: list[_Place] = []
        self._held: list[str] = []
        self._waiting: list[str] = []
        self._closed = False

    @contextmanager
    def lend(self, owner: str, stop: Stop, nodes: Iterable[Node] = ()) -> Iterator[Evaluator]:
        """Lend an evaluator, and interrupt what runs on it when `stop` is asked for.

        Parameters
        ----------
        owner : str
            Who asks, for fairness.
        stop : Stop
            Ends the wait and the work.
        nodes : iterable of Node
            What is going to be evaluated, as far as that is known.

        Raises
        ------
        Interrupted
            `stop` was asked for.
        """
        place = self._take(owner, stop, list(nodes))
        try:
            with stop.reaches(place.evaluator.cdm.engine):
                yield place.evaluator
        finally:
            self._give_back(owner, place)

    def close(self) -> None:
        """Close the evaluators that are idle now, and the others when they are given back."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
        _close(idle)

    def _take(self, owner: str, stop: Stop, nodes: list[Node]) -> _Place:
        with self._changed:
            self._waiting.append(owner)
            try:
                while not self._may_take(owner):
                    self._changed.wait(_LOOK_AGAIN)
                    stop.check()
                stop.check()
            finally:
                self._waiting.remove(owner)
            place = self._best_idle(nodes)
            self._held.append(owner)
        if place is None:
            try:
                return _Place(Evaluator(self._cdm.sibling()))
            except BaseException:
                with self._changed:
                    self._held.remove(owner)
                    self._changed.notify_all()
                raise
        return place

    def _may_take(self, owner: str) -> bool:
        """Whether a place is free that nobody who holds fewer is waiting for, and one is left to somebody else."""
        holds = self._held.count(owner)
        fewest = min(self._held.count(other) for other in self._waiting)
        return len(self._held) < self._size and holds <= fewest and holds < max(1, self._size - 1)

    def _best_idle(self, nodes: list[Node]) -> _Place | None:
        """Take the evaluator that knows most of the nodes; where none knows any, a cold one, or none: make one."""
        if not self._idle:
            return None
        room = len(self._held) + len(self._idle) < self._size
        best = min(self._idle, key=lambda place: (place.evaluator.missing(nodes), -place.used))
        coldest = min(self._idle, key=lambda place: place.evaluator.evaluated)
        if best.evaluator.missing(nodes) == _all_of(nodes):
            if room and (nodes or len(self._idle) == 1):
                return None
            best = coldest
        self._idle.remove(best)
        return best

    def _give_back(self, owner: str, place: _Place) -> None:
        place.used = time.monotonic()
        with self._changed:
            self._held.remove(owner)
            self._idle.append(place)
            old = [one for one in self._idle if self._closed or place.used - one.used > _IDLE]
            self._idle = [one for one in self._idle if one not in old]
            self._changed.notify_all()
        _close(old)


def _all_of(nodes: Iterable[Node]) -> int:
    """How many nodes these are, with those they are made of."""
    found: dict[str, Node] = {}
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if node.key not in found:
            found[node.key] = node
            stack.extend(node.inputs)
    return len(found)


def _close(places: list[_Place]) -> None:
    for place in places:
        place.evaluator.cdm.close()
