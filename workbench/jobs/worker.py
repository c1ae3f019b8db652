"""The worker: ``python -m workbench.jobs.worker``. Runs one job at a time, each in a process of its own.

A process of its own can be stopped whatever it does, cannot take the worker down with it, and does not hold up the
pages of the web server. One worker at a time holds the lease of a workspace; a second one waits until it falls free.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from importlib import import_module
from pathlib import Path
from typing import Final

from omop_etl.errors import RweError
from workbench.jobs.queue import Job, JobQueue
from workbench.jobs.work import Work
from workbench.records import open_records
from workbench.workspace import Workspace

KINDS: Final = "workbench.jobs.kinds:KINDS"
"""Where the kinds of jobs are listed."""

_BEAT: Final = 1.0
_GRACE: Final = 10.0


def start_worker(workspace: Workspace, *, kinds: str = KINDS) -> subprocess.Popen[bytes]:
    """Start a worker that stays until this process has ended and nothing is left to do.

    Parameters
    ----------
    workspace : Workspace
        Whose jobs to run.
    kinds : str
        Module and name of the table of kinds.

    Returns
    -------
    subprocess.Popen
        The worker; it survives this process while a job of its runs.
    """
    call = [sys.executable, "-m", "workbench.jobs.worker", "serve", str(workspace.folder), kinds, str(os.getpid())]
    return subprocess.Popen(call, start_new_session=True, stdin=subprocess.DEVNULL)


def serve(folder: Path, kinds: str = KINDS, parent: int = 0) -> None:
    """Run jobs until the process `parent` has ended; without one, until this one is ended."""
    holder = uuid.uuid4().hex
    queue = JobQueue(open_records(Workspace(folder).records_file))
    while True:
        job = queue.claim() if queue.take_lease(holder) else None
        if job is not None:
            _supervise(queue, holder, job, folder, kinds)
        elif parent and not _alive(parent):
            break
        else:
            time.sleep(_BEAT)
    queue.drop_lease(holder)


def run(folder: Path, kinds: str, job_id: str) -> int:
    """Do the work of one job, and return the exit code of its process."""
    queue = JobQueue(open_records(Workspace(folder).records_file))
    job = queue.get(job_id)
    if job is None:
        return 2
    try:
        work = _table_of(kinds)[job.kind]
        result = work(folder, job.parameters, lambda stage, share: queue.report(job_id, stage, share))
    except RweError as error:
        queue.finish(job_id, "failed", error=error)
        return error.exit_code
    queue.finish(job_id, "succeeded", result=result)
    return 0


def _supervise(queue: JobQueue, holder: str, job: Job, folder: Path, kinds: str) -> None:
    """Watch over a job's process: keep the lease, pass a wish to stop on, and account for its end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench.jobs.worker", "run", str(folder), kinds, job.job_id], stdin=subprocess.DEVNULL
    )
    asked_at: float | None = None
    while process.poll() is None:
        queue.take_lease(holder)
        if queue.beat(job.job_id) and asked_at is None:
            asked_at = time.monotonic()
            process.terminate()
        if asked_at is not None and time.monotonic() - asked_at > _GRACE:
            process.kill()
        _wait(process)
    if asked_at is not None:
        queue.finish(job.job_id, "cancelled")
    elif process.returncode:
        queue.finish(job.job_id, "failed", error=_crash(process.returncode))


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_BEAT)
    except subprocess.TimeoutExpired:
        return


def _crash(code: int) -> RweError:
    return RweError(
        "the work ended unexpectedly (code {code})",
        todo="look into the log of the worker; if memory was short, run it alone or on a larger machine",
        code=code,
    )


def _table_of(kinds: str) -> dict[str, Work]:
    module, _, name = kinds.partition(":")
    table: dict[str, Work] = getattr(import_module(module), name)
    return table


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def main(arguments: list[str]) -> int:
    """Serve a workspace, or run one job of it, as `start_worker` and `serve` ask for in new processes."""
    task, folder, kinds, *rest = arguments
    if task == "run":
        return run(Path(folder), kinds, rest[0])
    serve(Path(folder), kinds, int(rest[0]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
