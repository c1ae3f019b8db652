"""Work that outlives the page that asked for it."""

from workbench.jobs.queue import Job, JobQueue, Status
from workbench.jobs.work import Progress, Work, no_progress

__all__ = ["Job", "JobQueue", "Progress", "Status", "Work", "no_progress"]
