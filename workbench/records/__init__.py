"""The workbench's own records: jobs and drafts. Never patient rows."""

from workbench.records.database import Records, open_records
from workbench.records.models import Base, DraftRow, JobRow, LeaseRow

__all__ = ["Base", "DraftRow", "JobRow", "LeaseRow", "Records", "open_records"]
