"""Codes and names to concepts.

Each gives a record: ``source`` (the source concept), ``concept`` (the standard concept, 0 where there is none) and
``further`` (a list of the others, where a term means several).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field
from typing_extensions import override

from omop_etl.mapping.expressions.base import Expression
from omop_etl.mapping.scope import Scope
from omop_etl.mapping.sql import Sql, as_text, literal, literals, record

if TYPE_CHECKING:
    from omop_etl.mapping.expressions.base import Expr

DIAGNOSIS_CODES = ("ICD10CN", "ICD10", "RWE ICD10")
PROCEDURE_CODES = ("ICD9ProcCN", "ICD9Proc", "RWE ICD9Proc")


class Code(Expression):
    """A code exactly as the vocabularies have it: ``{code: 药品编码, vocabularies: [ATC]}``."""

    per_value: ClassVar[bool] = True

    code: Expr
    vocabularies: list[str] = Field(min_length=1)

    @override
    def sql(self, scope: Scope) -> Sql:
        return _first_found(scope, [_by_code(f"upper({as_text(self.code.sql(scope))})", self.vocabularies)])


class Diagnosis(Expression):
    """A diagnosis by its ICD-10 code, or else by its name: ``{diagnosis: 诊断编码, name: 诊断名称}``.

    The code is tried as it is, then without its Chinese extension (I10.x00x002 as I10, C34.901 as C34.9), then as its
    category (E11.9 as E11). Of a pair of dagger and asterisk codes the dagger counts. Morphology codes
    (M81400/3) are looked up as ``M8140/3``.
    """

    per_value: ClassVar[bool] = True

    diagnosis: Expr
    name: Expr | None = None
    vocabularies: list[str] = Field(default_factory=lambda: [*DIAGNOSIS_CODES])

    @override
    def sql(self, scope: Scope) -> Sql:
        code = scope.once(f"diagnosis_code({as_text(self.diagnosis.sql(scope))})")
        forms = [code, f"four_characters({code})", f"category({code})"]
        ways = [_by_code(form, self.vocabularies) for form in forms]
        if self.name is not None:
            ways.append(_by_name(f"diagnosis_name({as_text(self.name.sql(scope))})", "Condition"))
        return _first_found(scope, ways)


class DiagnosisCode(Expression):
    """WHO's four characters of an ICD-10 code, however it is written: ``{diagnosis_code: 编码}``.

    I10.x00x002, I10.X00 and i10 give ``I10``; C34.901 gives ``C34.9``; what is no ICD-10 code is given in capitals.
    """

    diagnosis_code: Expr

    @override
    def sql(self, scope: Scope) -> Sql:
        code = scope.once(f"diagnosis_code({as_text(self.diagnosis_code.sql(scope))})")
        return Sql(f"four_characters({code})", "text")


class Procedure(Expression):
    """A procedure by its ICD-9-CM-3 code, or else by its name: ``{procedure: 手术编码, name: 手术名称}``."""

    per_value: ClassVar[bool] = True

    procedure: Expr
    name: Expr | None = None
    vocabularies: list[str] = Field(default_factory=lambda: [*PROCEDURE_CODES])

    @override
    def sql(self, scope: Scope) -> Sql:
        code = scope.once(f"procedure_code({as_text(self.procedure.sql(scope))})")
        forms = [
            code,
            f"regexp_extract({code}, '^[0-9]{{2}}\\.[0-9]{{2}}')",
            f"regexp_extract({code}, '^[0-9]{{2}}\\.[0-9]')",
        ]
        ways = [_by_code(form, self.vocabularies) for form in forms]
        if self.name is not None:
            ways.append(_by_name(f"plain_name({as_text(self.name.sql(scope))})", "Procedure"))
        return _first_found(scope, ways)


class Drug(Expression):
    """Ingredients by the name of a product: ``{drug: 医嘱名称}``.

    Every ingredient whose Chinese name stands in the product's name is found, the longest first. It counts only if
    nothing but salts, dose forms, strengths and words of origin remains: 泼尼松龙 is not taken for 泼尼松.
    """

    per_value: ClassVar[bool] = True

    drug: Expr

    @override
    def sql(self, scope: Scope) -> Sql:
        name = scope.once(f"drug_text({as_text(self.drug.sql(scope))})")
        every = (
            f"(SELECT list({record(name='d.name', concept='d.concept_id')} ORDER BY length(d.name) DESC, d.concept_id) "
            f"FROM voc.drug d WHERE contains({name}, d.name))"
        )
        kept = scope.once(f"outermost({scope.once(every)})")
        rest = scope.once(f"drug_rest({name}, {kept})")
        found = record(source="0::BIGINT", targets=f"list_transform({kept}, lambda x: x.concept)")
        return _first_found(scope, [f"CASE WHEN len({kept}) > 0 AND {rest} = '' THEN {found} END"])


class Laboratory(Expression):
    """A laboratory item by name and unit: ``{laboratory: 子项名称, code: 子项代码, unit: 单位}``.

    The unit (a unit concept) is part of the key: creatinine in μmol/L and in mg/dL are different concepts. Without a
    unit the item's usual unit is taken.
    """

    per_value: ClassVar[bool] = True

    laboratory: Expr
    unit: Expr
    code: Expr | None = None

    @override
    def sql(self, scope: Scope) -> Sql:
        unit = scope.expect(self.unit.sql(scope), "integer").text
        names = [as_text(item.sql(scope)) for item in (self.laboratory, self.code) if item is not None]
        found = _found("i.source_concept_id", "i.concept_id")
        ways = [
            f"(SELECT {found} FROM voc.laboratory i WHERE i.name = laboratory_name({name}) "
            f"AND i.unit_concept_id = coalesce({unit}, -1))"
            for name in names
        ]
        return _first_found(scope, ways)


class Term(Expression):
    """A concept of a domain by any of its names: ``{term: 检查项目, domain: Procedure}``."""

    per_value: ClassVar[bool] = True

    term: Expr
    domain: str

    @override
    def sql(self, scope: Scope) -> Sql:
        return _first_found(scope, [_by_name(f"plain_name({as_text(self.term.sql(scope))})", self.domain)])


class Route(Expression):
    """A route of administration by its spelling: ``{route: 给药途径}``."""

    per_value: ClassVar[bool] = True

    route: Expr

    @override
    def sql(self, scope: Scope) -> Sql:
        spelling = f"lower({as_text(self.route.sql(scope))})"
        return Sql(f"(SELECT r.route_concept_id FROM voc.route r WHERE r.spelling = {spelling})", "integer")


class Concept(Expression):
    """Always the same concept: ``{concept: 3020891}``."""

    concept: int

    @override
    def sql(self, scope: Scope) -> Sql:
        return Sql(fixed_concept(str(self.concept)), "concept")


def fixed_concept(concept: str) -> str:
    """Give SQL of the record of a concept that is already known."""
    return record(source="0::BIGINT", concept=f"CAST({concept} AS BIGINT)", further="NULL::BIGINT[]")


def _by_code(code: str, vocabularies: list[str]) -> str:
    """Concept of a code, from the first of the vocabularies that has it."""
    order = f"list_position({literals(vocabularies)}, c.vocabulary_id)"
    found = record(source="c.concept_id", targets="c.targets")
    return f"(SELECT arg_min({found}, {order}) FROM voc.code c WHERE c.code = {code} AND {order} IS NOT NULL)"


def _by_name(name: str, domain: str) -> str:
    found = _found("0::BIGINT", "n.concept_id")
    return f"(SELECT {found} FROM voc.name n WHERE n.domain_id = {literal(domain)} AND n.name = {name})"


def _found(source: str, target: str) -> str:
    return record(source=source, targets=f"[{target}]")


def _first_found(scope: Scope, ways: list[str]) -> Sql:
    """Record of the first way that finds something, or of concept 0."""
    found = scope.once(f"coalesce({', '.join(ways)})")
    further = f"CASE WHEN len({found}.targets) > 1 THEN {found}.targets[2:] END"
    concept = f"coalesce({found}.targets[1], 0)"
    return Sql(record(source=f"coalesce({found}.source, 0)", concept=concept, further=further), "concept")
