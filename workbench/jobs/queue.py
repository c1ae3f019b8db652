"""The table of jobs: who asked for what, who works on it, how far it is."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import sqlalchemy as sa

from omop_etl.errors import RweError
from workbench.records import JobRow, LeaseRow, Records
from workbench.records.models import utc_now

Status = Literal["queued", "running", "succeeded", "failed", "cancelled", "lost"]

ACTIVE: Final[tuple[Status, ...]] = ("queued", "running")
SILENCE: Final = timedelta(seconds=15)
"""After this long without a sign of life a running job is lost and a lease is free."""

_LEASE: Final = "worker"


@dataclass(frozen=True)
class Job:
    """A job as it stands.

    Attributes
    ----------
    job_id, kind : str
        Its name and what is to be done.
    parameters : dict
        What with.
    status : {"queued", "running", "succeeded", "failed", "cancelled", "lost"}
        How it stands; lost when its worker fell silent.
    stage : str
        What is being done now, as a message to translate.
    progress : float
        Share of the whole that is done.
    result : dict, optional
        Where the result is, once it succeeded.
    error : RweError, optional
        Why it failed.
    created_at, finished_at : datetime.datetime
        In UTC.
    """

    job_id: str
    kind: str
    parameters: dict[str, Any]
    status: Status
    stage: str
    progress: float
    result: dict[str, Any] | None
    error: RweError | None
    cancel_asked: bool
    created_at: datetime
    finished_at: datetime | None

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.status in ACTIVE


class JobQueue:
    """Jobs of one workspace.

    Parameters
    ----------
    records : Records
        Where they stand.
    """

    def __init__(self, records: Records) -> None:
        self._records = records

    # -- for those who ask --------------------------------------------------------------------------------------------
    def submit(self, kind: str, parameters: dict[str, Any]) -> str:
        """Ask for a job; whoever asks for one that already waits or runs gets that one.

        Parameters
        ----------
        kind : str
            What is to be done.
        parameters : dict
            What with; plain JSON.

        Returns
        -------
        str
            The job's id.
        """
        fingerprint = _fingerprint(kind, parameters)
        with self._records.session.begin() as session:
            running = session.scalar(
                sa.select(JobRow.job_id).where(JobRow.fingerprint == fingerprint, JobRow.status.in_(ACTIVE))
            )
            if running is not None:
                return running
            job_id = uuid.uuid4().hex[:12]
            session.add(
                JobRow(job_id=job_id, kind=kind, parameters=parameters, fingerprint=fingerprint, status="queued")
            )
            return job_id

    def get(self, job_id: str) -> Job | None:
        """Look a job up; none of that name gives none."""
        self._declare_lost()
        with self._records.session() as session:
            row = session.get(JobRow, job_id)
            return _job(row) if row is not None else None

    def recent(self, limit: int = 50) -> list[Job]:
        """List the newest jobs first."""
        self._declare_lost()
        with self._records.session() as session:
            rows = session.scalars(sa.select(JobRow).order_by(JobRow.created_at.desc(), JobRow.job_id).limit(limit))
            return [_job(row) for row in rows]

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop: at once if it waits, at its next step if it runs."""
        with self._records.session.begin() as session:
            session.execute(
                sa.update(JobRow)
                .where(JobRow.job_id == job_id, JobRow.status == "queued")
                .values(status="cancelled", finished_at=utc_now())
            )
            session.execute(
                sa.update(JobRow).where(JobRow.job_id == job_id, JobRow.status == "running").values(cancel_asked=True)
            )

    # -- for the worker -----------------------------------------------------------------------------------------------
    def take_lease(self, holder: str) -> bool:
        """Take or renew the right to run jobs; tell whether `holder` has it now."""
        now = utc_now()
        with self._records.session.begin() as session:
            lease = session.get(LeaseRow, _LEASE)
            if lease is not None and lease.holder != holder and lease.expires_at > now:
                return False
            session.merge(LeaseRow(name=_LEASE, holder=holder, expires_at=now + SILENCE))
            return True

    def drop_lease(self, holder: str) -> None:
        """Give the right to run jobs back."""
        with self._records.session.begin() as session:
            session.execute(sa.delete(LeaseRow).where(LeaseRow.name == _LEASE, LeaseRow.holder == holder))

    def claim(self) -> Job | None:
        """Start the job that has waited longest."""
        now = utc_now()
        oldest = (
            sa.select(JobRow.job_id)
            .where(JobRow.status == "queued")
            .order_by(JobRow.created_at, JobRow.job_id)
            .limit(1)
            .scalar_subquery()
        )
        with self._records.session.begin() as session:
            row = session.scalar(
                sa.update(JobRow)
                .where(JobRow.job_id == oldest, JobRow.status == "queued")
                .values(status="running", started_at=now, heartbeat_at=now)
                .returning(JobRow)
            )
            return _job(row) if row is not None else None

    def beat(self, job_id: str) -> bool:
        """Say that the job is alive; tell whether it is asked to stop."""
        with self._records.session.begin() as session:
            asked = session.scalar(
                sa.update(JobRow)
                .where(JobRow.job_id == job_id, JobRow.status == "running")
                .values(heartbeat_at=utc_now())
                .returning(JobRow.cancel_asked)
            )
            return asked is None or bool(asked)

    def report(self, job_id: str, stage: str, progress: float) -> None:
        """Say how far the job is."""
        with self._records.session.begin() as session:
            session.execute(
                sa.update(JobRow).where(JobRow.job_id == job_id).values(stage=stage, progress=min(1.0, progress))
            )

    def finish(self, job_id: str, status: Status, *, result: object = None, error: RweError | None = None) -> None:
        """End a job that runs; one that has ended already stays as it is."""
        with self._records.session.begin() as session:
            session.execute(
                sa.update(JobRow)
                .where(JobRow.job_id == job_id, JobRow.status == "running")
                .values(
                    status=status,
                    result=result,
                    error=_stored(error) if error is not None else None,
                    finished_at=utc_now(),
                    progress=1.0 if status == "succeeded" else JobRow.progress,
                )
            )

    def _declare_lost(self) -> None:
        with self._records.session.begin() as session:
            session.execute(
                sa.update(JobRow)
                .where(JobRow.status == "running", JobRow.heartbeat_at < utc_now() - SILENCE)
                .values(status="lost", finished_at=utc_now())
            )


def _fingerprint(kind: str, parameters: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps([kind, parameters], sort_keys=True).encode()).hexdigest()


def _stored(error: RweError) -> dict[str, Any]:
    """Keep the templates apart from the values, so that the page can say the error in its own language."""
    values = {name: value if isinstance(value, (int, float)) else str(value) for name, value in error.values.items()}
    return {"what": error.what, "todo": error.todo, "values": values}


def _job(row: JobRow) -> Job:
    error = row.error
    return Job(
        job_id=row.job_id,
        kind=row.kind,
        parameters=row.parameters,
        status=row.status,  # type: ignore[arg-type]
        stage=row.stage,
        progress=row.progress,
        result=row.result,
        error=RweError(error["what"], todo=error["todo"], **error["values"]) if error else None,
        cancel_asked=row.cancel_asked,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
