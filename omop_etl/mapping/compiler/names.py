"""Which columns and intermediate values an expression uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from omop_etl.mapping.expressions import Expression
from omop_etl.mapping.expressions.values import Name, Raw
from omop_etl.mapping.scope import Scope

PERSON, VISIT, POSITION, ORDINAL = "person", "visit", "position", "ordinal"
"""Names that links, items and keys give; no intermediate value may be called so."""


def names_in(expressions: Iterable[Expression], known: Iterable[str]) -> set[str]:
    """Names used directly, each without the part after its dot unless that belongs to the name.

    Parameters
    ----------
    expressions : iterable of Expression
        Where to look.
    known : iterable of str
        Names that exist; one of them may itself contain a dot.

    Returns
    -------
    set of str
        Known names, and unknown ones as they are written.
    """
    existing = set(known)
    found = set()
    for expression in expressions:
        for part in expression.walk():
            if isinstance(part, Name):
                base = part.name if part.name in existing else part.name.rpartition(".")[0]
                found.add(base if base in existing else part.name)
    return found


def raw_columns_in(expressions: Iterable[Expression]) -> set[str]:
    """Columns whose verbatim text is used."""
    return {part.raw for expression in expressions for part in expression.walk() if isinstance(part, Raw)}


def in_order_of_use(lets: Mapping[str, Expression], links: Mapping[str, list[Expression]], where: str) -> list[str]:
    """Order in which intermediate values and links can be computed.

    Parameters
    ----------
    lets : mapping of str to Expression
        Intermediate values.
    links : mapping of str to list of Expression
        Links and the expressions that they are made from.
    where : str
        Place in the document, for messages.

    Returns
    -------
    list of str
        Every name once, after those that it uses.

    Raises
    ------
    MappingError
        Values use each other in a circle.
    """
    needs: dict[str, list[Expression]] = {**{name: [value] for name, value in lets.items()}, **links}
    ordered: list[str] = []
    waiting: list[str] = []

    def place(name: str) -> None:
        if name in ordered or name not in needs:
            return
        if name in waiting:
            circle = ", ".join([*waiting[waiting.index(name) :], name])
            raise Scope(where).error("these values use each other in a circle: {circle}", circle=circle)
        waiting.append(name)
        for used in sorted(names_in(needs[name], needs)):
            place(used)
        if name == VISIT:
            place(PERSON)
        waiting.pop()
        ordered.append(name)

    for name in needs:
        place(name)
    return ordered
