"""The name of a CDM's content, so that a result can say what it was computed from."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omop_etl.cdm.engines import Engine

_CHUNK = 1 << 20


def snapshot_of_file(path: Path) -> str:
    """Name the content of a database file: ``sn-`` and twelve hexadecimal digits of its SHA-256.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    str
        The same for the same bytes, wherever the file lies.
    """
    digest = hashlib.sha256()
    with path.open("rb") as data:
        while chunk := data.read(_CHUNK):
            digest.update(chunk)
    return _named(digest.hexdigest())


def snapshot_of_folder(folder: Path) -> str:
    """Name the content of a folder of Parquet files, by their names and contents.

    Parameters
    ----------
    folder : pathlib.Path
        Folder with one Parquet file per table.

    Returns
    -------
    str
        As `snapshot_of_file`.
    """
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.parquet")):
        digest.update(file.name.encode())
        with file.open("rb") as data:
            while chunk := data.read(_CHUNK):
                digest.update(chunk)
    return _named(digest.hexdigest())


def snapshot_of_tables(engine: Engine) -> str:
    """Name the content of a CDM on a server, by a digest of each of its tables.

    Parameters
    ----------
    engine : Engine
        The engine; every row of every table is read once, on the server.

    Returns
    -------
    str
        As `snapshot_of_file`; the order of rows does not count.
    """
    digest = hashlib.sha256()
    for table, columns in sorted(engine.columns().items()):
        digest.update(f"{table} {columns} {engine.digest(table)};".encode())
    return _named(digest.hexdigest())


def _named(hexadecimal: str) -> str:
    return f"sn-{hexadecimal[:12]}"
