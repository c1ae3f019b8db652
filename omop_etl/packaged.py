"""Text and tables that ship inside the package."""

from __future__ import annotations

import csv
import io
from importlib import resources


def packaged_text(package: str, *path: str) -> str:
    """Text of a file of a package.

    Parameters
    ----------
    package : str
        Name of the package.
    *path : str
        Folders below it and the file's name.

    Returns
    -------
    str
        Its text, read as UTF-8.
    """
    return resources.files(package).joinpath(*path).read_text(encoding="utf-8")


def packaged_rows(package: str, *path: str) -> list[dict[str, str]]:
    """Rows of a CSV file of a package, by column name; parameters as for `packaged_text`."""
    return list(csv.DictReader(io.StringIO(packaged_text(package, *path), newline="")))
