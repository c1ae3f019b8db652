"""Find the data files of an extract."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from omop_etl.errors import RweError, UsageError

DATA_SUFFIXES = frozenset({".csv", ".tsv", ".txt", ".dat"})
"""Suffixes of the files that are read as delimited text."""


@dataclass(frozen=True)
class SourceFile:
    """One file of an extract.

    Attributes
    ----------
    path : pathlib.Path
        Where it lies.
    name : str
        Its name inside the extract, as the account shows it.
    size : int
        Bytes.
    """

    path: Path
    name: str
    size: int


def discover(folder: Path) -> list[SourceFile]:
    """List the data files that lie directly in a folder, in the order of their names.

    Parameters
    ----------
    folder : pathlib.Path
        The extract. Sub-folders, hidden files and files that are not delimited text are left alone.

    Returns
    -------
    list of SourceFile
        At least one.

    Raises
    ------
    UsageError
        The folder does not exist or is a file.
    RweError
        It holds no data file.
    """
    if not folder.is_dir():
        raise UsageError(
            "{folder} is not a folder", todo="give the folder that holds the extract's files", folder=folder
        )
    files = [
        SourceFile(path, path.name, path.stat().st_size)
        for path in sorted(folder.iterdir())
        if path.is_file() and path.suffix.lower() in DATA_SUFFIXES and not path.name.startswith(".")
    ]
    if not files:
        raise RweError(
            "{folder} holds no data file ({suffixes})",
            todo="give the folder that holds the extract's files",
            folder=folder,
            suffixes=", ".join(sorted(DATA_SUFFIXES)),
        )
    return files
