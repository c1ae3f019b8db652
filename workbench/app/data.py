"""The CDM behind the pages: opened once for all sessions, opened anew when a new snapshot is published."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from cohorts import Evaluator
from omop_etl.cdm import Cdm, connect
from omop_etl.cdm.engines import Stop
from workbench.counting import Desk, EvaluatorPool, Seat
from workbench.jobs import JobQueue
from workbench.patient_lists import use_kept_lists
from workbench.records import Records, open_records
from workbench.settings import Settings
from workbench.workspace import Workspace


@dataclass
class Source:
    """An opened CDM with the evaluators that remember what was evaluated on it.

    Attributes
    ----------
    cdm : Cdm
        The CDM, for questions that are answered at once, such as names of concepts; nothing is counted on it.
    snapshot : str
        Its name, for keys of caches.
    desk : Desk
        Answers what takes longer, in threads.
    """

    cdm: Cdm
    snapshot: str
    desk: Desk
    _pool: EvaluatorPool

    @contextmanager
    def evaluator(self) -> Iterator[Evaluator]:
        """Lend an evaluator to work that is not done at the desk, such as writing a report for a download."""
        with self._pool.lend("", Stop()) as evaluator:
            yield evaluator

    def close(self) -> None:
        """Stop what is being counted and let go of the CDM."""
        self.desk.close()
        self.cdm.close()


def current_source() -> Source:
    """Return the CDM of the workspace, in its newest snapshot.

    Raises
    ------
    RweError
        It does not exist or cannot be read.
    """
    workspace = Workspace.current()
    use_kept_lists(workspace)
    return _open(workspace.cdm_url, _stamp(workspace))


def current_seat() -> Seat:
    """Return what this session waits for; given up when the session ends or a new snapshot is published."""
    workspace = Workspace.current()
    return _seat(workspace.cdm_url, _stamp(workspace))


def has_source() -> bool:
    """Tell whether there is a CDM to show."""
    workspace = Workspace.current()
    return bool(workspace.cdm) or workspace.cdm_file.exists()


def current_queue() -> JobQueue:
    """Return the jobs of the workspace."""
    return JobQueue(current_records())


def current_records() -> Records:
    """Return the records of the workspace."""
    return _records(str(Workspace.current().records_file))


def _stamp(workspace: Workspace) -> tuple[int, int]:
    """Tell one publication of the CDM file from the next; a CDM elsewhere is taken as it was when first opened."""
    if workspace.cdm or not workspace.cdm_file.exists():
        return (0, 0)
    status = workspace.cdm_file.stat()
    return (status.st_mtime_ns, status.st_size)


@st.cache_resource(max_entries=2, show_spinner=False, on_release=Source.close)
def _open(url: str, stamp: tuple[int, int]) -> Source:
    cdm = connect(url)
    pool = EvaluatorPool(cdm, Settings().counts_at_once)
    return Source(cdm, cdm.snapshot, Desk(pool), pool)


@st.cache_resource(max_entries=1, scope="session", show_spinner=False, on_release=Seat.leave)
def _seat(url: str, stamp: tuple[int, int]) -> Seat:
    return Seat(_open(url, stamp).desk)


@st.cache_resource(max_entries=4, show_spinner=False)
def _records(file: str) -> Records:
    return open_records(Path(file))
