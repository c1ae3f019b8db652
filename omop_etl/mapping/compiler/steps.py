"""The steps of a file as statements that write what becomes of rows that are not used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import singledispatch

from omop_etl.mapping.compiler.chain import ROW_HASH, why_not
from omop_etl.mapping.compiler.names import PERSON
from omop_etl.mapping.document import FileMapping
from omop_etl.mapping.expressions import Expression
from omop_etl.mapping.expressions.dates import Datetime
from omop_etl.mapping.scope import Scope
from omop_etl.mapping.sql import as_text, literal, mapped, quoted
from omop_etl.mapping.steps import AnyStep, Duplicates, KnownPerson, Latest, Merge, Reject, Require, Step, Void

MERGED, REJECTED = "merged", "rejected"


@dataclass(frozen=True)
class StepContext:
    """Where the steps of a file work.

    Attributes
    ----------
    file : FileMapping
        The file.
    rows, outcomes : str
        Its working table, and the table that takes the rows that are not used.
    scope : Scope
        Names of the working table.
    header : callable
        From the mapping's name of a column to the name in the file's header.
    """

    file: FileMapping
    rows: str
    outcomes: str
    scope: Scope
    header: Callable[[str], str]


def step_statements(context: StepContext) -> Iterator[str]:
    """Give the statements of all steps of a file, in order.

    Yields
    ------
    str
        A statement that adds rows (line, outcome, reason, column, detail) to the outcomes.
    """
    for number, step in enumerate(context.file.steps, 1):
        yield from _compile(step, context, context.scope.at(f"steps[{number}]"))


@singledispatch
def _compile(step: Step, context: StepContext, scope: Scope) -> Iterator[str]:
    raise NotImplementedError(type(step))


@_compile.register
def _(step: Duplicates, context: StepContext, scope: Scope) -> Iterator[str]:
    repeated = f"SELECT {quoted(ROW_HASH)} FROM {context.rows} GROUP BY 1 HAVING count(*) > 1"
    yield _insert(
        context,
        f"SELECT line, '{MERGED}', {literal(step.duplicates)}, '', "
        f"line_name(min(line) OVER (PARTITION BY {quoted(ROW_HASH)})) "
        f"FROM {_remaining(context)} WHERE {quoted(ROW_HASH)} IN ({repeated}) "
        f"QUALIFY row_number() OVER (PARTITION BY {quoted(ROW_HASH)} ORDER BY line) > 1",
    )


@_compile.register
def _(step: KnownPerson, context: StepContext, scope: Scope) -> Iterator[str]:
    if context.file.person is None:
        raise scope.error("this file does not say which person a row belongs to (person)")
    yield _insert(
        context,
        f"SELECT line, '{REJECTED}', {why_not(PERSON)}, {literal(context.header(step.known_person))}, '' "
        f"FROM {_remaining(context)} WHERE {mapped(PERSON)} IS NULL",
    )


@_compile.register
def _(step: Require, context: StepContext, scope: Scope) -> Iterator[str]:
    for name in step.require:
        date = context.file.let.get(name)
        if not isinstance(date, Datetime):
            raise scope.error("{name} is not an intermediate value that is read as a date", name=name)
        reason = f"CASE WHEN {why_not(name)} IS NULL THEN 'missing_date' ELSE 'invalid_date' END"
        yield _insert(
            context,
            f"SELECT line, '{REJECTED}', {reason}, {literal(context.header(column_behind(date)))}, '' "
            f"FROM {_remaining(context)} WHERE {mapped(name)} IS NULL",
        )


@_compile.register
def _(step: Reject, context: StepContext, scope: Scope) -> Iterator[str]:
    yield _insert(context, _taken(context, REJECTED, step.reject, step.when, step.column, scope))


@_compile.register
def _(step: Merge, context: StepContext, scope: Scope) -> Iterator[str]:
    yield _insert(context, _taken(context, MERGED, step.merge, step.when, "", scope))


@_compile.register
def _(step: Latest, context: StepContext, scope: Scope) -> Iterator[str]:
    key = _Key.of(step.latest, scope)
    order = ", ".join(f"{item.sql(scope).text} DESC NULLS LAST" for item in step.order)
    window = f"(PARTITION BY {key.row} ORDER BY {order}, line DESC)"
    yield _insert(
        context,
        f"SELECT line, '{MERGED}', {literal(step.reason)}, '', line_name(first_value(line) OVER {window}) "
        f"FROM {_remaining(context)} WHERE {key.repeated(_remaining(context))} QUALIFY row_number() OVER {window} > 1",
    )


@_compile.register
def _(step: Void, context: StepContext, scope: Scope) -> Iterator[str]:
    key = _Key.of(step.void, scope)
    when = scope.expect(step.when.sql(scope), "boolean").text
    taken_back = f"SELECT {key.row} FROM {_remaining(context)} WHERE {when} AND {key.complete}"
    yield _insert(
        context,
        f"SELECT line, '{MERGED}', {literal(step.reason)}, '', '' FROM {_remaining(context)} "
        f"WHERE {when} OR {key.row} IN ({taken_back})",
    )


def column_behind(date: Expression) -> str:
    """Name of the first column or value that an expression uses."""
    for part in date.walk():
        name = getattr(part, "name", None) or getattr(part, "raw", None)
        if isinstance(name, str):
            return name
    return ""


def remaining_rows(rows: str, outcomes: str) -> str:
    """Rows that no step has taken, as a sub-query."""
    return f"(SELECT * FROM {rows} r WHERE NOT EXISTS (SELECT 1 FROM {outcomes} o WHERE o.line = r.line))"


def _remaining(context: StepContext) -> str:
    return remaining_rows(context.rows, context.outcomes)


def _taken(context: StepContext, outcome: str, reason: str, when: Expression, column: str, scope: Scope) -> str:
    condition = scope.expect(when.sql(scope), "boolean").text
    shown = literal(context.header(column) if column else "")
    return f"SELECT line, '{outcome}', {literal(reason)}, {shown}, '' FROM {_remaining(context)} WHERE {condition}"


@dataclass(frozen=True)
class _Key:
    """Several expressions as one value."""

    parts: list[str]

    @classmethod
    def of(cls, parts: list[Expression], scope: Scope) -> _Key:
        return cls([as_text(part.sql(scope)) for part in parts])

    @property
    def row(self) -> str:
        return f"row({', '.join(self.parts)})"

    @property
    def complete(self) -> str:
        return "(" + " AND ".join(f"{part} IS NOT NULL" for part in self.parts) + ")"

    def repeated(self, rows: str) -> str:
        """Whether the key is complete and occurs more than once; a window is then only needed for a few rows."""
        repeated = f"SELECT hash({', '.join(self.parts)}) FROM {rows} GROUP BY 1 HAVING count(*) > 1"
        return f"{self.complete} AND hash({', '.join(self.parts)}) IN ({repeated})"


def _insert(context: StepContext, query: str) -> str:
    return f"INSERT INTO {context.outcomes} {query}"


def used_by_steps(steps: list[AnyStep]) -> list[Expression]:
    """Expressions that the steps of a file use, so that the working table keeps what they need."""
    used: list[Expression] = []
    for step in steps:
        for name in type(step).model_fields:
            value = getattr(step, name)
            used += [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, Expression)]
    return used
