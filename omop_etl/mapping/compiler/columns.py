"""Columns of the source that a file's mapping uses."""

from __future__ import annotations

from omop_etl.mapping.compiler.names import PERSON, POSITION, VISIT, names_in, raw_columns_in
from omop_etl.mapping.compiler.steps import used_by_steps
from omop_etl.mapping.document import FileMapping
from omop_etl.mapping.expressions import Expression
from omop_etl.mapping.expressions.values import Name
from omop_etl.mapping.parts import Each, Emit, Flag
from omop_etl.mapping.steps import KnownPerson


def expressions_of_rows(file: FileMapping) -> list[Expression]:
    """Expressions over the rows of a file, other than intermediate values and links."""
    used = [*file.key, *used_by_steps(file.steps), *_of_flags(file.flags), *_of_emits(file.emit)]
    if file.register_ is not None:
        used += [*file.register_.key, file.register_.value]
    if file.visit is not None:
        used += [file.visit.number, *([file.visit.date] if file.visit.date is not None else [])]
    for each in file.each:
        if each.split is not None:
            used.append(each.split.text)
        used += [value for item in each.items for value in item.values()]
        used += [Name(name=name) for name in sorted(_names_from_above(each))]
    return used


def expressions_of_items(each: Each) -> list[Expression]:
    """Expressions over items, other than intermediate values."""
    return [*_of_flags(each.flags), *_of_emits(each.emit)]


def columns_of(file: FileMapping) -> list[str]:
    """Columns that the mapping of a file uses, by the names it uses for them.

    Parameters
    ----------
    file : FileMapping
        The mapping of the file.

    Returns
    -------
    list of str
        Sorted.
    """
    expressions = [*expressions_of_rows(file), *file.let.values()]
    if file.person is not None:
        expressions.append(file.person)
    given = {*file.let, PERSON, VISIT}
    columns = (names_in(expressions, given) - given) | raw_columns_in(expressions)
    columns |= {step.known_person for step in file.steps if isinstance(step, KnownPerson)}
    for each in file.each:
        if each.numbered is not None:
            for fields in each.numbered.columns_by_number().values():
                columns |= set(fields.values())
    return sorted(columns)


def item_fields(each: Each) -> set[str]:
    """Fields of the items of an `Each`."""
    if each.numbered is not None:
        return set(each.numbered.columns)
    return {each.split.into} if each.split is not None else set(each.items[0])


def _names_from_above(each: Each) -> set[str]:
    """Names that items take from their source row: whatever they do not have themselves."""
    expressions = [*expressions_of_items(each), *each.let.values()]
    own = {*item_fields(each), *each.let, POSITION}
    found = names_in(expressions, own)
    return {name.split(".")[0] if name.split(".")[0] in (PERSON, VISIT) else name for name in found - own}


def _of_flags(flags: list[Flag]) -> list[Expression]:
    return [flag.when for flag in flags]


def _of_emits(emits: list[Emit]) -> list[Expression]:
    used: list[Expression] = []
    for emit in emits:
        used += [*emit.columns.values(), *emit.key, emit.rank]
        used += [e for e in (emit.when, emit.concept, emit.same) if e is not None]
    return used
