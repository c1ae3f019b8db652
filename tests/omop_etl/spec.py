"""Small tables as text, so that a test reads like the page of a manual."""

from __future__ import annotations


def rows_of(table: str) -> list[dict[str, str | None]]:
    """Rows of a table whose columns are parted by ``|``; the first line names them, a blank cell is nothing."""
    lines = [line for line in table.strip().splitlines() if line.strip() and not set(line.strip()) <= {"-", "+", "|"}]
    names, *rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [dict(zip(names, (cell or None for cell in row), strict=True)) for row in rows]
