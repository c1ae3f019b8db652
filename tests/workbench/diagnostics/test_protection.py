"""Protected groups, attacked by enumerating everything that would have been shown in the same way."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from workbench.access import DisclosurePolicy
from workbench.diagnostics.protection import Cell, protect_each, protect_groups, protect_together

FOUR = DisclosurePolicy(threshold=4)


def test_no_small_group_nor_small_remainder_follows_from_what_is_shown() -> None:
    """Three disjoint groups and the members of none, every total up to 16: the attacker knows total and method."""
    alike: dict[tuple[int, tuple[Cell, ...]], list[tuple[int, ...]]] = {}
    for counts in product(range(17), repeat=3):
        for total in range(sum(counts), 17):
            parts = (*counts, total - sum(counts))
            alike.setdefault((total, tuple(protect_groups(counts, total, FOUR))), []).append(parts)
    tried = 0
    for (total, shown), possible in alike.items():
        for position in range(4):
            values = {parts[position] for parts in possible}
            outside = {total - value for value in values}
            for found in (values, outside):
                if any(FOUR.is_small(value) for value in found):
                    tried += 1
                    assert len(found) >= 2, (total, shown, possible)
    assert tried > 500


def test_no_small_group_follows_where_groups_share_members() -> None:
    """A count of overlapping groups says how many are outside it, whatever the others are."""
    for first, second in product(range(1, 21), repeat=2):
        for total in range(max(first, second), min(20, first + second) + 1):
            for count, shown in zip((first, second), protect_groups([first, second], total, FOUR), strict=True):
                if isinstance(shown, int):
                    assert shown == count
                    assert not FOUR.is_small(shown)
                    assert not FOUR.is_small(total - shown)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=8))
def test_events_and_persons_are_hidden_together(pairs: list[tuple[int, int]]) -> None:
    persons = [min(pair) for pair in pairs]
    events = [max(pair) if min(pair) else 0 for pair in pairs]
    shown = protect_together([events, persons], [sum(events), sum(persons)], FOUR)
    for event, person, e, p in zip(*shown, events, persons, strict=True):
        assert isinstance(event, int) == isinstance(person, int)
        if isinstance(event, int):
            assert (event, person) == (e, p)
            assert not FOUR.is_small(person)


def test_a_property_of_nearly_everybody_is_a_range() -> None:
    alike: dict[Cell, set[int]] = {}
    for count in range(31):
        alike.setdefault(protect_each([count], 30, FOUR)[0], set()).add(count)
    for shown, counts in alike.items():
        if any(FOUR.is_small(count) or FOUR.is_small(30 - count) for count in counts):
            assert len(counts) == 3, shown
