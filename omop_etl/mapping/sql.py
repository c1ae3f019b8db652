"""Pieces of SQL that know their type, and the quoting of names and values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

RECORDS: Mapping[str, Mapping[str, str]] = {
    "concept": {"source": "integer", "concept": "integer", "further": "integers"},
    "result": {"operator": "integer", "number": "number", "concept": "integer", "missing": "boolean"},
    "range": {"low": "number", "high": "number"},
    "visit": {"id": "integer", "kind": "integer", "start": "datetime", "end": "datetime"},
    "diagnosis": {"name": "text", "position": "integer", "certainty": "text"},
}
"""Types that have parts, and the type of each part."""

NUMERIC = ("integer", "number")
TEMPORAL = ("date", "datetime")


@dataclass(frozen=True)
class Sql:
    """A piece of DuckDB's SQL and what it gives.

    Attributes
    ----------
    text : str
        The expression.
    type : str
        ``text``, ``integer``, ``number``, ``boolean``, ``date``, ``datetime``, ``integers`` (a list), ``null``, or a
        record of `RECORDS`.
    """

    text: str
    type: str


def quoted(name: str) -> str:
    """Name as an SQL identifier.

    Examples
    --------
    >>> quoted('检验"子项')
    '"检验""子项"'
    """
    return '"' + name.replace('"', '""') + '"'


def mapped(name: str) -> str:
    """SQL identifier of a name of the mapping (a column or an intermediate value), which no other column has.

    Examples
    --------
    >>> mapped("code")
    '"code·"'
    """
    return quoted(f"{name}·")


def literal(value: str | float | bool | None) -> str:
    """Value as an SQL literal.

    Examples
    --------
    >>> literal("it's"), literal(8507), literal(None), literal(True)
    ("'it''s'", '8507', 'NULL', 'true')
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


def literals(values: list[str]) -> str:
    """Values as an SQL list literal."""
    return "[" + ", ".join(literal(value) for value in values) + "]"


def record(**parts: str) -> str:
    """Record of SQL expressions.

    Examples
    --------
    >>> record(low="1", high="x.high")
    "{'low': 1, 'high': x.high}"
    """
    return "{" + ", ".join(f"'{name}': {value}" for name, value in parts.items()) + "}"


def as_text(sql: Sql) -> str:
    """Expression cast to text, unless it is text."""
    return sql.text if sql.type == "text" else f"CAST({sql.text} AS VARCHAR)"
