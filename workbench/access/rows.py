"""Rows of single persons: shown only where that is allowed, and noted when they are."""

from __future__ import annotations

from omop_etl.errors import UsageError
from workbench.log import log


def require_rows(*, allowed: bool) -> None:
    """Refuse to show rows of persons where nobody has said that they may be seen.

    Raises
    ------
    UsageError
        They may not.
    """
    if not allowed:
        raise UsageError(
            "this shows records of single persons",
            todo="if you may see them, say --rows, or set rows = true in rwe.toml; the log notes that it was done",
        )


def note_rows_shown(definition: str, snapshot: str, persons: int) -> None:
    """Note in the log that rows were shown: of which data, for which definition, of how many persons, never whose."""
    log().info("rows_shown", definition=definition[:16], snapshot=snapshot, persons=persons)
