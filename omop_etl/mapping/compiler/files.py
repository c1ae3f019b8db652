"""One file of the mapping as the list of statements that load it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from omop_etl.mapping.compiler.chain import OUTSIDE_VISIT, why_not
from omop_etl.mapping.compiler.columns import columns_of, expressions_of_items, expressions_of_rows
from omop_etl.mapping.compiler.emits import (
    EmitContext,
    emit_statements,
    flag_statements,
    issue_statement,
    ordinal_statements,
)
from omop_etl.mapping.compiler.items import plan_items
from omop_etl.mapping.compiler.names import POSITION, VISIT
from omop_etl.mapping.compiler.rows import RowPlan, RowSource, plan_rows
from omop_etl.mapping.compiler.steps import MERGED, StepContext, column_behind, step_statements
from omop_etl.mapping.compiler.targets import REFERENCE_TABLES
from omop_etl.mapping.document import FileMapping
from omop_etl.mapping.expressions import Expression
from omop_etl.mapping.expressions.dates import Datetime
from omop_etl.mapping.expressions.links import joined_key
from omop_etl.mapping.parts import Each, Register
from omop_etl.mapping.scope import Scope
from omop_etl.mapping.sql import as_text, literal, mapped
from omop_etl.mapping.steps import Duplicates, KnownPerson

OUTCOMES = "w.outcome"
"""Rows that are not used: line, outcome, reason, column, detail."""

ROWS, ITEMS, ITEM_ROWS = "w.rows", "w.items", "w.item_rows"


@dataclass(frozen=True)
class FileContext:
    """A file of the mapping beside the files of the extract that it is for.

    Attributes
    ----------
    file : FileMapping
        The mapping of the file.
    staged : str
        View of the rows that were read, with the columns that the mapping uses, by the names that it uses.
    header : dict
        From the mapping's name of a column to the name in the file.
    scope : Scope
        Value maps, and the registers filled so far.
    direct : frozenset of str
        Tables whose rows go straight into the CDM.
    empty : frozenset of str
        Columns, by the mapping's names, that are known to hold nothing.
    """

    file: FileMapping
    staged: str
    header: dict[str, str]
    scope: Scope
    direct: frozenset[str]
    empty: frozenset[str] = frozenset()

    def header_name(self, column: str) -> str:
        """Name of a column as the file has it."""
        return self.header.get(column, column)


def file_statements(context: FileContext) -> Iterator[str]:
    """Give every statement that loads a file, in order.

    Parameters
    ----------
    context : FileContext
        The file.

    Yields
    ------
    str
        Statements over the working database; none depends on what another one finds.

    Raises
    ------
    MappingError
        An expression uses a name that does not exist, or a type does not fit.
    """
    file = context.file
    rows = _plan(context)
    yield from rows.statements
    steps = StepContext(file, ROWS, OUTCOMES, rows.scope.at(file.name), context.header_name)
    yield from step_statements(steps)
    yield f"DELETE FROM {ROWS} WHERE line IN (SELECT line FROM {OUTCOMES})"
    yield from ordinal_statements(ROWS, [as_text(part.sql(rows.scope)) for part in file.key])
    if file.register_ is not None:
        yield from _register_statements(file.register_, rows.scope)
    emits = EmitContext(
        file, ROWS, rows.scope.at(file.name), lambda column: literal(context.header_name(column)), context.direct
    )
    yield from emit_statements(emits, file.emit)
    yield from flag_statements(emits, file.flags)
    yield from _date_flags(emits, file.let)
    yield from _visit_flags(emits)
    for each in file.each:
        yield from _item_statements(context, each, rows.scope)
    yield from _closing_statements(file)


def _plan(context: FileContext) -> RowPlan:
    file = context.file
    return plan_rows(
        ROWS,
        RowSource(context.staged, ("line",), tuple(columns_of(file))),
        file.let,
        expressions_of_rows(file),
        context.scope.at(file.name),
        person=file.person,
        visit=file.visit,
        known_person=next((step.known_person for step in file.steps if isinstance(step, KnownPerson)), ""),
        hashed=any(isinstance(step, Duplicates) for step in file.steps),
    )


def _item_statements(context: FileContext, each: Each, scope: Scope) -> Iterator[str]:
    where = scope.at(f"each.{each.name}")
    key, has_visit = context.file.key, context.file.visit is not None
    items = plan_items(each, ROWS, context.staged, where, key, has_visit, context.header_name, context.empty)
    used = [*expressions_of_items(each), *context.file.key]
    kept = any(part.per_value for value in each.let.values() for part in value.walk())
    if kept:
        yield f"CREATE TABLE {ITEMS} AS {items.query}"
    source = replace(items.source, relation=ITEMS if kept else f"({items.query})")
    rows = plan_rows(ITEM_ROWS, source, each.let, used, where)
    yield from rows.statements
    prefix = (literal(each.name), f"CAST({mapped(POSITION)} AS VARCHAR)")
    emits = EmitContext(context.file, ITEM_ROWS, rows.scope, items.header, context.direct, prefix)
    yield from emit_statements(emits, each.emit)
    yield from flag_statements(emits, each.flags)
    yield from _date_flags(emits, each.let)
    if kept:
        yield f"DROP TABLE {ITEMS}"
    yield f"DROP TABLE {ITEM_ROWS}"


def _date_flags(context: EmitContext, lets: dict[str, Expression]) -> Iterator[str]:
    """Give the statements that note dates which could not be used although something stands there."""
    for name, value in lets.items():
        if isinstance(value, Datetime):
            why = why_not(name)
            column = context.header(column_behind(value))
            yield issue_statement(context, column, why, "'cleared'", f"{why} IS NOT NULL")


def _visit_flags(context: EmitContext) -> Iterator[str]:
    link = context.file.visit
    if link is None:
        return
    why = why_not(VISIT)
    yield issue_statement(context, context.header(link.column), why, "'visit_null'", f"{why} IS NOT NULL")
    if link.date is None:
        return
    yield issue_statement(context, context.header(link.date_column), "'outside_visit'", "'kept'", OUTSIDE_VISIT)


def _register_statements(register: Register, scope: Scope) -> Iterator[str]:
    """Give the statement that fills a register; a key that stands for different values stands for none."""
    key = joined_key([as_text(part.sql(scope)) for part in register.key])
    value = as_text(register.value.sql(scope))
    yield (
        f"INSERT INTO link.register SELECT {literal(register.name)}, {key}, any_value({value}) FROM {ROWS} "
        f"WHERE {value} IS NOT NULL GROUP BY ALL HAVING count(DISTINCT {value}) = 1"
    )
    ambiguous = f"SELECT {key} FROM {ROWS} GROUP BY 1 HAVING count(DISTINCT {value}) > 1"
    yield (
        f"INSERT INTO {OUTCOMES} SELECT line, CASE WHEN {key} IN ({ambiguous}) THEN 'rejected' ELSE '{MERGED}' END, "
        f"CASE WHEN {key} IN ({ambiguous}) THEN 'ambiguous_number' ELSE 'index' END, '', '' FROM {ROWS}"
    )


def _closing_statements(file: FileMapping) -> Iterator[str]:
    """Give the statements that account for rows which gave nothing, and forget the working table."""
    tables = sorted({emit.table for emit in file.emits} - REFERENCE_TABLES)
    loaded = " UNION ALL ".join(f"SELECT _line FROM w.{table}" for table in tables) or "SELECT 0 WHERE false"
    yield (
        f"INSERT INTO {OUTCOMES} SELECT line, 'rejected', {literal(file.otherwise)}, '', '' FROM {ROWS} "
        f"WHERE line NOT IN (SELECT line FROM {OUTCOMES}) AND line NOT IN ({loaded})"
    )
    yield f"DROP TABLE {ROWS}"
