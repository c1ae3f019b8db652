"""Where sessions ask: what was worked out is kept, and what two ask for at the same time is worked out once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from cohorts import Evaluator
from cohorts.engine.nodes import Node
from workbench.counting.pool import EvaluatorPool
from workbench.counting.task import Task

Result = TypeVar("Result")

_MOST_KEPT: Final = 1000
_FORGET: Final = 30.0
"""Seconds after which an answer that may not be kept is gone, should its page not have come for it."""

_RELEASE: Final = 5.0
"""Seconds that a question waits at most for the evaluator of the one it takes the place of."""


@dataclass(frozen=True)
class Question(Generic[Result]):
    """Something to work out on a CDM.

    Attributes
    ----------
    key : hashable
        Says what is asked: the same key, the same answer.
    work : callable
        Works it out with an evaluator, and tells the task how far it is.
    nodes : callable
        Gives what is going to be evaluated, as far as that is known beforehand.
    kept : bool
        Whether the answer may be kept for whoever asks next; never one that holds anything about single persons.
    """

    key: Hashable
    work: Callable[[Evaluator, Task[Result]], Result]
    nodes: Callable[[], Iterable[Node]] = tuple
    kept: bool = True


@dataclass
class Ticket(Generic[Result]):
    """The right of one session to an answer.

    Attributes
    ----------
    key : hashable
        What was asked.
    task : Task
        Works it out, or has done so; other sessions may hold tickets for it, too.
    withdrawn : bool
        Whether the session does not want it any more.
    note : str
        Number under which the log has the error that nobody foresaw, once it was shown.
    """

    key: Hashable
    task: Task[Result]
    withdrawn: bool = False
    note: str = ""

    @property
    def waits(self) -> bool:
        """Whether the session is waiting for the answer."""
        return self.task.active and not self.withdrawn


@dataclass
class _Running:
    task: Task[Any]
    tickets: list[Ticket[Any]] = field(default_factory=list)


class Desk:
    """Answers questions on one CDM.

    Parameters
    ----------
    pool : EvaluatorPool
        The evaluators.
    """

    def __init__(self, pool: EvaluatorPool) -> None:
        self._pool = pool
        self._lock = threading.RLock()
        self._running: dict[Hashable, _Running] = {}
        self._kept: OrderedDict[Hashable, Task[Any]] = OrderedDict()

    def ask(self, question: Question[Result], *, owner: str, instead_of: Ticket[Any] | None = None) -> Ticket[Result]:
        """Ask for an answer: the one that is kept, or the work on it that is under way, or new work.

        Parameters
        ----------
        question : Question
            What is asked.
        owner : str
            Session that asks.
        instead_of : Ticket, optional
            What the session asked for before and wants no longer; it is withdrawn, and new work waits until it has
            given its evaluator back, on which the rest of the definition stands.
        """
        if instead_of is not None:
            self.withdraw(instead_of)
        with self._lock:
            kept = self._kept.get(question.key)
            if kept is not None:
                self._kept.move_to_end(question.key)
                return Ticket(question.key, kept)
            running = self._running.get(question.key)
            if running is None:
                before = instead_of.task if instead_of is not None and instead_of.task.stop.asked else None
                running = self._running[question.key] = _Running(Task(self._work(question, owner, before)))
            ticket = Ticket(question.key, running.task)
            running.tickets.append(ticket)
            return ticket

    def withdraw(self, ticket: Ticket[Any]) -> None:
        """Give a ticket back; work that nobody holds a ticket for any more is stopped."""
        with self._lock:
            ticket.withdrawn = True
            running = self._running.get(ticket.key)
            if running is None or ticket not in running.tickets:
                return
            running.tickets.remove(ticket)
            if running.tickets:
                return
            del self._running[ticket.key]
        running.task.stop.ask()

    def close(self) -> None:
        """Stop all work and close the evaluators."""
        with self._lock:
            running, self._running = list(self._running.values()), {}
            self._kept.clear()
        for one in running:
            one.task.stop.ask()
        self._pool.close()

    def _work(
        self, question: Question[Result], owner: str, before: Task[Any] | None
    ) -> Callable[[Task[Result]], Result]:
        def work(task: Task[Result]) -> Result:
            try:
                if before is not None:
                    before.wait(_RELEASE)
                with self._pool.lend(owner, task.stop, question.nodes()) as evaluator:
                    task.begin()
                    result = question.work(evaluator, task)
            except BaseException:
                self._end(question.key, task, keep=False)
                raise
            self._end(question.key, task, keep=question.kept)
            return result

        return work

    def _end(self, key: Hashable, task: Task[Any], *, keep: bool) -> None:
        with self._lock:
            running = self._running.get(key)
            if running is not None and running.task is task:
                del self._running[key]
            if keep:
                self._kept[key] = task
                while len(self._kept) > _MOST_KEPT:
                    self._kept.popitem(last=False)
        if not keep:
            forgetting = threading.Timer(_FORGET, task.forget)
            forgetting.daemon = True
            forgetting.start()
