"""Stopping work on an engine from another thread, so that the engine can be used again afterwards."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

_AGAIN: Final = 0.05
"""Seconds until work that goes on is interrupted once more."""


class Interrupted(Exception):  # noqa: N818  nothing is in error
    """The work was stopped because somebody asked for it; nothing is wrong, and there is no result."""


class Stoppable(Protocol):
    """What a wish to stop can reach: an engine."""

    def stop(self) -> None:
        """Stop what runs and refuse what follows."""

    def resume(self) -> None:
        """Take work again."""


class Stop:
    """The wish that a piece of work stops.

    Examples
    --------
    >>> stop = Stop()
    >>> stop.ask()
    >>> stop.check()
    Traceback (most recent call last):
    ...
    omop_etl.cdm.engines.stopping.Interrupted
    """

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._reached: Stoppable | None = None
        self._lock = threading.Lock()

    @property
    def asked(self) -> bool:
        """Whether somebody asked."""
        return self._asked.is_set()

    def ask(self) -> None:
        """Ask the work to stop; returns at once, and asking again changes nothing."""
        with self._lock:
            if self.asked:
                return
            self._asked.set()
        threading.Thread(target=self._insist, daemon=True, name="rwe-stop").start()

    def check(self) -> None:
        """Raise Interrupted where somebody asked: for the stretches between statements."""
        if self.asked:
            raise Interrupted

    @contextmanager
    def reaches(self, engine: Stoppable) -> Iterator[None]:
        """Let the wish reach an engine while this block lasts; the engine leaves it ready for other work.

        Blocks may be nested: the wish reaches the innermost one's engine.
        """
        with self._lock:
            self.check()
            before, self._reached = self._reached, engine
        try:
            yield
        finally:
            with self._lock:
                self._reached = before
            engine.resume()

    def _insist(self) -> None:
        """Interrupt until the work has left the engine: an interrupt between two statements meets none of them."""
        while True:
            with self._lock:
                if self._reached is None:
                    return
                self._reached.stop()
            time.sleep(_AGAIN)
