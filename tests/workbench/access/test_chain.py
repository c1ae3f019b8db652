"""Disclosure control of nested counts, attacked by a reader who knows the method and all its output."""

from __future__ import annotations

from itertools import combinations, combinations_with_replacement

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.access import DisclosurePolicy, Shown, WhatIf, protect_chain

TEN = DisclosurePolicy(threshold=10)


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([1000, 800, 400], "1,000 800 400"),
        ([1000, 995, 700], "1,000 991–999 700"),
        ([1000, 705, 700], "1,000 701–709 700"),
        ([1000, 1000, 0], "1,000 1,000 0"),
        ([1000, 400, 4], "1,000 400 <10"),
        ([1000, 998, 994], "995–1,003 995–1,003 994"),
        ([1000, 998], "999–1,007 998"),
        ([15, 12, 3], "15 <15 <15"),
        ([8, 5, 0], "<10 <10 0"),
        ([], ""),
    ],
)
def test_funnel_as_shown(counts: list[int], shown: str) -> None:
    """Each line was worked out by hand: what is small, what would follow by subtraction."""
    assert " ".join(map(str, protect_chain(counts, TEN))) == shown


def test_counts_that_increase_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot increase"):
        protect_chain([5, 6], TEN)


@given(st.lists(st.integers(0, 60), min_size=1, max_size=6).map(lambda counts: sorted(counts, reverse=True)))
def test_the_truth_lies_in_what_is_shown(counts: list[int]) -> None:
    for count, shown in zip(counts, protect_chain(counts, TEN), strict=True):
        assert shown.low <= count <= shown.high


@pytest.mark.parametrize("anchor", [0, 1, -1])
def test_no_difference_in_any_funnel_reveals_a_small_group(anchor: int) -> None:
    """Every funnel of four steps up to 22 at threshold 4: the attacker keeps those with the same output.

    Funnels above 18 are only there to be confused with smaller ones.
    """
    policy = DisclosurePolicy(threshold=4)
    alike: dict[tuple[Shown, ...], list[tuple[int, ...]]] = {}
    for counts in combinations_with_replacement(range(22, -1, -1), 4):
        alike.setdefault(tuple(protect_chain(counts, policy, anchor=anchor)), []).append(counts)
    for funnels in alike.values():
        if min(funnel[0] for funnel in funnels) > 18:
            continue
        for earlier, later in [*combinations(range(4), 2), *((i, None) for i in range(4))]:
            groups = {f[earlier] - (f[later] if later is not None else 0) for f in funnels}
            if any(policy.is_small(group) for group in groups):
                assert len(groups) >= policy.threshold - 1, (funnels, earlier, later)


def test_no_choice_of_two_rules_reveals_a_small_group() -> None:
    """Every way to spread up to 24 persons over the outcomes of two rules, the whole what-if table being shown."""
    policy = DisclosurePolicy(threshold=4)
    alike: dict[object, list[tuple[int, int, int, int]]] = {}
    for persons, *cuts in combinations_with_replacement(range(24, -1, -1), 4):
        both, first, second = (earlier - later for earlier, later in zip((persons, *cuts), cuts, strict=False))
        what_if = WhatIf([persons, both + first, both], policy)
        output = (*what_if.steps, what_if.kept({1}, both + second), what_if.gain({1}, both + second))
        alike.setdefault(output, []).append((both, first, second, cuts[-1]))
    for possible in alike.values():
        if min(sum(outcome) for outcome in possible) > 18:
            continue
        for group in (lambda o: o[0], lambda o: o[1], lambda o: o[2], lambda o: o[2] + o[3], lambda o: o[1] + o[3]):
            sizes = {group(outcome) for outcome in possible}
            assert not (len(sizes) == 1 and policy.is_small(min(sizes))), possible


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))
def test_what_if_holds_the_truth(both: int, first: int, second: int, neither: int) -> None:
    what_if = WhatIf([both + first + second + neither, both + first, both], TEN)
    kept, gain = what_if.kept({1}, both + second), what_if.gain({1}, both + second)
    assert kept.low <= both + second <= kept.high
    assert gain.low <= second <= gain.high
    assert what_if.kept({0}, both + first) == what_if.steps[1]
    assert what_if.kept({0, 1}, both) == what_if.steps[2]
