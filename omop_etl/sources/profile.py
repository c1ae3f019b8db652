"""What a file that was read holds: how full each column is, how varied, and what it looks like. No value is shown."""

from __future__ import annotations

from dataclasses import dataclass

from omop_etl.mapping.sql import literal, quoted
from omop_etl.sources.staging import StagedFile
from omop_etl.working import Working

_LOOKS = (
    ("whole number", "^[+-]?[0-9]+$"),
    ("number", "^[+-]?[0-9]*[.][0-9]+$|^[+-]?[0-9]+$"),
    ("date", "^(19|20)[0-9]{2}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?$|^(19|20)[0-9]{2}[01][0-9][0-3][0-9]$"),
    ("time", "^(19|20)[0-9]{2}[-/.年]?[0-9]{1,2}[-/.月]?[0-9]{1,2}日?[ T]?[0-9]{1,2}:?[0-9]{2}"),
)
_MOST = 0.95
_LONG_TEXT = 60
_COLUMNS_AT_ONCE = 40


@dataclass(frozen=True)
class ColumnProfile:
    """One column of a source file.

    Attributes
    ----------
    name : str
        As in the header.
    filled : int
        Rows in which it is not empty.
    distinct : int
        Different values, estimated.
    longest : int
        Characters of the longest value.
    looks_like : str
        What at least 95 % of its values are: ``whole number``, ``number``, ``date``, ``time``, ``long text``, ``text``
        or ``nothing``.
    """

    name: str
    filled: int
    distinct: int
    longest: int
    looks_like: str


def profile_file(working: Working, file: StagedFile) -> list[ColumnProfile]:
    """Profile the columns of a file.

    Parameters
    ----------
    working : Working
        Working database.
    file : StagedFile
        The file.

    Returns
    -------
    list of ColumnProfile
        In the order of the header.
    """
    found = []
    for first in range(0, len(file.header), _COLUMNS_AT_ONCE):
        found += _profile(working, file, file.header[first : first + _COLUMNS_AT_ONCE])
    return found


def _profile(working: Working, file: StagedFile, columns: tuple[str, ...]) -> list[ColumnProfile]:
    asked = []
    for column in columns:
        cell = quoted(column)
        asked += [f"count(*) FILTER (WHERE {cell} <> '')", f"approx_count_distinct({cell})", f"max(length({cell}))"]
        asked += [f"count(*) FILTER (WHERE regexp_matches({cell}, {literal(pattern)}))" for _, pattern in _LOOKS]
    row = working.rows(f"SELECT {', '.join(asked)} FROM read_parquet({literal(str(file.path))})")[0]
    width = 3 + len(_LOOKS)
    return [_of_counts(column, row[i * width : (i + 1) * width]) for i, column in enumerate(columns)]


def _of_counts(column: str, counts: tuple[int, ...]) -> ColumnProfile:
    filled, distinct, longest = counts[0], counts[1], counts[2] or 0
    looks = "long text" if longest > _LONG_TEXT else "text"
    for (name, _), matching in zip(_LOOKS, counts[3:], strict=True):
        if filled and matching >= _MOST * filled:
            looks = name
            break
    return ColumnProfile(column, filled, distinct, longest, looks if filled else "nothing")
