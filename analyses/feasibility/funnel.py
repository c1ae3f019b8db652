"""The funnel and what each rule costs."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pandas as pd

from analyses.feasibility.eligibility import Eligibility
from analyses.inputs import IntArray

ENTRY = "entry"
"""Kind of the funnel's first step; the others are of kind ``rule``."""

_MOST_COMBINATIONS = 200_000


def funnel(eligibility: Eligibility, entry_name: str = "Entry events") -> pd.DataFrame:
    """Count events and persons left after each rule in turn.

    Parameters
    ----------
    eligibility : Eligibility
        Counts of the masks.
    entry_name : str
        Name of the first step.

    Returns
    -------
    pandas.DataFrame
        Columns ``step, kind, name, events, persons, excluded_events, excluded_persons``; step 0 are all entry events.

    Examples
    --------
    >>> from analyses.feasibility.eligibility import eligibility_of
    >>> masks = {"person_id": [1, 2, 3], "event_id": [1, 2, 3], "start_date": ["2024-01-01"] * 3, "mask": [3, 1, 2]}
    >>> funnel(eligibility_of(masks, ["adult", "ECOG 0-1"]))[["step", "name", "persons", "excluded_persons"]]
       step          name  persons  excluded_persons
    0     0  Entry events        3                 0
    1     1         adult        2                 1
    2     2      ECOG 0-1        1                 1
    """
    subsets = np.array([(1 << step) - 1 for step in range(len(eligibility.rules) + 1)], dtype=np.int64)
    events, persons = eligibility.events_of(subsets), eligibility.persons_of(subsets)
    return pd.DataFrame(
        {
            "step": np.arange(len(subsets)),
            "kind": [ENTRY] + ["rule"] * len(eligibility.rules),
            "name": [entry_name, *eligibility.rules],
            "events": events,
            "persons": persons,
            "excluded_events": np.append(0, -np.diff(events)),
            "excluded_persons": np.append(0, -np.diff(persons)),
        }
    )


def rule_effects(eligibility: Eligibility) -> pd.DataFrame:
    """Say what each rule costs, alone and beside the others.

    Parameters
    ----------
    eligibility : Eligibility
        Counts of the masks.

    Returns
    -------
    pandas.DataFrame
        One row per rule: ``rule`` (position), ``name``; ``met_events, met_persons``: who meets this rule, whatever the
        others; ``dropped_events, dropped_persons``: who is eligible without it; ``gain_events, gain_persons``: how many
        more that is, which are those lost only because of this rule; ``loss_events, loss_persons``: its share of all
        lost, independent of the order of the rules (see `Eligibility.shares_of_loss`).
    """
    rules = range(len(eligibility.rules))
    alone = np.array([1 << rule for rule in rules], dtype=np.int64)
    without = np.array([eligibility.all_rules & ~(1 << rule) for rule in rules], dtype=np.int64)
    everything = np.array([eligibility.all_rules], dtype=np.int64)
    dropped_events, dropped_persons = eligibility.events_of(without), eligibility.persons_of(without)
    return pd.DataFrame(
        {
            "rule": np.arange(len(alone)),
            "name": list(eligibility.rules),
            "met_events": eligibility.events_of(alone),
            "met_persons": eligibility.persons_of(alone),
            "dropped_events": dropped_events,
            "dropped_persons": dropped_persons,
            "gain_events": dropped_events - eligibility.events_of(everything),
            "gain_persons": dropped_persons - eligibility.persons_of(everything),
            "loss_events": eligibility.shares_of_loss(eligibility.event_masks, eligibility.event_counts),
            "loss_persons": eligibility.shares_of_loss(eligibility.person_masks, eligibility.person_counts),
        }
    )


def nearest_relaxations(eligibility: Eligibility, *, at_least: int = 1, limit: int = 10) -> pd.DataFrame:
    """Find the smallest sets of rules that must be dropped to have enough persons.

    Parameters
    ----------
    eligibility : Eligibility
        Counts of the masks.
    at_least : int
        Persons wanted.
    limit : int
        Sets listed at most.

    Returns
    -------
    pandas.DataFrame
        Columns ``dropped`` (names of the rules, a tuple), ``number``, ``events``, ``persons``, most persons first;
        empty where not even dropping all rules helps, or where nothing need be dropped.

    Examples
    --------
    >>> from analyses.feasibility.eligibility import eligibility_of
    >>> masks = {"person_id": [1, 2], "event_id": [1, 2], "start_date": ["2024-01-01"] * 2, "mask": [0b011, 0b011]}
    >>> nearest_relaxations(eligibility_of(masks, ["adult", "ECOG 0-1", "EGFR mutation"]))
                dropped  number  events  persons
    0  (EGFR mutation,)       1       2        2
    """
    rules = len(eligibility.rules)
    found = pd.DataFrame({"dropped": [], "number": [], "events": [], "persons": []}).astype({"dropped": object})
    if eligibility.persons(range(rules))[0] >= at_least or eligibility.persons([])[0] < at_least:
        return found
    missing = eligibility.all_rules & ~eligibility.event_masks
    fewest = int(np.bitwise_count(missing.astype(np.uint64)).min())
    for number in range(max(fewest, 1), rules + 1):
        dropped = _candidates(eligibility, missing, number)
        if not len(dropped):
            continue
        kept = eligibility.all_rules & ~dropped
        persons = eligibility.persons_of(kept)
        enough = persons >= at_least
        if enough.any():
            return _listed(eligibility, dropped[enough], persons[enough], limit)
    return found


def _candidates(eligibility: Eligibility, missing: IntArray, number: int) -> IntArray:
    """Sets of so many rules; where there are too many of them, those that let the events of one mask in."""
    rules = len(eligibility.rules)
    if comb(rules, number) > _MOST_COMBINATIONS:
        return np.unique(missing[np.bitwise_count(missing.astype(np.uint64)) == number])
    sets = (sum(1 << rule for rule in chosen) for chosen in combinations(range(rules), number))
    return np.fromiter(sets, dtype=np.int64)


def _listed(eligibility: Eligibility, dropped: IntArray, persons: IntArray, limit: int) -> pd.DataFrame:
    order = np.argsort(-persons, kind="stable")[:limit]
    names = [tuple(name for rule, name in enumerate(eligibility.rules) if mask >> rule & 1) for mask in dropped[order]]
    return pd.DataFrame(
        {
            "dropped": pd.Series(names, dtype=object),
            "number": [len(group) for group in names],
            "events": eligibility.events_of(eligibility.all_rules & ~dropped[order]),
            "persons": persons[order],
        }
    )
