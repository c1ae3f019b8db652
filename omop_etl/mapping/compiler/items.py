"""Items of a source row: repeated columns, several values side by side, or the pieces of a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from omop_etl.mapping.compiler.chain import VISIT_ID
from omop_etl.mapping.compiler.columns import expressions_of_items, item_fields
from omop_etl.mapping.compiler.names import ORDINAL, PERSON, POSITION, names_in
from omop_etl.mapping.compiler.rows import RowSource
from omop_etl.mapping.expressions import Expression
from omop_etl.mapping.expressions.values import common_type
from omop_etl.mapping.parts import Each, Numbered, Split
from omop_etl.mapping.scope import Scope
from omop_etl.mapping.sql import Sql, as_text, literal, literals, mapped


@dataclass(frozen=True)
class Items:
    """The items of one `Each`.

    Attributes
    ----------
    query : str
        Gives the items.
    source : RowSource
        What a working table is made from, but for the relation: `query`, or a table that keeps what it gives.
    header : callable
        From a field or column to the SQL of the column's name in the file's header.
    """

    query: str
    source: RowSource
    header: Callable[[str], str]


def plan_items(
    each: Each,
    rows: str,
    staged: str,
    scope: Scope,
    key: list[Expression],
    has_visit: bool,
    header: Callable[[str], str],
    empty: frozenset[str] = frozenset(),
) -> Items:
    """Plan the items of a file's rows.

    Parameters
    ----------
    each : Each
        Where items come from.
    rows, staged : str
        Working table of the file's used rows, and the file as it was read.
    scope : Scope
        Names of the working table.
    key : list of Expression
        Natural key of the file's rows.
    has_visit : bool
        The file's rows are linked to visits.
    header : callable
        From the mapping's name of a column to the name in the file's header.
    empty : frozenset of str
        Columns that are known to hold nothing.

    Returns
    -------
    Items
        The query, and what its columns mean.
    """
    passed = _passed_on(each, scope, key)
    ready = {POSITION: Sql(mapped(POSITION), "integer"), **passed}
    linked = frozenset({VISIT_ID}) if has_visit else frozenset()
    carried = [f"r.{column}" for column in (mapped(ORDINAL), *(mapped(name) for name in passed), *linked)]
    if each.numbered is not None:
        query, columns = _numbered(each.numbered, each.present, staged, empty), tuple(each.numbered.columns)
    elif each.split is not None:
        query, columns = _split(each.split, rows, scope.at("split")), (each.split.into,)
    else:
        query, columns, typed = _side_by_side(each, rows, scope)
        ready.update(typed)
    if each.present and each.present not in {*columns, *ready}:
        raise scope.error("items have no field {name}", name=each.present)
    filled = f" WHERE clean(CAST(i.{mapped(each.present)} AS VARCHAR)) IS NOT NULL" if each.present else ""
    joined = f"SELECT {', '.join(['i.*', *carried])} FROM ({query}) i JOIN {rows} r USING (line){filled}"
    ready[ORDINAL] = Sql(mapped(ORDINAL), "integer")
    clean = frozenset(columns if each.numbered is None else ())
    return Items(
        joined,
        RowSource("", ("line",), columns, ready, clean, linked),
        lambda name: _header_of(name, each, header),
    )


def _passed_on(each: Each, scope: Scope, key: list[Expression]) -> dict[str, Sql]:
    """Names of the source row that the items' expressions use."""
    expressions = [*expressions_of_items(each), *each.let.values(), *key]
    used = names_in(expressions, scope.names) & set(scope.names) | ({PERSON} & set(scope.names))
    return {
        name: Sql(mapped(name), scope.names[name].type) for name in sorted(used - item_fields(each) - set(each.let))
    }


def _numbered(numbered: Numbered, present: str, staged: str, empty: frozenset[str]) -> str:
    parts: list[str] = []
    for number, columns in numbered.columns_by_number().items():
        if parts and columns.get(present) in empty:
            continue
        fields = ", ".join(f"s.{mapped(columns[field])} AS {mapped(field)}" for field in numbered.columns)
        filled = f" WHERE s.{mapped(columns[present])} <> ''" if present else ""
        parts.append(f"SELECT s.line, {number}::INTEGER AS {mapped(POSITION)}, {fields} FROM {staged} s{filled}")
    return " UNION ALL ".join(parts)


def _split(split: Split, rows: str, scope: Scope) -> str:
    text = as_text(split.text.sql(scope))
    pieces = (
        f"split_diagnoses({text})" if split.by == "diagnoses" else f"string_split_regex({text}, {literal(split.by)})"
    )
    return (
        f"SELECT line, generate_subscripts({pieces}, 1)::INTEGER AS {mapped(POSITION)}, "
        f"unnest({pieces}) AS {mapped(split.into)} FROM {rows} WHERE {text} IS NOT NULL"
    )


def _side_by_side(each: Each, rows: str, scope: Scope) -> tuple[str, tuple[str, ...], Mapping[str, Sql]]:
    compiled = [
        {name: item[name].sql(scope.at(f"items[{number}].{name}")) for name in each.items[0]}
        for number, item in enumerate(each.items, 1)
    ]
    types = {name: common_type(scope.at(name), [item[name] for item in compiled]) for name in each.items[0]}
    parts = [
        f"SELECT line, {number}::INTEGER AS {mapped(POSITION)}, "
        + ", ".join(f"{_never_null(item[name], types[name])} AS {mapped(name)}" for name in item)
        + f" FROM {rows}"
        + (f" WHERE {item[each.present].text} IS NOT NULL" if each.present in item else "")
        for number, item in enumerate(compiled, 1)
    ]
    columns = tuple(name for name, kind in types.items() if kind == "text")
    typed = {name: Sql(mapped(name), kind) for name, kind in types.items() if kind != "text"}
    return " UNION ALL ".join(parts), columns, typed


def _never_null(value: Sql, kind: str) -> str:
    """Value of an item's field; text is empty rather than null, because working tables are joined on it."""
    return f"coalesce({value.text}, '')" if kind == "text" else value.text


def _header_of(name: str, each: Each, header: Callable[[str], str]) -> str:
    """SQL of the name that a column has in the file.

    The column of a repeated field depends on the item; a field of items side by side may itself hold the column's name.
    """
    if each.numbered is not None and name in each.numbered.columns:
        by_number = each.numbered.columns_by_number()
        names = [header(columns[name]) for columns in by_number.values()]
        return f"{literals(names)}[{mapped(POSITION)} - {min(by_number)} + 1]"
    if each.items and name in each.items[0]:
        return mapped(name)
    return literal(header(name))
