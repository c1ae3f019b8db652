"""Counts of sets that lie within one another: the steps of a funnel, the numbers at risk of a curve."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from workbench.access.policy import DisclosurePolicy
from workbench.access.shown import Shown


def protect_chain(counts: Sequence[int], policy: DisclosurePolicy, *, anchor: int = -1) -> list[Shown]:
    """Show the counts of nested sets so that no difference of two of them reveals a small group.

    A count is shown where it differs from every other shown count by nothing or by at least the threshold; the anchor
    is chosen first, then the first and the last count, then the ones between. The others are shown as ranges that
    depend on shown counts only, so that whoever knows this method and all its output still finds as many candidates
    for a hidden difference as there are small counts.

    Parameters
    ----------
    counts : sequence of int
        Never increasing.
    policy : DisclosurePolicy
        The threshold.
    anchor : int
        Position of the count that readers need most, or that is shown elsewhere; the last one by default.

    Returns
    -------
    list of Shown
        One for each count.

    Raises
    ------
    ValueError
        The counts increase somewhere.

    Examples
    --------
    >>> [str(count) for count in protect_chain([1000, 995, 700, 4], DisclosurePolicy())]
    ['1,000', '991–999', '700', '<10']
    >>> [str(count) for count in protect_chain([1000, 995], DisclosurePolicy())]
    ['996–1,004', '995']
    """
    if any(later > earlier for earlier, later in pairwise(counts)):
        raise ValueError("the counts of nested sets cannot increase")
    exact = _exact(counts, policy, anchor)
    return [
        Shown.exactly(count)
        if position in exact
        else between(
            count,
            above=next((counts[other] for other in range(position - 1, -1, -1) if other in exact), None),
            below=next((counts[other] for other in range(position + 1, len(counts)) if other in exact), 0),
            policy=policy,
        )
        for position, count in enumerate(counts)
    ]


def _exact(counts: Sequence[int], policy: DisclosurePolicy, anchor: int) -> set[int]:
    """Choose the positions whose counts are shown: the anchor first, then the ends, then from the top."""
    positions = range(len(counts))
    chosen: set[int] = set()
    for position in dict.fromkeys([*positions[anchor:][:1], *positions[:1], *positions[-1:], *positions]):
        count = counts[position]
        differences = [abs(count - counts[other]) for other in chosen]
        if not any(policy.is_small(value) for value in (count, *differences)):
            chosen.add(position)
    return chosen


def between(count: int, *, above: int | None, below: int, policy: DisclosurePolicy) -> Shown:
    """Place a count that lies near a shown one by the difference that is hidden.

    Parameters
    ----------
    count : int
        More than `below`, less than `above`, and not further than the threshold from one of them.
    above : int, optional
        The next larger shown count; none where nothing larger is shown.
    below : int
        The next smaller shown count, or 0.
    policy : DisclosurePolicy
        The threshold.

    Returns
    -------
    Shown
        A range that holds the count and depends on the two shown counts alone.
    """
    near = policy.threshold - 1
    if above is not None and above - below < 2 * policy.threshold:
        return Shown(below + 1, above - 1)
    if above is not None and above - count <= near:
        return Shown(above - near, above - 1)
    return Shown(below + 1, below + near)
