"""A result bundle: a folder with the tables, figures and reports of one run, and what they were made from."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import pandas as pd

from omop_etl.errors import RweError, UsageError
from workbench.version import VERSION

MANIFEST: Final = "manifest.json"
_LIBRARIES: Final = ("duckdb", "numpy", "pandas", "scipy", "sqlalchemy", "sqlglot", "statsmodels")


@contextmanager
def new_bundle(target: Path) -> Iterator[Path]:
    """Fill a bundle beside its place and move it there when it is complete.

    A bundle of an earlier run at that place is replaced; any other folder is left alone.

    Parameters
    ----------
    target : pathlib.Path
        Where the bundle shall be.

    Yields
    ------
    pathlib.Path
        The folder to fill.

    Raises
    ------
    UsageError
        Something else than a bundle is there.
    """
    if target.exists() and any(target.iterdir()) and not (target / MANIFEST).exists():
        raise UsageError("{folder} holds other files", todo="choose a new folder for the results", folder=target)
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    folder.chmod(0o755)
    try:
        yield folder
        if target.exists():
            shutil.rmtree(target)
        os.replace(folder, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_table(folder: Path, name: str, table: pd.DataFrame) -> Path:
    """Write a table of results as CSV, numbers in full precision, the same bytes for the same numbers."""
    file = folder / f"{name}.csv"
    table.to_csv(file, index=False, lineterminator="\n", encoding="utf-8")
    return file


def write_manifest(folder: Path, content: dict[str, Any], *, created: datetime | None = None) -> None:
    """Write what a bundle was made from, with the digest of every file in it.

    Parameters
    ----------
    folder : pathlib.Path
        The bundle.
    content : dict
        What was run: the document, its hash, the snapshot, the address of the data.
    created : datetime.datetime, optional
        When; now by default.
    """
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    manifest = {
        **content,
        "software": {"rwe-workbench": VERSION, **{library: version(library) for library in _LIBRARIES}},
        "created": (created or datetime.now(UTC)).isoformat(timespec="seconds"),
        "files": {file.relative_to(folder).as_posix(): digest_of(file) for file in files},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", "utf-8")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read what a bundle was made from.

    Raises
    ------
    UsageError
        There is no bundle.
    RweError
        Its manifest cannot be read.
    """
    file = folder / MANIFEST
    if not file.is_file():
        raise UsageError(
            "{folder} is not a result bundle", todo="name a folder that holds manifest.json", folder=folder
        )
    try:
        content: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except ValueError:
        raise RweError("{file} cannot be read", todo="run the study again", file=file.name) from None
    return content


def digest_of(file: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
