"""What the names in an expression mean at the place where it is compiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from omop_etl.errors import RweError
from omop_etl.mapping.sql import RECORDS, Sql, quoted


class MappingError(RweError):
    """The mapping document cannot be run as it stands."""


@dataclass(frozen=True)
class Scope:
    """Names that expressions may use.

    Attributes
    ----------
    where : str
        Path of the expression in the mapping document, for messages.
    names : mapping of str to Sql
        Columns, cleaned, and intermediate values.
    raw : mapping of str to Sql
        Columns as they stand in the file.
    value_maps : mapping of str to mapping
        The document's value maps, by name.
    value_defaults : mapping of str to int or str
        What a value map gives for a value it does not list.
    registers : frozenset of str
        Registers that earlier files have filled.
    once : callable
        Gives a name for a piece of SQL that is computed once and used several times; the piece itself where there is
        no place to keep it.
    """

    where: str
    names: Mapping[str, Sql] = field(default_factory=dict)
    raw: Mapping[str, Sql] = field(default_factory=dict)
    value_maps: Mapping[str, Mapping[str, int | float | str]] = field(default_factory=dict)
    value_defaults: Mapping[str, int | float | str | None] = field(default_factory=dict)
    registers: frozenset[str] = frozenset()
    once: Callable[[str], str] = lambda text: text

    def at(self, step: str) -> Scope:
        """Return the same scope, one step further down the document."""
        return replace(self, where=f"{self.where}.{step}" if self.where else step)

    def name(self, name: str) -> Sql:
        """Meaning of a column, an intermediate value, or a part of one (``value.part``).

        Raises
        ------
        MappingError
            Nothing has this name here.
        """
        if name in self.names:
            return self.names[name]
        whole, _, part = name.rpartition(".")
        if whole in self.names:
            record = self.names[whole]
            parts = RECORDS.get(record.type, {})
            if part in parts:
                return Sql(f"{record.text}.{quoted(part)}", parts[part])
            raise self.error(
                "{name} has no part {part}; it has {parts}", name=whole, part=part, parts=", ".join(parts) or "none"
            )
        raise self.error(
            "nothing is called {name} here; known are {known}", name=name, known=", ".join(sorted(self.names))
        )

    def verbatim(self, column: str) -> Sql:
        """Text of a column as it stands in the file."""
        if column not in self.raw:
            raise self.error("{name} is not a column of this file", name=column)
        return self.raw[column]

    def expect(self, sql: Sql, *types: str) -> Sql:
        """Return the expression if it has one of the types.

        Raises
        ------
        MappingError
            It has another one.
        """
        if sql.type not in types and sql.type != "null":
            raise self.error("this must be {wanted}, not {found}", wanted=" or ".join(types), found=sql.type)
        return sql

    def not_empty(self, text: str) -> str:
        """Give SQL of a text, or of nothing where the text is empty."""
        kept = self.once(text)
        return f"CASE WHEN {kept} <> '' THEN {kept} END"

    def error(self, what: str, **values: object) -> MappingError:
        """Error that names this place of the mapping document."""
        return MappingError(
            "mapping, {where}: " + what, todo="correct the mapping document", where=self.where, **values
        )
