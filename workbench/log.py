"""The log: JSON lines on stderr with coordinates and counts, never with patients' values."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Any, Final

import structlog

_FRAMES: Final = 8


def log() -> Any:
    """Return the log."""
    if not structlog.is_configured():
        structlog.configure(
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        )
    return structlog.get_logger()


def log_defect(defect: Exception, number: str) -> None:
    """Note an unforeseen error: its kind and the places it passed, not its text, which may quote data."""
    frames = traceback.extract_tb(defect.__traceback__)[-_FRAMES:]
    places = [f"{Path(frame.filename).parent.name}/{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
    log().error("unforeseen", number=number, kind=type(defect).__name__, places=places)
