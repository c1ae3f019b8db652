"""Conditions. Whatever is unknown counts as not met."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field
from typing_extensions import override

from omop_etl.mapping.expressions.base import Expression
from omop_etl.mapping.scope import Scope
from omop_etl.mapping.sql import NUMERIC, TEMPORAL, Sql, as_text, literal, literals

if TYPE_CHECKING:
    from omop_etl.mapping.expressions.base import Condition, Expr


class Empty(Expression):
    """There is no value: ``{empty: 出生日期}``."""

    empty: Expr

    @override
    def sql(self, scope: Scope) -> Sql:
        return Sql(f"({self.empty.sql(scope).text} IS NULL)", "boolean")


class Present(Expression):
    """There is a value: ``{present: 结果}``."""

    present: Expr

    @override
    def sql(self, scope: Scope) -> Sql:
        return Sql(f"({self.present.sql(scope).text} IS NOT NULL)", "boolean")


class Equals(Expression):
    """Two values are the same: ``{equals: [退费标志, {text: "1"}]}``."""

    equals: tuple[Expr, Expr]

    @override
    def sql(self, scope: Scope) -> Sql:
        first, second = (item.sql(scope) for item in self.equals)
        if "text" in (first.type, second.type):
            return _true(f"{as_text(first)} = {as_text(second)}")
        return _true(f"{first.text} = {second.text}")


class In(Expression):
    """The text is one of a list: ``{in: 执行状态, list: [取消, 拒绝执行]}``."""

    among: Expr = Field(alias="in")
    list_: list[str] = Field(alias="list", min_length=1)

    @override
    def sql(self, scope: Scope) -> Sql:
        return _true(f"list_contains({literals(self.list_)}, {as_text(self.among.sql(scope))})")


class Matches(Expression):
    """A regular expression is found in the text: ``{matches: 诊断名称, pattern: "待查|考虑"}``."""

    matches: Expr
    pattern: str

    @override
    def sql(self, scope: Scope) -> Sql:
        return _true(f"regexp_matches({as_text(self.matches.sql(scope))}, {literal(self.pattern)})")


class Less(Expression):
    """The first is less than the second: ``{less: [停止, 开始]}``."""

    less: tuple[Expr, Expr]

    @override
    def sql(self, scope: Scope) -> Sql:
        first, second = (item.sql(scope) for item in self.less)
        kinds = NUMERIC if first.type in NUMERIC else TEMPORAL
        scope.expect(first, *kinds)
        scope.expect(second, *kinds)
        return _true(f"{first.text} < {second.text}")


class Between(Expression):
    """The number lies between two bounds or on one of them: ``{between: 体温, low: 30, high: 45}``."""

    between: Expr
    low: Expr
    high: Expr

    @override
    def sql(self, scope: Scope) -> Sql:
        value, low, high = (scope.expect(e.sql(scope), *NUMERIC) for e in (self.between, self.low, self.high))
        return _true(f"{value.text} BETWEEN coalesce({low.text}, '-inf') AND coalesce({high.text}, 'inf')")


class All(Expression):
    """All conditions are met: ``{all: [...]}``."""

    all: list[Condition] = Field(min_length=1)

    @override
    def sql(self, scope: Scope) -> Sql:
        return _joined(scope, self.all, "AND")


class Any(Expression):
    """At least one condition is met: ``{any: [...]}``."""

    any: list[Condition] = Field(min_length=1)

    @override
    def sql(self, scope: Scope) -> Sql:
        return _joined(scope, self.any, "OR")


class Not(Expression):
    """The condition is not met: ``{not: ...}``."""

    negated: Condition = Field(alias="not")

    @override
    def sql(self, scope: Scope) -> Sql:
        return Sql(f"(NOT {scope.expect(self.negated.sql(scope), 'boolean').text})", "boolean")


class DamagedIdentifier(Expression):
    """A spreadsheet has turned the identifier into a rounded number: ``{damaged_identifier: 患者ID}``."""

    damaged_identifier: Expr

    @override
    def sql(self, scope: Scope) -> Sql:
        return _true(f"damaged_identifier({as_text(self.damaged_identifier.sql(scope))})")


def _true(condition: str) -> Sql:
    return Sql(f"coalesce({condition}, false)", "boolean")


def _joined(scope: Scope, conditions: list[Condition], word: str) -> Sql:
    items = [scope.expect(condition.sql(scope), "boolean").text for condition in conditions]
    return Sql("(" + f" {word} ".join(items) + ")", "boolean")
