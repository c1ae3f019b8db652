"""Emits as statements: rows of a working table to rows of a CDM table, and what is odd about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from omop_etl.mapping.compiler.chain import VISIT_ID
from omop_etl.mapping.compiler.names import ORDINAL, PERSON
from omop_etl.mapping.compiler.targets import OUT, Target, target_of
from omop_etl.mapping.document import FileMapping
from omop_etl.mapping.expressions import Expression
from omop_etl.mapping.expressions.links import joined_key, row_identifier
from omop_etl.mapping.expressions.terms import fixed_concept
from omop_etl.mapping.parts import Emit, Flag
from omop_etl.mapping.scope import Scope
from omop_etl.mapping.sql import as_text, literal, mapped, quoted

LINKED = {"person": "link.person", "visit_occurrence": "link.visit"}
"""Tables whose rows others are linked to by a natural key."""


@dataclass(frozen=True)
class EmitContext:
    """Where the emits of a file, or of its items, work.

    Attributes
    ----------
    file : FileMapping
        The file.
    rows : str
        The rows that are used, as a table or sub-query.
    scope : Scope
        Names of these rows.
    header : callable
        SQL of the name of a column in the file's header.
    direct : frozenset of str
        Tables whose rows go straight into the CDM, because nothing looks at them again.
    prefix : tuple of str
        What tells these rows apart from other items of the same source row, as SQL texts.
    """

    file: FileMapping
    rows: str
    scope: Scope
    header: Callable[[str], str]
    direct: frozenset[str] = frozenset()
    prefix: tuple[str, ...] = ()

    def home_of(self, table: str) -> str:
        """Where the rows of a CDM table are put."""
        return f"{OUT}.main.{table}" if table in self.direct else f"w.{table}"


def emit_statements(context: EmitContext, emits: list[Emit]) -> Iterator[str]:
    """Give the statements that load the rows of emits and note what could not be mapped.

    Yields
    ------
    str
        Statements that fill work tables, links and the issues.
    """
    for number, emit in enumerate(emits, 1):
        yield from _EmitCompiler(context, emit, context.scope.at(f"emit[{number}]")).statements()


def flag_statements(context: EmitContext, flags: list[Flag]) -> Iterator[str]:
    """Give the statements that write the flags of a file into the issues."""
    for number, flag in enumerate(flags, 1):
        scope = context.scope.at(f"flags[{number}]")
        when = scope.expect(flag.when.sql(scope), "boolean").text
        column = context.header(flag.column) if flag.column else "''"
        yield issue_statement(context, column, literal(flag.flag), literal(flag.action), when)


def issue_statement(context: EmitContext, column: str, rule: str, action: str, when: str) -> str:
    """Give the statement that notes something odd about rows, a line each; `column` and `rule` are SQL."""
    return f"INSERT INTO w.issue SELECT line, {column}, {rule}, {action} FROM {context.rows} WHERE {when}"


class _EmitCompiler:
    def __init__(self, context: EmitContext, emit: Emit, scope: Scope) -> None:
        self.context, self.emit, self.scope = context, emit, scope
        self.target: Target = target_of(emit.table, scope)
        self.when = scope.expect(emit.when.sql(scope.at("when")), "boolean").text if emit.when is not None else "true"

    def statements(self) -> Iterator[str]:
        if self.emit.table in LINKED and len(self.emit.key) != 1:
            raise self.scope.error("{table} needs a key of one expression", table=self.emit.table)
        concept = self._concept()
        if concept is None:
            yield self._load(None, None)
        else:
            yield self._load(f"{concept}.concept", None, concept)
            yield self._load("target", "nth", concept)
            yield issue_statement(
                self.context,
                self._column(),
                "'unmapped'",
                "'concept_0'",
                f"{self.when} AND {concept}.concept = 0",
            )
        if self.emit.table in LINKED:
            yield self._link()

    def _concept(self) -> str | None:
        if self.emit.concept is None:
            return None
        if self.target.concept_fields is None:
            raise self.scope.error("{table} has no concept that could be filled in", table=self.emit.table)
        found = self.scope.expect(self.emit.concept.sql(self.scope.at("concept")), "concept", "integer")
        return found.text if found.type == "concept" else fixed_concept(f"coalesce({found.text}, 0)")

    def _load(self, concept: str | None, nth: str | None, record: str = "") -> str:
        """One row per source row; with `nth`, the further targets of a concept that maps to several."""
        values = self._values(concept, nth, record)
        source = self.context.rows
        condition = self.when
        if nth is not None:
            further = f"{record}.further"
            source = (
                f"(SELECT *, unnest({further}) AS target, generate_subscripts({further}, 1) + 1 AS nth "
                f"FROM {source} WHERE {further} IS NOT NULL)"
            )
        columns = ", ".join(quoted(name) for name in values)
        query = f"SELECT {', '.join(values.values())} FROM {source} r WHERE {condition}"
        if self.emit.key:
            query = self._once(query)
        return f"INSERT INTO {self.context.home_of(self.emit.table)} ({columns}) {query}"

    def _values(self, concept: str | None, nth: str | None, record: str) -> dict[str, str]:
        values: dict[str, str] = {}
        if self.target.identifier:
            values[self.target.identifier] = self._identifier(nth)
        if self.target.has("person_id") and "person_id" not in self.emit.columns and self.emit.table != "person":
            values["person_id"] = self._person()
        if self.context.file.visit is not None and self.target.has("visit_occurrence_id"):
            values["visit_occurrence_id"] = VISIT_ID
        if concept is not None and self.target.concept_fields is not None:
            standard, source = self.target.concept_fields
            values[standard], values[source] = concept, f"{record}.source"
        for name, expression in self.emit.columns.items():
            here = self.scope.at(f"columns.{name}")
            values[name] = self.target.cast(name, expression.sql(here), here)
        values["_line"] = "r.line"
        if self.emit.table not in self.context.direct:
            values["_same"] = self._same()
            values["_rank"] = self.emit.rank.sql(self.scope.at("rank")).text
            values["_column"] = self._column()
        return values

    @property
    def _name(self) -> str:
        return f"{self.context.file.name}/{self.emit.name or self.emit.table}"

    def _identifier(self, nth: str | None) -> str:
        if self.emit.key:
            return row_identifier(self.emit.table, [self._text(part) for part in self.emit.key])
        parts = [literal(self._name), *self.context.prefix, *(self._text(part) for part in self.context.file.key)]
        parts += [f"CAST({mapped(ORDINAL)} AS VARCHAR)"] + ([f"CAST({nth} AS VARCHAR)"] if nth else [])
        return row_identifier(self.emit.table, parts)

    def _column(self) -> str:
        return self.context.header(self.emit.column) if self.emit.column else "''"

    def _same(self) -> str:
        return as_text(self.emit.same.sql(self.scope.at("same"))) if self.emit.same is not None else "NULL"

    def _person(self) -> str:
        if PERSON not in self.scope.names:
            raise self.scope.error("this file does not say which person a row belongs to (person)")
        return self.scope.names[PERSON].text

    def _text(self, part: Expression) -> str:
        return as_text(part.sql(self.scope.at("key")))

    def _once(self, query: str) -> str:
        """Only the first row of each key, and none that is loaded already."""
        own = self.target.identifier
        if own is None:
            return query
        return (
            f"SELECT * FROM ({query}) n ({', '.join(quoted(name) for name in self._values_names())}) "
            f"WHERE {quoted(own)} IS NOT NULL AND {quoted(own)} NOT IN (SELECT {quoted(own)} FROM w.{self.emit.table}) "
            f"QUALIFY row_number() OVER (PARTITION BY {quoted(own)} ORDER BY _line) = 1"
        )

    def _values_names(self) -> list[str]:
        record = self._concept()
        return list(self._values(None if record is None else "0", None, record or ""))

    def _link(self) -> str:
        """Give the statement that makes the new rows findable by their natural key."""
        own = quoted(str(self.target.identifier))
        key = self._text(self.emit.key[0])
        row = row_identifier(self.emit.table, [key])
        found = f"SELECT {key} AS key, {row} AS id FROM {self.context.rows} r WHERE {self.when}"
        table = LINKED[self.emit.table]
        kept = (
            "t.person_id"
            if self.emit.table == "person"
            else "t.visit_occurrence_id, t.person_id, t.visit_concept_id, "
            "coalesce(t.visit_start_datetime, t.visit_start_date), "
            "coalesce(t.visit_end_datetime, t.visit_end_date + INTERVAL 1 DAY - INTERVAL 1 MICROSECOND)"
        )
        return (
            f"INSERT INTO {table} SELECT DISTINCT ON (f.key) f.key, {kept} FROM ({found}) f "
            f"JOIN w.{self.emit.table} t ON t.{own} = f.id WHERE f.key NOT IN (SELECT key FROM {table})"
        )


def ordinal_statements(rows: str, key: list[str]) -> Iterator[str]:
    """Give the statements that number rows of one natural key; nearly all get 0.

    Parameters
    ----------
    rows : str
        The working table.
    key : list of str
        Natural key, as SQL texts.

    Yields
    ------
    str
        Statements that add a column `ORDINAL`.
    """
    ordinal, joined = mapped(ORDINAL), joined_key(key)
    repeated = f"SELECT hash({joined}) FROM {rows} GROUP BY 1 HAVING count(*) > 1"
    numbered = (
        f"SELECT line, row_number() OVER (PARTITION BY {joined} ORDER BY line) - 1 AS {ordinal} FROM {rows} "
        f"WHERE hash({joined}) IN ({repeated})"
    )
    yield f"ALTER TABLE {rows} ADD COLUMN {ordinal} INTEGER DEFAULT 0"
    later = f"({numbered}) n WHERE {rows}.line = n.line AND n.{ordinal} > 0"
    yield f"UPDATE {rows} SET {ordinal} = n.{ordinal} FROM {later}"
