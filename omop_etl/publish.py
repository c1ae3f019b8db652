"""Write beside the target, then take its place in one step, so that nobody ever sees half a CDM."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from omop_etl.errors import RweError, UsageError


class Workspace:
    """A private folder beside the target for the duration of a run; removed at its end, whatever that is.

    Parameters
    ----------
    target : pathlib.Path
        The file to be made. Its folder is created if need be.

    Attributes
    ----------
    folder : pathlib.Path
        The private folder, on the same disk as the target, readable by its owner alone.

    Raises
    ------
    UsageError
        The target is a folder, or its folder cannot be written to.
    """

    def __init__(self, target: Path) -> None:
        self.target = target.absolute()
        if self.target.is_dir():
            raise UsageError("{target} is a folder", todo="give the name of the file to be made", target=target)
        try:
            self.target.parent.mkdir(parents=True, exist_ok=True)
            _remove_abandoned(self.target)
            name = f"{_prefix(self.target)}{os.getpid()}-"
            self.folder = Path(tempfile.mkdtemp(prefix=name, dir=self.target.parent))
        except OSError as error:
            raise UsageError(
                "{folder} cannot be written to ({reason})",
                todo="choose a folder that you may write to and that has room",
                folder=self.target.parent,
                reason=error.strerror or type(error).__name__,
            ) from None

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def publish(self, files: Iterable[tuple[Path, Path]]) -> None:
        """Put finished files in their places, the last one being what counts.

        Parameters
        ----------
        files : iterable of (pathlib.Path, pathlib.Path)
            Finished file and its place. Each is written out to the disk first; each takes its place atomically.

        Raises
        ------
        RweError
            The disk cannot take them. What was there before stays.
        """
        moves = list(files)
        try:
            for finished, _ in moves:
                _write_out(finished)
            for finished, place in moves:
                os.replace(finished, place)
            _write_out(self.target.parent)
        except OSError as error:
            raise RweError(
                "{target} could not be put in its place ({reason})",
                todo="make sure that its folder can be written to and that no program holds the file, and run again",
                target=self.target.name,
                reason=error.strerror or type(error).__name__,
            ) from None


def _prefix(target: Path) -> str:
    return f".{target.name}.run-"


def _remove_abandoned(target: Path) -> None:
    """Remove what runs for the same target left behind when they were killed."""
    for folder in target.parent.glob(f"{_prefix(target)}*"):
        owner = folder.name.removeprefix(_prefix(target)).partition("-")[0]
        if folder.is_dir() and owner.isdigit() and not _is_running(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_running(process: int) -> bool:
    """Whether a process exists; yes where that cannot be found out without harm."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _write_out(path: Path) -> None:
    """Make sure that a file, or the entries of a folder, are on the disk."""
    if path.is_dir() and os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
