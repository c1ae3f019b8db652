"""Counts of what would be if some rules were left out, beside a funnel that is already shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from workbench.access.chain import protect_chain
from workbench.access.policy import DisclosurePolicy
from workbench.access.shown import Shown


class WhatIf:
    """Shows the count of any choice of rules so that it cannot be subtracted from the funnel of all of them.

    A count that is not a step of the funnel is shown as a range about as wide as the threshold, counted from the
    nearest shown step below it.

    Parameters
    ----------
    funnel : sequence of int
        Counts before any rule, with the first rule, with the first two, and so on to all.
    policy : DisclosurePolicy
        The threshold.
    before, after : sequence of int
        Counts of larger sets that the funnel begins in, and of smaller ones within its last step, which are shown too.

    Attributes
    ----------
    before, steps, after : list of Shown
        Each part as it is shown.

    Examples
    --------
    Dropping the first of two rules brings three more persons, and the reader does not learn how many:

    >>> what_if = WhatIf([1000, 500, 103], DisclosurePolicy())
    >>> str(what_if.kept({1}, 106)), str(what_if.gain({1}, 106))
    ('104–112', '<10')
    """

    def __init__(
        self,
        funnel: Sequence[int],
        policy: DisclosurePolicy,
        *,
        before: Sequence[int] = (),
        after: Sequence[int] = (),
    ) -> None:
        start, end = len(before), len(before) + len(funnel)
        shown = protect_chain([*before, *funnel, *after], policy, anchor=end - 1)
        self.before, self.steps, self.after = shown[:start], shown[start:end], shown[end:]
        self._funnel = list(funnel)
        self._policy = policy

    def kept(self, rules: Collection[int], count: int) -> Shown:
        """Show how many meet some of the rules.

        Parameters
        ----------
        rules : collection of int
            Positions of the rules that are kept, from 0.
        count : int
            How many meet them.

        Returns
        -------
        Shown
            The funnel's own step where the rules are the first ones in order; exact also where the count equals that of
            the nearest shown steps; else a range.
        """
        last = len(self._funnel) - 1
        leading = next((rule for rule in range(last) if rule not in rules), last)
        needed = max(rules, default=-1) + 1
        if leading == needed:
            return self.steps[needed]
        above = self._shown(range(leading, -1, -1))
        below = self._shown(range(needed, last + 1)) or 0
        if self._policy.threshold == 1 or count in (above, below):
            return Shown.exactly(count)
        return self._range(count, self._highest(rules, above), below)

    def gain(self, rules: Collection[int], count: int) -> Shown:
        """Show how many more than the funnel's last step meet some of the rules."""
        if count == self._funnel[-1]:
            return Shown.exactly(0)
        more = self.kept(rules, count).minus(self.steps[-1])
        return Shown(max(1, more.low), max(1, more.high))

    def _shown(self, positions: Collection[int]) -> int | None:
        return next((exact for i in positions if (exact := self.steps[i].exact) is not None), None)

    def _highest(self, rules: Collection[int], above: int | None) -> int | None:
        """Find what the count stays below: the step above it, or less where all rules together leave few.

        Those who fail the steps of the rules left out, and the few whom all rules leave, are all that the count can
        hold; a reader who knows both numbers must not find the few from it.
        """
        everyone, final = self.steps[0].exact, self.steps[-1].exact
        left_out = max((rule for rule in range(len(self._funnel) - 1) if rule not in rules), default=0)
        with_them = self._shown(range(left_out + 1, len(self._funnel)))
        if everyone is None or final is not None or with_them is None:
            return above
        return min(everyone if above is None else above, everyone - with_them + self._policy.threshold)

    def _range(self, count: int, above: int | None, below: int) -> Shown:
        """Find the range of a count among those that cut up the distance between two shown counts."""
        width = self._policy.threshold
        position = (count - below) // width
        if above is not None:
            last = max(1, (above - below) // width) - 1
            position = min(position, last)
        low = below + max(1, position * width)
        if above is not None and position == last:
            return Shown(low, above - 1)
        return Shown(low, below + (position + 1) * width - 1)
