"""Overlaps of cohorts, attacked by trying every number of persons that three cohorts may have in common."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from workbench.access import DisclosurePolicy
from workbench.diagnostics.overlaps import protect_overlaps
from workbench.diagnostics.protection import HIDDEN

FOUR = DisclosurePolicy(threshold=4)
NAMES = ("A", "B", "C")
REGIONS = [frozenset(names) for size in (1, 2, 3) for names in combinations(NAMES, size)]
COLUMNS = ["first", "second", "only_first", "both", "only_second", "first_before", "same_day", "second_before"]


def pairs_of(persons: dict[frozenset[str], int]) -> pd.DataFrame:
    rows = []
    for a, b in combinations(NAMES, 2):
        both = sum(n for names, n in persons.items() if {a, b} <= names)
        only_a, only_b = (
            sum(n for names, n in persons.items() if one in names and other not in names)
            for one, other in ((a, b), (b, a))
        )
        rows.append((a, b, only_a, both, only_b, both, 0, 0))
    return pd.DataFrame(rows, columns=COLUMNS)


def candidates(persons: dict[frozenset[str], int]) -> list[dict[frozenset[str], int]]:
    """Give all persons of three cohorts that fit the sizes of all three and of their pairs: one number is open."""
    found = []
    for step in range(-60, 61):
        sign = {3: step, 2: -step, 1: step}
        tried = {names: n + sign[len(names)] for names, n in persons.items()}
        if min(tried.values()) >= 0:
            found.append(tried)
    return found


@given(st.lists(st.one_of(st.just(0), st.integers(0, 20)), min_size=7, max_size=7))
def test_no_small_part_of_three_cohorts_follows_from_their_pairs(counts: list[int]) -> None:
    persons = dict(zip(REGIONS, counts, strict=True))
    shown = protect_overlaps(pairs_of(persons), (), FOUR)
    assume((shown["both"] != HIDDEN).all())
    possible = candidates(persons)
    for region, count in persons.items():
        if FOUR.is_small(count):
            assert len({tried[region] for tried in possible}) >= 3


@pytest.mark.parametrize("place", range(3))
def test_one_small_part_of_a_pair_hides_all(place: int) -> None:
    """With both sizes known, any one of the three gives the other two."""
    parts = [20, 30, 40]
    whole = pd.DataFrame([("A", "B", *parts, 10, 5, 15)], columns=COLUMNS)
    assert cells(protect_overlaps(whole, (), FOUR)) == [[20, 30, 40, 10, 5, 15]]
    assert cells(protect_overlaps(whole, {"B"}, FOUR)) == [[HIDDEN] * 6]
    parts[place] = 3
    small = pd.DataFrame([("A", "B", *parts, 0, parts[1], 0)], columns=COLUMNS)
    assert cells(protect_overlaps(small, (), FOUR)) == [[HIDDEN] * 6]


def test_a_small_part_of_the_division_hides_the_division_alone() -> None:
    whole = pd.DataFrame([("A", "B", 20, 30, 40, 25, 3, 2)], columns=COLUMNS)
    assert cells(protect_overlaps(whole, (), FOUR)) == [[20, 30, 40, HIDDEN, HIDDEN, HIDDEN]]


def test_what_a_third_cohort_shares_with_one_within_another_is_not_subtracted() -> None:
    """B lies within A; three persons of A without B are in C."""
    persons = dict.fromkeys(REGIONS, 0)
    persons |= {frozenset("ABC"): 47, frozenset("AB"): 13, frozenset("AC"): 3, frozenset("A"): 37, frozenset("C"): 70}
    shown = protect_overlaps(pairs_of(persons), (), DisclosurePolicy())
    assert shown["both"].tolist() == [60, 50, HIDDEN]


def cells(frame: pd.DataFrame) -> list[Sequence[int | str]]:
    return frame.iloc[:, 2:].to_numpy().tolist()
