"""The ledger of encounters: outpatient visits and inpatient stays, sorted and free of overlapping stays."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sample_data import catalog
from sample_data.days import SECONDS_PER_DAY
from sample_data.people.population import DIED, NEVER, Days, Flags, People

KINDS = ("outpatient", "emergency", "online", "inpatient")
OUTPATIENT, EMERGENCY, ONLINE, INPATIENT = range(4)

_OPENS, _CLOSES = 8 * 3600, 17 * 3600


@dataclass
class Encounters:
    """Visits and stays of one block, sorted by person and start.

    `start` and `end` are seconds since 1970 (equal for visits); `purpose`, `regimen` and `condition` are catalogue
    rows, -1 for none; `cycle` counts the cycles of a regimen from 1; `died` marks the stay in which a person dies.
    """

    person: Days
    kind: Days
    purpose: Days
    start: Days
    end: Days
    department: Days
    regimen: Days
    cycle: Days
    condition: Days
    died: Flags

    def __len__(self) -> int:
        return len(self.person)

    @property
    def start_day(self) -> Days:
        """Day of the visit or admission."""
        return self.start // SECONDS_PER_DAY

    @property
    def end_day(self) -> Days:
        """Day of the visit or discharge."""
        return self.end // SECONDS_PER_DAY

    @property
    def stays(self) -> Days:
        """Positions of the inpatient stays."""
        return np.flatnonzero(self.kind == INPATIENT)

    @property
    def visits(self) -> Days:
        """Positions of the outpatient, emergency and online visits."""
        return np.flatnonzero(self.kind != INPATIENT)

    def with_purpose(self, *keys: str) -> Days:
        """Positions of the encounters with one of these purposes."""
        return np.flatnonzero(np.isin(self.purpose, catalog.table("purposes").positions(keys)))

    def take(self, rows: Days) -> Encounters:
        """Encounters at these positions."""
        return Encounters(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})


@dataclass
class _Plan:
    person: list[Days] = field(default_factory=list)
    day: list[Days] = field(default_factory=list)
    length: list[Days] = field(default_factory=list)
    purpose: list[Days] = field(default_factory=list)
    regimen: list[Days] = field(default_factory=list)
    cycle: list[Days] = field(default_factory=list)
    condition: list[Days] = field(default_factory=list)
    essential: list[Flags] = field(default_factory=list)
    until_death: list[Flags] = field(default_factory=list)


class Ledger:
    """Collects planned encounters, then settles which of them take place."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._plan = _Plan()

    def add(
        self,
        purpose: str,
        person: Days,
        day: Days,
        *,
        condition: str | Days,
        regimen: Days | None = None,
        cycle: Days | None = None,
        length: Days | None = None,
        essential: bool = False,
        until_death: bool = False,
    ) -> None:
        """Plan one encounter for each person.

        Parameters
        ----------
        purpose
            Key of ``catalog/purposes.csv``, which gives kind, department and usual length of stay.
        person, day
            Who, and the day of the visit or admission.
        condition
            Main diagnosis: a key, or one catalogue row each.
        regimen, cycle
            Catalogue row of what is given, and its cycle.
        length
            Days of stay, where the purpose's own draw is not wanted.
        essential
            Takes place even where another stay is in the way.
        until_death
            A stay that ends with the person's death.
        """
        size = len(person)
        if isinstance(condition, str):
            condition = np.full(size, catalog.table("conditions").position(condition), np.int64)
        row = catalog.table("purposes").position(purpose)
        none = np.full(size, -1, np.int64)
        plan = self._plan
        plan.person.append(person)
        plan.day.append(day)
        plan.length.append(self._draw_lengths(row, size) if length is None else length)
        plan.purpose.append(np.full(size, row, np.int64))
        plan.regimen.append(none if regimen is None else regimen)
        plan.cycle.append(none if cycle is None else cycle)
        plan.condition.append(condition)
        plan.essential.append(np.full(size, essential))
        plan.until_death.append(np.full(size, until_death))

    def _draw_lengths(self, purpose: int, size: int) -> Days:
        purposes = catalog.table("purposes")
        usual = purposes.numbers("stay_days")[purpose]
        if usual == 0:
            return np.zeros(size, np.int64)
        drawn = np.rint(self._rng.normal(usual, purposes.numbers("stay_spread")[purpose], size))
        return np.maximum(drawn, 2).astype(np.int64)

    def settle(self, people: People) -> Encounters:
        """Sort the plan, drop what cannot take place, and give every encounter its hours.

        A stay is dropped if it would last beyond what the hospital knows of the person, unless it is essential: then it
        is cut there. Of overlapping stays the essential one takes place, else the earlier one. Marks in `people` who
        died in the hospital.
        """
        plan = {name: np.concatenate(getattr(self._plan, name)) for name in _Plan.__dataclass_fields__}
        kinds = np.array([KINDS.index(kind) for kind in catalog.table("purposes")["kind"]])
        plan["kind"] = kinds[plan["purpose"]]
        last = people.end[plan["person"]]
        inpatient = plan["kind"] == INPATIENT
        plan["end"] = np.where(plan["until_death"], last, plan["day"] + plan["length"])
        plan["died"] = (
            inpatient & plan["essential"] & (plan["end"] >= last) & (people.end_reason[plan["person"]] == DIED)
        )
        plan["end"] = np.where(plan["essential"], np.minimum(plan["end"], last), plan["end"])
        possible = (plan["day"] <= last) & (~inpatient | (plan["end"] <= last - ~plan["essential"]))
        possible &= plan["day"] >= people.entry[plan["person"]]
        plan = _rows(plan, np.flatnonzero(possible))
        order = np.lexsort((~plan["essential"], plan["day"], plan["person"]))
        plan = _rows(plan, order)
        plan = _rows(plan, np.flatnonzero(_takes_place(plan)))
        people.died_in_hospital[plan["person"][plan["died"]]] = True
        return self._with_hours(plan, people)

    def _with_hours(self, plan: dict[str, NDArray], people: People) -> Encounters:
        size = len(plan["person"])
        rng = self._rng
        in_hours = rng.integers(_OPENS, _CLOSES, size)
        any_hour = rng.integers(0, SECONDS_PER_DAY, size)
        start = plan["day"] * SECONDS_PER_DAY + np.where(plan["kind"] == EMERGENCY, any_hour, in_hours)
        discharge = plan["end"] * SECONDS_PER_DAY + np.where(
            plan["died"], 18 * 3600 + in_hours // 4, 17 * 3600 + in_hours // 8
        )
        end = np.where(plan["kind"] == INPATIENT, discharge, start)
        departments = catalog.table("departments")
        by_purpose = departments.positions(catalog.table("purposes")["department"])[plan["purpose"]]
        by_condition = departments.positions(catalog.table("conditions")["department"])[plan["condition"]]
        return Encounters(
            person=plan["person"],
            kind=plan["kind"],
            purpose=plan["purpose"],
            start=start,
            end=end,
            department=np.where(by_purpose >= 0, by_purpose, by_condition),
            regimen=plan["regimen"],
            cycle=plan["cycle"],
            condition=plan["condition"],
            died=plan["died"],
        )


def _rows(plan: dict[str, NDArray], rows: Days) -> dict[str, NDArray]:
    return {name: values[rows] for name, values in plan.items()}


def _takes_place(plan: dict[str, NDArray]) -> Flags:
    result = np.ones(len(plan["person"]), np.bool_)
    stays = np.flatnonzero(plan["kind"] == INPATIENT)
    essential = plan["essential"][stays]
    for competitors in (stays[essential], stays):
        contested = competitors[result[competitors]]
        blocked = _blocked(plan, contested)
        result[contested[blocked]] = False
    return result


def _blocked(plan: dict[str, NDArray], stays: Days) -> Flags:
    """Tell which stays give way: any to an essential one, otherwise the later to the earlier."""
    person, essential = plan["person"][stays], plan["essential"][stays]
    day = plan["day"][stays] + person * np.int64(NEVER)
    end = plan["end"][stays] + person * np.int64(NEVER)
    blocked = np.zeros(len(stays), np.bool_)
    if not essential.all():
        firm_day, firm_end = day[essential], end[essential]
        following = np.searchsorted(firm_end, day)
        meets = following < len(firm_end)
        meets[meets] = firm_day[following[meets]] <= end[meets]
        blocked = meets & ~essential
    open_rows = np.flatnonzero(~blocked)
    latest_end = np.maximum.accumulate(np.concatenate([[-1], end[open_rows]]))[:-1]
    overlaps = day[open_rows] <= latest_end
    blocked[open_rows[overlaps]] = True
    return blocked


def recurring(
    rng: np.random.Generator, first: Days, last: Days, interval: float, jitter: int
) -> tuple[Days, Days, Days]:
    """Repeat an event from a first to a last day.

    Parameters
    ----------
    rng
        Stream of random numbers.
    first, last
        First and last possible day of each row; nothing where `last` is before `first`.
    interval, jitter
        Days between events, and the most days that one is early or late.

    Returns
    -------
    tuple
        Row, day and number (from 0) of each event, sorted by row and number.

    Examples
    --------
    >>> import numpy as np
    >>> from sample_data.randomness import stream
    >>> row, day, number = recurring(stream(1, 0, "x"), np.array([0, 5]), np.array([60, 4]), 30.0, 0)
    >>> row.tolist(), day.tolist(), number.tolist()
    ([0, 0, 0], [0, 30, 60], [0, 1, 2])
    """
    count = np.maximum(np.floor((last - first) / interval).astype(np.int64) + 1, 0)
    row = np.repeat(np.arange(len(first)), count)
    number = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    shift = rng.integers(-jitter, jitter + 1, len(row)) if jitter else np.zeros(len(row), np.int64)
    day = first[row] + np.rint(number * interval).astype(np.int64) + np.where(number == 0, 0, shift)
    keep = day <= last[row]
    return row[keep], day[keep], number[keep]
