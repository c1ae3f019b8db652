"""Counts of a diagnostic as they may be shown, where the size of the cohort is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from workbench.access import DisclosurePolicy, protect_chain, protect_parts

Cell = int | str
"""A count, or what stands in its place."""

HIDDEN: Final = "…"
"""Stands for a count of which nothing is said."""


def protect_groups(counts: Sequence[int], total: int, policy: DisclosurePolicy) -> list[Cell]:
    """Show groups of a known whole, which may share members and need not cover it.

    The members in no group are a part like the others, as far as the sums tell; and a count is hidden too if the
    members outside its group are few, for they follow from the whole.

    Parameters
    ----------
    counts : sequence of int
        Members of each group.
    total : int
        Members of the whole, which readers know.
    policy : DisclosurePolicy
        The threshold.

    Returns
    -------
    list of (int or str)
        A cell for each group. Where no group of anybody can be shown nothing is said of any, so that it does not
        matter why.

    Examples
    --------
    >>> protect_groups([40, 30], 70, DisclosurePolicy())
    [40, 30]
    >>> protect_groups([40, 30], 74, DisclosurePolicy())
    [40, '≥10']
    >>> protect_groups([72, 30], 75, DisclosurePolicy())
    ['≥10', 30]
    >>> protect_groups([9, 0], 9, DisclosurePolicy())
    ['…', '…']
    """
    rest = total - sum(counts)
    protected = protect_parts([*counts, *([rest] if rest > 0 else [])], policy)
    if protected is None:
        return [HIDDEN] * len(counts)
    floor = f"≥{policy.threshold}"
    cells: list[Cell] = [
        text if shown is None else floor if policy.is_small(total - shown) else shown
        for shown, text in zip(protected.counts[: len(counts)], protected.texts, strict=False)
    ]
    anything = not any(counts) or any(isinstance(cell, int) and cell for cell in cells)
    return cells if anything else [HIDDEN] * len(counts)


def protect_together(
    columns: Sequence[Sequence[int]], totals: Sequence[int], policy: DisclosurePolicy
) -> list[list[Cell]]:
    """Show several counts of the same groups, such as events and persons: what is hidden in one is hidden in all.

    Examples
    --------
    Three persons with 20 events:

    >>> protect_together([[20, 90, 50], [3, 80, 40]], [160, 123], DisclosurePolicy())
    [['≥10', '≥10', 50], ['<10', '≥10', 40]]
    """
    shown = [protect_groups(column, total, policy) for column, total in zip(columns, totals, strict=True)]
    for position in range(len(columns[0]) if columns else 0):
        if all(isinstance(column[position], int) for column in shown):
            continue
        for column, counts in zip(shown, columns, strict=True):
            if isinstance(column[position], int):
                small = policy.is_small(counts[position])
                column[position] = f"<{policy.threshold}" if small else _floor(counts[position], policy)
    return shown


def _floor(count: int, policy: DisclosurePolicy) -> Cell:
    return f"≥{policy.threshold}" if count else HIDDEN


def protect_each(counts: Sequence[int], total: int, policy: DisclosurePolicy) -> list[Cell]:
    """Show counts of properties that members of a known whole may have, each by itself.

    Examples
    --------
    >>> protect_each([0, 4, 50, 98, 100], 100, DisclosurePolicy())
    [0, '<10', 50, '91–99', 100]
    """
    return [protect_chain([total, count], policy, anchor=0)[1].cell for count in counts]
