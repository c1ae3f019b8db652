"""Who meets which rules: every answer about a set of rules from one table of rule masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analyses.inputs import FloatArray, IntArray, as_frame, select_rows
from omop_etl.errors import CannotAnswerError, UsageError

MOST_RULES = 62
"""Rules that fit into a 64-bit mask."""

COLUMNS = ("person_id", "event_id", "start_date", "mask")
"""Columns of a table of rule masks: a row per entry event, bit i of the mask says that rule i is met."""

_CHUNK = 1 << 22


@dataclass(frozen=True)
class Eligibility:
    """Counts of events and persons for any subset of the rules.

    A person is eligible under a set of rules if one of the person's events meets them all. Persons with several
    events that meet different rules cannot be counted by adding up masks; by inclusion and exclusion their events
    become signed counts of masks, after which persons add up as events do.

    Attributes
    ----------
    rules : tuple of str
        Names of the rules, in order.
    event_masks, event_counts : numpy.ndarray
        Distinct masks and how many events have them.
    person_masks, person_counts : numpy.ndarray
        Distinct masks and their signed counts of persons.

    Examples
    --------
    >>> masks = pd.DataFrame(
    ...     {
    ...         "person_id": [1, 1, 2, 3],
    ...         "event_id": [1, 2, 3, 4],
    ...         "start_date": pd.to_datetime(["2024-01-05", "2024-02-01", "2024-02-03", "2024-03-09"]),
    ...         "mask": [0b01, 0b10, 0b11, 0b00],
    ...     }
    ... )
    >>> eligibility = eligibility_of(masks, ["adult", "no prior therapy"])
    >>> int(eligibility.persons([])[0]), int(eligibility.persons([0])[0]), int(eligibility.persons([0, 1])[0])
    (3, 2, 1)
    """

    rules: tuple[str, ...]
    event_masks: IntArray
    event_counts: IntArray
    person_masks: IntArray
    person_counts: IntArray

    @property
    def all_rules(self) -> int:
        """Mask of all rules."""
        return (1 << len(self.rules)) - 1

    def events(self, *subsets: Sequence[int]) -> IntArray:
        """Count events that meet all rules of each subset; a subset is a sequence of positions of rules."""
        return self.events_of(np.array([as_mask(subset) for subset in subsets], dtype=np.int64))

    def persons(self, *subsets: Sequence[int]) -> IntArray:
        """Count persons with an event that meets all rules of each subset."""
        return self.persons_of(np.array([as_mask(subset) for subset in subsets], dtype=np.int64))

    def events_of(self, subsets: IntArray) -> IntArray:
        """Count events that meet all rules of each subset, given as masks."""
        return _totals(self.event_masks, self.event_counts, subsets)

    def persons_of(self, subsets: IntArray) -> IntArray:
        """Count persons with an event that meets all rules of each subset, given as masks."""
        return _totals(self.person_masks, self.person_counts, subsets)

    def for_all_subsets(self) -> pd.DataFrame:
        """Count events and persons for every subset of the rules.

        Returns
        -------
        pandas.DataFrame
            Columns ``subset`` (mask), ``events``, ``persons``; one row per subset.

        Raises
        ------
        UsageError
            There are more than 20 rules, which would be more than a million rows.
        """
        if len(self.rules) > 20:
            raise UsageError(
                "{rules} rules have too many subsets to list",
                todo="ask for the subsets of interest with persons() and events()",
                rules=len(self.rules),
            )
        events = _superset_sums(self.event_masks, self.event_counts, len(self.rules))
        persons = _superset_sums(self.person_masks, self.person_counts, len(self.rules))
        return pd.DataFrame({"subset": np.arange(len(events)), "events": events, "persons": persons})

    def shares_of_loss(self, masks: IntArray, counts: IntArray) -> FloatArray:
        """Attribute those lost to the rules, whatever the order of the rules.

        Parameters
        ----------
        masks, counts : numpy.ndarray
            Distinct masks with their counts: those of events or those of persons.

        Returns
        -------
        numpy.ndarray
            Loss per rule; the sum is the number lost.

        Notes
        -----
        Shapley's value (1953) of the game "how many are left when these rules are applied". One who fails k rules
        counts 1/k for each of them; with signed counts the same sum serves persons with several events.
        """
        failed = self.all_rules & ~masks
        number = np.bitwise_count(failed.astype(np.uint64)).astype(np.float64)
        share = np.divide(counts, number, out=np.zeros(len(masks)), where=number > 0)
        return np.array([share[(failed >> rule) & 1 == 1].sum() for rule in range(len(self.rules))])


def eligibility_of(masks: Any, rules: Sequence[str]) -> Eligibility:
    """Count the masks of a cohort's entry events.

    Parameters
    ----------
    masks : pandas.DataFrame or pyarrow.Table
        Columns ``person_id, event_id, start_date, mask``; bit i of the mask says that rule i is met.
    rules : sequence of str
        Names of the rules, in the order of the bits.

    Returns
    -------
    Eligibility
        Counts for any subset of the rules.

    Raises
    ------
    UsageError
        A column is missing, or there are more rules than bits.
    CannotAnswerError
        There are no events, or a mask has bits beyond the rules.
    """
    frame = checked_masks(masks, rules)
    person, mask = frame["person_id"].to_numpy(), frame["mask"].to_numpy(dtype=np.int64)
    event_masks, event_counts = np.unique(mask, return_counts=True)
    person_masks, person_counts = _signed_persons(person, mask)
    return Eligibility(tuple(rules), event_masks, event_counts, person_masks, person_counts)


def checked_masks(masks: Any, rules: Sequence[str]) -> pd.DataFrame:
    """Check a table of rule masks; see `eligibility_of` for what it refuses."""
    if len(rules) > MOST_RULES:
        raise UsageError(
            "there are {rules} rules, at most {most} fit into a mask",
            todo="put rules that belong together into one",
            rules=len(rules),
            most=MOST_RULES,
        )
    frame, _ = select_rows(as_frame(masks), COLUMNS)
    beyond = int(((frame["mask"] < 0) | (frame["mask"] >= 1 << len(rules))).sum())
    if beyond:
        raise CannotAnswerError(
            "column mask has bits beyond the {rules} rules in {rows} of {total} rows",
            todo="give the names of all rules, in the order of the bits",
            rules=len(rules),
            rows=beyond,
            total=len(frame),
        )
    return frame


def as_mask(rules: Sequence[int]) -> int:
    """Turn positions of rules into a mask.

    Examples
    --------
    >>> as_mask([0, 3])
    9
    """
    mask = 0
    for rule in rules:
        mask |= 1 << rule
    return mask


def _signed_persons(person: IntArray, mask: IntArray) -> tuple[IntArray, IntArray]:
    """Turn the events of every person into signed counts of masks that add up."""
    pairs = pd.DataFrame({"person": person, "mask": mask}).drop_duplicates().sort_values(["person", "mask"])
    ordered = pairs["mask"].to_numpy()
    starts = np.flatnonzero(np.append(True, np.diff(pairs["person"].to_numpy()) != 0))
    different = np.diff(np.append(starts, len(ordered)))
    totals: dict[int, int] = {}
    for number in np.unique(different):
        own = ordered[starts[different == number][:, None] + np.arange(number)]
        sets, persons = np.unique(own, axis=0, return_counts=True)
        for masks_of_person, count in zip(sets, persons, strict=True):
            for combined, sign in signed_masks([int(value) for value in masks_of_person]).items():
                totals[combined] = totals.get(combined, 0) + sign * int(count)
    kept = sorted((combined, count) for combined, count in totals.items() if count)
    return np.array([m for m, _ in kept], dtype=np.int64), np.array([c for _, c in kept], dtype=np.int64)


def signed_masks(masks: Sequence[int]) -> dict[int, int]:
    """Write "one of these masks includes a subset" as a signed sum of "this mask includes it".

    Parameters
    ----------
    masks : sequence of int
        Masks of the events of one person.

    Returns
    -------
    dict
        Mask to sign: for every subset of rules the signs of the masks that include it add up to 1 if one of the
        person's masks does, and to 0 otherwise.

    Examples
    --------
    >>> sorted(signed_masks([0b011, 0b110, 0b010]).items())
    [(2, -1), (3, 1), (6, 1)]
    """
    greatest = [mask for mask in set(masks) if not any(mask != other and mask & other == mask for other in masks)]
    signs: dict[int, int] = {}
    for mask in sorted(greatest):
        joined = {mask: 1}
        for other, sign in signs.items():
            joined[other & mask] = joined.get(other & mask, 0) - sign
        for combined, sign in joined.items():
            signs[combined] = signs.get(combined, 0) + sign
    return {mask: sign for mask, sign in signs.items() if sign}


def _totals(masks: IntArray, counts: IntArray, subsets: IntArray) -> IntArray:
    """Sum the counts of the masks that include each subset."""
    found = np.empty(len(subsets), dtype=np.int64)
    step = max(1, _CHUNK // max(len(masks), 1))
    for start in range(0, len(subsets), step):
        part = subsets[start : start + step, None]
        found[start : start + step] = ((masks & part) == part) @ counts
    return found


def _superset_sums(masks: IntArray, counts: IntArray, rules: int) -> IntArray:
    """Sum, for every subset of the rules, the counts of the masks that include it."""
    sums = np.zeros(1 << rules, dtype=np.int64)
    np.add.at(sums, masks, counts)
    for rule in range(rules):
        halves = sums.reshape(-1, 2, 1 << rule)
        halves[:, 0] += halves[:, 1]
    return sums
