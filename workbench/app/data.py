"""The CDM behind the pages: opened once for all sessions, opened anew when a new snapshot is published."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from cohorts import Evaluator
from omop_etl.cdm import Cdm, connect
from workbench.jobs import JobQueue
from workbench.patient_lists import use_kept_lists
from workbench.records import Records, open_records
from workbench.workspace import Workspace


@dataclass
class Source:
    """An opened CDM with the evaluator that remembers what was evaluated on it.

    Attributes
    ----------
    cdm : Cdm
        The CDM.
    snapshot : str
        Its name, for keys of caches.
    """

    cdm: Cdm
    snapshot: str
    _evaluator: Evaluator
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @contextmanager
    def evaluator(self) -> Iterator[Evaluator]:
        """Lend the evaluator to one session at a time."""
        with self._lock:
            yield self._evaluator


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


@st.cache_resource(max_entries=2, show_spinner=False)
def _open(url: str, stamp: tuple[int, int]) -> Source:
    cdm = connect(url)
    return Source(cdm, cdm.snapshot, Evaluator(cdm))


@st.cache_resource(max_entries=4, show_spinner=False)
def _records(file: str) -> Records:
    return open_records(Path(file))
