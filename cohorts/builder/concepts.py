"""Concept sets by name, numbered only when a definition is written."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cohorts.definition import Concept, ConceptSet, ConceptSetExpression, ConceptSetItem
from omop_etl.errors import UsageError


@dataclass(frozen=True)
class Concepts:
    """Concepts under a name: with their descendants unless said otherwise, some left out.

    Attributes
    ----------
    name : str
        What the set is called.
    items : tuple of (int, bool, bool, bool)
        Concept, with descendants, with concepts that map to it, left out.
    """

    name: str
    items: tuple[tuple[int, bool, bool, bool], ...]

    def without(self, *concept_ids: int, descendants: bool = True) -> Concepts:
        """Leave concepts out."""
        return self._with(concept_ids, descendants=descendants, excluded=True)

    def and_also(self, *concept_ids: int, descendants: bool = True) -> Concepts:
        """Add concepts, for example some without their descendants."""
        return self._with(concept_ids, descendants=descendants)

    def with_mapped(self) -> Concepts:
        """Count the source concepts that map to any of them too."""
        return replace(self, items=tuple((number, below, True, out) for number, below, _, out in self.items))

    def _with(self, concept_ids: tuple[int, ...], *, descendants: bool, excluded: bool = False) -> Concepts:
        return replace(self, items=self.items + tuple((i, descendants, False, excluded) for i in concept_ids))

    def numbered(self, number: int) -> ConceptSet:
        """Give the concept set of a definition."""
        lines = [
            ConceptSetItem(
                concept=Concept(concept_id=concept_id),
                **{"is_excluded": True} if out else {},
                **{"include_descendants": True} if below else {},
                **{"include_mapped": True} if mapped else {},
            )
            for concept_id, below, mapped, out in self.items
        ]
        return ConceptSet(id=number, name=self.name, expression=ConceptSetExpression(items=lines))


def concepts(name: str, *concept_ids: int, descendants: bool = True) -> Concepts:
    """Name a set of concepts.

    Parameters
    ----------
    name : str
        What the set is called.
    *concept_ids : int
        Standard concepts.
    descendants : bool
        Take everything below them too.

    Returns
    -------
    Concepts
        For the functions that make criteria.

    Raises
    ------
    UsageError
        No concept is given.

    Examples
    --------
    >>> concepts("diabetes", 201826).without(201254).items
    ((201826, True, False, False), (201254, True, False, True))
    """
    if not concept_ids:
        raise UsageError("the concept set {name} is empty", todo="give at least one concept", name=name)
    return Concepts(name, tuple((concept_id, descendants, False, False) for concept_id in concept_ids))
