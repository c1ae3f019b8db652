"""The folder of a workspace that keeps patient lists: readable by its owner only, each list under its digest."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cohorts.definition import PatientList
from cohorts.patient_lists import SHELF, read_patient_list
from workbench.log import log
from workbench.workspace import Workspace

_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600


@dataclass(frozen=True)
class KeptList:
    """A list that a workspace keeps, without its rows.

    Attributes
    ----------
    sha256 : str
        Digest of its file.
    name, file : str
        What people call it, and the name that its file had.
    kept_at : str
        When it was uploaded, in UTC.
    kept_by : str
        Who uploaded it, where the pages know who that is.
    """

    sha256: str
    name: str
    file: str
    kept_at: str = ""
    kept_by: str = ""

    def named(self, number: int) -> PatientList:
        """Name the list in a definition."""
        return PatientList(id=number, name=self.name, file=self.file, sha256=self.sha256)


def use_kept_lists(workspace: Workspace) -> None:
    """Let definitions that run in this process find the lists of a workspace."""
    SHELF.put_folder(workspace.patient_lists)


def keep_list(workspace: Workspace, file: str, content: bytes, *, name: str = "", by: str = "") -> KeptList:
    """Keep an uploaded list; the log notes that, and by whom, without any of its rows.

    Parameters
    ----------
    workspace : Workspace
        Where to keep it.
    file : str
        Name of the file.
    content : bytes
        Its bytes.
    name : str
        What people call it; the stem of the file by default.
    by : str
        Who uploads it, where that is known.

    Returns
    -------
    KeptList
        The list; one that is there already is kept once, under its newer name.

    Raises
    ------
    RweError
        The list cannot be read; nothing is kept then.
    """
    folder = workspace.patient_lists
    folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    digest = hashlib.sha256(content).hexdigest()
    target = folder / f"{digest}{Path(file).suffix.lower()}"
    fresh = folder / f"{_fresh()}{target.suffix}"
    try:
        _write(fresh, content)
        read = read_patient_list(fresh, Path(file).name)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    kept = KeptList(
        digest, name.strip() or Path(file).stem, Path(file).name, datetime.now(UTC).isoformat(timespec="seconds"), by
    )
    about = folder / _fresh()
    _write(about, json.dumps(asdict(kept), ensure_ascii=False).encode())
    about.replace(folder / f"{digest}.json")
    log().info("patient_list_kept", list=digest[:16], rows=read.rows, by=by)
    use_kept_lists(workspace)
    return kept


def kept_lists(workspace: Workspace) -> list[KeptList]:
    """Lists of a workspace, the newest first."""
    if not workspace.patient_lists.is_dir():
        return []
    found = []
    for about in workspace.patient_lists.glob("*.json"):
        with suppress(FileNotFoundError):  # another session has just removed it
            found.append(KeptList(**json.loads(about.read_text("utf-8"))))
    return sorted(found, key=lambda kept: (kept.kept_at, kept.sha256), reverse=True)


def forget_list(workspace: Workspace, sha256: str, *, by: str = "") -> None:
    """Remove a list; definitions that name it can then be read, but not run."""
    for file in workspace.patient_lists.glob(f"{sha256}.*"):
        file.unlink(missing_ok=True)
    log().info("patient_list_removed", list=sha256[:16], by=by)


def _fresh() -> str:
    """Name of a file that is being written, which nobody looks for."""
    return f"new-{uuid.uuid4().hex}"


def _write(path: Path, content: bytes) -> None:
    """Write a file that its owner alone may read, from its first byte on."""

    def private(name: str, flags: int) -> int:
        return os.open(name, flags, _FILE_MODE)

    opener: Callable[[str, int], int] = private
    with open(path, "wb", opener=opener) as target:
        target.write(content)
