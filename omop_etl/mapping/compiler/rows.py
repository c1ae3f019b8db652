"""The working table of one file, or of the items of one file: links, columns and intermediate values, a row each.

Whatever is costly to compute (a laboratory result, a code, a unit) and depends on columns alone is computed once per
distinct combination of those columns, in a table of its own, and joined back: three million results have some ten
thousand distinct texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from omop_etl.mapping.compiler.chain import OUTSIDE_VISIT, ROW_HASH, VISIT_ID, Chain, verbatim, why_not
from omop_etl.mapping.compiler.names import PERSON, VISIT, in_order_of_use, names_in, raw_columns_in
from omop_etl.mapping.expressions import Expression
from omop_etl.mapping.expressions.dates import Datetime
from omop_etl.mapping.parts import VisitLink
from omop_etl.mapping.scope import Scope
from omop_etl.mapping.sql import Sql, as_text, mapped, quoted


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
    clean : frozenset of str
        Those of `columns` that are cleaned already; empty text stands for nothing.
    passed : frozenset of str
        Columns that are passed on without a name that expressions could use.
    """

    relation: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    ready: Mapping[str, Sql] = field(default_factory=dict)
    clean: frozenset[str] = frozenset()
    passed: frozenset[str] = frozenset()


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
    known_person: str = "",
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
    known_person : str
        Column of the person's number, where a step asks why nobody was found.
    hashed : bool
        Keep `ROW_HASH`.

    Returns
    -------
    RowPlan
        The statements and the names.
    """
    return _Planner(table, source, lets, used, scope, person, visit, known_person, hashed).plan()


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
        known_person: str,
        hashed: bool,
    ) -> None:
        self.table, self.source, self.lets, self.scope = table, source, lets, scope
        self.person, self.visit, self.known_person, self.hashed = person, visit, known_person, hashed
        self.known = {*source.columns, *source.ready, *lets}
        links: dict[str, list[Expression]] = {}
        if person is not None:
            links[PERSON] = [person]
        if visit is not None:
            links[VISIT] = [visit.number]
        self._refuse_ambiguous_names(links)
        self.used = used
        dates = {name for name, value in lets.items() if isinstance(value, Datetime)}
        self.used_names = names_in(used, self.known | set(links)) | dates | {PERSON} | set(source.ready)
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
        chain = Chain(
            f"SELECT DISTINCT {', '.join(f'{mapped(c)} AS {verbatim(c)}' for c in columns)} FROM {self.source.relation}"
        )
        names = chain.clean(columns, self.source.clean)
        raw = {column: Sql(verbatim(column), "text") for column in columns}
        helpers = self._needed_by(group)
        for name in self.order:
            if name in helpers:
                here = replace(self.scope.at(f"let.{name}"), names=names, raw=raw, once=chain.once)
                names[name] = chain.add(name, self.lets[name].sql(here))
        kept = [verbatim(column) for column in columns] + [mapped(name) for name in (*columns, *group)]
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
        first += [f"s.{mapped(c)} AS {verbatim(c)}" for c in sorted({*columns, *texts})]
        first += [f"s.{mapped(name)}" for name in self.source.ready]
        first += [f"s.{column}" for column in sorted(self.source.passed)]
        joins = ""
        for (table, keys), group in zip(value_tables.items(), self._groups().values(), strict=True):
            first += [f"{table}.{mapped(name)}" for name in group]
            first += [
                f"{table}.{mapped(c)}" for c in keys if f"{mapped(c)}" not in {f.partition(".")[2] for f in first}
            ]
            matches = " AND ".join(f"s.{mapped(c)} = {table}.{verbatim(c)}" for c in keys)
            joins += f" JOIN {table} ON {matches}"
        if self.hashed:
            first.append(f"s.{quoted(ROW_HASH)}")
        chain = Chain(f"SELECT {', '.join(first)} FROM {self.source.relation} s{joins}")
        names = {**given, **chain.clean(columns, self.source.clean)}
        for name in self.order:
            here = replace(self.scope.at(f"let.{name}"), names=names, raw=self._raw(self.wanted), once=chain.once)
            if name == PERSON and self.person is not None:
                number = verbatim(self.known_person) if self.known_person else ""
                names[PERSON] = chain.link_person(as_text(self.person.sql(here)), number)
            elif name == VISIT and self.visit is not None:
                names[VISIT] = chain.link_visit(as_text(self.visit.number.sql(here)))
            elif name not in self.per_value:
                names[name] = chain.add(name, self.lets[name].sql(here))
                if isinstance(date := self.lets[name], Datetime):
                    chain.explain_date(name, date.source().sql(here).text, date.parsed(here))
        if self.visit is not None and self.visit.date is not None:
            here = replace(self.scope.at("visit.date"), names=names, raw=self._raw(self.wanted), once=chain.once)
            chain.compare_with_visit(self.visit, self.visit.date.sql(here).text)
        return chain.select(self._kept(names, texts)), {name: names[name] for name in names if self._is_used(name)}

    def _kept(self, names: Mapping[str, Sql], texts: Sequence[str]) -> list[str]:
        """Columns of the working table: what steps, flags, emits and items use, and nothing else."""
        kept = [*self.source.keys, *(mapped(name) for name in names if self._is_used(name))]
        kept += [verbatim(column) for column in texts if column in raw_columns_in(self.used)]
        kept += [why_not(name) for name, value in self.lets.items() if isinstance(value, Datetime)]
        if self.person is not None and self.known_person:
            kept.append(why_not(PERSON))
        if self.visit is not None:
            kept += [why_not(VISIT), f"{mapped(VISIT)}.id AS {VISIT_ID}"]
            kept += [OUTSIDE_VISIT] if self.visit.date is not None else []
        elif VISIT_ID in self.source.passed:
            kept.append(VISIT_ID)
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
