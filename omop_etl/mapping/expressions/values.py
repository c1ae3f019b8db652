"""Columns, constants and text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from omop_etl.mapping.expressions.base import Expression
from omop_etl.mapping.scope import Scope
from omop_etl.mapping.sql import NUMERIC, Sql, as_text, literal, literals

if TYPE_CHECKING:
    from omop_etl.mapping.expressions.base import Condition, Expr


class Name(Expression):
    """A column (cleaned), an intermediate value, or a part of one; written as plain text."""

    name: str

    @override
    def sql(self, scope: Scope) -> Sql:
        return scope.name(self.name)


class Constant(Expression):
    """A number, or yes and no; written as it is."""

    constant: int | float | bool

    @override
    def sql(self, scope: Scope) -> Sql:
        kind = (
            "boolean" if isinstance(self.constant, bool) else "integer" if isinstance(self.constant, int) else "number"
        )
        return Sql(literal(self.constant), kind)


class Text(Expression):
    """A fixed text: ``{text: 住院}``."""

    text: str

    @override
    def sql(self, scope: Scope) -> Sql:
        return Sql(literal(self.text), "text")


class Raw(Expression):
    """A column exactly as it stands in the file, or nothing where it is empty: ``{raw: 结果}``."""

    raw: str

    @override
    def sql(self, scope: Scope) -> Sql:
        return Sql(scope.not_empty(scope.verbatim(self.raw).text), "text")


class Concat(Expression):
    """Texts one after the other; what is empty is left out: ``{concat: [A, B], with: "-"}``."""

    concat: list[Expr] = Field(min_length=1)
    between: str = Field("", alias="with")

    @override
    def sql(self, scope: Scope) -> Sql:
        items = ", ".join(as_text(item.sql(scope)) for item in self.concat)
        return Sql(scope.not_empty(f"concat_ws({literal(self.between)}, {items})"), "text")


class FirstOf(Expression):
    """The first that is not empty: ``{first_of: [停止, 出院]}``."""

    first_of: list[Expr] = Field(min_length=1)

    @override
    def sql(self, scope: Scope) -> Sql:
        items = [item.sql(scope) for item in self.first_of]
        return Sql(f"coalesce({', '.join(item.text for item in items)})", common_type(scope, items))


class Choice(BaseModel):
    """One line of `Choose`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    when: Condition
    take: Expr


class Choose(Expression):
    """The first line whose condition holds: ``{choose: [{when: …, take: …}], otherwise: …}``."""

    choose: list[Choice] = Field(min_length=1)
    otherwise: Expr | None = None

    @override
    def sql(self, scope: Scope) -> Sql:
        lines = [(scope.expect(line.when.sql(scope), "boolean"), line.take.sql(scope)) for line in self.choose]
        rest = self.otherwise.sql(scope) if self.otherwise else Sql("NULL", "null")
        cases = " ".join(f"WHEN {when.text} THEN {take.text}" for when, take in lines)
        kind = common_type(scope, [*(take for _, take in lines), rest])
        return Sql(f"CASE {cases} ELSE {rest.text} END", kind)


class Map(Expression):
    """Value looked up in a value map of the document: ``{map: 性别代码, using: sex}``."""

    map: Expr
    using: str

    @override
    def sql(self, scope: Scope) -> Sql:
        if self.using not in scope.value_maps:
            raise scope.error("there is no value map {name}", name=self.using)
        values = scope.value_maps[self.using]
        default = scope.value_defaults.get(self.using)
        kinds = [Sql(literal(v), _kind_of(v)) for v in [*values.values(), default] if v is not None]
        targets = "[" + ", ".join(literal(value) for value in values.values()) + "]"
        key = f"list_position({literals(list(values))}, {as_text(self.map.sql(scope))})"
        found = f"{targets}[{key}]"
        text = found if default is None else f"coalesce({found}, {literal(default)})"
        return Sql(text, common_type(scope, kinds))


class Upper(Expression):
    """Text in capital letters: ``{upper: 编码}``."""

    upper: Expr

    @override
    def sql(self, scope: Scope) -> Sql:
        return Sql(f"upper({as_text(self.upper.sql(scope))})", "text")


class Replace(Expression):
    """Text with a regular expression replaced: ``{replace: 省, pattern: "(省|市)$", by: ""}``."""

    replace: Expr
    pattern: str
    by: str = ""

    @override
    def sql(self, scope: Scope) -> Sql:
        source = as_text(self.replace.sql(scope))
        replaced = f"regexp_replace({source}, {literal(self.pattern)}, {literal(self.by)}, 'g')"
        return Sql(scope.not_empty(replaced), "text")


class Extract(Expression):
    """What a group of a regular expression matches: ``{extract: 血压, pattern: "^([0-9]+)/", group: 1}``."""

    extract: Expr
    pattern: str
    group: int = Field(0, ge=0, le=9)

    @override
    def sql(self, scope: Scope) -> Sql:
        source = as_text(self.extract.sql(scope))
        return Sql(scope.not_empty(f"regexp_extract({source}, {literal(self.pattern)}, {self.group})"), "text")


class Number(Expression):
    """A plain decimal number, or nothing: ``{number: 年龄}``."""

    number: Expr

    @override
    def sql(self, scope: Scope) -> Sql:
        return Sql(f"plain_number({as_text(self.number.sql(scope))})", "number")


class Integer(Expression):
    """A whole number, or nothing: ``{integer: 处方天数}``."""

    integer: Expr

    @override
    def sql(self, scope: Scope) -> Sql:
        number = scope.once(f"plain_number({as_text(self.integer.sql(scope))})")
        return Sql(f"CASE WHEN {number} = floor({number}) THEN CAST({number} AS BIGINT) END", "integer")


class Times(Expression):
    """Product of numbers: ``{times: [身高, 100]}``."""

    times: list[Expr] = Field(min_length=2)

    @override
    def sql(self, scope: Scope) -> Sql:
        items = [scope.expect(item.sql(scope), *NUMERIC) for item in self.times]
        return Sql("(" + " * ".join(item.text for item in items) + ")", "number")


def common_type(scope: Scope, items: list[Sql]) -> str:
    """Type that all items fit into.

    Raises
    ------
    MappingError
        There is none.
    """
    kinds = {item.type for item in items} - {"null"}
    if not kinds:
        return "null"
    if len(kinds) == 1:
        return kinds.pop()
    if kinds <= set(NUMERIC):
        return "number"
    if kinds == {"date", "datetime"}:
        return "datetime"
    raise scope.error("these have different types: {kinds}", kinds=", ".join(sorted(kinds)))


def _kind_of(value: float | str) -> str:
    return "text" if isinstance(value, str) else "integer" if isinstance(value, int) else "number"
