"""A piece of work in a thread of its own: how it stands, how far it is, what came out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, Literal, TypeVar

from omop_etl.cdm.engines import Interrupted, Stop
from workbench.locales import mark

Status = Literal["waiting", "running", "done", "failed", "stopped"]

Result = TypeVar("Result")


class Task(Generic[Result]):
    """Work that begins at once and can be watched and stopped from other threads.

    Parameters
    ----------
    work : callable
        Is given the task, to tell how far it is, and gives the result. It ends with `Interrupted` when it hears that
        `stop` was asked for.

    Attributes
    ----------
    status : {"waiting", "running", "done", "failed", "stopped"}
        How it stands; waiting until the work says that it has all it needs.
    stage : str
        What is being done, as a message to translate.
    step, steps : int
        How many parts of this stage are done, and of how many; no parts where that is not known.
    share : float
        Share of the whole that is done.
    stop : Stop
        The wish that it stops.
    error : Exception, optional
        Why it failed.

    Examples
    --------
    >>> task = Task(lambda task: 6 * 7)
    >>> task.wait(10), task.status, task.result
    (True, 'done', 42)
    """

    def __init__(self, work: Callable[[Task[Result]], Result]) -> None:
        self.status: Status = "waiting"
        self.stage = ""
        self.step = self.steps = 0
        self.share = 0.0
        self.stop = Stop()
        self.error: Exception | None = None
        self._result: Result | None = None
        self._ended = threading.Event()
        self._began_at = time.monotonic()
        self._ended_at: float | None = None
        threading.Thread(target=self._run, args=(work,), daemon=True, name="rwe-task").start()

    @property
    def result(self) -> Result:
        """What came out, once it is done."""
        assert self.status == "done"
        return self._result  # type: ignore[return-value]

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return not self._ended.is_set()

    @property
    def seconds(self) -> float:
        """How long it has taken so far, or took."""
        return (self._ended_at or time.monotonic()) - self._began_at

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended, but no longer than this; tell whether it has."""
        return self._ended.wait(seconds)

    def forget(self) -> None:
        """Let go of the result: an answer about single persons does not lie about until its page is drawn again."""
        if self.status == "done":
            self.status, self._result = "stopped", None

    # -- for the work -------------------------------------------------------------------------------------------------
    def begin(self) -> None:
        """Say that the work has all that it waited for."""
        self.status = "running"

    def tell(self, stage: str, share: float) -> None:
        """Say which stage begins and how far the whole is: a `workbench.jobs.Progress`."""
        self.stop.check()
        self.stage, self.share, self.step, self.steps = stage, share, 0, 0

    def tell_steps(self, step: int, steps: int) -> None:
        """Say how many steps of an evaluation are done: a `cohorts.engine.evaluator.Progress`."""
        self.stop.check()
        self.stage, self.step, self.steps = mark("Counting"), step, steps
        self.share = step / steps if steps else 1.0

    def _run(self, work: Callable[[Task[Result]], Result]) -> None:
        try:
            self._result = work(self)
            self.status = "done"
        except Interrupted:
            self.status = "stopped"
        except Exception as error:
            self.error = error
            self.status = "failed"
        self._ended_at = time.monotonic()
        self._ended.set()
