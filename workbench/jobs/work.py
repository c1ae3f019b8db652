"""What a piece of work looks like to whoever runs it: the page, the command line or the worker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Progress = Callable[[str, float], None]
"""Told the stage that begins, as a message to translate, and the share of the whole that is done."""

Work = Callable[[Path, dict[str, Any], Progress], dict[str, Any]]
"""Takes the workspace folder, the parameters and the progress; returns where the result is. All plain JSON."""


def no_progress(stage: str, share: float) -> None:
    """Tell nobody."""
