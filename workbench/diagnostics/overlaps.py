"""Overlaps of cohorts of known sizes, so that no two of them give a small group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.access import DisclosurePolicy
from workbench.diagnostics.protection import HIDDEN, Cell, protect_division, protect_pair


@dataclass(frozen=True)
class Overlap:
    """What two cohorts share.

    Attributes
    ----------
    first, second : str
        Their names.
    only_first, both, only_second : int
        Persons.
    cells : tuple of (int or str)
        The three as they may be shown, and who of those in both enters which cohort first.
    """

    first: str
    second: str
    only_first: int
    both: int
    only_second: int
    cells: tuple[Cell, ...] = ()

    def hidden(self) -> Overlap:
        """Say nothing."""
        return replace(self, cells=(HIDDEN,) * 6)

    def protected(self, policy: DisclosurePolicy, order: Sequence[int], *, others: Sequence[Overlap]) -> Overlap:
        """Show this overlap beside others that are shown already.

        If one of A and B lies within the other, the difference of what a third cohort shares with A and with B is a
        group of persons; so is what is left of the difference of A and B. If one of these is small, nothing is shown.

        Examples
        --------
        B lies within A; three persons of A without B are in C:

        >>> ten, order = DisclosurePolicy(), [0, 0, 0]
        >>> ab = Overlap("A", "B", 40, 60, 0).protected(ten, [0, 60, 0], others=[])
        >>> ac = Overlap("A", "C", 50, 50, 70).protected(ten, [0, 50, 0], others=[ab])
        >>> Overlap("B", "C", 13, 47, 73).protected(ten, [0, 47, 0], others=[ab, ac]).cells
        ('…', '…', '…', '…', '…', '…')
        """
        cells = protect_pair(self.only_first, self.both, self.only_second, policy)
        if not isinstance(cells[1], int) or any(self._tells(other, others, policy) for other in others):
            return self.hidden()
        return replace(self, cells=(*cells, *protect_division(order, cells[1], policy)))

    def _tells(self, other: Overlap, others: Sequence[Overlap], policy: DisclosurePolicy) -> bool:
        """Tell whether a small group follows from this overlap and a shown one with a cohort in common."""
        common = {self.first, self.second} & {other.first, other.second}
        if len(common) != 1 or not isinstance(other.cells[1], int):
            return False
        shared = common.pop()
        mine, theirs = self._apart(shared), other._apart(shared)
        names = {mine[0], theirs[0]}
        nested = next((pair for pair in others if {pair.first, pair.second} == names), None)
        if nested is None or min(nested.only_first, nested.only_second) >= policy.threshold:
            return False
        return policy.is_small(abs(self.both - other.both)) or policy.is_small(abs(mine[1] - theirs[1]))

    def _apart(self, shared: str) -> tuple[str, int]:
        """Name the cohort that is not the shared one, and count its persons outside that one."""
        return (self.second, self.only_second) if self.first == shared else (self.first, self.only_first)
