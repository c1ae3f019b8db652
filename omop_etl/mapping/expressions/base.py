"""What every expression of the mapping language has in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict

from omop_etl.mapping.scope import Scope
from omop_etl.mapping.sql import Sql


class Expression(BaseModel):
    """One node of an expression; the first field of a class is the word that it is written with.

    Attributes
    ----------
    per_value : bool
        Worth computing once per distinct value of the columns it uses, instead of once per row.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    per_value: ClassVar[bool] = False

    def sql(self, scope: Scope) -> Sql:
        """Compile to SQL.

        Parameters
        ----------
        scope : Scope
            What names mean where the expression stands.

        Returns
        -------
        Sql
            The expression and its type.

        Raises
        ------
        MappingError
            A name is unknown or a type does not fit.
        """
        raise NotImplementedError

    def parts(self) -> Iterator[Expression]:
        """Give the expressions that this one directly contains."""
        for name in type(self).model_fields:
            yield from _expressions_in(getattr(self, name))

    def walk(self) -> Iterator[Expression]:
        """Give this expression and all below it."""
        yield self
        for part in self.parts():
            yield from part.walk()

    @classmethod
    def word(cls) -> str:
        """Key that this expression is written with."""
        name, field = next(iter(cls.model_fields.items()))
        return field.alias or name


def _expressions_in(value: object) -> Iterator[Expression]:
    if isinstance(value, Expression):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _expressions_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _expressions_in(item)
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _expressions_in(getattr(value, name))


if TYPE_CHECKING:
    Expr = Expression
    Condition = Expression
