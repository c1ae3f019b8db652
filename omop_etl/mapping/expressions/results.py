"""Laboratory results, reference ranges, units and the limits of what is possible."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field
from typing_extensions import override

from omop_etl.mapping.expressions.base import Expression
from omop_etl.mapping.scope import Scope
from omop_etl.mapping.sql import NUMERIC, Sql, as_text, literal, literals, record
from omop_etl.vocabulary.package_data import rows_of

if TYPE_CHECKING:
    from omop_etl.mapping.expressions.base import Expr


class Result(Expression):
    """A laboratory result: ``{result: 结果}``.

    Read in this order: Unicode's compatible forms, arrows and flags taken off, an operator, a number, a qualitative
    word, a titre (1:320 is the number 320). Parts: ``operator``, ``number``, ``concept`` (of a qualitative result) and
    ``missing`` (the text says that there is no result, such as 标本溶血).
    """

    per_value: ClassVar[bool] = True

    result: Expr
    missing: list[str] = Field(default_factory=list)

    @override
    def sql(self, scope: Scope) -> Sql:
        source = as_text(self.result.sql(scope))
        text = scope.once(f"result_text({source})")
        sign = scope.once(f"result_sign({text})")
        rest = scope.once(f"trim(substr({text}, length({sign}) + 1))")
        titre = scope.once(f"regexp_extract({rest}, '^1\\s*:\\s*([0-9]+)', 1)")
        digits = scope.once(f"result_digits({rest})")
        missing = f"({text} IS NULL OR {text} = '' OR regexp_full_match({text}, {literal(_NO_RESULT)}))"
        if self.missing:
            missing = f"({missing} OR list_contains({literals(self.missing)}, {source}))"
        return Sql(
            record(
                operator=f"operator_concept({sign})",
                number=f"CASE WHEN {titre} <> '' THEN CAST({titre} AS DOUBLE) ELSE digits_number({digits}) END",
                concept=_qualitative(rest),
                missing=f"coalesce({missing}, true)",
            ),
            "result",
        )


_NO_RESULT = "(?:" + "|".join(row["pattern"] for row in rows_of("no_result")) + ")"


def _qualitative(text: str) -> str:
    """SQL of the concept of a qualitative result."""
    cases = " ".join(
        f"WHEN regexp_full_match({text}, {literal('(?:' + row['pattern'] + ')')}) THEN {row['concept_id']}"
        for row in rows_of("qualitative")
    )
    return f"CASE {cases} END"


class Range(Expression):
    """A reference range: ``{range: 参考范围}``; parts ``low`` and ``high``, either may be missing."""

    per_value: ClassVar[bool] = True

    range: Expr

    @override
    def sql(self, scope: Scope) -> Sql:
        text = scope.once(f"result_text({as_text(self.range.sql(scope))})")
        return Sql(f"read_range({text})", "range")


class Unit(Expression):
    """A unit by its spelling: ``{unit: 单位}``. Upper and lower case matter only where they tell units apart."""

    per_value: ClassVar[bool] = True

    unit: Expr

    @override
    def sql(self, scope: Scope) -> Sql:
        spelling = scope.once(f"unit_spelling({as_text(self.unit.sql(scope))})")
        exact = f"(SELECT unit_concept_id FROM voc.unit u WHERE u.spelling = {spelling})"
        folded = f"(SELECT unit_concept_id FROM voc.unit_folded u WHERE u.spelling = lower({spelling}))"
        return Sql(f"coalesce({exact}, {folded})", "integer")


class Limits(Expression):
    """Bounds of what is possible: ``{limits: 项目, unit: 单位}``, as ``low`` and ``high`` for a concept in a unit."""

    per_value: ClassVar[bool] = True

    limits: Expr
    unit: Expr

    @override
    def sql(self, scope: Scope) -> Sql:
        concept = scope.expect(self.limits.sql(scope), "integer", "concept")
        number = f"{concept.text}.concept" if concept.type == "concept" else concept.text
        unit = scope.expect(self.unit.sql(scope), "integer")
        found = (
            f"SELECT {record(low='x.low', high='x.high')} FROM voc.limits x "
            f"WHERE x.concept_id = {number} AND x.unit_concept_id = coalesce({unit.text}, 0)"
        )
        return Sql(f"({found})", "range")


class Within(Expression):
    """A number, or nothing where it lies outside limits: ``{within: 值.number, limits: 界限}``."""

    within: Expr
    limits: Expr

    @override
    def sql(self, scope: Scope) -> Sql:
        value, limits = self._compiled(scope)
        return Sql(f"CASE WHEN NOT {_outside(value, limits)} THEN {value.text} END", value.type)

    def _compiled(self, scope: Scope) -> tuple[Sql, Sql]:
        value = scope.expect(self.within.sql(scope), *NUMERIC)
        return value, scope.expect(self.limits.sql(scope), "range")


class Impossible(Expression):
    """A number lies outside limits: ``{impossible: 值.number, limits: 界限}``."""

    impossible: Expr
    limits: Expr

    @override
    def sql(self, scope: Scope) -> Sql:
        value = scope.expect(self.impossible.sql(scope), *NUMERIC)
        return Sql(_outside(value, scope.expect(self.limits.sql(scope), "range")), "boolean")


def _outside(value: Sql, limits: Sql) -> str:
    return f"coalesce({value.text} < {limits.text}.low OR {value.text} > {limits.text}.high, false)"
