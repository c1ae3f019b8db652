"""Jobs: asked for once, run by one worker, stopped on request, and accounted for whatever happens to them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from workbench.jobs import Job, JobQueue
from workbench.jobs.queue import SILENCE
from workbench.jobs.worker import start_worker
from workbench.records import JobRow, open_records
from workbench.records.models import utc_now
from workbench.workspace import Workspace

KINDS = "tests.workbench.jobs.kinds:KINDS"


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[JobQueue]:
    records = open_records(Workspace(tmp_path).records_file)
    yield JobQueue(records)
    records.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[JobQueue, Path]]:
    """Give a workspace that a worker serves."""
    folder = tmp_path_factory.mktemp("served")
    records = open_records(Workspace(folder).records_file)
    process = start_worker(Workspace(folder), kinds=KINDS)
    yield JobQueue(records), folder
    process.kill()
    process.wait()
    records.close()


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "not within the time allowed"
        time.sleep(0.1)


def ended(queue: JobQueue, job_id: str) -> Job:
    wait_for(lambda: not _get(queue, job_id).active)
    return _get(queue, job_id)


def _get(queue: JobQueue, job_id: str) -> Job:
    job = queue.get(job_id)
    assert job is not None
    return job


def test_the_same_work_asked_for_twice_is_one_job(queue: JobQueue) -> None:
    first = queue.submit("count", {"steps": 3})
    assert queue.submit("count", {"steps": 3}) == first
    assert queue.submit("count", {"steps": 4}) != first
    queue.cancel(first)
    assert queue.submit("count", {"steps": 3}) != first


def test_two_claims_never_give_the_same_job(queue: JobQueue) -> None:
    asked = [queue.submit("count", {"steps": n}) for n in (1, 2)]
    claimed = [queue.claim(), queue.claim(), queue.claim()]
    assert [job.job_id if job else None for job in claimed] == [*asked, None]


def test_one_worker_at_a_time_holds_the_lease(queue: JobQueue) -> None:
    assert queue.take_lease("first")
    assert not queue.take_lease("second")
    assert queue.take_lease("first")
    queue.drop_lease("first")
    assert queue.take_lease("second")


def test_a_job_whose_worker_fell_silent_is_lost(queue: JobQueue, tmp_path: Path) -> None:
    job_id = queue.submit("count", {"steps": 1})
    queue.claim()
    with open_records(Workspace(tmp_path).records_file).session.begin() as session:
        session.execute(sa.update(JobRow).values(heartbeat_at=utc_now() - SILENCE - timedelta(seconds=1)))
    assert _get(queue, job_id).status == "lost"


def test_work_is_done_and_its_result_kept(served: tuple[JobQueue, Path]) -> None:
    queue, folder = served
    job = ended(queue, queue.submit("count", {"steps": 2}))
    assert (job.status, job.result, job.progress, job.stage) == ("succeeded", {"counted": 2}, 1.0, "Counting")
    assert (folder / "counted").read_text() == "2"


def test_a_refusal_and_a_crash_are_told_apart(served: tuple[JobQueue, Path]) -> None:
    queue, _ = served
    refused = ended(queue, queue.submit("refuse", {}))
    assert refused.status == "failed"
    assert str(refused.error) == "there is no file a.json\n  what to do: check the path of the definition"
    crashed = ended(queue, queue.submit("crash", {}))
    assert crashed.status == "failed"
    assert str(crashed.error).startswith("the work ended unexpectedly (code 9)")


def test_a_running_job_stops_when_asked(served: tuple[JobQueue, Path]) -> None:
    queue, folder = served
    job_id = queue.submit("count", {"steps": 600})
    wait_for(lambda: _get(queue, job_id).progress > 0)
    queue.cancel(job_id)
    assert ended(queue, job_id).status == "cancelled"
    assert not (folder / "counted").exists() or (folder / "counted").read_text() != "600"


def test_a_job_survives_the_server_that_asked_for_it(queue: JobQueue, tmp_path: Path) -> None:
    script = (
        "import time\nfrom pathlib import Path\nfrom workbench.jobs.worker import start_worker\n"
        "from workbench.workspace import Workspace\n"
        f"print(start_worker(Workspace(Path({str(tmp_path)!r})), kinds={KINDS!r}).pid, flush=True)\ntime.sleep(60)\n"
    )
    server = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    worker = int(server.stdout.readline())
    job_id = queue.submit("count", {"steps": 10})
    wait_for(lambda: _get(queue, job_id).status == "running")
    server.send_signal(signal.SIGKILL)
    server.wait()
    assert ended(queue, job_id).status == "succeeded"
    wait_for(lambda: not _runs(worker))


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")
    return not (state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z")
