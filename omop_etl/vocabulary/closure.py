"""All ancestors of every concept, from the direct parents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Ancestry:
    """One line of CONCEPT_ANCESTOR.

    Attributes
    ----------
    ancestor, descendant : int
        Concept ids; a concept is an ancestor of itself.
    shortest, longest : int
        Steps on the shortest and on the longest way up.
    """

    ancestor: int
    descendant: int
    shortest: int
    longest: int


def ancestor_closure(concepts: Iterable[int], parents: Mapping[int, Iterable[int]]) -> list[Ancestry]:
    """Follow the parents of each concept to the top.

    Parameters
    ----------
    concepts : iterable of int
        Concepts that take part in the hierarchy.
    parents : mapping of int to iterable of int
        Direct parents; must not go round in circles.

    Returns
    -------
    list of Ancestry
        Sorted by ancestor and descendant.

    Raises
    ------
    ValueError
        A concept is its own ancestor.

    Examples
    --------
    >>> [(a.ancestor, a.shortest) for a in ancestor_closure([1, 2, 3], {3: [2], 2: [1]}) if a.descendant == 3]
    [(1, 2), (2, 1), (3, 0)]
    """
    found: dict[int, dict[int, tuple[int, int]]] = {}

    def climb(concept: int, below: tuple[int, ...]) -> dict[int, tuple[int, int]]:
        if concept in below:
            raise ValueError(f"concept {concept} is an ancestor of itself")
        if concept not in found:
            ways: dict[int, tuple[int, int]] = {concept: (0, 0)}
            for parent in parents.get(concept, ()):
                for ancestor, (shortest, longest) in climb(parent, (*below, concept)).items():
                    known = ways.get(ancestor, (shortest + 1, longest + 1))
                    ways[ancestor] = (min(known[0], shortest + 1), max(known[1], longest + 1))
            found[concept] = ways
        return found[concept]

    return sorted(
        (
            Ancestry(ancestor, concept, shortest, longest)
            for concept in concepts
            for ancestor, (shortest, longest) in climb(concept, ()).items()
        ),
        key=lambda line: (line.ancestor, line.descendant),
    )
