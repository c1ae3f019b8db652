"""What one session waits for: one thing in each place of its pages."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Hashable
from typing import Any, TypeVar

from workbench.counting.desk import Desk, Question, Ticket

Result = TypeVar("Result")


class Seat:
    """The questions of one session.

    Parameters
    ----------
    desk : Desk
        Where they are answered.

    Attributes
    ----------
    owner : str
        Name of this session at the desk.
    remembered : dict
        What pages of this session hold on to, such as the counts that were shown last; nothing about single persons.

    Notes
    -----
    A place asks for one thing at a time: another question there supersedes the first, whose work is interrupted unless
    another session waits for it, too.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.owner = uuid.uuid4().hex
        self.remembered: dict[Hashable, Any] = {}
        self._tickets: dict[str, Ticket[Any]] = {}
        self._lock = threading.RLock()

    def ask(self, place: str, question: Question[Result]) -> Ticket[Result]:
        """Ask in a place; the question that stands there already is not asked again, however it ended."""
        with self._lock:
            current = self._tickets.get(place)
            if current is None or current.key != question.key:
                current = self._desk.ask(question, owner=self.owner, instead_of=current)
                self._tickets[place] = current
            return current

    def look(self, place: str, question: Question[Result]) -> Ticket[Result] | None:
        """Look at what a place waits for, without asking; none where that is nothing, or something else."""
        current = self._tickets.get(place)
        return current if current is not None and current.key == question.key else None

    def stop(self, place: str) -> None:
        """Stop what a place waits for; it stays stopped until `again` or another question."""
        with self._lock:
            ticket = self._tickets.get(place)
            if ticket is not None and ticket.task.active:
                self._desk.withdraw(ticket)

    def again(self, place: str) -> None:
        """Let a place ask anew for what was stopped or failed."""
        with self._lock:
            ticket = self._tickets.pop(place, None)
            if ticket is not None:
                self._desk.withdraw(ticket)

    def leave(self, places: str = "") -> None:
        """Give up all places whose names begin so; without a name all, as at the end of the session."""
        with self._lock:
            for place in [name for name in self._tickets if name.startswith(places)]:
                self.again(place)
