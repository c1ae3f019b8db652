"""Overlaps of cohorts of known sizes, so that no small group follows from one of them or from several together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import combinations

import pandas as pd

from workbench.access import DisclosurePolicy
from workbench.diagnostics.protection import HIDDEN

_PARTS = ["only_first", "both", "only_second"]
_ORDER = ["first_before", "same_day", "second_before"]
Sizes = Mapping[frozenset[str], int]
"""Persons of a cohort, and of two together."""


def protect_overlaps(pairs: pd.DataFrame, closed: Collection[str], policy: DisclosurePolicy) -> pd.DataFrame:
    """Show how cohorts overlap.

    Of a pair all three parts are shown or none: with both sizes known, any one of them gives the other two. A pair is
    hidden, too, if it and two that are shown already leave too few possible numbers to a small part of three cohorts.

    Parameters
    ----------
    pairs : pandas.DataFrame
        As `cohorts.diagnostics.overlap` gives them.
    closed : collection of str
        Cohorts whose sizes are not shown; nothing is said of their pairs.
    policy : DisclosurePolicy
        The rule on small counts.

    Returns
    -------
    pandas.DataFrame
        The same pairs, each cell a count or what stands in its place.
    """
    shown: dict[frozenset[str], int] = {}
    rows: list[list[int | str]] = []
    for row in pairs.to_dict("records"):
        pair = frozenset((row["first"], row["second"]))
        parts, order = ([int(row[name]) for name in names] for names in (_PARTS, _ORDER))
        sizes = shown | {
            frozenset((row["first"],)): parts[0] + parts[1],
            frozenset((row["second"],)): parts[2] + parts[1],
            pair: parts[1],
        }
        if pair & set(closed) or any(map(policy.is_small, parts)) or _tells_of_three(sizes, pair, policy):
            rows.append([row["first"], row["second"], *[HIDDEN] * 6])
            continue
        shown = sizes
        division = [HIDDEN] * 3 if any(map(policy.is_small, order)) else order
        rows.append([row["first"], row["second"], *parts, *division])
    return pd.DataFrame(rows, columns=list(pairs.columns), dtype=object)


def _tells_of_three(sizes: Sizes, pair: frozenset[str], policy: DisclosurePolicy) -> bool:
    """Tell whether a pair shown beside others leaves a small part of three cohorts too few possible numbers."""
    others = {name for known in sizes for name in known} - pair
    for other in others:
        three = sorted([*pair, other])
        if all(frozenset(two) in sizes for two in combinations(three, 2)):
            least, most = parts_of_three(sizes, three)
            few = most[0] - least[0] + 1 < policy.threshold - 1
            may_be_small = any(low < policy.threshold and high > 0 for low, high in zip(least, most, strict=True))
            if few and may_be_small:
                return True
    return False


def parts_of_three(sizes: Sizes, names: list[str]) -> tuple[list[int], list[int]]:
    """Give the smallest and largest numbers that the seven parts of three cohorts may have.

    The sizes of three cohorts and of their pairs leave one number open, that of the persons in all three; every part
    rises or falls by one with it.

    Parameters
    ----------
    sizes : mapping of frozenset of str to int
        Persons of each cohort and of each pair.
    names : list of str
        The three.

    Returns
    -------
    tuple of (list of int, list of int)
        Persons in all three, in each pair alone, in each cohort alone.

    Examples
    --------
    B lies within A, so that what C shares with A and not with B is known:

    >>> sizes = {"A": 100, "B": 60, "C": 120, "AB": 60, "AC": 50, "BC": 47}
    >>> parts_of_three({frozenset(names): n for names, n in sizes.items()}, ["A", "B", "C"])
    ([47, 13, 3, 0, 37, 0, 70], [47, 13, 3, 0, 37, 0, 70])
    """
    one = {name: sizes[frozenset((name,))] for name in names}
    two = {pair: sizes[frozenset(pair)] for pair in combinations(names, 2)}
    alone = {name: one[name] - sum(n for pair, n in two.items() if name in pair) for name in names}
    low, high = max(0, *(-n for n in alone.values())), min(two.values())

    def parts(all_three: int) -> list[int]:
        return [all_three, *(n - all_three for n in two.values()), *(n + all_three for n in alone.values())]

    ends = list(zip(parts(low), parts(high), strict=True))
    return [min(end) for end in ends], [max(end) for end in ends]
