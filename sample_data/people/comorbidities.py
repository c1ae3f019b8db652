"""Long-standing diseases: which a person has, and since when."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.people.population import DIABETES, GENERAL, HEART_KIDNEY, LUNG, NEVER, Days, Flags, People
from sample_data.randomness import stream

_SPECIALTY_COLUMNS = {LUNG: "lung", DIABETES: "diabetes", HEART_KIDNEY: "heart_kidney"}


class Onsets:
    """Day since which each person has each condition of the catalogue; `NEVER` where not.

    Examples
    --------
    >>> import numpy as np
    >>> onsets = Onsets(2)
    >>> onsets.set("GOUT", np.array([1]), np.array([17_000]))
    >>> onsets.has("GOUT", np.array([0, 1]), np.array([18_000, 18_000])).tolist()
    [False, True]
    """

    def __init__(self, people: int) -> None:
        self.day = np.full((people, len(catalog.table("conditions"))), NEVER, np.int64)

    def set(self, condition: str, person: Days, day: Days) -> None:
        """Record that these persons have a condition from these days on, if not earlier already."""
        column = catalog.table("conditions").position(condition)
        self.day[person, column] = np.minimum(self.day[person, column], day)

    def clear(self, condition: str, person: Days) -> None:
        """Take a condition away from these persons."""
        self.day[person, catalog.table("conditions").position(condition)] = NEVER

    def of(self, condition: str) -> Days:
        """Day of onset of one condition in every person."""
        return self.day[:, catalog.table("conditions").position(condition)]

    def has(self, condition: str, person: Days, day: Days) -> Flags:
        """Tell who has a condition on a day."""
        return self.of(condition)[person] <= day


def log_odds(condition: str, people: People) -> NDArray[np.float64]:
    """Log-odds of having a condition at entry, from age, sex and specialty; minus infinity where it never comes so."""
    conditions = catalog.table("conditions")
    row = conditions.position(condition)
    prevalence = conditions.numbers("prevalence")[row]
    if prevalence == 0.0:
        return np.full(len(people), -np.inf)
    decades = (people.age_at(np.arange(len(people)), people.entry) - 60.0) / 10.0
    result = np.log(prevalence / (1.0 - prevalence)) + conditions.numbers("age_slope")[row] * decades
    result += conditions.numbers("male")[row] * (people.male - 0.5)
    for specialty, column in _SPECIALTY_COLUMNS.items():
        result[people.specialty == specialty] += conditions.numbers(column)[row]
    return result


def draw_onsets(seed: int, block: int, people: People) -> Onsets:
    """Draw who comes with which long-standing diseases."""
    rng = stream(seed, block, "comorbidities")
    onsets = Onsets(len(people))
    everyone = np.arange(len(people))
    for condition in catalog.table("conditions")["key"]:
        draw = rng.random(len(people))
        years = rng.exponential(6.0, len(people))
        present = draw < 1.0 / (1.0 + np.exp(-log_odds(condition, people)))
        onsets.set(condition, everyone[present], (people.entry - 30 - years * 365).astype(np.int64)[present])
    onsets.clear("TYPE2_DIABETES", people.of(DIABETES))
    for condition in ("HEART_FAILURE", "CKD"):
        onsets.clear(condition, people.of(HEART_KIDNEY))
    onsets.clear("COPD", everyone[(people.specialty == GENERAL) & (people.age_at(everyone, people.entry) < 40)])
    return onsets
