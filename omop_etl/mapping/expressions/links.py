"""References between rows: registers of numbers, and the identifiers of CDM rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field
from typing_extensions import override

from omop_etl.mapping.expressions.base import Expression
from omop_etl.mapping.scope import Scope
from omop_etl.mapping.sql import Sql, as_text, literal

if TYPE_CHECKING:
    from omop_etl.mapping.expressions.base import Expr


class Find(Expression):
    """Value that a register holds for a key: ``{find: 号码, key: [{text: 病案号}, 病案号]}``."""

    find: str
    key: list[Expr] = Field(min_length=1)

    @override
    def sql(self, scope: Scope) -> Sql:
        if self.find not in scope.registers:
            raise scope.error("no earlier file fills a register {name}", name=self.find)
        key = joined_key([as_text(item.sql(scope)) for item in self.key])
        return Sql(
            f"(SELECT r.value FROM link.register r WHERE r.register = {literal(self.find)} AND r.key = {key})", "text"
        )


class Reference(Expression):
    """Identifier of the row of a CDM table with a natural key: ``{reference: location, key: [省, 市]}``."""

    reference: str
    key: list[Expr] = Field(min_length=1)

    @override
    def sql(self, scope: Scope) -> Sql:
        parts = [as_text(item.sql(scope)) for item in self.key]
        present = " OR ".join(f"{part} IS NOT NULL" for part in parts)
        return Sql(f"CASE WHEN {present} THEN {row_identifier(self.reference, parts)} END", "integer")


def joined_key(parts: list[str]) -> str:
    """Several texts as one, so that no two lists give the same."""
    return "concat_ws(chr(31), " + ", ".join(f"coalesce({part}, '')" for part in parts) + ")"


def row_identifier(table: str, parts: list[str]) -> str:
    """Positive 64-bit identifier of a row, from its table and natural key."""
    return f"identifier({joined_key([literal(table), *parts])})"
