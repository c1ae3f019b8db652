"""A table of counts whose row and column totals are known."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from workbench.access.parts import safe
from workbench.access.policy import DisclosurePolicy

Cell = tuple[int, int]
Line = list[Cell]


def protect_table(counts: NDArray[np.int64], policy: DisclosurePolicy) -> list[list[str]] | None:
    """Show a table so that its totals bring no small cell back.

    Small cells are hidden, then others in their rows and columns, until linear programming over all rows and columns
    at once finds at least half of the small counts possible in every hidden small cell.

    Parameters
    ----------
    counts : array of int, shape (rows, columns)
        The cells, without the totals; readers know the totals of all rows and columns.
    policy : DisclosurePolicy
        The threshold.

    Returns
    -------
    list of list of str, or None
        The texts of the cells; none where no choice of hidden cells is enough.

    Examples
    --------
    >>> protect_table(np.array([[40, 3], [50, 60], [70, 80]]), DisclosurePolicy())
    [['≥10', '<10'], ['≥10', '≥10'], ['70', '80']]
    """
    table = _Table(counts, policy)
    while True:
        lines = [line] if (line := table.exposed_line()) else table.lines_of_exposed_cell()
        if not lines:
            return table.texts()
        if not any(table.hide_one_of(line) for line in lines):
            return None


class _Table:
    def __init__(self, counts: NDArray[np.int64], policy: DisclosurePolicy) -> None:
        self.counts = counts
        self.policy = policy
        self.small = {cell for cell in np.ndindex(counts.shape) if policy.is_small(self.count(cell))}
        self.hidden = set(self.small)

    def count(self, cell: Cell) -> int:
        return int(self.counts[cell])

    def lines(self) -> Iterator[Line]:
        rows, columns = self.counts.shape
        yield from ([(i, j) for j in range(columns)] for i in range(rows))
        yield from ([(i, j) for i in range(rows)] for j in range(columns))

    def exposed_line(self) -> Line | None:
        """Find a row or column whose total alone tells too much about a small cell in it."""
        for line in self.lines():
            small = [self.count(cell) for cell in line if cell in self.small]
            large = [self.count(cell) for cell in line if cell in self.hidden - self.small]
            if small and not safe(small, large, self.policy):
                return line
        return None

    def lines_of_exposed_cell(self) -> list[Line]:
        """Find a small cell that all totals together leave too few values, and the lines that could help it.

        First come lines with one hidden cell, which their total gives away, then the cell's own, then all the others
        in which something is hidden.
        """
        for cell in sorted(self.small):
            if self._candidates(cell) < self.policy.threshold // 2:
                touched = [line for line in self.lines() if self.hidden.intersection(line)]
                return sorted(touched, key=lambda line: (len(self.hidden.intersection(line)) > 1, cell not in line))
        return []

    def hide_one_of(self, line: Line) -> bool:
        """Hide the shown cell nearest to a hidden one in a line; tell whether there was one."""
        known = [cell for cell in line if cell in self.hidden]
        spare = [cell for cell in line if cell not in self.hidden and self.count(cell)]
        if not spare:
            return False
        self.hidden.add(min(spare, key=lambda cell: (min(_distance(cell, other) for other in known), cell)))
        return True

    def _candidates(self, cell: Cell) -> int:
        """Count the values that a hidden cell may have, given all totals and all shown cells."""
        from scipy.optimize import linprog

        unknown = sorted(self.hidden)
        lines = [line for line in self.lines() if self.hidden.intersection(line)]
        matrix = np.array([[float(other in line) for other in unknown] for line in lines])
        totals = [sum(self.count(other) for other in line if other in self.hidden) for line in lines]
        top = self.policy.threshold
        bounds = [(1, top - 1) if other in self.small else (top, None) for other in unknown]
        aim = np.array([float(other == cell) for other in unknown])
        low = linprog(aim, A_eq=matrix, b_eq=totals, bounds=bounds).fun
        high = -linprog(-aim, A_eq=matrix, b_eq=totals, bounds=bounds).fun
        return round(high - low) + 1

    def texts(self) -> list[list[str]]:
        rows, columns = self.counts.shape
        return [[self._text((i, j)) for j in range(columns)] for i in range(rows)]

    def _text(self, cell: Cell) -> str:
        if cell in self.small:
            return f"<{self.policy.threshold}"
        return f"≥{self.policy.threshold}" if cell in self.hidden else f"{self.count(cell):,}"


def _distance(one: Cell, other: Cell) -> int:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])
