"""The working table of one file, or of the items of one file: links, columns and intermediate values, a row each.

Whatever is costly to compute (a laboratory result, a code, a unit) and depends on columns alone is computed once per
distinct combination of those columns, in a table of its own, and joined back: three million results have some ten
thousand distinct texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from omop_etl.mapping.compiler.names import PERSON, VISIT, in_order_of_use, names_in, raw_columns_in
from omop_etl.mapping.document import VisitLink
from omop_etl.mapping.expressions import Expression
from omop_etl.mapping.expressions.dates import Datetime
from omop_etl.mapping.scope import Scope
from omop_etl.mapping.sql import Sql, as_text, quoted, record

ROW_HASH = "row!"
"""Column of a staged file that holds a hash of the whole source row."""


@dataclass(frozen=True)
class RowSource:
    """What rows are made from.

    Attributes
    ----------
    relation : str
        Table, view or sub-query.
    keys : tuple of str
        Columns that identify a row: ``line``, for items also ``position``.
    columns : tuple of str
        Columns that are text as it stands in the file.
    ready : mapping of str to Sql
        Columns that are passed on as they are, with their types.
    """

    relation: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    ready: Mapping[str, Sql] = field(default_factory=dict)


@dataclass(frozen=True)
class RowPlan:
    """How a working table is made, and what its columns mean.

    Attributes
    ----------
    table : str
        Name of the working table.
    statements : list of str
        To be run in order.
    scope : Scope
        Names for steps, flags and emits.
    """

    table: str
    statements: list[str]
    scope: Scope


def plan_rows(
    table: str,
    source: RowSource,
    lets: Mapping[str, Expression],
    used: Sequence[Expression],
    scope: Scope,
    *,
    person: Expression | None = None,
    visit: VisitLink | None = None,
    hashed: bool = False,
) -> RowPlan:
    """Plan the working table of some rows.

    Parameters
    ----------
    table : str
        Name of the table to make, with its schema.
    source : RowSource
        What the rows are made from.
    lets : mapping of str to Expression
        Intermediate values.
    used : sequence of Expression
        Expressions of steps, flags and emits, which say what columns the table must keep.
    scope : Scope
        Value maps and registers; its names are ignored.
    person : Expression, optional
        Natural key of the person of a row.
    visit : VisitLink, optional
        The visit of a row.
    hashed : bool
        Keep `ROW_HASH`.

    Returns
    -------
    RowPlan
        The statements and the names.
    """
    return _Planner(table, source, lets, used, scope, person, visit, hashed).plan()


class _Planner:
    def __init__(
        self,
        table: str,
        source: RowSource,
        lets: Mapping[str, Expression],
        used: Sequence[Expression],
        scope: Scope,
        person: Expression | None,
        visit: VisitLink | None,
        hashed: bool,
    ) -> None:
        self.table, self.source, self.lets, self.scope = table, source, lets, scope
        self.person, self.visit, self.hashed = person, visit, hashed
        self.known = {*source.columns, *source.ready, *lets}
        links: dict[str, list[Expression]] = {}
        if person is not None:
            links[PERSON] = [person]
        if visit is not None:
            links[VISIT] = [visit.number]
        self._refuse_ambiguous_names(links)
        self.used = used
        dates = {name for name, value in lets.items() if isinstance(value, Datetime)}
        self.used_names = names_in(used, self.known | set(links)) | dates | set(links) | set(source.ready)
        self.order = in_order_of_use(lets, links, scope.where)
        self.wanted = [*used, *lets.values(), *(e for made_from in links.values() for e in made_from)]
        self.per_value = {name for name in lets if self._depends_on_values_alone(name) and self._costly(name)}

    def plan(self) -> RowPlan:
        statements = []
        value_tables = {}
        names: dict[str, Sql] = dict(self.source.ready)
        for i, (columns, group) in enumerate(self._groups().items(), 1):
            value_table = f"{self.table}_{i}"
            statement, found = self._value_table(value_table, columns, group)
            statements.append(statement)
            value_tables[value_table] = columns
            names.update(found)
        body, names = self._layers(value_tables, names)
        statements.append(f"CREATE TABLE {self.table} AS {body}")
        statements += [f"DROP TABLE {name}" for name in value_tables]
        return RowPlan(self.table, statements, replace(self.scope, names=names, raw=self._raw(self.wanted)))

    # -- values computed once per combination of columns --------------------------------------------------------------
    def _groups(self) -> dict[tuple[str, ...], list[str]]:
        groups: dict[tuple[str, ...], list[str]] = {}
        for name in self.order:
            if name in self.per_value:
                groups.setdefault(self._columns_of(name), []).append(name)
        return groups

    def _value_table(self, table: str, columns: tuple[str, ...], group: list[str]) -> tuple[str, dict[str, Sql]]:
        chain = _Chain(
            f"SELECT DISTINCT {', '.join(f'{quoted(c)} AS {verbatim(c)}' for c in columns)} FROM {self.source.relation}"
        )
        names = chain.clean(columns)
        raw = {column: Sql(verbatim(column), "text") for column in columns}
        helpers = self._needed_by(group)
        for name in self.order:
            if name in helpers:
                here = replace(self.scope.at(f"let.{name}"), names=names, raw=raw, once=chain.once)
                names[name] = chain.add(name, self.lets[name].sql(here))
        kept = [verbatim(column) for column in columns] + [quoted(name) for name in (*columns, *group)]
        return f"CREATE TABLE {table} AS {chain.select(kept)}", {name: names[name] for name in (*columns, *group)}

    def _needed_by(self, group: list[str]) -> set[str]:
        needed = set(group)
        for name in reversed(self.order):
            if name in needed and name in self.lets:
                needed |= names_in([self.lets[name]], self.known) & set(self.lets)
        return needed

    # -- the rows -----------------------------------------------------------------------------------------------------
    def _layers(self, value_tables: Mapping[str, tuple[str, ...]], given: dict[str, Sql]) -> tuple[str, dict[str, Sql]]:
        columns = sorted(names_in(self.wanted, self.known) & set(self.source.columns) - set(given))
        texts = sorted(raw_columns_in(self.wanted) & set(self.source.columns))
        first = [f"s.{key}" for key in self.source.keys]
        first += [f"s.{quoted(c)} AS {verbatim(c)}" for c in sorted({*columns, *texts})]
        first += [f"s.{quoted(name)}" for name in self.source.ready]
        joins = ""
        for (table, keys), group in zip(value_tables.items(), self._groups().values(), strict=True):
            first += [f"{table}.{quoted(name)}" for name in group]
            first += [
                f"{table}.{quoted(c)}" for c in keys if f"{quoted(c)}" not in {f.partition(".")[2] for f in first}
            ]
            matches = " AND ".join(f"s.{quoted(c)} = {table}.{verbatim(c)}" for c in keys)
            joins += f" JOIN {table} ON {matches}"
        if self.hashed:
            first.append(f"s.{quoted(ROW_HASH)}")
        chain = _Chain(f"SELECT {', '.join(first)} FROM {self.source.relation} s{joins}")
        names = {**given, **chain.clean(columns)}
        for name in self.order:
            here = replace(self.scope.at(f"let.{name}"), names=names, raw=self._raw(self.wanted), once=chain.once)
            if name == PERSON and self.person is not None:
                names[PERSON] = chain.link_person(as_text(self.person.sql(here)))
            elif name == VISIT and self.visit is not None:
                names[VISIT] = chain.link_visit(as_text(self.visit.number.sql(here)))
            elif name not in self.per_value:
                names[name] = chain.add(name, self.lets[name].sql(here))
                if isinstance(date := self.lets[name], Datetime):
                    chain.explain_date(name, date.source().sql(here).text, date.parsed(here))
        return chain.select(self._kept(names, texts)), {name: names[name] for name in names if self._is_used(name)}

    def _kept(self, names: Mapping[str, Sql], texts: Sequence[str]) -> list[str]:
        """Columns of the working table: what steps, flags, emits and items use, and nothing else."""
        kept = [*self.source.keys, *(quoted(name) for name in names if self._is_used(name))]
        kept += [verbatim(column) for column in texts if column in raw_columns_in(self.used)]
        kept += [why_not(name) for name, value in self.lets.items() if isinstance(value, Datetime)]
        if self.visit is not None:
            kept.append(why_not(VISIT))
        if self.hashed:
            kept.append(quoted(ROW_HASH))
        return kept

    def _is_used(self, name: str) -> bool:
        return name in self.used_names

    def _raw(self, expressions: Sequence[Expression]) -> dict[str, Sql]:
        columns = raw_columns_in(expressions) & set(self.source.columns)
        return {column: Sql(verbatim(column), "text") for column in columns}

    # -- what depends on what -----------------------------------------------------------------------------------------
    def _columns_of(self, name: str) -> tuple[str, ...]:
        """Columns of the file that a value depends on, directly or through other values."""
        columns: set[str] = set()
        for helper in self._closure(name):
            columns |= names_in([self.lets[helper]], self.known) & set(self.source.columns)
            columns |= raw_columns_in([self.lets[helper]])
        return tuple(sorted(columns))

    def _closure(self, name: str) -> set[str]:
        found, waiting = set(), [name]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                waiting += names_in([self.lets[current]], self.known) & set(self.lets)
        return found

    def _depends_on_values_alone(self, name: str) -> bool:
        closure = self._closure(name)
        used = names_in([self.lets[helper] for helper in closure], self.known)
        return used <= {*self.source.columns, *self.lets} and bool(self._columns_of(name))

    def _costly(self, name: str) -> bool:
        return any(part.per_value for part in self.lets[name].walk())

    def _refuse_ambiguous_names(self, links: Mapping[str, list[Expression]]) -> None:
        reserved = {*self.source.keys, *links, *self.source.ready}
        twice = sorted(set(self.lets) & {*self.source.columns, *reserved})
        if twice:
            raise self.scope.error("{name} is already the name of a column or link", name=", ".join(twice))


def verbatim(column: str) -> str:
    """Name under which working tables hold a column as it stands in the file."""
    return quoted(f"{column}!")


def why_not(name: str) -> str:
    """Name of the column that says why a date or a visit is missing although something stands in the file."""
    return quoted(f"{name}?")


class _Chain:
    """A chain of sub-queries, each adding a column to the one before."""

    def __init__(self, first: str) -> None:
        self._queries = [first]
        self._helpers = 0

    def clean(self, columns: Sequence[str]) -> dict[str, Sql]:
        """Add columns as the mapping sees them: cleaned, and nothing where they say that there is nothing."""
        if columns:
            added = ", ".join(f"clean({verbatim(c)}) AS {quoted(c)}" for c in columns)
            self._queries.append(f"SELECT *, {added} FROM {self._last}")
            emptied = ", ".join(f"not_nothing({quoted(c)}) AS {quoted(c)}" for c in columns)
            self._queries.append(f"SELECT * REPLACE ({emptied}) FROM {self._last}")
        return {column: Sql(quoted(column), "text") for column in columns}

    def add(self, name: str, value: Sql) -> Sql:
        self._queries.append(f"SELECT *, {value.text} AS {quoted(name)} FROM {self._last}")
        return Sql(quoted(name), value.type)

    def once(self, text: str) -> str:
        """Keep a piece of SQL as a column of its own and give the column's name; a name stays as it is."""
        if text.startswith('"') and text.count('"') == 2 and text.endswith('"'):
            return text
        self._helpers += 1
        name = quoted(f"once {self._helpers}")
        self._queries.append(f"SELECT *, {text} AS {name} FROM {self._last}")
        return name

    def explain_date(self, name: str, source: str, parsed: str) -> None:
        """Add why a date is missing although something stands in the file."""
        rule = f"CASE WHEN {self.once(parsed)} IS NULL THEN 'invalid_date' ELSE 'sentinel_date' END"
        missing = f"{quoted(name)} IS NULL AND {source} IS NOT NULL"
        self._queries.append(f"SELECT *, CASE WHEN {missing} THEN {rule} END AS {why_not(name)} FROM {self._last}")

    def link_person(self, key: str) -> Sql:
        self._queries.append(f"SELECT *, {key} AS {quoted('person!')} FROM {self._last}")
        self._queries.append(
            f"SELECT s.*, p.person_id AS {quoted(PERSON)} FROM {self._last} s "
            f"LEFT JOIN link.person p ON p.key = s.{quoted('person!')}"
        )
        return Sql(quoted(PERSON), "integer")

    def link_visit(self, key: str) -> Sql:
        """Add the visit, and why there is none: no such number, or a visit of somebody else."""
        self._queries.append(f"SELECT *, {key} AS {quoted('visit!')} FROM {self._last}")
        visit = record(id="v.visit_occurrence_id", kind="v.kind", start="v.start_time", end="v.end_time")
        number, person = f"s.{quoted('visit!')}", f"s.{quoted(PERSON)}"
        self._queries.append(
            f"SELECT s.*, CASE WHEN v.person_id = {person} THEN {visit} END AS {quoted(VISIT)}, "
            f"CASE WHEN {number} IS NULL THEN NULL WHEN v.key IS NULL THEN 'orphan_visit' "
            f"WHEN v.person_id <> {person} THEN 'visit_of_other_person' END AS {why_not(VISIT)} "
            f"FROM {self._last} s LEFT JOIN link.visit v ON v.key = {number}"
        )
        return Sql(quoted(VISIT), "visit")

    def select(self, columns: Sequence[str]) -> str:
        steps = [f"q{i} AS NOT MATERIALIZED ({query})" for i, query in enumerate(self._queries)]
        return f"WITH {', '.join(steps)} SELECT {', '.join(columns)} FROM {self._last}"

    @property
    def _last(self) -> str:
        return f"q{len(self._queries) - 1}"
