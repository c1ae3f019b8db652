"""Two versions of a definition side by side: what changed in words, and in people."""

from workbench.differences.changes import Change, changes_between
from workbench.differences.people import People, people_between

__all__ = ["Change", "People", "changes_between", "people_between"]
