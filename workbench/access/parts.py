"""Counts that add up to a known total: persons by month, by category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.access.policy import DisclosurePolicy


@dataclass(frozen=True)
class ProtectedParts:
    """Parts of a total, each shown or hidden.

    Attributes
    ----------
    counts : tuple of (int or None)
        The count of a part; none where it is hidden.
    texts : tuple of str
        How each part is written.
    """

    counts: tuple[int | None, ...]
    texts: tuple[str, ...]


def protect_parts(parts: Sequence[int], policy: DisclosurePolicy) -> ProtectedParts | None:
    """Show the parts of a total that readers know, so that no small part follows by subtraction.

    Small parts are hidden; then further parts, neighbours of the hidden ones first, until every hidden small part
    could have any small value, as far as the total and the shown parts tell.

    Parameters
    ----------
    parts : sequence of int
        Counts whose sum is known.
    policy : DisclosurePolicy
        The threshold.

    Returns
    -------
    ProtectedParts or None
        None where no choice of hidden parts is enough: then the parts cannot be shown at all, only coarser ones.

    Examples
    --------
    >>> protect_parts([30, 4, 25, 40], DisclosurePolicy()).texts
    ('≥10', '<10', '25', '40')
    """
    small = [position for position, count in enumerate(parts) if policy.is_small(count)]
    hidden = set(small)
    spare = _by_nearness(parts, small)
    while hidden and not safe([parts[i] for i in small], [parts[i] for i in hidden.difference(small)], policy):
        if not spare:
            return None
        hidden.add(spare.pop(0))
    return ProtectedParts(
        counts=tuple(None if i in hidden else count for i, count in enumerate(parts)),
        texts=tuple(
            (f"<{policy.threshold}" if i in small else f"≥{policy.threshold}") if i in hidden else f"{count:,}"
            for i, count in enumerate(parts)
        ),
    )


def safe(small: Sequence[int], large: Sequence[int], policy: DisclosurePolicy) -> bool:
    """Tell whether hidden parts whose sum is known leave every small one its whole range.

    Parameters
    ----------
    small : sequence of int
        Hidden parts that readers know to be small.
    large : sequence of int
        Hidden parts that readers know to be at least the threshold.
    policy : DisclosurePolicy
        The threshold.

    Returns
    -------
    bool
        True where each small part could be 1 and could be the largest small count.
    """
    width = policy.threshold - 2
    above_least = sum(count - 1 for count in small) + sum(count - policy.threshold for count in large)
    below_most = sum(policy.threshold - 1 - count for count in small)
    return above_least >= width and (bool(large) or below_most >= width)


def _by_nearness(parts: Sequence[int], small: Sequence[int]) -> list[int]:
    """Order the parts that may be hidden besides: by distance from a small one, then by position, never by size."""
    others = [i for i, count in enumerate(parts) if count and i not in small]
    return sorted(others, key=lambda i: (min((abs(i - j) for j in small), default=0), i))
