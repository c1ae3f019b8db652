"""Disclosure control of counts with known totals, attacked by enumeration and by linear programming."""

from __future__ import annotations

from itertools import combinations_with_replacement, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workbench.access import DisclosurePolicy, protect_parts, protect_table

TEN = DisclosurePolicy(threshold=10)


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        ([30, 25, 40], "30 25 40"),
        ([30, 0, 40], "30 0 40"),
        ([30, 4, 25, 40], "≥10 <10 25 40"),
        ([5, 6, 4, 20], "<10 <10 <10 20"),
        ([1, 1, 20], "<10 <10 ≥10"),
        ([1, 10, 30], "<10 ≥10 ≥10"),
    ],
)
def test_months_as_shown(parts: list[int], shown: str) -> None:
    """Each line was worked out by hand from the total and the smallest and largest values of what is hidden."""
    protected = protect_parts(parts, TEN)
    assert protected is not None
    assert " ".join(protected.texts) == shown


def test_parts_that_cannot_be_shown() -> None:
    """Ten single persons and a total of ten: each part would follow from the total."""
    assert protect_parts([1] * 10, TEN) is None


def test_no_part_follows_from_the_total() -> None:
    """Every series of four parts with totals up to 20 at threshold 4: the attacker knows total, output and method."""
    policy = DisclosurePolicy(threshold=4)
    alike: dict[object, list[tuple[int, ...]]] = {}
    for total, *cuts in combinations_with_replacement(range(20, -1, -1), 4):
        parts = tuple(earlier - later for earlier, later in zip((total, *cuts), (*cuts, 0), strict=True))
        protected = protect_parts(parts, policy)
        alike.setdefault((total, protected and protected.texts), []).append(parts)
    for (_, texts), series in alike.items():  # type: ignore[misc]
        for position in range(4) if texts else ():
            values = {parts[position] for parts in series}
            if any(policy.is_small(value) for value in values):
                assert len(values) >= 2, series


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12))
def test_only_small_counts_and_neighbours_are_hidden(parts: list[int]) -> None:
    protected = protect_parts(parts, TEN)
    if protected is None:
        return
    for count, shown in zip(parts, protected.counts, strict=True):
        assert shown in (None, count)
        assert not (TEN.is_small(count) and shown is not None)


@settings(max_examples=60, deadline=None)
@given(arrays(np.int64, (3, 3), elements=st.integers(0, 12)))
def test_no_cell_follows_from_the_totals(counts: np.ndarray) -> None:
    """The attacker enumerates all tables with the same totals that fit what is shown (threshold 4)."""
    policy = DisclosurePolicy(threshold=4)
    texts = protect_table(counts, policy)
    if texts is None:
        return
    possible = _tables_like(counts, texts, policy)
    assert any((table == counts).all() for table in possible)
    for cell in np.ndindex(counts.shape):
        if policy.is_small(int(counts[cell])):
            assert len({int(table[cell]) for table in possible}) >= 2


def _tables_like(counts: np.ndarray, texts: list[list[str]], policy: DisclosurePolicy) -> list[np.ndarray]:
    """List every 3 × 3 table with the totals of `counts`, its free cells running over the top left square."""
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    found = []
    for free in product(*(_values(texts[i][j], int(rows[i]), policy) for i in (0, 1) for j in (0, 1))):
        table = np.zeros((3, 3), dtype=int)
        table[:2, :2] = np.array(free).reshape(2, 2)
        table[:2, 2] = rows[:2] - table[:2, :2].sum(axis=1)
        table[2] = columns - table[:2].sum(axis=0)
        if all(table[cell] in _values(texts[cell[0]][cell[1]], 99, policy) for cell in np.ndindex(3, 3)):
            found.append(table)
    return found


def _values(text: str, most: int, policy: DisclosurePolicy) -> range:
    if text.startswith("<"):
        return range(1, policy.threshold)
    if text.startswith("≥"):
        return range(policy.threshold, most + 1)
    return range(int(text), int(text) + 1)
