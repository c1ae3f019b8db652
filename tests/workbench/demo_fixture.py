"""A small example workspace, made once for all tests that need real data: extract, CDM, study, protocol, reports."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from workbench.demo import make_demo
from workbench.workspace import Workspace

PATIENTS = 1000


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Give the workspace; processes that run tests at the same time share it."""
    shared = tmp_path_factory.getbasetemp()
    if shared.name.startswith("popen-"):
        shared = shared.parent
    folder = shared / "demo"
    with Path(f"{folder}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        make_demo(Workspace(folder), patients=PATIENTS, formats=["docx"])
    return Workspace(folder)
